"""Batch loans: a list is lent until the end of the term, line by line, in chunks that survive being cut off."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from circulation.groups import entry, listing, services
from circulation.groups.rules import CHUNK, MOST_LINES, chunks, codes_in
from circulation.lending import services as lending
from circulation.models import Loan
from library.branches.models import Branch
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.models import EventRow, OperationRow
from library.kernel.operations import Operation, new_id, system_operation
from library.patrons import groups
from library.patrons.models import PatronGroup
from tests.factories import a_county, a_patron, a_policy, an_item, county_policies, patron_card

TODAY = date(2026, 11, 23)
TERM = date(2027, 1, 22)
Make = Callable[..., Operation]


@dataclass
class School:
    """A school with a class and some books."""

    places: dict[str, Branch]
    group_id: int
    barcodes: list[str]


def build(session: Session, operation: Make, books: int = 3) -> School:
    places = a_county(session)
    county_policies(session)
    for rule, value in (("loan_limit", "60"), ("hard_due", "term_end"), ("loan_days", "90")):
        a_policy(session, rule, value, patron_category="group")
    group = groups.create_group(session, operation(), name="三年级二班", branch=places["school"], term_ends_on=TERM)
    return School(places, group.id, [an_item(session, branch=places["school"]).barcode for _ in range(books)])


@pytest.fixture
def school(app: Flask, database: Database, operation: Make, clock: object) -> School:
    del clock
    with app.app_context(), database.writing() as session:
        return build(session, operation)


def open_loans(session: Session, group_id: int) -> int:
    return session.scalar(select(func.count()).where(Loan.group_id == group_id, Loan.in_at.is_(None))) or 0


@given(
    st.lists(st.text("0123456789", min_size=1, max_size=14), max_size=50),
    st.sampled_from(["\n", " ", ",", "，\t", "、"]),
)
def test_a_pasted_list_is_read_whatever_parts_it_and_each_code_once(codes: list[str], apart: str) -> None:
    read = codes_in(apart.join(codes) + apart)
    assert read == list(dict.fromkeys(codes))
    assert [code for part in chunks(read) for code in part] == read
    assert all(len(part) <= CHUNK for part in chunks(read))


def test_a_list_is_lent_until_the_end_of_the_term_and_each_line_says_what_it_came_to(
    app: Flask, database: Database, school: School
) -> None:
    with app.app_context():
        answer = entry.lend_list(
            school.group_id, {"operation_id": new_id(), "barcodes": [*school.barcodes, "NOBODY7", school.barcodes[0]]}
        )
    lines = answer["lines"]
    assert (answer["decision"], answer["done"], len(lines)) == ("partly", 3, 4)
    assert [line["loan"]["due_on"] for line in lines[:3]] == [TERM.isoformat()] * 3
    assert [reason["code"] for reason in lines[3]["reasons"]] == ["unknown_barcode"]
    with database.reading() as session:
        assert open_loans(session, school.group_id) == 3
        out = listing.still_out(session, school.group_id)
        assert sorted(copy.barcode for copy in out) == sorted(school.barcodes)


def test_a_class_takes_sixty_books_and_not_one_more(
    app: Flask, database: Database, operation: Make, clock: object
) -> None:
    del clock
    with app.app_context(), database.writing() as session:
        school = build(session, operation, books=61)
    with app.app_context():
        answer = entry.lend_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes})
        assert (answer["done"], answer["decision"]) == (60, "partly")
        assert answer["lines"][60]["reasons"][0]["code"] == "loan_limit_reached"
        back = entry.return_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes[:60]})
    assert (back["decision"], {line["next"] for line in back["lines"]}) == ("allowed", {"shelve"})
    with database.reading() as session:
        assert open_loans(session, school.group_id) == 0
        parts = session.scalars(select(OperationRow.kind).where(OperationRow.kind.like("%_part"))).all()
        assert len(parts) == -(-61 // CHUNK) + 60 // CHUNK


def test_a_list_that_was_cut_off_goes_on_where_it_stood(
    app: Flask, database: Database, operation: Make, clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del clock
    with app.app_context(), database.writing() as session:
        school = build(session, operation, books=CHUNK + 5)
    content = {"operation_id": new_id(), "barcodes": school.barcodes}
    whole, calls = services.lend_lines, []

    def fails_in_the_second_chunk(*args: object, **more: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError
        return whole(*args, **more)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(services, "lend_lines", fails_in_the_second_chunk)
    with app.app_context():
        with pytest.raises(RuntimeError):
            entry.lend_list(school.group_id, content)
        with database.reading() as session:
            assert open_loans(session, school.group_id) == CHUNK
        answer = entry.lend_list(school.group_id, content)
        again = entry.lend_list(school.group_id, content)
    assert (answer["done"], again) == (CHUNK + 5, answer)
    assert len(calls) == 3
    with database.reading() as session:
        assert open_loans(session, school.group_id) == CHUNK + 5


def test_the_same_operation_with_another_list_is_refused(app: Flask, school: School) -> None:
    operation_id = str(uuid.uuid4())
    with app.app_context():
        entry.lend_list(school.group_id, {"operation_id": operation_id, "barcodes": school.barcodes[:1]})
        with pytest.raises(Conflict, match="operation_reused"):
            entry.lend_list(school.group_id, {"operation_id": operation_id, "barcodes": school.barcodes[1:]})


def test_a_dry_run_decides_and_stores_nothing(app: Flask, database: Database, school: School) -> None:
    with app.app_context():
        answer = entry.lend_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes}, dry_run=True)
    assert answer["decision"] == "allowed"
    with database.reading() as session:
        assert open_loans(session, school.group_id) == 0


def test_lists_that_cannot_be_lists_are_refused(app: Flask, school: School) -> None:
    with app.app_context():
        for codes, code in ((" \n", "no_codes"), (" ".join(map(str, range(MOST_LINES + 1))), "too_many_codes")):
            with pytest.raises(Invalid, match=code):
                entry.lend_list(school.group_id, {"operation_id": new_id(), "codes": codes})
        with pytest.raises(NotFound, match="unknown_group"):
            entry.return_list(999_999, {"operation_id": new_id(), "codes": "1"})


def group_of(session: Session, school: School) -> PatronGroup:
    return groups.group_by_id(session, school.group_id)


def test_loans_follow_the_end_of_the_term_and_no_other_loan_does(
    app: Flask, database: Database, operation: Make, school: School
) -> None:
    with app.app_context():
        entry.lend_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes[:2]})
    with database.writing() as session:
        other = session.scalars(select(Loan).order_by(Loan.id)).first()
        assert other is not None
        other.due_on = TODAY + timedelta(days=3)
    later = TERM + timedelta(days=14)
    with app.app_context(), database.writing() as session:
        group = group_of(session, school)
        answer = services.change(session, operation(), group, name="三年级二班", term_ends_on=later)
        assert answer == {"outcome": "done", "group": school.group_id, "moved": 1}
        assert services.change(session, operation(), group, name="四年级二班", term_ends_on=None)["moved"] == 0
    with database.reading() as session:
        assert set(session.scalars(select(Loan.due_on))) == {TODAY + timedelta(days=3), later}
        kinds = session.scalars(select(EventRow.kind).where(EventRow.kind == "loan.redated")).all()
        assert len(kinds) == 1


def test_a_group_ends_when_everything_is_back(app: Flask, database: Database, operation: Make, school: School) -> None:
    with app.app_context():
        entry.lend_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes})
        with database.writing() as session, pytest.raises(Conflict, match="group_has_loans"):
            services.end(session, operation(), group_of(session, school))
        entry.return_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes})
        with database.writing() as session:
            services.end(session, operation(), group_of(session, school))
            found, total = listing.groups(session, ("/",), TODAY, offset=0, limit=10)
            assert (found, total) == ([], 0)
        with pytest.raises(Conflict, match="group_ended"):
            entry.lend_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes})


def test_a_group_has_a_card_of_its_own(app: Flask, database: Database, operation: Make, school: School) -> None:
    with app.app_context(), database.writing() as session:
        school_branch = school.places["school"]
        group = group_of(session, school)
        card = listing.group_view(session, group.id, TODAY)["card"]
        assert groups.group_by_card(session, card).id == group.id
        with pytest.raises(Conflict, match="card_has_group"):
            groups.create_group(session, operation(), name="又一个", branch=school_branch, card=card)
        adult = patron_card(session, a_patron(session, branch=school_branch))
        with pytest.raises(Invalid, match="not_a_group_card"):
            groups.create_group(session, operation(), name="又一个", branch=school_branch, card=adult)
        with pytest.raises(NotFound, match="unknown_group"):
            groups.group_by_card(session, adult)
        own = patron_card(session, a_patron(session, branch=school_branch, category="group"))
        made = groups.create_group(session, operation(), name="图书角", branch=school_branch, card=own)
        assert groups.group_by_card(session, own).id == made.id


@pytest.mark.parametrize("days", [0, -1, 401])
def test_a_term_ends_in_the_time_to_come(
    app: Flask, database: Database, operation: Make, school: School, days: int
) -> None:
    day, place = kernel_clock.today() + timedelta(days=days), school.places["school"]
    with app.app_context(), database.writing() as session, pytest.raises(Invalid, match="term_out_of_range"):
        groups.create_group(session, operation(), name="班", branch=place, term_ends_on=day)


def test_members_join_and_leave_once(app: Flask, database: Database, operation: Make, school: School) -> None:
    with app.app_context(), database.writing() as session:
        group = group_of(session, school)
        pupil = a_patron(session, branch=school.places["school"], category="child", born_in=2017)
        assert groups.add_member(session, operation(), group, pupil.id)
        assert not groups.add_member(session, operation(), group, pupil.id)
        assert [member.id for member in groups.members_of(session, group.id)] == [pupil.id]
        assert groups.remove_member(session, operation(), group, pupil.id)
        assert not groups.remove_member(session, operation(), group, pupil.id)
        with pytest.raises(NotFound, match="unknown_patron"):
            groups.add_member(session, operation(), group, 999_999)


@pytest.mark.parametrize("step", ["check_out", "check_in"])
def test_two_lists_of_the_same_books_in_another_order_wait_for_one_another(
    app: Flask, database: Database, school: School, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with app.app_context(), database.writing() as session:
        at_first = system_operation("create_group")
        second = groups.create_group(session, at_first, name="四年级一班", branch=school.places["school"]).id
    lists = {school.group_id: school.barcodes, second: school.barcodes[::-1]}
    with app.app_context():
        if step == "check_in":
            entry.lend_list(school.group_id, {"operation_id": new_id(), "barcodes": school.barcodes})
    meeting, one_line = Barrier(2), getattr(lending, step)

    def meet_after_a_line(*args: Any, **more: Any) -> Any:
        answer = one_line(*args, **more)
        # Whoever waits for the other's books does not come.
        with suppress(BrokenBarrierError):
            meeting.wait(1)
        return answer

    monkeypatch.setattr(lending, step, meet_after_a_line)

    def at_desk(group_id: int) -> int:
        send = entry.lend_list if step == "check_out" else entry.return_list
        with app.app_context():
            lines = send(group_id, {"operation_id": new_id(), "barcodes": lists[group_id]})["lines"]
        return sum(line["decision"] == "allowed" and line.get("closed_loan", 0) is not None for line in lines)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(at_desk, lists)) == [0, len(school.barcodes)]
