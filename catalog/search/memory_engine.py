"""The engine of the tests and of small tools: postings in dictionaries, nothing on disk."""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from catalog.search.analysis import Terms, analyse
from catalog.search.columns import Columns, Part, facts_of
from catalog.search.executor import execute
from catalog.search.matching import BAG, KEYS, PINYIN, Postings, Scores
from catalog.search.protocol import Document, Hits, Query, SearchUnavailable, Status


class MemoryEngine:
    """Implements `SearchEngine`; every commit builds a new state and swaps it in."""

    def __init__(self) -> None:
        self._documents: dict[int, Document] = {}
        self._generation = 0
        self._state = _State(())
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def apply(self, documents: Iterable[Document], deleted: Collection[int] = ()) -> None:
        with self._lock:
            kept = {**self._documents, **{d.bib_id: d for d in documents}}
            self._documents = {i: d for i, d in kept.items() if i not in set(deleted)}
            self._state = _State(tuple(self._documents.values()))
            self._generation += 1

    def replace_all(self, documents: Iterable[Document]) -> None:
        fresh = list(documents)
        self.apply(fresh, self.bib_ids() - {document.bib_id for document in fresh})

    @contextmanager
    def exclusive(self, *, wait_seconds: float = 0.0) -> Iterator[None]:
        if not self._writing.acquire(timeout=wait_seconds):
            raise SearchUnavailable("the index is being written; try again when that has finished")
        try:
            yield
        finally:
            self._writing.release()

    def exists(self) -> bool:
        return True

    def search(self, query: Query) -> Hits:
        return execute(query, self._state)

    def bib_ids(self) -> frozenset[int]:
        return frozenset(self._documents)

    def status(self) -> Status:
        return Status("memory", len(self._documents), str(self._generation))

    def close(self) -> None:
        return None


class _State:
    def __init__(self, documents: tuple[Document, ...]) -> None:
        analysed = [analyse(document) for document in documents]
        pairs = zip(documents, analysed, strict=True)
        self.columns = Columns([Part.of([facts_of(d, terms.length) for d, terms in pairs])])
        self._rows: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
        for row, terms in enumerate(analysed):
            for field, weighted in _weighted(terms):
                for term, weight in weighted.items():
                    self._rows[field, term].append((row, weight))

    @property
    def documents(self) -> int:
        return self.columns.documents

    @property
    def lengths(self) -> Scores:
        return self.columns.lengths

    def postings(self, field: str, term: str) -> Postings:
        found = self._rows.get((field, term), [])
        rows = np.array([row for row, _ in found], np.int32)
        return Postings(rows, np.array([weight for _, weight in found], np.float32))


def _weighted(terms: Terms) -> tuple[tuple[str, dict[str, float]], ...]:
    return (
        (BAG, terms.bag),
        (PINYIN, terms.pinyin),
        (KEYS, terms.keys),
    )
