"""Rows set and ended through operations, and the copy of them that every process keeps."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.models import PolicyRow
from circulation.policies import services
from circulation.policies.book import book
from circulation.policies.rules import LoansCounted, WhoseRule
from library.branches.models import BranchSet, BranchSetMember
from library.kernel.db import Database
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Operation
from tests.factories import a_branch, a_county, county_policies

TODAY = date(2026, 11, 23)
Operations = Callable[..., Operation]


@pytest.fixture(autouse=True)
def _noon(clock: object) -> None:
    del clock


def loan_days(session: Session, branch: object, category: str = "adult") -> int:
    resolved = services.resolve(
        session,
        item_class="book",
        patron_category=category,
        branch=branch,  # type: ignore[arg-type]  # the factories' rows
        on=TODAY,
    )
    return resolved.terms.loan_days


def test_a_row_set_for_a_township_holds_in_its_rooms_only(session: Session, operation: Operations) -> None:
    places = a_county(session)
    county_policies(session)
    services.set_row(session, operation(), rule="loan_days", value="60", branch_id=places["township"].id)
    assert loan_days(session, places["east"]) == 60
    assert loan_days(session, places["central"]) == 30


def test_a_row_with_the_same_scope_ends_the_one_before_it(session: Session, operation: Operations) -> None:
    places = a_county(session)
    scope = {"rule": "loan_days", "branch_id": places["east"].id, "patron_category": "child"}
    first = services.set_row(session, operation(), value="10", **scope)  # type: ignore[arg-type]  # a shorthand
    second = services.set_row(session, operation(), value="20", **scope)  # type: ignore[arg-type]  # a shorthand
    assert second["replaced"] == [first["policy"]]
    assert loan_days(session, places["east"], "child") == 20
    open_rows = session.scalars(select(PolicyRow.id).where(PolicyRow.ended_at.is_(None))).all()
    assert open_rows == [second["policy"]]


def test_a_row_for_one_spring_festival_holds_in_that_one_only(session: Session, operation: Operations) -> None:
    """The festival's days move, so its rows are dated and entered anew each year."""
    places = a_county(session)
    county_policies(session)
    home = {"from_on": date(2027, 1, 25), "to_on": date(2027, 2, 20), "note": "返乡"}
    dated = services.set_row(session, operation(), rule="loan_limit", value="12", **home)  # type: ignore[arg-type]  # a shorthand

    def limit(year: int, month: int, day: int) -> int:
        on = date(year, month, day)
        found = services.resolve(session, item_class="book", patron_category="adult", branch=places["east"], on=on)
        return found.terms.loan_limit

    assert [limit(2027, *day) for day in ((1, 24), (1, 25), (2, 6), (2, 20), (2, 21))] == [5, 12, 12, 12, 5]
    assert limit(2028, 2, 6) == 5
    moved = {"from_on": date(2028, 1, 15), "to_on": date(2028, 2, 10), "note": "返乡"}
    again = services.set_row(session, operation(), rule="loan_limit", value="12", **moved)  # type: ignore[arg-type]  # a shorthand
    assert (again["replaced"], again["policy"] != dated["policy"]) == ([], True)
    assert [limit(2027, 2, 6), limit(2028, 2, 6), limit(2028, 2, 11)] == [12, 12, 5]


def test_an_ended_row_no_longer_holds_and_cannot_end_twice(session: Session, operation: Operations) -> None:
    places = a_county(session)
    row = services.set_row(session, operation(), rule="loan_days", value="60")
    assert loan_days(session, places["east"]) == 60
    services.end_row(session, operation(), row["policy"])
    assert loan_days(session, places["east"]) == 30
    with pytest.raises(Conflict, match="policy_already_ended"):
        services.end_row(session, operation(), row["policy"])


def test_each_change_writes_an_event(session: Session, operation: Operations) -> None:
    row = services.set_row(session, operation(), rule="loan_limit", value="4")
    services.end_row(session, operation(), row["policy"])
    services.choose(session, operation(), "loans_counted", "branch")
    kinds = session.scalars(select(EventRow.kind).order_by(EventRow.id)).all()
    assert kinds == ["policy.set", "policy.ended", "policy.setting_chosen"]


def test_a_named_set_takes_its_members_along(session: Session, operation: Operations) -> None:
    places = a_county(session)
    circle = BranchSet(code="circle", name="柳泉流转圈")
    session.add(circle)
    session.flush()
    session.add(BranchSetMember(set_id=circle.id, branch_id=places["west"].id))
    session.flush()
    services.set_row(session, operation(), rule="loan_days", value="45", set_id=circle.id)
    services.set_row(session, operation(), rule="loan_days", value="20", branch_id=places["township"].id)
    assert loan_days(session, places["west"]) == 45
    assert loan_days(session, places["east"]) == 20


BAD = [
    pytest.param({"rule": "loan_moons", "value": "1"}, Invalid, "unknown_rule", id="rule"),
    pytest.param({"rule": "loan_days", "value": "soon"}, Invalid, "bad_policy_value", id="value"),
    pytest.param(
        {"rule": "loan_days", "value": "9", "patron_category": "king"}, Invalid, "unknown_category", id="category"
    ),
    pytest.param(
        {"rule": "loan_days", "value": "9", "branch_id": 1, "set_id": 1}, Invalid, "one_place_only", id="place"
    ),
    pytest.param({"rule": "loan_days", "value": "9", "branch_id": 999999}, NotFound, "unknown_branch", id="branch"),
    pytest.param({"rule": "loan_days", "value": "9", "set_id": 999999}, NotFound, "unknown_set", id="set"),
    pytest.param(
        {"rule": "loan_days", "value": "9", "from_on": TODAY, "to_on": TODAY - timedelta(days=1)},
        Invalid,
        "dates_out_of_order",
        id="dates",
    ),
]


@pytest.mark.parametrize(("row", "error", "code"), BAD)
def test_a_row_that_cannot_be_is_refused(
    session: Session, operation: Operations, row: dict[str, object], error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        services.set_row(session, operation(), **row)  # type: ignore[arg-type]  # bad on purpose


def test_what_does_not_exist_cannot_be_ended_or_chosen(session: Session, operation: Operations) -> None:
    with pytest.raises(NotFound, match="unknown_policy"):
        services.end_row(session, operation(), 999)
    with pytest.raises(Invalid, match="unknown_setting"):
        services.choose(session, operation(), "weather", "rain")
    with pytest.raises(Invalid, match="bad_policy_value"):
        services.choose(session, operation(), "policy_place", "moon")


def test_the_two_settings_have_defaults_and_can_be_chosen(session: Session, operation: Operations) -> None:
    assert (book(session).place, book(session).counted) == (WhoseRule.LENDING_BRANCH, LoansCounted.COUNTY)
    services.choose(session, operation(), "policy_place", "item_home")
    services.choose(session, operation(), "loans_counted", "branch")
    chosen = book(session)
    assert (chosen.place, chosen.counted) == (WhoseRule.ITEM_HOME, LoansCounted.BRANCH)
    assert chosen.deciding_path(lending="/1/", item_home="/2/", patron_home="/3/") == "/2/"


def test_rows_are_read_again_only_when_their_version_has_risen(database: Database, operation: Operations) -> None:
    with database.writing() as session:
        services.set_row(session, operation(), rule="loan_days", value="7")
    with database.reading() as session:
        first = book(session)
        assert book(session) is first
    with database.writing() as session:
        services.set_row(session, operation(), rule="loan_days", value="8")
    with database.reading() as session:
        second = book(session)
    assert second is not first
    assert second.lines != first.lines


def test_a_change_that_is_rolled_back_is_never_seen_by_others(database: Database, operation: Operations) -> None:
    with database.trying() as session:
        services.set_row(session, operation(), rule="loan_days", value="7")
        assert book(session).lines["loan_days"][0].value == 7
    with database.writing() as session:
        services.set_row(session, operation(), rule="loan_days", value="8")
    with database.reading() as session:
        assert [line.value for line in book(session).lines["loan_days"]] == [8]


def test_readers_in_many_threads_always_see_a_whole_book(database: Database, operation: Operations) -> None:
    with database.writing() as session:
        branch = a_branch(session)
        county_policies(session)
        path = branch.path
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                with database.reading() as session:
                    days = (
                        book(session)
                        .resolve(item_class="book", patron_category="adult", path=path, on=TODAY)
                        .terms.loan_days
                    )
                    assert days in range(10, 40)
        except BaseException as error:  # noqa: BLE001  handed to the test's own thread
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for value in range(10, 20):
        with database.writing() as session:
            services.set_row(session, operation(), rule="loan_days", value=str(value))
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
