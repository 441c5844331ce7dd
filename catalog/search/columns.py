"""What is known of every record besides its terms, as arrays over row numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.search.protocol import Document, Filters


class Facts(NamedTuple):
    """The stored part of a record; a plain tuple so that it is cheap to keep in the index."""

    bib_id: int
    year: int
    clc: str
    audience: str
    popularity: float
    length: float
    branch_ids: tuple[int, ...]


def facts_of(document: Document, length: float) -> Facts:
    """Return the facts of a document whose words weigh `length`."""
    return Facts(
        document.bib_id,
        document.year,
        document.clc.upper(),
        document.audience,
        float(document.popularity),
        float(length),
        tuple(document.branch_ids),
    )


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column as small integers; `values[codes[row]]` is the text."""

    codes: NDArray[np.int32]
    values: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Coded":
        """Code a column."""
        values = tuple(sorted(set(texts)))
        number = {value: position for position, value in enumerate(values)}
        return cls(_table([number[text] for text in texts]), values)

    @classmethod
    def joined(cls, columns: Sequence["Coded"]) -> "Coded":
        """Put columns one under the other."""
        values = tuple(sorted({value for column in columns for value in column.values}))
        number = {value: position for position, value in enumerate(values)}
        codes = [_table([number[value] for value in column.values])[column.codes] for column in columns]
        return cls(np.concatenate([_table([]), *codes]), values)

    def shortened(self, length: int) -> "Coded":
        """Return the column of the first characters of each text."""
        short = Coded.of([value[:length] for value in self.values])
        return Coded(short.codes[self.codes], short.values)

    def equal(self, value: str) -> NDArray[np.bool_]:
        """Rows whose text is `value`."""
        if value not in self.values:
            return np.zeros(len(self.codes), np.bool_)
        chosen: NDArray[np.bool_] = self.codes == self.values.index(value)
        return chosen

    def starting(self, prefix: str) -> NDArray[np.bool_]:
        """Rows whose text begins with `prefix`."""
        wanted = np.array([value.startswith(prefix) for value in self.values], np.bool_)
        chosen: NDArray[np.bool_] = wanted[self.codes] if len(self.values) else wanted
        return chosen

    def counts(self, mask: NDArray[np.bool_]) -> dict[str, int]:
        """Count the rows of `mask` per text, without zeros and without the empty text."""
        tally = np.bincount(self.codes[mask], minlength=len(self.values))
        pairs = zip(self.values, tally.tolist(), strict=True)
        return {value: count for value, count in pairs if count and value}


@dataclass(frozen=True, slots=True)
class Part:
    """The facts of some rows that never change, such as a segment of an index; made once and joined often."""

    bib_ids: NDArray[np.int64]
    years: NDArray[np.int32]
    popularity: NDArray[np.float32]
    lengths: NDArray[np.float32]
    notation: Coded
    audience: Coded
    held_row: NDArray[np.intp]
    held_branch: NDArray[np.intp]

    @classmethod
    def of(cls, facts: Sequence[Facts]) -> "Part":
        """Turn facts into arrays."""
        holdings = [(row, branch) for row, fact in enumerate(facts) for branch in fact.branch_ids]
        pairs = np.array(holdings, np.intp).reshape(-1, 2)
        return cls(
            bib_ids=np.array([fact.bib_id for fact in facts], np.int64),
            years=np.array([fact.year for fact in facts], np.int32),
            popularity=np.array([fact.popularity for fact in facts], np.float32),
            lengths=np.array([fact.length for fact in facts], np.float32),
            notation=Coded.of([fact.clc for fact in facts]),
            audience=Coded.of([fact.audience for fact in facts]),
            held_row=pairs[:, 0],
            held_branch=pairs[:, 1],
        )


class Columns:
    """The facts of all rows; `alive` is false for rows that were deleted."""

    def __init__(self, parts: Sequence[Part], alive: NDArray[np.bool_] | None = None) -> None:
        parts = parts or [Part.of([])]
        self.bib_ids = np.concatenate([part.bib_ids for part in parts])
        self.size = len(self.bib_ids)
        self.alive = np.ones(self.size, np.bool_) if alive is None else alive
        self.documents = int(self.alive.sum())
        self.years = np.concatenate([part.years for part in parts])
        self._bands = band_starts(self.years)
        self.popularity = np.concatenate([part.popularity for part in parts])
        self.notation = Coded.joined([part.notation for part in parts])
        self.top_class = self.notation.shortened(1)
        self.audience = Coded.joined([part.audience for part in parts])
        lengths = np.concatenate([part.lengths for part in parts])
        mean = float(lengths[self.alive].mean()) if self.documents else 1.0
        self.lengths: NDArray[np.float32] = (lengths / (mean or 1.0)).astype(np.float32)
        starts = np.cumsum([0, *(len(part.bib_ids) for part in parts)])
        self._held_row = np.concatenate([p.held_row + start for p, start in zip(parts, starts, strict=False)])
        self._held_branch = np.concatenate([part.held_branch for part in parts])
        self._branch_table = int(self._held_branch.max(initial=0)) + 1

    def held_in(self, branch_ids: frozenset[int]) -> NDArray[np.bool_]:
        """Rows with a copy standing in one of the branches."""
        held = np.zeros(self.size, np.bool_)
        wanted = np.zeros(self._branch_table, np.bool_)
        wanted[[branch_id for branch_id in branch_ids if branch_id < self._branch_table]] = True
        held[self._held_row[wanted[self._held_branch]]] = True
        return held

    def branch_counts(self, mask: NDArray[np.bool_]) -> dict[str, int]:
        """Count the rows of `mask` per branch id."""
        counts = np.bincount(self._held_branch[mask[self._held_row]], minlength=self._branch_table)
        return {str(branch_id): int(counts[branch_id]) for branch_id in np.flatnonzero(counts).tolist()}

    def year_counts(self, mask: NDArray[np.bool_]) -> dict[str, int]:
        """Count the rows of `mask` per band of years, newest band first."""
        counts = np.bincount(self._bands[mask & (self.years > 0)])
        return {band_name(int(start)): int(counts[start]) for start in np.flatnonzero(counts)[::-1]}

    def conditions(self, filters: Filters) -> dict[str, NDArray[np.bool_]]:
        """One mask per condition that narrows, by the name of its facet."""
        found: dict[str, NDArray[np.bool_]] = {}
        if filters.clc:
            found["clc"] = self.notation.starting(filters.clc.upper())
        if filters.year_from is not None or filters.year_to is not None:
            first = 1 if filters.year_from is None else filters.year_from
            last = 9999 if filters.year_to is None else filters.year_to
            found["year"] = (self.years >= first) & (self.years <= last)
        if filters.audience:
            found["audience"] = self.audience.equal(filters.audience)
        if filters.branch_ids:
            found["branch"] = self.held_in(filters.branch_ids)
        if filters.bib_ids is not None:
            wanted = np.fromiter(filters.bib_ids, np.int64, len(filters.bib_ids))
            found["bib"] = np.isin(self.bib_ids, wanted)
        return found


def _table(numbers: Sequence[int]) -> NDArray[np.int32]:
    return np.array(numbers, np.int32)


_OLDEST_BAND: Final = 1990
_BAND_YEARS: Final = 5


def band_starts(years: NDArray[np.int32]) -> NDArray[np.int32]:
    """First year of the five-year band of each year; 0 for everything before 1990."""
    starts = years - (years - _OLDEST_BAND) % _BAND_YEARS
    return np.where(years < _OLDEST_BAND, 0, starts).astype(np.int32)


def band_name(start: int) -> str:
    """Return the band as the `year` parameter of a search takes it: ``2020-2024``, ``-1989``."""
    return f"{start}-{start + _BAND_YEARS - 1}" if start else f"-{_OLDEST_BAND - 1}"
