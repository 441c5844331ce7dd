"""Builds the index anew from the database and swaps it in.

One process: analysis is a third of the work, and the 6,000 titles of the sample county take about
four seconds, so handing documents to a second process would gain less than it costs to explain.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from catalog.search import source
from catalog.search.protocol import CONSUMER, Document, SearchEngine
from library.kernel import events
from library.kernel.db import Database

_STEP: Final = 100
_SYNCHRONISATION_WAIT_S: Final = 30.0
"""How long a rebuild waits for a synchronisation that is just running, which takes a second or two."""


def rebuild(database: Database, engine: SearchEngine, step: Callable[[int], None] | None = None) -> int:
    """Build the whole index and return the number of documents; `step(n)` hears of progress.

    Events that were waiting before the database was read are marked as handled; later ones stay
    and are applied by the next synchronisation, even when they are already in the index. Raises
    `SearchUnavailable` when another process does not stop writing the index.
    """
    with engine.exclusive(wait_seconds=_SYNCHRONISATION_WAIT_S):
        with database.reading() as session:
            waiting = events.pending_ids(session, CONSUMER)
            counter = _Counter(step)
            engine.replace_all(counter.over(source.all_documents(session)))
        with database.writing() as session:
            events.mark_handled(session, CONSUMER, waiting)
    return counter.documents


class _Counter:
    def __init__(self, step: Callable[[int], None] | None) -> None:
        self.documents = 0
        self._step = step

    def over(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            yield document
            self.documents += 1
            if self._step and self.documents % _STEP == 0:
                self._step(_STEP)
