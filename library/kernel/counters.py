"""Numbers that are given out once, and the printed codes made of them."""

from collections.abc import Callable

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from library.kernel.db import table_of
from library.kernel.identifiers import CodeKind, new_code
from library.kernel.models import Counter

_counters = table_of(Counter)


def next_value(session: Session, name: str) -> int:
    """Return the next number of a counter, beginning with 1; whoever wants one too waits until the transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    raised = (
        insert(_counters)
        .values(name=name, value=1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": _counters.c.value + 1})
        .returning(_counters.c.value)
    )
    value: int = session.execute(raised).scalar_one()
    return value


def next_code(session: Session, name: str, kind: CodeKind, is_taken: Callable[[str], bool]) -> str:
    """Return a printed code of a kind that was never given; one that came with an import is passed over."""
    while True:
        code = new_code(kind, next_value(session, name))
        if not is_taken(code):
            return code
