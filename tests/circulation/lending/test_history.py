"""Past loans: of a copy, of a reader, and in the list of the API with its filters."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from circulation.lending import history
from circulation.lending.onsite import use_on_site
from circulation.lending.undo import undo_check_out
from library.accounts.rules import Role
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.operations import system_operation
from tests.acting import Api
from tests.circulation.lending.desk import Desk
from tests.factories import a_county, a_loan, a_patron, an_item, county_policies


def ago(days: int) -> datetime:
    return kernel_clock.now() - timedelta(days=days)


def test_a_copy_tells_who_had_it_masked_and_the_last_first(desk: Desk) -> None:
    item = desk.item()
    a_loan(desk.session, item=item, patron=desk.patron(name="李大山"), out_at=ago(50), in_at=ago(40))
    a_loan(desk.session, item=item, patron=desk.reader, out_at=ago(9))
    past, total = history.of_copy(desk.session, item.id, offset=0, limit=10)
    assert (total, [one.reader for one in past]) == (2, ["张**", "李**"])
    assert history.of_copy(desk.session, item.id, offset=1, limit=10)[0][0].reader == "李**"


def test_who_was_forgotten_is_not_named_any_more(desk: Desk) -> None:
    item = desk.item()
    loan = a_loan(desk.session, item=item, patron=desk.reader, out_at=ago(50), in_at=ago(40))
    loan.patron_id = None
    desk.session.flush()
    assert history.of_copy(desk.session, item.id, offset=0, limit=10)[0][0].reader is None
    assert history.of_reader(desk.session, desk.reader.id, offset=0, limit=10) == ([], 0)


def test_a_reader_has_open_and_past_loans_and_what_was_undone_never_was(desk: Desk) -> None:
    undone = desk.lend(desk.item())["loan"]["id"]
    undo_check_out(desk.session, desk.operation("undo"), undone, branch=desk.here)
    has = desk.lend(desk.item())["loan"]["id"]
    a_loan(desk.session, item=desk.item(), patron=desk.reader, out_at=ago(50), in_at=ago(40))
    use_on_site(desk.session, desk.operation(), branch=desk.here, item_id=desk.item().id, patron_id=desk.reader.id)
    open_ones, _ = history.of_reader(desk.session, desk.reader.id, is_open=True, offset=0, limit=10)
    assert [one.id for one in open_ones] == [has]
    past, total = history.of_reader(desk.session, desk.reader.id, is_open=False, offset=0, limit=10)
    assert (total, [one.is_on_site for one in past]) == (2, [True, False])
    assert history.of_reader(desk.session, desk.reader.id, offset=0, limit=10)[1] == 3
    assert history.one(desk.session, 999_999) is None


@pytest.fixture
def api(app: Flask, database: Database, clock: object) -> Api:
    """A keeper in a room with an open, a past, a copied loan and one book read there."""
    del clock
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        county_policies(session)
        reader = a_patron(session, branch=places["east"])
        items = [an_item(session, branch=places["east"]) for _ in range(4)]
        a_loan(session, item=items[0], patron=reader, out_at=ago(5))
        a_loan(session, item=items[1], patron=reader, out_at=ago(40), in_at=ago(30))
        a_loan(session, item=items[2], patron=reader, out_at=ago(20), in_at=ago(10), is_backdated=True)
        use_on_site(session, system_operation("use"), branch=places["east"], item_id=items[3].id)
        ids = [item.id for item in items]
    made = Api(app)
    made.become(Role.ROOM_KEEPER, places["east"])
    made.items = ids  # type: ignore[attr-defined]  # for the tests
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=closed", {1, 2}),
        ("state=all", {0, 1, 2}),
        ("state=all&on_site=true", {3}),
        ("state=all&backdated=true", {2}),
        ("state=all&backdated=false", {0, 1}),
        (f"state=all&from={date(2026, 11, 3)}", {0, 2}),
        (f"state=all&from={date(2026, 10, 14)}&to={date(2026, 11, 3)}", {1, 2}),
        (f"state=all&to={date(2026, 10, 13)}", set()),
    ],
)
def test_the_list_is_narrowed_by_days_and_kinds(api: Api, query: str, found: set[int]) -> None:
    status, listed = api.get(f"/loans?branch=east&{query}")
    known = api.items  # type: ignore[attr-defined]  # set by the fixture
    assert status == 200
    assert {known.index(loan["item"]) for loan in listed["items"]} == found


def test_the_list_of_a_copy_says_how_each_loan_was(api: Api) -> None:
    item = api.items[2]  # type: ignore[attr-defined]  # set by the fixture
    [loan] = api.get(f"/loans?branch=east&state=all&item={item}")[1]["items"]
    assert (loan["is_backdated"], loan["is_on_site"], loan["closed_as"], loan["group"]) == (
        True,
        False,
        "returned",
        None,
    )


def test_a_day_that_is_none_is_refused(api: Api) -> None:
    assert api.get("/loans?from=yesterday")[0] == 422
