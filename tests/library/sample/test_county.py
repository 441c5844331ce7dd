"""The sample county as values: repeatable, invented, and with the shape of a real one."""

import csv
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from circulation.policies.rules import Terms
from library.branches.rules import due_date, next_open_day
from library.kernel import clock
from library.kernel.identifiers import CodeKind, normalise_isbn, parse_code
from library.patrons.rules import is_identity_number
from library.sample import rules
from library.sample.county import SCALES, County, Scale, make_county
from library.sample.happened import Lent
from library.sample.places import LIVELY, QUIET
from library.sample.readers import CHILD, Reader
from library.sample.rules import policy_book
from library.sample.words import words

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SMALL = Scale(titles=400, copies=4_000, readers=300, rooms=60, bustle=0.2)
RULES = policy_book()
FIXTURE = Path(__file__).parents[2] / "data" / "divisions" / "county.tsv"


@pytest.fixture(scope="module")
def county() -> County:
    return make_county(1, SCALES["sample"], NOW)


def terms_of(reader: Reader, day: date) -> Terms:
    asked = RULES.resolve(item_class="book", patron_category=reader.category, path=f"/{rules.PLACE}/", on=day)
    return asked.terms


def test_the_same_seed_makes_the_same_county() -> None:
    one, same, other = (make_county(seed, SMALL, NOW) for seed in (7, 7, 8))
    parts = ("places", "spots", "titles", "copies", "readers", "classes", "happened", "wishes", "empty_searches")
    for part in parts:
        assert getattr(one, part) == getattr(same, part), part
        if part != "spots":  # every county has the same rooms in its libraries
            assert getattr(one, part) != getattr(other, part), part


def test_it_has_the_places_that_were_asked_for(county: County) -> None:
    kinds = Counter(place.kind for place in county.places)
    assert (kinds["county"], kinds["central"], kinds["township"], kinds["mobile"], kinds["school"]) == (1, 1, 12, 1, 2)
    assert sum(place.is_room for place in county.places) == 60
    villages = Counter(place.village_id for place in county.places if place.village_id)
    assert sum(rooms > 1 for rooms in villages.values()) == 3


def test_it_has_as_many_titles_copies_and_readers_as_it_says(county: County) -> None:
    assert (len(county.titles), len(county.copies), len(county.readers)) == (6_000, 60_000, 3_000)
    assert len({title.title for title in county.titles}) == 6_000


def test_no_place_is_called_like_a_real_one(county: County) -> None:
    with FIXTURE.open(encoding="utf-8") as file:
        real = {row["name"] for row in csv.DictReader(file, delimiter="\t")}
    bare = {name.removesuffix("村委会").removesuffix("居委会").removesuffix("镇").removesuffix("乡") for name in real}
    for place in county.places:
        short = place.name.removesuffix("农家书屋").removesuffix("分馆").removesuffix("村").rstrip("镇乡")
        assert place.name not in real
        assert short not in bare, place.name
        assert not place.division_code or place.division_code.startswith("99")  # no province has this number


def test_no_isbn_can_belong_to_a_book(county: County) -> None:
    isbns = [title.isbn13 for title in county.titles if title.isbn13]
    assert 0 < len(isbns) < len(county.titles) / 5
    assert len(set(isbns)) == len(isbns)
    assert all(isbn.startswith("9799") and normalise_isbn(isbn) == isbn for isbn in isbns)


def test_publishers_are_made_of_invented_words(county: County) -> None:
    first = words().publisher_first
    assert all(title.publisher.startswith(first) for title in county.titles)


def test_codes_are_ours_and_nobody_can_be_called(county: County) -> None:
    assert all((parse_code(copy.code) or 0) and copy.code[0] == CodeKind.ITEM for copy in county.copies[:500])
    assert all(parse_code(reader.card) for reader in county.readers)
    assert all(reader.phone is None or reader.phone.startswith("120") for reader in county.readers)
    assert not any(is_identity_number(reader.card) for reader in county.readers)


def test_children_have_a_guardian_of_their_own_household(county: County) -> None:
    by_id = {reader.id: reader for reader in county.readers}
    children = [reader for reader in county.readers if reader.segment == CHILD]
    assert all(reader.born_in is None or reader.registered_on.year > reader.born_in for reader in county.readers)
    assert 0.35 < len(children) / len(county.readers) < 0.60
    for child in children:
        guardian = by_id[child.guardian or 0]
        assert guardian.household == child.household
        assert guardian.segment != CHILD


def test_a_year_has_its_seasons(county: County) -> None:
    months = Counter(loan.out_at.month for loan in county.happened.loans)
    mean = sum(months.values()) / 12
    assert months[7] > 1.5 * mean
    assert months[8] > 1.4 * mean
    assert months[6] < 0.8 * mean
    assert months[10] < 0.8 * mean


def test_three_years_are_lived_like_one() -> None:
    three = make_county(7, replace(SMALL, days=1_095), NOW)
    years = Counter(loan.out_at.year for loan in three.happened.loans)
    assert set(years) == {2023, 2024, 2025, 2026}
    assert years[2024] > 0.5 * years[2025]
    assert all(reader.registered_on < three.today for reader in three.readers)


def test_children_read_most_in_the_summer(county: County) -> None:
    def share(months: set[int]) -> float:
        loans = [loan for loan in county.happened.loans if loan.out_at.month in months]
        return sum(loan.reader.segment == CHILD for loan in loans) / len(loans)

    assert share({7, 8}) > share({3, 4, 5, 9, 11}) + 0.1


def test_locked_rooms_lend_next_to_nothing_and_lively_ones_much(county: County) -> None:
    loans = Counter(loan.out_branch for loan in county.happened.loans)
    quiet = [loans[place.id] for place in county.places if place.is_room and place.activity == QUIET]
    lively = [loans[place.id] for place in county.places if place.activity == LIVELY]
    assert 0.3 < len(quiet) / 60 < 0.5
    assert max(quiet) < 30
    assert min(lively) > 250


def test_a_village_reads_about_what_it_lives_on(county: County) -> None:
    def share(theme: str, clc: str) -> float:
        rooms = {place.id for place in county.places if place.kind == "village" and place.theme == theme}
        loans = [loan for loan in county.happened.loans if loan.out_branch in rooms]
        return sum(county.titles[loan.copy.title].clc == clc for loan in loans) / len(loans)

    others = ("grain", "orchard", "livestock", "crafts")
    assert share("vegetables", "S63") > 2 * max(share(theme, "S63") for theme in others)


def test_nobody_ever_has_more_than_the_rules_allow(county: County) -> None:
    by_reader: dict[int, list[Lent]] = {}
    for loan in county.happened.loans:
        by_reader.setdefault(loan.reader.id, []).append(loan)
    most: Counter[str] = Counter()
    for loans in by_reader.values():
        loans.sort(key=lambda loan: loan.out_at)
        for number, loan in enumerate(loans):
            day = clock.local_date(loan.out_at)
            out = [before for before in loans[:number] if before.in_at is None or before.in_at > loan.out_at]
            terms = terms_of(loan.reader, day)
            assert len(out) < terms.loan_limit
            assert loan.copy.title not in {before.copy.title for before in out}
            if terms.overdue_block_days is not None:
                assert all((day - before.due_on).days <= terms.overdue_block_days for before in out)
            assert len(loan.renewals) <= terms.renewals_max
            season = "summer" if day.month in {7, 8} else "year"
            most[f"{loan.reader.category} {season}"] = max(most[f"{loan.reader.category} {season}"], len(out) + 1)
    assert (most["child year"], most["child summer"]) == (5, 10)
    assert (most["adult year"], most["adult summer"]) == (5, 5)
    assert 5 < most["elder year"] <= 8


def test_books_are_due_by_the_rules_and_the_calendar_of_the_place(county: County) -> None:
    for loan in county.happened.loans:
        day = clock.local_date(loan.out_at)
        first_due = loan.renewals[0].before if loan.renewals else loan.due_on
        if loan.group is None:
            calendar = county.calendars[loan.out_branch]
            assert first_due == due_date(calendar, day, terms_of(loan.reader, day).loan_days)
        assert all(before.after == after.before for before, after in pairwise(loan.renewals))
        assert not loan.renewals or loan.renewals[-1].after == loan.due_on


def test_a_book_that_was_asked_for_is_kept_for_fourteen_days(county: County) -> None:
    ready = [hold for hold in county.happened.holds if hold.ready_at is not None]
    for hold in ready:
        assert hold.ready_at is not None
        assert hold.pickup_until is not None
        calendar = county.calendars[hold.pickup]
        first = next_open_day(calendar, clock.local_date(hold.ready_at))
        assert first is not None
        assert hold.pickup_until == next_open_day(calendar, first + timedelta(days=14))
        assert hold.state != "fulfilled" or clock.local_date(hold.ended_at or NOW) <= hold.pickup_until
        assert hold.state != "expired" or clock.local_date(hold.ended_at or NOW) > hold.pickup_until
    assert len(ready) > 100


def test_a_loan_that_nobody_expects_is_a_case_and_no_debt(county: County) -> None:
    cases = {(case.loan.id, case.kind): case for case in county.happened.cases}
    assert len(cases) == len(county.happened.cases)
    for loan in county.happened.loans:
        ended_on = clock.local_date(loan.in_at) if loan.in_at else county.today
        is_expected = (ended_on - loan.due_on).days <= 90
        assert ((loan.id, "claimed_lost") in cases) != is_expected
        assert ((loan.id, "lost") in cases) == loan.is_lost
    outcomes = {case.outcome for case in cases.values()}
    assert {"returned_by_reader", "lost", None} <= outcomes


def test_school_classes_have_books_until_the_end_of_the_term(county: County) -> None:
    assert len(county.classes) >= 2
    for group in county.classes:
        assert group.custodian.category == "group"
        assert group.term_ends_on > county.today
        assert len(group.pupils) >= 10
        loans = [loan for loan in county.happened.loans if loan.group == group.id]
        assert all(loan.reader == group.custodian for loan in loans)
        open_ones = [loan for loan in loans if loan.in_at is None]
        assert {loan.due_on for loan in open_ones} == {group.term_ends_on}
        assert len(loans) > len(open_ones) > 15


def test_no_copy_is_in_two_hands(county: County) -> None:
    by_copy: dict[int, list[tuple[datetime, datetime]]] = {}
    for loan in county.happened.loans:
        by_copy.setdefault(loan.copy.id, []).append((loan.out_at, loan.in_at or datetime.max.replace(tzinfo=UTC)))
    for spans in by_copy.values():
        spans.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_everything_lies_in_the_past(county: County) -> None:
    happened = county.happened
    assert all(loan.out_at < NOW and (loan.in_at is None or loan.in_at < NOW) for loan in happened.loans)
    assert all(step.at < NOW for transfer in happened.transfers for step in transfer.steps)
    assert all(moved.at < NOW for moved in happened.movements)
    assert all(copy.acquired_on < county.today for copy in county.copies)
    assert all(loan.copy.acquired_on < loan.out_at.date() for loan in happened.loans)


def test_there_is_something_of_everything_to_look_at(county: County) -> None:
    happened = county.happened
    assert {"fulfilled", "waiting", "in_transit"} <= {hold.state for hold in happened.holds}
    assert {"claimed_lost", "lost"} == {case.kind for case in happened.cases}
    assert {"return_home", "hold"} == {transfer.reason for transfer in happened.transfers}
    assert any(transfer.state != "shelved" for transfer in happened.transfers)
    late = sum(loan.in_at is None and loan.due_on < county.today for loan in happened.loans)
    renewed = sum(bool(loan.renewals) for loan in happened.loans) / len(happened.loans)
    assert late > 20
    assert 0.05 < renewed < 0.20
    assert {"open", "answered", "ordered", "declined"} == {wish["state"] for wish in county.wishes}
