"""Daily figures kept from the events: added to as events come, or rebuilt from all of them, with the same result.

Each event leaves its id beside the figures, in the same transaction, so that one delivered twice counts once.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Text, case, cast, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from circulation.models import DailyRollup, RolledUpEvent
from circulation.reports.rules import COUNTED, FIGURES, Cell, tally
from library.kernel.db import table_of
from library.kernel.events import ON
from library.kernel.filling import insert_rows
from library.kernel.models import EventRow

AT_ONCE: Final = 2_000
_rollups = table_of(DailyRollup)
_seen = table_of(RolledUpEvent)
_events = table_of(EventRow)
# An event of a notebook tells its day; looking for the word costs less than reading the payload of every event.
_TELLS_ITS_DAY = cast(_events.c.payload, Text).contains(f'"{ON}":')
# What `tally` reads of an event; besides those, only a visit says in its payload how many it stands for.
_COUNTED_OF = (
    *(_events.c[name] for name in ("id", "kind", "at", "branch_id", "clc", "age_band")),
    case((or_(_events.c.kind == "visit.recorded", _TELLS_ITS_DAY), _events.c.payload)).label("payload"),
)


def count(session: Session, events: Sequence[Any]) -> None:
    """Add events to the figures; those counted before change nothing."""
    fresh = _claim(session, [event.id for event in events if event.kind in COUNTED])
    _add(session, tally(event for event in events if event.id in fresh))


def _claim(session: Session, event_ids: Sequence[int]) -> set[int]:
    if not event_ids:
        return set()
    statement = (
        _upsert(session)(_seen)
        .values([{"event_id": event_id} for event_id in event_ids])
        .on_conflict_do_nothing(index_elements=["event_id"])
        .returning(_seen.c.event_id)
    )
    return set(session.scalars(statement))


def _add(session: Session, counts: Mapping[Cell, Counter[str]]) -> None:
    rows = _rows(counts)
    if not rows:
        return
    new = _upsert(session)(_rollups)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["on", "branch_id", "clc", "age_band"],
            set_={name: _rollups.c[name] + new.excluded[name] for name in FIGURES},
        ),
        rows,
    )


def _rows(counts: Mapping[Cell, Counter[str]]) -> list[dict[str, Any]]:
    return [cell._asdict() | {name: figures[name] for name in FIGURES} for cell, figures in sorted(counts.items())]


def _upsert(session: Session) -> Callable[..., Any]:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def clear(session: Session) -> None:
    """Forget all figures; `rebuild_step` makes them again."""
    session.execute(delete(DailyRollup))
    session.execute(delete(RolledUpEvent))


def rebuild_step(session: Session, after: int, limit: int = AT_ONCE) -> int | None:
    """Count the next events with an id above ``after``; return the last id seen, None when there are no more.

    A step is one short transaction. Events written meanwhile are counted by their own delivery or by a step, never twice.
    """
    rows = session.execute(
        select(_events).where(_events.c.id > after, _events.c.kind.in_(COUNTED)).order_by(_events.c.id).limit(limit)
    ).all()
    count(session, rows)
    return int(rows[-1].id) if rows else None


def rebuild(session: Session) -> None:
    """Make all figures again in one transaction; for loading a county and for tests. A living county takes the steps."""
    clear(session)
    totals: dict[Cell, Counter[str]] = {}
    ids: list[int] = []
    statement = select(*_COUNTED_OF).where(_events.c.kind.in_(COUNTED)).order_by(_events.c.id)
    for part in session.execute(statement.execution_options(yield_per=AT_ONCE)).partitions():
        tally(part, totals)
        ids.extend(row.id for row in part)
    insert_rows(session, _rollups, _rows(totals))
    insert_rows(session, _seen, ({"event_id": event_id} for event_id in ids))
