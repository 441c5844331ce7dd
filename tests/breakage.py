"""A county in which a little of everything has happened, and a way to break each invariant of it on purpose.

Constraints would refuse most of the breaks, so they are taken away first: that is what a bad restore or a change by hand
does, and what `library db check` is for.
"""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, PrimaryKeyConstraint, Table, delete, event, insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibEdit, BibSourceRecord
from catalog.items.models import Item, ItemBarcode, ItemCondition, ItemMovement
from circulation.models import (
    Box,
    BoxLine,
    Case,
    Hold,
    Loan,
    LoanRenewal,
    LoanSheet,
    LoanSheetLine,
    Transfer,
    TransferStep,
)
from library.accounts.models import RoleGrant, SignInSession
from library.branches.calendars import OpeningLog
from library.branches.hours_models import Closure, ClosureEffect, ClosureRoom
from library.branches.models import Branch, BranchCode, Location
from library.kernel import clock, operations, triggers
from library.kernel.db import Database, Model, table_of
from library.kernel.models import EventDelivery, OperationRow
from library.patrons.models import Guardian, Patron, PatronCard
from tests import factories

Break = Callable[[Session], None]


def a_little_of_everything(session: Session) -> None:
    """Loans, a renewal, a captured hold, transfers, a box, conditions, edits, grants: all of it sound."""
    county = factories.a_county(session)
    east, west = county["east"], county["west"]
    patron = factories.a_patron(session, branch=east)
    bibs = [factories.a_bib(session) for _ in range(2)]
    for bib in bibs:
        _add(
            session,
            BibSourceRecord(
                bib_id=bib.id, source="form", flavour="form", record={}, checksum=str(bib.id), created_at=clock.now()
            ),
        )
    items = [factories.an_item(session, branch=east, bib=bibs[0]) for _ in range(4)]
    loan = factories.a_loan(session, item=items[0], patron=patron, renewals=1)
    _add(session, LoanRenewal(loan_id=loan.id, at=clock.now(), due_before=loan.due_on, due_after=loan.due_on))
    claim = {"branch_id": east.id, "item_id": items[0].id, "loan_id": loan.id, "patron_id": patron.id}
    _add(session, Case(kind="claimed_returned", opened_at=clock.now(), **claim))
    sheet = _add(session, LoanSheet(code="700000000017", branch_id=east.id, row_count=25, printed_at=clock.now()))
    row = {"item_id": items[0].id, "loan_id": loan.id, "lent_on": clock.today(), "entered_at": clock.now()}
    _add(session, LoanSheetLine(sheet_id=sheet.id, number=1, **row))
    _add(
        session,
        Hold(
            patron_id=patron.id,
            bib_id=bibs[0].id,
            pickup_branch_id=east.id,
            state="ready",
            captured_item_id=items[1].id,
            placed_at=clock.now(),
        ),
    )
    _transfer(session, items[2], east, west, "requested")
    box = _add(
        session, Box(code="500000000012", from_branch_id=east.id, holder_branch_id=east.id, created_at=clock.now())
    )
    packed = _transfer(session, items[3], east, west, "packed")
    _add(session, BoxLine(box_id=box.id, item_id=items[3].id, transfer_id=packed.id, packed_at=clock.now()))
    for item in items[1:]:
        item.is_available = False
    lost = factories.an_item(session, branch=west, bib=bibs[1], is_available=False)
    _add(session, ItemCondition(item_id=lost.id, kind="lost", since=clock.now()))
    _add(session, BibEdit(bib_id=bibs[0].id, field="title", value="麦", at=clock.now()))
    _hours(session, east)
    account = factories.staff(session, "keeper", ("room_keeper", east))
    _add(
        session,
        SignInSession(
            secret_hash="a", account_id=account.id, created_at=clock.now(), seen_at=clock.now(), expires_at=clock.now()
        ),
    )
    operations.remember(session, operations.system_operation("test"), "done")


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def _transfer(session: Session, item: Item, source: Branch, target: Branch, state: str) -> Transfer:
    transfer: Transfer = _add(
        session,
        Transfer(
            item_id=item.id,
            from_branch_id=source.id,
            to_branch_id=target.id,
            reason="manual",
            state=state,
            requested_at=clock.now(),
        ),
    )
    _add(session, TransferStep(transfer_id=transfer.id, state=state, actor_kind="system", at=clock.now()))
    return transfer


def forget_constraints(database: Database) -> None:
    """Take away uniqueness, checks and foreign keys, so that a break is possible."""
    if database.is_sqlite:
        database.dispose()
        event.listen(database.engine, "connect", _unguarded)
    with database.writing() as session:
        connection = session.connection()
        for table in Model.metadata.sorted_tables:
            for index in (index for index in table.indexes if index.unique):
                connection.exec_driver_sql(f'DROP INDEX IF EXISTS "{index.name}"')
            if not database.is_sqlite:
                _drop_constraints(connection, table)


def _unguarded(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("PRAGMA ignore_check_constraints=ON")


def _drop_constraints(connection: Connection, table: Table) -> None:
    for constraint in table.constraints:
        if not isinstance(constraint, PrimaryKeyConstraint):
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" DROP CONSTRAINT IF EXISTS "{constraint.name}"')


def _copy(session: Session, model: type[Model], **changes: Any) -> None:
    """Insert a second copy of the first row of a table."""
    table = table_of(model)
    row = dict(session.execute(select(table).order_by(*table.primary_key.columns).limit(1)).one()._mapping)
    if "id" in row:
        row.pop("id")
    session.execute(insert(table).values({**row, **changes}))


def _set(session: Session, model: type[Model], **values: Any) -> None:
    """Change the first row of a table."""
    table = table_of(model)
    first = session.scalars(select(table.c.id).order_by(table.c.id).limit(1)).one()
    session.execute(update(table).where(table.c.id == first).values(**values))


def _break_schema(session: Session) -> None:
    session.connection().exec_driver_sql('DROP INDEX IF EXISTS "ix_items_here_now"')


def _break_triggers(session: Session) -> None:
    triggers.remove(session.connection())


def _break_path(session: Session) -> None:
    session.execute(update(Branch).where(Branch.code == "east").values(path="/elsewhere/"))


def _break_codes(session: Session) -> None:
    for branch in session.scalars(select(Branch).limit(2)):
        _add(session, BranchCode(branch_id=branch.id, scheme="division", code="410", valid_from=factories.LONG_AGO))


def _break_closed_reader(session: Session) -> None:
    session.execute(update(Patron).values(closed_on=clock.today()))


def _break_guardian(session: Session) -> None:
    patron = session.scalars(select(Patron).limit(1)).one()
    session.execute(insert(Guardian).values(patron_id=patron.id, guardian_patron_id=patron.id, relation="parent"))


def _break_source(session: Session) -> None:
    session.execute(update(BibSourceRecord).values(removed_at=clock.now()))


def _break_merge(session: Session) -> None:
    first, second = session.scalars(select(Bib).order_by(Bib.id).limit(2))
    first.merged_into_id, second.merged_into_id = second.id, first.id


def _break_movement_chain(session: Session) -> None:
    item = session.scalars(select(Item).order_by(Item.id).limit(1)).one()
    gone = session.scalars(select(Branch.id).where(Branch.code == "school")).one()
    later = clock.now() + timedelta(seconds=1)
    _add(
        session,
        ItemMovement(item_id=item.id, from_branch_id=gone, to_branch_id=item.current_branch_id, at=later, cause="test"),
    )


def _break_home(session: Session) -> None:
    school = session.scalars(select(Branch.id).where(Branch.code == "school")).one()
    shelf = session.scalars(select(Location.id).where(Location.branch_id == school)).one()
    _set(session, Item, location_id=shelf)


def _break_merged_items(session: Session) -> None:
    first, second = session.scalars(select(Bib).order_by(Bib.id).limit(2))
    first.merged_into_id = second.id


def _hours(session: Session, room: Branch) -> None:
    """A closure that is done and moved nothing, one that was undone, and a room that was opened once."""
    week_ago = clock.now() - timedelta(days=7)
    for state in ("done", "undone"):
        closure = Closure(
            kind="closure",
            cause="停电",
            first_on=clock.today(),
            last_on=clock.today(),
            scope="rooms",
            state=state,
            created_at=week_ago,
            done_at=week_ago,
            undone_at=week_ago if state == "undone" else None,
        )
        _add(session, closure)
        _add(session, ClosureRoom(closure_id=closure.id, branch_id=room.id))
    _add(session, OpeningLog(branch_id=room.id, opened_at=week_ago, closed_at=week_ago + timedelta(hours=2)))


def _effect_of(state: str) -> Break:
    def leave(session: Session) -> None:
        closure = session.scalars(select(Closure).where(Closure.state == state)).one()
        _add(
            session,
            ClosureEffect(
                closure_id=closure.id,
                subject="loan",
                subject_id=1,
                field="due_on",
                branch_id=session.scalars(select(ClosureRoom.branch_id)).first(),
                before_on=closure.first_on,
                after_on=closure.last_on + timedelta(days=1),
                state="moved",
                operation_id=operations.new_id(),
            ),
        )

    return leave


def _break_log(session: Session) -> None:
    entry = session.scalars(select(OpeningLog)).one()
    opened_at = entry.opened_at + timedelta(hours=1)
    _add(session, OpeningLog(branch_id=entry.branch_id, opened_at=opened_at, closed_at=opened_at + timedelta(hours=2)))


def _break_road(session: Session) -> None:
    loan = session.scalars(select(Loan)).one()
    session.execute(update(Transfer).where(Transfer.state == "packed").values(item_id=loan.item_id))


def _break_kept(session: Session) -> None:
    loan = session.scalars(select(Loan)).one()
    session.execute(update(Hold).values(captured_item_id=loan.item_id))


def _other_bib(session: Session) -> int:
    return session.scalars(select(Bib.id).order_by(Bib.id.desc()).limit(1)).one()


def _break_claim(session: Session) -> None:
    session.execute(update(Loan).values(in_at=clock.now(), closed_as="returned"))


def _break_backdated_claim(session: Session) -> None:
    session.execute(update(Loan).values(is_backdated=True))
    session.execute(update(Case).values(kind="claimed_lost"))


def _break_row(session: Session) -> None:
    other = session.scalars(select(Item.id).order_by(Item.id.desc()).limit(1)).one()
    session.execute(update(LoanSheetLine).values(item_id=other))


def _second_loan(session: Session) -> None:
    _copy(session, Loan)


BREAKS: dict[str, Break] = {
    "triggers_present": _break_triggers,
    "schema_as_declared": _break_schema,
    "partial_indexes_unique": lambda session: None,  # forgetting the constraints broke it
    "operation_has_outcome": lambda session: session.execute(update(OperationRow).values(outcome=None)) and None,
    "delivery_has_event": lambda session: _add(session, EventDelivery(consumer="index", event_id=999_999)) and None,
    "branch_path": _break_path,
    "branch_merged_into_living": lambda session: _set(session, Branch, state="merged"),
    "branch_codes_do_not_overlap": _break_codes,
    "one_default_location": lambda session: _copy(session, Location, code="second"),
    "opening_log_in_order": _break_log,
    "closure_has_rooms": lambda session: session.execute(delete(ClosureRoom)) and None,
    "closure_is_written_down": _effect_of("done"),
    "closure_undone_wholly": _effect_of("undone"),
    "one_active_card_per_number": lambda session: _copy(session, PatronCard),
    "closed_reader_has_no_card": _break_closed_reader,
    "nobody_guards_themselves": _break_guardian,
    "one_open_grant": lambda session: _copy(session, RoleGrant),
    "session_is_one_persons": lambda session: _set(session, SignInSession, account_id=None),
    "bib_has_source": _break_source,
    "merge_ends_at_a_living_bib": _break_merge,
    "one_standing_edit": lambda session: _copy(session, BibEdit),
    "item_is_where_it_moved": lambda session: _set(session, Item, current_branch_id=1),
    "movements_follow_each_other": _break_movement_chain,
    "item_has_its_barcode": lambda session: _set(session, Item, barcode="other"),
    "barcode_unique_within_owner": lambda session: _copy(session, ItemBarcode, valid_to=clock.today()),
    "one_open_condition": lambda session: _copy(session, ItemCondition),
    "item_stands_in_its_home": _break_home,
    "items_are_not_under_merged_bibs": _break_merged_items,
    "available_says_what_follows": lambda session: _set(session, Item, is_available=True),
    "one_open_loan": _second_loan,
    "one_open_transfer": lambda session: _copy(session, Transfer),
    "one_captured_hold": lambda session: _copy(session, Hold),
    "one_open_box_line": lambda session: _copy(session, BoxLine),
    "one_open_hold_per_title": lambda session: _copy(session, Hold),
    "lent_is_not_on_the_road": _break_road,
    "lent_is_not_kept_for_another": _break_kept,
    "queued_hold_has_no_copy": lambda session: _set(session, Hold, state="waiting"),
    "sent_hold_has_a_transfer": lambda session: _set(session, Hold, state="in_transit"),
    "pickup_days_run_on_the_shelf": lambda session: _set(
        session, Hold, state="suspended", pickup_until_on=clock.today()
    ),
    "suspended_has_the_day_of_going_on": lambda session: _set(session, Hold, suspended_until_on=clock.today()),
    "captured_is_of_the_title": lambda session: _set(session, Hold, bib_id=_other_bib(session)),
    "loan_is_of_the_title": lambda session: _set(session, Loan, bib_id=_other_bib(session)),
    "transfer_state_is_its_last_step": lambda session: _set(session, Transfer, state="picked"),
    "closed_box_is_empty": lambda session: _set(session, Box, state="retired"),
    "used_here_is_closed_at_once": lambda session: _set(session, Loan, is_on_site=True),
    "claim_is_about_an_open_loan": _break_claim,
    "case_ends_as_its_kind_may": lambda session: _set(session, Case, settled_at=clock.now(), outcome="paid"),
    "case_is_about_the_copy_of_its_loan": lambda session: _set(session, Case, item_id=None),
    "backdated_loan_is_never_claimed_lost": _break_backdated_claim,
    "case_forgets_with_its_loan": lambda session: _set(session, Loan, patron_id=None),
    "backdated_loan_tells_its_day": lambda session: _set(session, Loan, is_backdated=True),
    "backdated_loan_was_taken_home": lambda session: _set(session, Loan, is_backdated=True, is_on_site=True),
    "sheet_row_is_about_its_loan": _break_row,
    "sheet_row_is_on_its_sheet": lambda session: _set(session, LoanSheetLine, number=99),
    "renewals_are_counted": lambda session: _set(session, Loan, renewals=7),
}
