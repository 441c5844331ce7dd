"""A branch as a desk needs it: what every scan begins with, so it is one prepared statement and no entity."""

from typing import Protocol, cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from library.branches.models import Branch
from library.kernel.db import table_of
from library.kernel.errors import NotFound
from library.kernel.prepared import Prepared


class Place(Protocol):
    """Where a desk stands: a row of `place_by_code`, or a `Branch`."""

    @property
    def id(self) -> int: ...

    @property
    def code(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def path(self) -> str: ...


_branches = table_of(Branch)
_BY_CODE = Prepared(
    select(_branches.c.id, _branches.c.code, _branches.c.kind, _branches.c.state, _branches.c.path).where(
        _branches.c.code == bindparam("code")
    )
)


def place_by_code(session: Session, code: str) -> Place:
    """Return the branch with our code `code`, to read only.

    Raises `NotFound` `unknown_branch`.
    """
    row = _BY_CODE.first(session, code=code)
    if row is None:
        raise NotFound("unknown_branch", branch=code)
    return cast(Place, row)
