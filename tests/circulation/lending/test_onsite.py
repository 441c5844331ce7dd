"""A copy read in the room: one tap, no limit, no open row, and figures of its own."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from catalog.items.models import Item, ItemCondition
from circulation.lending.onsite import undo_use, use_on_site
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.models import DailyRollup, Loan
from circulation.policies import reasons
from circulation.reports import jobs, rollups
from circulation.restocking import observation
from library.accounts.rules import Role
from library.kernel import clock as kernel_clock
from library.kernel import events
from library.kernel.db import Database
from library.kernel.errors import NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Answer, new_id, once
from tests.acting import Api
from tests.circulation.lending.desk import Desk, available, codes
from tests.factories import a_county, a_location, a_patron, an_item, patron_card


def read_here(desk: Desk, item: Item, where: str = "east", **more: Any) -> Answer:
    branch = desk.places[where]
    return use_on_site(desk.session, desk.operation("use_on_site"), branch=branch, item_id=item.id, **more)


def uses(desk: Desk) -> list[Loan]:
    return list(desk.session.scalars(select(Loan).where(Loan.is_on_site).order_by(Loan.id)))


def test_one_tap_counts_a_copy_and_leaves_it_where_it_is(desk: Desk) -> None:
    item = desk.item()
    answer = use_on_site(desk.session, desk.operation(), branch=desk.here, barcode=item.barcode)
    assert (answer["decision"], answer["next"], answer["destination"]) == ("allowed", "shelve", desk.here.id)
    [use] = uses(desk)
    assert (use.id, use.in_at, use.patron_id, use.closed_as) == (answer["use"], use.out_at, None, "returned")
    assert available(desk, item)
    assert desk.lend(item)["decision"] == "allowed"


def test_a_reader_may_be_noted_and_no_limit_counts_it(desk: Desk) -> None:
    for _ in range(6):
        assert read_here(desk, desk.item(), patron_id=desk.reader.id)["decision"] == "allowed"
    assert {use.patron_category for use in uses(desk)} == {"adult"}
    assert desk.lend(desk.item())["decision"] == "allowed"


def test_a_copy_for_reading_only_is_counted(desk: Desk) -> None:
    shelf = a_location(desk.session, desk.here, is_lendable=False)
    paper = desk.item(item_class="newspaper", location=shelf, is_available=False)
    assert read_here(desk, paper)["decision"] == "allowed"
    assert not available(desk, paper)


def test_a_copy_that_should_be_elsewhere_is_noted_here_and_goes_home_afterwards(desk: Desk) -> None:
    item = desk.item("west")
    answer = read_here(desk, item)
    assert (answer["next"], answer["destination"], codes(answer)) == ("transfer", desk.places["west"].id, [])
    assert desk.session.scalar(select(Item.current_branch_id).where(Item.id == item.id)) == desk.here.id


def test_a_missing_copy_is_found_by_being_read(desk: Desk) -> None:
    item = desk.item(is_available=False)
    desk.session.add(ItemCondition(item_id=item.id, kind="missing", since=kernel_clock.now()))
    desk.session.flush()
    assert codes(read_here(desk, item)) == [reasons.MISSING_CAME_BACK]
    assert available(desk, item)


def test_what_cannot_be_read_here_is_refused_and_not_counted(desk: Desk) -> None:
    lent, gone, free = desk.item(), desk.item(is_available=False), desk.item()
    desk.lend(lent)
    desk.session.add(ItemCondition(item_id=gone.id, kind="withdrawn", since=kernel_clock.now()))
    desk.session.flush()
    assert codes(read_here(desk, lent)) == [ITEM_ON_LOAN]
    assert codes(read_here(desk, gone)) == [reasons.ITEM_WITHDRAWN]
    assert codes(read_here(desk, free, "county")) == [reasons.BRANCH_NOT_OPEN]
    unknown = use_on_site(desk.session, desk.operation(), branch=desk.here, barcode="NOBODY7")
    assert codes(unknown) == [reasons.UNKNOWN_BARCODE]
    twins = [desk.item(where, barcode="TWIN") for where in ("east", "west")]
    answer = use_on_site(desk.session, desk.operation(), branch=desk.here, barcode="TWIN")
    assert answer["candidates"] == [twin.id for twin in twins]
    assert uses(desk) == []
    with pytest.raises(NotFound, match="unknown_patron"):
        read_here(desk, free, patron_id=999_999)


def test_the_same_operation_counts_once(desk: Desk) -> None:
    item, operation = desk.item(), desk.operation("use_on_site")
    answers = [
        once(
            desk.session,
            replace(operation),
            {"item": item.id},
            lambda: use_on_site(desk.session, operation, branch=desk.here, item_id=item.id),
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(uses(desk)) == 1


def test_figures_keep_what_was_read_here_apart_from_what_was_taken_home(desk: Desk) -> None:
    item = desk.item()
    read_here(desk, item)
    read_here(desk, item)
    desk.lend(item)
    rollups.count(desk.session, events.pending(desk.session, jobs.CONSUMER))
    figures = desk.session.execute(select(func.sum(DailyRollup.uses), func.sum(DailyRollup.loans))).one()
    assert tuple(figures) == (2, 1)
    assert len(observation.loans(desk.session, kernel_clock.today())) == 1


def test_a_tap_too_many_is_undone_once(desk: Desk) -> None:
    answer = read_here(desk, desk.item())
    assert undo_use(desk.session, desk.operation("undo"), answer["use"])
    assert not undo_use(desk.session, desk.operation("undo"), answer["use"])
    assert desk.session.scalars(
        select(EventRow.kind).where(EventRow.kind.like("use.%")).order_by(EventRow.id)
    ).all() == [
        "use.recorded",
        "use.undone",
    ]
    rollups.count(desk.session, events.pending(desk.session, jobs.CONSUMER))
    assert desk.session.scalar(select(func.sum(DailyRollup.uses))) == 0
    lent = desk.lend(desk.item())["loan"]["id"]
    with pytest.raises(NotFound, match="unknown_loan"):
        undo_use(desk.session, desk.operation("undo"), lent)


def test_reading_in_the_room_over_http(app: Flask, database: Database, clock: object) -> None:
    del clock
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        barcode = an_item(session, branch=places["east"]).barcode
        card = patron_card(session, a_patron(session, branch=places["east"]))
    api = Api(app)
    api.become(Role.ROOM_KEEPER, places["east"])
    same = {"operation_id": new_id(), "branch": "east", "barcode": barcode}
    first, again = api.post("/on-site-uses", **same), api.post("/on-site-uses", **same)
    assert first == again
    assert (first[0], first[1]["decision"], first[1]["destination"]) == (200, "allowed", "east")
    assert api.post("/on-site-uses", branch="east", barcode=barcode, card=card)[1]["patron"] is not None
    assert api.post("/on-site-uses", branch="east", barcode=barcode, card="NOBODY")[0] == 404
    assert api.post("/on-site-uses", branch="east")[1]["code"] == "barcode_or_item_required"
    assert api.post("/on-site-uses", branch="west", barcode=barcode)[1]["code"] == "outside_grant"
    status, figures = api.get("/stats?branch=east")
    assert (status, figures["uses"], figures["loans"], figures["active_readers"]) == (200, 2, 0, 1)
