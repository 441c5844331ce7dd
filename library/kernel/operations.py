"""Requests that change something, remembered with their answers, so that sending one twice does it once.

A client gives every state-changing request an id (a UUID). The id, a digest of the content, and the answer are stored in
the transaction of the change. The same id again gets the same answer; with another actor or content it is refused
(`operation_reused`). Refusals are answers too. Errors roll back and leave nothing, so the same id may be tried again.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Row, bindparam, func, insert, literal, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from library.kernel import clock
from library.kernel.actors import SYSTEM, Actor, current_actor
from library.kernel.db import table_of
from library.kernel.errors import Conflict, Invalid
from library.kernel.models import OperationRow
from library.kernel.prepared import Prepared, given
from library.kernel.telemetry import count_operation

Answer = dict[str, Any]

KEEP_ANSWER_DAYS = 90
_IGNORED = frozenset({"operation_id", "explain"})
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str)
_table = table_of(OperationRow)
_CLAIM = Prepared(
    **{
        name: dialect.insert(_table).values(given(*_table.columns)).on_conflict_do_nothing(index_elements=["id"])
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    }
)
_KEEP = Prepared(
    update(_table).where(_table.c.id == bindparam("kept_id")).values(given(_table.c.answer, _table.c.outcome))
)


@dataclass(frozen=True)
class Operation:
    """Who does what, when, at which branch, through which channel and device; `id` is a UUID in lower case."""

    id: str
    kind: str
    actor: Actor
    channel: str
    at: datetime
    branch_id: int | None = None
    device: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict)


def new_id() -> str:
    """Return a fresh operation id."""
    return str(uuid.uuid4())


def begin(
    kind: str, content: Mapping[str, Any], *, branch_id: int | None = None, channel: str | None = None
) -> Operation:
    """Return the operation of the present request.

    Its id stands in `content["operation_id"]` or in the header `Idempotency-Key`. Raises `Invalid`
    `operation_id_required` when there is none, `operation_id_invalid` when it is not a UUID.
    """
    given = content.get("operation_id") or (request.headers.get("Idempotency-Key") if has_request_context() else None)
    if not given:
        raise Invalid("operation_id_required")
    try:
        operation_id = str(uuid.UUID(str(given)))
    except ValueError as error:
        raise Invalid("operation_id_invalid") from error
    device = request.headers.get("X-Device") if has_request_context() else None
    return Operation(
        id=operation_id,
        kind=kind,
        actor=current_actor(),
        channel=channel or _channel(),
        at=clock.now(),
        branch_id=branch_id,
        device=device[:80] if device else None,
    )


def system_operation(kind: str, *, at: datetime | None = None, branch_id: int | None = None) -> Operation:
    """Return an operation of the system itself, for jobs and commands."""
    return Operation(new_id(), kind, SYSTEM, "job", at or clock.now(), branch_id)


def once(session: Session, operation: Operation, content: Mapping[str, Any], action: Callable[[], Answer]) -> Answer:
    """Run `action` and store its answer under the operation's id, or return the answer stored before.

    The row is inserted first: on PostgreSQL a second request with the same id then waits for the first one's commit, on
    SQLite it never runs beside it. Raises `Conflict` `operation_reused`.
    """
    digest = digest_of(operation.kind, content)
    if not _claim(session, operation, digest):
        return _stored(session, operation, digest)
    answer = action()
    outcome = str(answer.get("decision") or answer.get("outcome") or "done")[:40]
    _KEEP.run(session, kept_id=operation.id, answer=answer, outcome=outcome)
    count_operation(operation.kind, outcome)
    return answer


def _claim(session: Session, operation: Operation, digest: str) -> bool:
    return bool(_CLAIM.run(session, **_row(operation, digest), outcome=None, answer=None))


def _row(operation: Operation, digest: str) -> dict[str, Any]:
    return {
        "id": operation.id,
        "kind": operation.kind,
        "actor_kind": str(operation.actor.kind),
        "actor_id": operation.actor.id,
        "channel": operation.channel,
        "device": operation.device,
        "branch_id": operation.branch_id,
        "digest": digest,
        "at": operation.at,
    }


def recall(session: Session, operation: Operation, content: Mapping[str, Any]) -> Answer | None:
    """Return the answer stored under the operation's id, None for a new one; for work that is costly before it is stored.

    Raises `Conflict` `operation_reused`.
    """
    row = session.execute(select(_table).where(_table.c.id == operation.id)).one_or_none()
    return _repeated(row, operation, digest_of(operation.kind, content)) if row is not None else None


def _stored(session: Session, operation: Operation, digest: str) -> Answer:
    return _repeated(session.execute(select(_table).where(_table.c.id == operation.id)).one(), operation, digest)


def _repeated(row: Row[Any], operation: Operation, digest: str) -> Answer:
    same_actor = (row.actor_kind, row.actor_id) == (operation.actor.kind, operation.actor.id)
    if not same_actor or row.digest != digest:
        raise Conflict("operation_reused", operation=operation.id)
    return row.answer if row.answer is not None else _Shrunk(operation.id, row.outcome)


class _Shrunk(Answer):
    """What is left of an answer after 90 days; asking it for more is a conflict and not a failure."""

    def __init__(self, operation_id: str, outcome: str) -> None:
        super().__init__(operation=operation_id, outcome=outcome, decision=outcome, reasons=[])

    def __missing__(self, name: str) -> Any:
        raise Conflict("answer_forgotten", operation=self["operation"])


def digest_of(kind: str, content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a request's kind and content, whatever the order of its keys."""
    relevant = {key: value for key, value in content.items() if key not in _IGNORED and value is not None}
    return hashlib.sha256(_CANONICAL.encode([kind, relevant]).encode()).hexdigest()


def shrink_old_answers(session: Session, *, now: datetime, limit: int) -> int:
    """Drop up to `limit` stored answers older than 90 days, keeping id and outcome; return how many."""
    before = now - timedelta(days=KEEP_ANSWER_DAYS)
    kept = _table.c.answer.is_not(None)
    old = select(_table.c.id).where(_table.c.at < before, kept).order_by(_table.c.at).limit(limit)
    result = session.execute(update(_table).where(_table.c.id.in_(old)).values(answer=null()))
    return int(getattr(result, "rowcount", 0))


def remember(session: Session, operation: Operation, outcome: str) -> None:
    """Store an operation of the system that has no answer to repeat, so that its events can name it."""
    session.execute(insert(_table).values(**_row(operation, ""), outcome=outcome))


def is_stored(session: Session, operation_id: str) -> bool:
    """Tell whether an operation with this id was stored before."""
    return session.scalar(select(literal(1)).where(_table.c.id == operation_id)) is not None


def count(session: Session) -> int:
    """Return how many operations are stored."""
    return session.scalar(select(func.count()).select_from(_table)) or 0


def _channel() -> str:
    if not has_request_context():
        return "job"
    return "api" if request.path.startswith("/api/") else "page"
