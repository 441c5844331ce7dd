"""What every process keeps a copy of, and the version that tells when to read it again.

The version is a number in the database, read in the transaction that decides; whoever changes what is kept raises it in the
same transaction. Version and value are published as one object, so that no thread ever sees the version of one with the
content of another. A transaction that has itself raised the version reads for itself and publishes nothing, because it may
still be rolled back.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import ScalarSelect, Table, func, insert, select, update
from sqlalchemy.orm import Session

from library.kernel.models import CacheVersion

Value = TypeVar("Value")

_versions = cast(Table, CacheVersion.__table__)
_RAISED = "versions raised here"


def raise_version(session: Session, name: str) -> None:
    """Tell every process, when this transaction commits, that what is kept under `name` has changed."""
    session.info.setdefault(_RAISED, set()).add(name)
    raised = session.execute(
        update(_versions)
        .where(_versions.c.name == name)
        .values(version=_versions.c.version + 1)
        .returning(_versions.c.version)
    )
    if raised.first() is None:
        session.execute(insert(_versions).values(name=name, version=1))


class Kept(Generic[Value]):
    """A value read from the database once per version of `names` and process."""

    def __init__(self, names: tuple[str, ...], load: Callable[[Session], Value]) -> None:
        self._names = frozenset(names)
        self._load = load
        # By connection pool: a process that serves one county has one, a process that runs tests has many.
        self._published: WeakKeyDictionary[Any, tuple[int, Value]] = WeakKeyDictionary()
        self.version_now: ScalarSelect[int] = (
            select(func.coalesce(func.sum(_versions.c.version), 0))
            .where(_versions.c.name.in_(sorted(names)))
            .scalar_subquery()
        )

    def get(self, session: Session, version: int | None = None) -> Value:
        """Return the value as it stands in this transaction.

        `version` is `version_now` when the caller has read that already, merged into a statement of its own.
        """
        if self._names & session.info.get(_RAISED, set()):
            return self._load(session)
        if version is None:
            version = session.scalar(select(self.version_now)) or 0
        key = session.get_bind().engine.pool
        known = self._published.get(key)
        if known is None or known[0] != version:
            known = (version, self._load(session))
            self._published[key] = known
        return known[1]
