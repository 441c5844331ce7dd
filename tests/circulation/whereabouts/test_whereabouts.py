"""Availability as the pages show it, and the flag that serves the indexes, on real rows."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from circulation.models import Box, BoxLine, Hold, Transfer
from circulation.whereabouts import facts
from circulation.whereabouts.rules import Status
from circulation.whereabouts.services import CHUNK, OpenRows, refresh_availability
from library.branches.models import Branch
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from tests.factories import a_bib, a_county, a_loan, a_location, a_patron, an_item

Places = dict[str, Branch]
Rows = Callable[[Session, Item, Places], None]


@pytest.fixture(autouse=True)
def _noon(clock: object) -> None:
    del clock


def lent(session: Session, item: Item, places: Places) -> None:
    a_loan(session, item=item, patron=a_patron(session, branch=places["east"]), due_on=date(2026, 12, 1))


def moving(session: Session, item: Item, places: Places) -> None:
    session.add(
        Transfer(
            item_id=item.id,
            from_branch_id=places["east"].id,
            to_branch_id=places["west"].id,
            reason="manual",
            requested_at=kernel_clock.now(),
        )
    )


def kept(session: Session, item: Item, places: Places) -> None:
    session.add(
        Hold(
            patron_id=a_patron(session, branch=places["east"]).id,
            bib_id=item.bib_id,
            pickup_branch_id=places["east"].id,
            state="ready",
            captured_item_id=item.id,
            placed_at=kernel_clock.now(),
        )
    )


def boxed(session: Session, item: Item, places: Places) -> None:
    east = places["east"].id
    box = Box(code=f"5{item.id:011}", from_branch_id=east, holder_branch_id=east, created_at=kernel_clock.now())
    session.add(box)
    session.flush()
    session.add(BoxLine(box_id=box.id, item_id=item.id, packed_at=kernel_clock.now()))


def being(kind: str, *, is_blocking: bool = True) -> Rows:
    def add(session: Session, item: Item, places: Places) -> None:
        del places
        session.add(ItemCondition(item_id=item.id, kind=kind, since=kernel_clock.now(), is_blocking=is_blocking))

    return add


def shelved_for_reading(session: Session, item: Item, places: Places) -> None:
    item.location_id = a_location(session, places["east"], is_lendable=False).id


def of_a_reading_class(session: Session, item: Item, places: Places) -> None:
    del session, places
    item.item_class = "reference"


def nothing(session: Session, item: Item, places: Places) -> None:
    del session, item, places


CASES = [
    pytest.param(being("withdrawn"), Status.WITHDRAWN, id="withdrawn"),
    pytest.param(being("lost"), Status.LOST, id="lost"),
    pytest.param(being("missing"), Status.MISSING, id="missing"),
    pytest.param(lent, Status.ON_LOAN, id="on loan"),
    pytest.param(moving, Status.IN_TRANSIT, id="in transit"),
    pytest.param(kept, Status.ON_HOLD_SHELF, id="on the hold shelf"),
    pytest.param(boxed, Status.IN_BOX, id="in a box"),
    pytest.param(being("in_processing"), Status.IN_PROCESSING, id="in processing"),
    pytest.param(being("damaged"), Status.DAMAGED, id="damaged"),
    pytest.param(being("damaged", is_blocking=False), Status.AVAILABLE, id="scratched"),
    pytest.param(shelved_for_reading, Status.READING_ONLY, id="reading location"),
    pytest.param(of_a_reading_class, Status.READING_ONLY, id="reading class"),
    pytest.param(nothing, Status.AVAILABLE, id="nothing"),
]


@pytest.mark.parametrize(("rows", "expected"), CASES)
def test_status_and_flag_follow_from_the_rows(session: Session, rows: Rows, expected: Status) -> None:
    places = a_county(session)
    item = an_item(session, branch=places["east"])
    rows(session, item, places)
    session.flush()
    assert OpenRows().item_statuses(session, [item.id])[item.id]["status"] == expected
    refresh_availability(session, [item.id])
    flag = session.scalar(select(Item.is_available).where(Item.id == item.id))
    assert flag is (expected is Status.AVAILABLE)
    assert session.execute(facts.wrongly_flagged()).all() == []


def test_a_wrong_flag_is_found(session: Session) -> None:
    places = a_county(session)
    item = an_item(session, branch=places["east"], is_available=False)
    assert session.execute(facts.wrongly_flagged()).all() == [(item.id, False)]


def test_the_due_date_is_told_only_of_what_is_on_loan(session: Session) -> None:
    places = a_county(session)
    out, gone = (an_item(session, branch=places["east"]) for _ in range(2))
    for item in (out, gone):
        lent(session, item, places)
    being("lost")(session, gone, places)
    session.flush()
    statuses = OpenRows().item_statuses(session, [out.id, gone.id])
    assert statuses[out.id] == {"status": "on_loan", "due_on": date(2026, 12, 1)}
    assert statuses[gone.id] == {"status": "lost", "due_on": None}


def test_availability_is_grouped_by_branch_nearest_first(session: Session) -> None:
    places = a_county(session)
    bib = a_bib(session)
    an_item(session, branch=places["central"], bib=bib)
    an_item(session, branch=places["west"], bib=bib)
    for _ in range(2):
        lent(session, an_item(session, branch=places["east"], bib=bib), places)
    lost = an_item(session, branch=places["east"], bib=bib)
    being("lost")(session, lost, places)
    refresh_availability(session, [lost.id])
    entries = OpenRows().availability(session, [bib.id], branch_id=places["east"].id)[bib.id]
    shown = [(entry["branch"], entry["total"], entry["available"], entry["distance"]) for entry in entries]
    assert shown == [("east", 2, 0, 0), ("west", 1, 1, 2), ("central", 1, 1, 3)]
    assert entries[0]["due_on"] == date(2026, 12, 1)
    assert entries[1]["due_on"] is None


def test_a_bib_without_copies_has_no_entries_and_without_a_place_nothing_is_far(session: Session) -> None:
    places = a_county(session)
    item = an_item(session, branch=places["east"])
    bare = a_bib(session)
    found = OpenRows().availability(session, [item.bib_id, bare.id])
    assert found[bare.id] == []
    assert found[item.bib_id][0]["distance"] is None


def test_bibs_that_may_be_had_at_some_branches(session: Session) -> None:
    places = a_county(session)
    here = an_item(session, branch=places["east"])
    away = an_item(session, branch=places["west"])
    lent(session, an_item(session, branch=places["east"]), places)
    assert OpenRows().available_bib_ids(session, [places["east"].id]) == {here.bib_id}
    assert OpenRows().available_bib_ids(session, [places["east"].id, places["west"].id]) == {here.bib_id, away.bib_id}
    assert OpenRows().available_bib_ids(session, []) == set()


def test_a_page_of_records_takes_as_many_statements_as_one_record(database: Database, session: Session) -> None:
    places = a_county(session)
    items = [an_item(session, branch=places["east"]) for _ in range(20)]
    bib_ids, item_ids = [item.bib_id for item in items], [item.id for item in items]
    session.flush()
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(database.engine, "before_cursor_execute", note)
    OpenRows().availability(session, bib_ids, branch_id=places["east"].id)
    OpenRows().item_statuses(session, item_ids)
    OpenRows().available_bib_ids(session, [places["east"].id])
    refresh_availability(session, item_ids)
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(statements) == 5, "two for the places of titles, one for everything else"


def test_more_copies_than_one_statement_takes_are_refreshed_in_turn(session: Session) -> None:
    places = a_county(session)
    item = an_item(session, branch=places["east"], is_available=False)
    refresh_availability(session, range(item.id, item.id + 2 * CHUNK))
    assert session.scalar(select(Item.is_available).where(Item.id == item.id)) is True
