"""The embedded engine: postings in Whoosh segments, everything else in arrays.

This module and `whoosh_writing` are the only ones that know Whoosh. It stores and merges
postings; matching and scoring run on arrays (`executor`), because Whoosh's own searching costs a
Python call per posting.

On disk: `current` names the live directory beside it, so that a rebuild is swapped in by one
rename. Index files are unpickled when read: they must never come from elsewhere.

Whoosh keeps one seek-and-read handle per postings file, so two threads, or a parent and its
forked child, would read each other's bytes without any error. One lock guards every touch of the
reader, and a process that finds another's handles opens its own.
"""

import fcntl
import os
import shutil
import threading
import time
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray
from whoosh import index
from whoosh.reading import IndexReader, TermNotFound

from catalog.search.analysis import analyse
from catalog.search.columns import Columns, Facts, Part, facts_of
from catalog.search.executor import execute
from catalog.search.matching import BAG, KEYS, PINYIN, Postings, Scores
from catalog.search.protocol import Document, Hits, Query, SearchUnavailable, Status
from catalog.search.whoosh_writing import BEING_WRITTEN, FACTS, schema, writing_to

FORMAT: Final = 1
"""Raised whenever terms or facts change shape; an index of another format is rebuilt."""

_POINTER: Final = "current"
_LOCK: Final = "writer.lock"
_LOCK_PAUSE_S: Final = 0.1
_CACHED_BYTES: Final = 24_000_000
_REOPEN_TRIES: Final = 5


class WhooshEngine:
    """Implements `SearchEngine` on a directory of local files, written by one process at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._open = _Open()
        # An application that is dropped without a word must not leave files open.
        weakref.finalize(self, self._open.close)

    def apply(self, documents: Iterable[Document], deleted: Collection[int] = ()) -> None:
        directory = self._directory() or self._new_directory()
        latest = {document.bib_id: document for document in documents}
        if not latest and not deleted:
            return
        with writing_to(directory) as writer:
            with writer.searcher() as searcher:
                for bib_id in {*latest, *deleted}:
                    writer.delete_by_term(KEYS, _bib_key(bib_id), searcher=searcher)
            for bib_id, document in latest.items():
                if bib_id not in deleted:
                    _add(writer, document)
        if self._directory() is None:
            self._point_to(directory)

    def replace_all(self, documents: Iterable[Document]) -> None:
        """Build a new index beside the live one and swap it in when it is complete."""
        directory = self._new_directory()
        try:
            with writing_to(directory) as writer:
                for document in documents:
                    _add(writer, document)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        self._point_to(directory)

    @contextmanager
    def exclusive(self, *, wait_seconds: float = 0.0) -> Iterator[None]:
        self._make_root()
        deadline = time.monotonic() + wait_seconds
        with (self.root / _LOCK).open("w") as file:
            while not _locked(file):
                if time.monotonic() >= deadline:
                    raise SearchUnavailable(BEING_WRITTEN)
                time.sleep(_LOCK_PAUSE_S)
            yield

    def search(self, query: Query) -> Hits:
        with self._opened() as state:
            return execute(query, state) if state else Hits()

    def bib_ids(self) -> frozenset[int]:
        with self._opened() as state:
            if state is None:
                return frozenset()
            columns = state.columns
            return frozenset(columns.bib_ids[columns.alive].tolist())

    def exists(self) -> bool:
        """Tell whether an index of the current format is there."""
        return self._directory() is not None

    def status(self) -> Status:
        with self._opened() as state:
            if state is None:
                return Status("whoosh", 0, "none", 0)
            size = sum(file.stat().st_size for file in state.directory.glob("*") if file.is_file())
            return Status("whoosh", state.documents, state.generation, state.segments, size)

    def close(self) -> None:
        with self._lock:
            self._open.close()

    def _directory(self) -> Path | None:
        try:
            name = (self.root / _POINTER).read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SearchUnavailable(f"the index at {self.root} cannot be read: {error}") from error
        directory = self.root / name
        return directory if name.startswith(f"f{FORMAT}-") and directory.is_dir() else None

    def _make_root(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SearchUnavailable(f"the index at {self.root} cannot be written: {error}") from error

    def _new_directory(self) -> Path:
        self._make_root()
        directory = self.root / f"f{FORMAT}-{uuid.uuid4().hex[:12]}"
        try:
            directory.mkdir()
            index.create_in(str(directory), schema()).close()
        except OSError as error:
            raise SearchUnavailable(f"the index at {self.root} cannot be written: {error}") from error
        return directory

    def _point_to(self, directory: Path) -> None:
        """Make `directory` the live one; the one before stays for readers still opening it."""
        before = self._directory()
        waiting = self.root / f"{_POINTER}.new"
        waiting.write_text(directory.name, "ascii")
        waiting.replace(self.root / _POINTER)
        for old in self.root.glob("f*-*"):
            if old not in (directory, before):
                shutil.rmtree(old, ignore_errors=True)

    @contextmanager
    def _opened(self) -> Iterator["_State | None"]:
        if self._pid != os.getpid():
            # After a fork the lock may be held by a thread that does not exist here.
            self._lock, self._pid = threading.RLock(), os.getpid()
            self._open.close()
        with self._lock:
            yield self._newest()

    def _newest(self) -> "_State | None":
        """Return the newest committed state; a commit may remove files while they are opened."""
        for attempt in range(_REOPEN_TRIES):
            directory = self._directory()
            if directory is None:
                return None
            before = self._open.state
            if before is not None and before.is_current(directory):
                return before
            try:
                fresh = _State(directory, before)
            except (FileNotFoundError, index.EmptyIndexError) as error:
                if attempt == _REOPEN_TRIES - 1:
                    raise SearchUnavailable("the index is incomplete; run `library search rebuild`") from error
                continue
            self._open.close()
            self._open.state = fresh
        return self._open.state


class _Open:
    """Holds the open state apart from the engine, so that it can be closed when the engine is gone."""

    def __init__(self) -> None:
        self.state: _State | None = None

    def close(self) -> None:
        """Close the files; safe in a forked child, whose descriptors are its own."""
        if self.state is not None:
            self.state.close()
            self.state = None


class _State:
    """One committed generation, opened; implements the executor's `Source`."""

    def __init__(self, directory: Path, before: "_State | None") -> None:
        self.directory = directory
        self._index = index.open_dir(str(directory))
        self._number = self._index.latest_generation()
        self._reader: IndexReader = self._index.reader()
        try:
            leaves = [(leaf, offset) for leaf, offset in self._reader.leaf_readers() if leaf.doc_count_all()]
            self.segments = len(leaves)
            known: dict[str, Part] = before.parts if before is not None else {}
            self.parts: dict[str, Part] = {
                _name(leaf): known.get(_name(leaf)) or Part.of(_facts(leaf)) for leaf, _ in leaves
            }
            self.columns = Columns(list(self.parts.values()), _alive([leaf for leaf, _ in leaves]))
        except BaseException:
            self.close()
            raise
        self._cache: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._cached_bytes = 0

    @property
    def generation(self) -> str:
        return f"{self.directory.name}:{self._number}"

    @property
    def documents(self) -> int:
        return self.columns.documents

    @property
    def lengths(self) -> Scores:
        return self.columns.lengths

    def is_current(self, directory: Path) -> bool:
        return directory == self.directory and self._index.latest_generation() == self._number

    def postings(self, field: str, term: str) -> Postings:
        key = (field, term)
        found = self._cache.get(key)
        if found is not None:
            self._cache.move_to_end(key)
            return found
        found = self._cache[key] = self._read(field, term)
        self._cached_bytes += found.rows.nbytes + found.weights.nbytes
        while self._cached_bytes > _CACHED_BYTES and len(self._cache) > 1:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.rows.nbytes + dropped.weights.nbytes
        return found

    def close(self) -> None:
        self._reader.close()
        self._index.close()

    def _read(self, field: str, term: str) -> Postings:
        rows: list[int] = []
        weights: list[float] = []
        try:
            matcher = self._reader.postings(field, term.encode())
        except TermNotFound:
            return Postings(np.zeros(0, np.int32), np.zeros(0, np.float32))
        while matcher.is_active():
            rows.append(matcher.id())
            weights.append(matcher.weight())
            matcher.next()
        return Postings(np.array(rows, np.int32), np.array(weights, np.float32))


def _add(writer: Any, document: Document) -> None:
    terms = analyse(document)
    keys = {**terms.keys, _bib_key(document.bib_id): 1.0}
    facts = tuple(facts_of(document, terms.length))
    writer.add_document(**{BAG: terms.bag, PINYIN: terms.pinyin, KEYS: keys, FACTS: facts})


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _bib_key(bib_id: int) -> str:
    return f"bib:{bib_id}"


def _name(leaf: Any) -> str:
    return str(leaf.segment().segment_id())


def _alive(leaves: Sequence[Any]) -> NDArray[np.bool_]:
    """Return which rows of the segments, one after the other, are not deleted."""
    alive = [np.ones(leaf.doc_count_all(), np.bool_) for leaf in leaves]
    for leaf, rows in zip(leaves, alive, strict=True):
        rows[list(leaf.segment().deleted_docs())] = False
    return np.concatenate([np.ones(0, np.bool_), *alive])


def _facts(leaf: Any) -> list[Facts]:
    return [Facts(*leaf.stored_fields(number)[FACTS]) for number in range(leaf.doc_count_all())]
