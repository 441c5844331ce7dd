"""Records made ready for the catalogue before any transaction begins: described, folded, with pinyin and checksum.

This is most of the work of an import, and it must not be done while the database is locked.
"""

from dataclasses import dataclass, field
from typing import Any

from catalog.bibs.deriving import with_title
from catalog.bibs.rules import Candidate, columns_of, identifiers_of
from catalog.marc.description import describe
from catalog.marc.holdings import Holding, holdings_of
from catalog.marc.reading import Found, Refused
from catalog.marc.reasons import Repair
from catalog.marc.record import Kind, checksum_of


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record with its place in the files; a refused one has a `reason`, one that is no bib only its `kind`."""

    file: str
    offset: int
    kind: Kind = Kind.UNKNOWN
    reason: str = ""
    detail: str = ""
    repairs: tuple[Repair, ...] = ()
    flavour: str = ""
    encoding: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    checksum: str = ""
    source: str = ""
    control_number: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    identifiers: tuple[tuple[str, str], ...] = ()
    holdings: tuple[Holding, ...] = ()
    price_cents: int | None = None

    @property
    def is_bib(self) -> bool:
        """Tell whether the record goes into the catalogue."""
        return not self.reason and self.kind is Kind.BIBLIOGRAPHIC

    def candidate(self, bib_id: int = 0) -> Candidate:
        """Return what matching looks at."""
        return Candidate(
            bib_id,
            self.columns["title_folded"],
            self.columns["part"],
            self.columns["year"],
            self.columns["match_key"],
            self.columns["material"],
        )


def prepare(file: str, found: Found | Refused, *, fallback_source: str, with_holdings: bool) -> Prepared:
    """Return one read record made ready; `fallback_source` names the source of records that name no agency."""
    if isinstance(found, Refused):
        return Prepared(file, found.offset, reason=str(found.reason), detail=found.detail)
    if found.kind is not Kind.BIBLIOGRAPHIC:
        return Prepared(file, found.offset, found.kind)
    description = describe(found.record, found.flavour)
    stored = found.record.as_json()
    holdings, understood = holdings_of(found.record, found.flavour) if with_holdings else ([], True)
    repairs = list(found.repairs)
    if not description.title:
        repairs.append(Repair.NO_TITLE)
    if not understood:
        repairs.append(Repair.RANGE_NOT_UNDERSTOOD)
    return Prepared(
        file,
        found.offset,
        found.kind,
        repairs=tuple(repairs),
        flavour=str(found.flavour),
        encoding=found.encoding,
        record=stored,
        checksum=checksum_of(stored),
        source=(description.agency or fallback_source)[:80],
        control_number=description.control_number[:60] or None,
        columns=with_title(columns_of(description)),
        identifiers=tuple(identifiers_of(description)),
        holdings=tuple(holdings),
        price_cents=description.price_cents,
    )
