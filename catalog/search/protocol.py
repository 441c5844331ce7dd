"""What the rest of the house may ask of a search engine, and nothing about how it answers.

The index is disposable: it is derived from the database and can be thrown away at any time. It
never decides anything; whether a copy is in is joined from the database afterwards.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from library.kernel.errors import Busy

CONSUMER: Final = "index"
"""The name under which the index hears of events."""


class SearchUnavailable(Busy):
    """The index cannot be read or written now; `hint` says in one line what to do."""

    def __init__(self, hint: str) -> None:
        super().__init__("search_unavailable", hint=hint, retry_after=2)


class Ordering(StrEnum):
    """Order of the hits. `RELEVANCE` puts what stands near the reader first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class Document:
    """What the index holds of one bibliographic record."""

    bib_id: int
    title: str
    creators: str = ""
    subjects: str = ""
    publisher: str = ""
    summary: str = ""
    isbns: tuple[str, ...] = ()
    """Each 13 digits without hyphens."""
    clc: str = ""
    """Class notation such as ``S435.111``, or empty."""
    year: int = 0
    """Year of publication, 0 when unknown."""
    audience: str = ""
    language: str = ""
    popularity: float = 0.0
    """Loans of all copies, any scale that grows with demand."""
    branch_ids: tuple[int, ...] = ()
    """Branches where copies now stand; empty when there is no copy."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions besides the text; an empty one does not narrow.

    `clc` is a prefix of the notation, years are inclusive. `bib_ids` is the set computed by the
    database for conditions the index knows nothing of, such as "can be borrowed here now".
    """

    clc: str = ""
    year_from: int | None = None
    year_to: int | None = None
    audience: str = ""
    branch_ids: frozenset[int] = frozenset()
    bib_ids: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `rings` are sets of branch ids around the reader, nearest first."""

    text: str = ""
    filters: Filters = Filters()
    ordering: Ordering = Ordering.RELEVANCE
    rings: tuple[frozenset[int], ...] = ()
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """One record found; scores compare only within one answer."""

    bib_id: int
    score: float


@dataclass(frozen=True, slots=True)
class Hits:
    """The asked slice of the hits and counts over all of them.

    Each facet is counted with every filter except its own, so that a reader sees what another
    choice would give. `relaxed` says that no record held everything that was asked for.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    relaxed: bool = False
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """State of an index. `generation` changes whenever the content does."""

    engine: str
    documents: int
    generation: str
    segments: int = 1
    bytes_on_disk: int = 0


class SearchEngine(Protocol):
    """A full-text index of `Document`, safe to share between threads and across a fork.

    Every method raises `SearchUnavailable` when the index cannot be reached.
    """

    def apply(self, documents: Iterable[Document], deleted: Collection[int] = ()) -> None:
        """Replace or add `documents` and remove the ids `deleted`, visible in one commit."""

    def replace_all(self, documents: Iterable[Document]) -> None:
        """Replace the whole content in one swap; searches see the old one until then."""

    def exists(self) -> bool:
        """Tell whether there is a usable index; an index that was never built finds nothing."""

    def exclusive(self, *, wait_seconds: float = 0.0) -> AbstractContextManager[None]:
        """Keep other processes from synchronising or rebuilding; freed by the system when this one dies.

        Raises `SearchUnavailable` when another one has not finished after `wait_seconds`.
        """

    def search(self, query: Query) -> Hits:
        """Answer from the newest committed state."""

    def bib_ids(self) -> frozenset[int]:
        """Return the ids of all indexed records."""

    def status(self) -> Status:
        """Describe the index; also serves as the readiness check."""

    def close(self) -> None:
        """Let go of files; the engine may still be used and opens them again."""
