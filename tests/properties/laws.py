"""What holds in a county after any operations in any order: the invariants of `library db check`, and what events tell."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.charges.services import balance
from circulation.holds.states import Cause
from circulation.models import Case, Hold, LedgerEntry, Loan, LoanRenewal, TransferStep
from circulation.whereabouts.rules import Status
from circulation.whereabouts.services import OpenRows
from library.checks import register_all
from library.kernel import checks, schema_checks
from library.kernel.models import EventRow, OperationRow

# The schema is what no act can change, and reading it takes longer than everything else together.
_LAWS = [law for law in register_all() if law not in schema_checks.INVARIANTS]

# The rows that say by which operation they came to be; holds and transfers change, which their events and steps tell.
_MADE_BY = (
    Case.operation_id,
    Case.settled_operation_id,
    Hold.operation_id,
    LedgerEntry.operation_id,
    Loan.operation_id,
    LoanRenewal.operation_id,
    TransferStep.operation_id,
)
Line = tuple[object, ...]


def require_all(session: Session) -> None:
    """Raise when anything contradicts anything."""
    for law in _LAWS:
        assert [breach.first for breach in checks.run(session, law.name)] == [], law.sentence
    _require_flags(session)
    _require_that_events_tell_the_holds(session)
    _require_that_changes_name_their_operation(session)
    _require_that_holds_say_why(session)
    _require_that_steps_say_who(session)
    _require_that_voids_undo_what_they_name(session)
    _require_that_balances_are_sums(session)


def _require_flags(session: Session) -> None:
    """The flag the indexes use is what the open rows say."""
    flags = dict(session.execute(select(Item.id, Item.is_available)).all())
    statuses = OpenRows().item_statuses(session, list(flags))
    assert {item_id: shown["status"] == Status.AVAILABLE for item_id, shown in statuses.items()} == flags


def _require_that_events_tell_the_holds(session: Session) -> None:
    """A hold is in the state its last event left it in, so the history is the present."""
    told: dict[int, str] = {}
    for payload in session.scalars(select(EventRow.payload).where(EventRow.kind.like("hold.%")).order_by(EventRow.id)):
        told[payload["hold_id"]] = payload.get("state", told.get(payload["hold_id"], ""))
    assert told == dict(session.execute(select(Hold.id, Hold.state)).all())


def _require_that_changes_name_their_operation(session: Session) -> None:
    """Every change has an operation, which knows actor, channel and, at a desk, the device; events name the actor."""
    told = select(EventRow.kind).outerjoin(OperationRow, OperationRow.id == EventRow.operation_id)
    other_kind = OperationRow.actor_kind != EventRow.actor_kind
    other_one = OperationRow.actor_id.is_distinct_from(EventRow.actor_id)
    assert session.scalars(told.where(or_(OperationRow.id.is_(None), other_kind, other_one))).all() == []
    for column in _MADE_BY:
        table = column.class_
        unknown = select(table.id).where(~column.in_(select(OperationRow.id)))
        is_settled = column is Case.settled_operation_id
        without = select(table.id).where(column.is_(None), Case.settled_at.is_not(None) if is_settled else True)
        assert session.scalars(unknown).all() == session.scalars(without).all() == [], str(column)
    deviceless = select(OperationRow.id).where(OperationRow.channel == "desk", OperationRow.device.is_(None))
    assert session.scalars(deviceless).all() == []


def _require_that_holds_say_why(session: Session) -> None:
    """Each change of a hold has its cause, and so has the hold itself since its first."""
    causes, told = {str(cause) for cause in Cause}, set[int]()
    for payload in session.scalars(select(EventRow.payload).where(EventRow.kind.like("hold.%")).order_by(EventRow.id)):
        assert payload.get("cause") in causes, payload
        told.add(payload["hold_id"])
    assert told == set(session.scalars(select(Hold.id)))
    assert session.scalars(select(Hold.id).where(Hold.state != "waiting", Hold.cause.is_(None))).all() == []
    assert set(session.scalars(select(Hold.cause).where(Hold.cause.is_not(None)))) <= causes


def _require_that_steps_say_who(session: Session) -> None:
    """A step of a transfer was taken by the actor of its operation."""
    others = select(TransferStep.id).join(OperationRow, OperationRow.id == TransferStep.operation_id)
    assert session.scalars(others.where(OperationRow.actor_kind != TransferStep.actor_kind)).all() == []


def _require_that_voids_undo_what_they_name(session: Session) -> None:
    """A voided line and its void sum to nothing: the balance of the ledger is the sum of its lines."""
    lines = dict(session.execute(select(LedgerEntry.id, LedgerEntry.amount_cents)).all())
    voids = session.execute(select(LedgerEntry.voids_id, LedgerEntry.amount_cents).where(LedgerEntry.kind == "void"))
    assert all(lines[voided] == -amount for voided, amount in voids)


def _require_that_balances_are_sums(session: Session) -> None:
    """What a reader owes is the sum of their lines, added up here one by one."""
    sums = Counter[int]()
    for patron_id, cents in session.execute(select(LedgerEntry.patron_id, LedgerEntry.amount_cents)):
        if patron_id is not None:
            sums[patron_id] += cents
    assert {patron_id: balance(session, patron_id) for patron_id in sums} == dict(sums)


def require_that_the_ledger_only_grew(session: Session, before: Mapping[int, Line]) -> dict[int, Line]:
    """Raise when a line seen before is gone or another now; return the lines as they stand."""
    columns = (LedgerEntry.id, LedgerEntry.kind, LedgerEntry.amount_cents, LedgerEntry.voids_id, LedgerEntry.at)
    now = {row.id: tuple(row) for row in session.execute(select(*columns))}
    assert {line: now.get(line) for line in before} == before
    return now
