"""Counting what pymarc and we make of a file, side by side."""

import io
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

import pymarc

from catalog.marc.reading import Found, Refused, read
from catalog.marc.reasons import Reason
from catalog.marc.record import BIBLIOGRAPHIC_TYPES, Kind

FOLDERS = ("marc-pymarc", "marc-koha", "marc-evergreen", "marc-ruby", "cnmarc-bnu-sru")
NOT_MARC = frozenset({"sample_dc.xml", "sample_mods.xml", "sample_isohold.xml"})
OTHER_FORMS = frozenset({".txt", ".json"})


@dataclass(frozen=True)
class Line:
    """One file: what pymarc parses of bibliographic records with fields, and what we accept, count apart, refuse."""

    path: Path
    pymarc: int
    accepted: int
    authorities: int
    holdings: int
    reasons: tuple[str, ...]

    @property
    def is_refused_whole(self) -> bool:
        return self.reasons == (str(Reason.NOT_MARC),) and not self.accepted

    def as_row(self) -> str:
        name = f"{self.path.parent.name}/{self.path.name}"
        counts = f"{self.pymarc:>7} {self.accepted:>9} {self.authorities:>6} {self.holdings:>6}"
        return f"{name:<70} {counts}  {', '.join(sorted(set(self.reasons)))}"


def files_of(shared: Path) -> list[Path]:
    """Return every file of the folders the issue names."""
    return sorted(path for name in FOLDERS for path in (shared / name).iterdir() if path.name != "SOURCE.txt")


def is_marc(path: Path) -> bool:
    """Tell whether a file is in one of the forms this issue reads."""
    return path.name not in NOT_MARC and path.suffix not in OTHER_FORMS


def line_of(path: Path) -> Line:
    """Read one file with both readers."""
    with path.open("rb") as stream:
        records = list(read(stream))
    kinds = Counter(found.kind for found in records if isinstance(found, Found))
    reasons = tuple(str(found.reason) for found in records if isinstance(found, Refused))
    counts = (kinds[Kind.BIBLIOGRAPHIC], kinds[Kind.AUTHORITY], kinds[Kind.HOLDINGS])
    return Line(path, parsed_by_pymarc(path), *counts, reasons)


def parsed_by_pymarc(path: Path) -> int:
    """Return how many records with a field and a bibliographic leader/06 pymarc parses with its usual settings."""
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        return sum(
            bool(record.fields) and str(record.leader)[6:7] in BIBLIOGRAPHIC_TYPES for record in _pymarc_records(path)
        )


def _pymarc_records(path: Path) -> Iterator[pymarc.Record]:
    if path.suffix == ".xml":
        try:
            records = pymarc.parse_xml_to_array(str(path))
        except Exception:  # noqa: BLE001  whatever stops pymarc, it parsed nothing
            return
        yield from (record for record in records if record is not None)
        return
    with path.open("rb") as stream:
        yield from (record for record in pymarc.MARCReader(stream) if record is not None)


def table_of(lines: Sequence[Line]) -> str:
    """Return the table that the audit prints."""
    head = f"\n{'file':<70}  pymarc  accepted  auth.  hold.  refused because"
    total = f"{'all':<70} {sum(line.pymarc for line in lines):>7} {sum(line.accepted for line in lines):>9}"
    return "\n".join((head, *(line.as_row() for line in lines), total, ""))
