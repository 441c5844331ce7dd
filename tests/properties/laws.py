"""What holds in a county after any operations in any order: the invariants of `library db check`, and what events tell."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.models import Hold, LedgerEntry
from circulation.whereabouts.rules import Status
from circulation.whereabouts.services import OpenRows
from library.checks import register_all
from library.kernel import checks, schema_checks
from library.kernel.models import EventRow, OperationRow

# The schema is what no act can change, and reading it takes longer than everything else together.
_LAWS = [law for law in register_all() if law not in schema_checks.INVARIANTS]


def require_all(session: Session) -> None:
    """Raise when anything contradicts anything."""
    for law in _LAWS:
        assert [breach.first for breach in checks.run(session, law.name)] == [], law.sentence
    _require_flags(session)
    _require_that_events_tell_the_holds(session)
    _require_that_changes_name_their_operation(session)
    _require_that_voids_undo_what_they_name(session)


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
    """Every change has an operation, which knows actor, channel and device."""
    nameless = select(func.count()).where(
        ~EventRow.operation_id.in_(select(OperationRow.id)), EventRow.operation_id.is_not(None)
    )
    assert session.scalar(nameless) == 0


def _require_that_voids_undo_what_they_name(session: Session) -> None:
    """A voided line and its void sum to nothing: the balance of the ledger is the sum of its lines."""
    lines = dict(session.execute(select(LedgerEntry.id, LedgerEntry.amount_cents)).all())
    voids = session.execute(select(LedgerEntry.voids_id, LedgerEntry.amount_cents).where(LedgerEntry.kind == "void"))
    assert all(lines[voided] == -amount for voided, amount in voids)
