"""What moved due dates after the rules found them, in the reader's words: a closure, the harvest, a shut door, a new term."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from circulation.lending.shut_doors import BECAUSE as SHUT_DOOR
from circulation.models import Loan
from library.branches.hours_models import Closure
from library.branches.redating import Kind
from library.kernel import clock
from library.kernel.days import day_words
from library.kernel.models import EventRow


@dataclass(frozen=True, slots=True)
class Move:
    """A due date that was moved, by whom: `batch` is a closure or postponement, `keeper_away` nobody opened the door.

    With neither, the term of the reader's class ends on another day.
    """

    at: datetime
    before: date
    after: date
    batch: int | None = None
    keeper_away: bool = False
    kind: str = ""
    cause: str = ""

    def words(self) -> str:
        """Return what happened in a sentence."""
        return str(self._sentence() % {"cause": self.cause, **self._days()})

    def _days(self) -> dict[str, str]:
        today = clock.today()
        return {"before": day_words(self.before, today), "after": day_words(self.after, today)}

    def _sentence(self) -> str:
        if self.keeper_away:
            return str(_("Nobody was there to open the room, so it was moved from %(before)s to %(after)s."))
        if self.kind == Kind.POSTPONEMENT:
            return str(_("Postponed for everybody (%(cause)s), from %(before)s to %(after)s."))
        if self.kind == Kind.CLOSURE:
            return str(_("The room is closed for a time (%(cause)s), so it was moved from %(before)s to %(after)s."))
        return str(_("The term ends on another day, so it was moved from %(before)s to %(after)s."))


def moves_of(session: Session, loans: Sequence[Loan]) -> dict[int, list[Move]]:
    """Return what moved the due date of each open loan, in order and without what was taken back; at most two queries."""
    mine = {(loan.item_id, loan.patron_id): loan for loan in loans}
    wanted = select(EventRow.item_id, EventRow.patron_id, EventRow.at, EventRow.payload).where(
        EventRow.kind == "loan.redated", EventRow.item_id.in_([loan.item_id for loan in loans])
    )
    # A loan that goes on after an undone return is a new row; its reader, copy and beginning stay the same.
    rows = [
        (loan, row)
        for row in session.execute(wanted.order_by(EventRow.id))
        if (loan := mine.get((row.item_id, row.patron_id))) is not None and row.at >= loan.out_at
    ]
    batches = _batches(session, [row.payload.get("closure_id") for _loan, row in rows])
    found: dict[int, list[Move]] = defaultdict(list)
    for loan, row in rows:
        _follow(found[loan.id], _move(row, batches))
    return found


def _batches(session: Session, ids: Iterable[int | None]) -> Mapping[int, Row[int, str, str]]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    columns = select(Closure.id, Closure.kind, Closure.cause).where(Closure.id.in_(wanted))
    return {row.id: row for row in session.execute(columns)}


def _move(row: Any, batches: Mapping[int, Row[int, str, str]]) -> Move:
    said = row.payload
    batch = batches.get(said.get("closure_id"))
    return Move(
        at=row.at,
        before=date.fromisoformat(said["due_before"]),
        after=date.fromisoformat(said["due_after"]),
        batch=said.get("closure_id"),
        keeper_away=said.get("cause") == SHUT_DOOR["cause"],
        kind=batch.kind if batch else "",
        cause=batch.cause if batch else "",
    )


def _follow(moves: list[Move], move: Move) -> None:
    """Add a move: the same batch taken back undoes its own, and a door that stays shut goes on with the move before."""
    last = moves[-1] if moves else None
    if last is not None and move.batch is not None and (last.batch, last.before) == (move.batch, move.after):
        moves.pop()
    elif last is not None and last.keeper_away and move.keeper_away:
        moves[-1] = replace(last, after=move.after)
    else:
        moves.append(move)
