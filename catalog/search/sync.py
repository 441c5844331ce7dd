"""Brings the index in step with the database for the events of records and copies.

A document is always made anew from what the database says now, never from what an event says. So
events may come in any order and more than once: a crash between the commit of the index and the
mark in the outbox only repeats work.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.search import source
from catalog.search.protocol import SearchEngine
from catalog.search.rebuild import rebuild
from library.kernel.db import Database

KINDS: Final = ("bib.*", "item.*")

_REBUILD_WAIT_S: Final = 300.0
"""How long the jobs process waits for a rebuild to finish; a county of 150,000 titles takes about two minutes."""


def feed(database: Database, engine: SearchEngine, rows: Sequence[Any]) -> None:
    """Replace the documents of all records these event rows touch, in one commit of the index.

    Builds the whole index when there is none. Raises `SearchUnavailable` when another process
    does not stop writing.
    """
    if not engine.exists():
        rebuild(database, engine)
        return
    with engine.exclusive(wait_seconds=_REBUILD_WAIT_S):
        with database.reading() as session:
            touched = affected_bibs(session, rows)
            documents = source.documents(session, touched)
        engine.apply(documents, deleted=touched - {document.bib_id for document in documents})


def affected_bibs(session: Session, rows: Iterable[Any]) -> set[int]:
    """Return the records whose documents may differ after these events, merged ones included."""
    bibs: set[int] = set()
    items: set[int] = set()
    for row in rows:
        if row.bib_id is not None:
            bibs.add(row.bib_id)
        if row.item_id is not None:
            items.add(row.item_id)
        if row.kind.startswith("bib."):  # a merge names the other record in its payload
            bibs.update(value for value in (row.payload or {}).values() if isinstance(value, int))
    bibs |= source.bibs_of_items(session, items)
    return bibs | source.merged_into(session, bibs)
