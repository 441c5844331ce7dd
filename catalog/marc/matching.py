"""Which bib of the catalogue each record of a chunk is: two look-ups for the whole chunk, then decisions one by one.

Records of one chunk may be the same book, so every decision is remembered for the next ones (`remember`), with a
negative id while the bib has none of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibIdentifier, BibSourceRecord
from catalog.bibs.rules import Candidate, Match, decide_match
from catalog.marc.prepared import Prepared

# Whether a bib was merged away is asked of the rows: in the query it leads SQLite to the index that holds nearly every bib.
_COLUMNS = (
    Bib.id,
    Bib.title_folded,
    Bib.part,
    Bib.year,
    Bib.match_key,
    Bib.material,
    Bib.withdrawn_at,
    Bib.merged_into_id,
)
MATCHED_KINDS = ("isbn", "control", "unified")
_MOST_VALUES = 500  # SQLite allows 32,766 parameters, its planner likes fewer


@dataclass
class Known:
    """What is known of the catalogue for one chunk, or in a dry run for a whole import."""

    by_checksum: dict[str, tuple[int, str]] = field(default_factory=dict)
    by_identifier: dict[tuple[str, str], list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    withdrawn: set[int] = field(default_factory=set)
    revived: set[int] = field(default_factory=set)

    def look_up(self, session: Session, chunk: Sequence[Prepared]) -> None:
        """Read everything that the records of the chunk may match."""
        bibs = [record for record in chunk if record.is_bib]
        self._look_up_checksums(session, {record.checksum for record in bibs})
        self._look_up_identifiers(session, {pair for record in bibs for pair in record.identifiers})
        self._look_up_keys(session, {key for record in bibs if (key := record.columns["match_key"])})

    def match(self, record: Prepared) -> Match:
        """Return the match of a record that is not known by its checksum."""
        grouped: dict[str, list[Candidate]] = {kind: [] for kind in MATCHED_KINDS}
        for pair in record.identifiers:
            if pair[0] in grouped:
                grouped[pair[0]] += self.by_identifier.get(pair, ())
        return decide_match(
            record.candidate(),
            by_control=grouped["control"],
            by_isbn=grouped["isbn"],
            by_unified=grouped["unified"],
            by_key=self.by_key.get(record.columns["match_key"], ()),
        )

    def remember(self, record: Prepared, bib_id: int) -> None:
        """Let later records match this one; a withdrawn bib that got a record again is not withdrawn any more."""
        if bib_id in self.withdrawn:
            self.withdrawn.discard(bib_id)
            self.revived.add(bib_id)
        self.by_checksum[record.checksum] = (bib_id, record.source)
        candidate = record.candidate(bib_id)
        for pair in record.identifiers:
            self.by_identifier[pair].append(candidate)
        if record.columns["match_key"]:
            self.by_key[record.columns["match_key"]].append(candidate)

    def _look_up_checksums(self, session: Session, checksums: set[str]) -> None:
        for part in _parts(checksums - self.by_checksum.keys()):
            rows = session.execute(
                select(BibSourceRecord.checksum, BibSourceRecord.bib_id, BibSourceRecord.source, Bib.merged_into_id)
                .join(Bib, Bib.id == BibSourceRecord.bib_id)
                .where(BibSourceRecord.checksum.in_(part), BibSourceRecord.removed_at.is_(None))
                .order_by(BibSourceRecord.id.desc())
            )
            self.by_checksum.update(
                {row.checksum: (row.bib_id, row.source) for row in rows if row.merged_into_id is None}
            )

    def _look_up_identifiers(self, session: Session, pairs: Collection[tuple[str, str]]) -> None:
        wanted = set(pairs)
        for part in _parts({value for _, value in pairs}):
            rows = session.execute(
                select(BibIdentifier.kind, BibIdentifier.value, *_COLUMNS)
                .join(Bib, Bib.id == BibIdentifier.bib_id)
                .where(BibIdentifier.kind.in_(MATCHED_KINDS), BibIdentifier.value.in_(part))
                .order_by(Bib.id)
            )
            for row in rows:
                if (row.kind, row.value) in wanted:
                    self._add(self.by_identifier[row.kind, row.value], row)

    def _look_up_keys(self, session: Session, keys: Collection[str]) -> None:
        for part in _parts(keys):
            rows = session.execute(select(*_COLUMNS).where(Bib.match_key.in_(part)).order_by(Bib.id))
            for row in rows:
                self._add(self.by_key[row.match_key], row)

    def _add(self, found: list[Candidate], row: Any) -> None:
        if row.merged_into_id is not None:
            return
        if all(row.id != other.bib_id for other in found):
            found.append(Candidate(row.id, row.title_folded, row.part, row.year, row.match_key, row.material))
        if row.withdrawn_at is not None:
            self.withdrawn.add(row.id)


def _parts(values: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    return (ordered[start : start + _MOST_VALUES] for start in range(0, len(ordered), _MOST_VALUES))
