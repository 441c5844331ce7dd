r"""Copies that a record announces: the simple forms of 905 (CNMARC), 852 and Koha's 952 (MARC 21).

```
905 $a TSG $b D001669 $b D001705 $d 21.1          library, two barcodes, class
905 $b 0010201-10 $d H14 $e 2                     a range: 0010201 … 0010210
905 $b 20295403-5408                              a range: the part behind the hyphen replaces as many last digits
905 $a 1 $b T002267 $c 0 $d K86 $e 1 $s K86/1:0 $a 2 $b …   one group after the other in one field
852 $b BR1 $c Stacks $h G4362 $i .C6 $p 11223344
952 $a CENTRAL $p 3301 $o S512/12 $g 28.00
```

A copy begins at each `$b`; a repeated `$a` begins a new group. What follows a run of barcodes belongs to all of them; what
is missing is taken over from the run before, because the copies of one record share their call number. A field without a
barcode is a statement about another library's shelf and makes no copy.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from catalog.bibs.rules import parse_price
from catalog.marc.record import Field, Flavour, Record
from library.kernel.identifiers import normalise_scan

LARGEST_RANGE = 200
_RANGE = re.compile(r"([^\d]*)(\d+)[-\u2010-\u2015~\uff0d](\d+)")


@dataclass(frozen=True, slots=True)
class Holding:
    """One copy as a record announces it; texts are empty when not given, the price is in 0.01 CNY."""

    barcode: str
    library: str = ""
    call_number: str = ""
    volume: str = ""
    price_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """The barcodes of one `$b`; `understood` is False when it looks like a range and is not one."""

    barcodes: tuple[str, ...]
    understood: bool = True


def holdings_of(record: Record, flavour: Flavour) -> tuple[list[Holding], bool]:
    """Return the copies a bibliographic record announces, and whether every range was understood.

    A barcode that comes twice is one copy.
    """
    found: dict[str, Holding] = {}
    understood = True
    source = _of_905(record) if flavour is Flavour.CNMARC else _of_marc21(record)
    for holding in source:
        codes = expand(holding.barcode)
        understood = understood and codes.understood
        for code in codes.barcodes:
            if code:
                found.setdefault(code, replace(holding, barcode=code))
    return list(found.values()), understood


def expand(text: str) -> Range:
    """Return the barcodes a subfield stands for, in the form a scan is looked up by.

    A hyphen is a range only when the number behind it is not longer than the one before and not smaller than its tail;
    at most 200 copies, because a larger one is a slip of the pen.
    """
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if not match:
        return Range((normalise_scan(text),))
    prefix, first, tail = match.groups()
    last = first[: len(first) - len(tail)] + tail
    count = int(last) - int(first) + 1
    if len(tail) > len(first) or not 1 <= count <= LARGEST_RANGE:
        return Range((normalise_scan(text),), understood=False)
    return Range(tuple(normalise_scan(f"{prefix}{int(first) + step:0{len(first)}d}") for step in range(count)))


def _of_905(record: Record) -> Iterator[Holding]:
    for field in record.all("905"):
        for group in _groups(field):
            yield from _copies(group)


def _groups(field: Field) -> Iterator[list[tuple[str, str]]]:
    """Yield the subfields of a field up to each repeated `$a`."""
    group: list[tuple[str, str]] = []
    for code, value in field.subfields:
        if code == "a" and any(earlier == "a" for earlier, _ in group):
            yield group
            group = []
        group.append((code, value.strip()))
    yield group


def _copies(group: Iterable[tuple[str, str]]) -> Iterator[Holding]:
    """Yield the copies of one group: runs of barcodes with what stands around them."""
    common: dict[str, str] = {}
    runs: list[tuple[list[str], dict[str, str]]] = []
    for code, value in group:
        if code == "b":
            if not runs or runs[-1][1]:
                runs.append(([], {}))
            runs[-1][0].append(value)
        elif runs:
            runs[-1][1].setdefault(code, value)
        else:
            common.setdefault(code, value)
    about = common
    for barcodes, own in runs:
        about = about | own
        for barcode in barcodes:
            yield Holding(barcode, about.get("a", ""), _call_number(about), about.get("v", ""))


def _call_number(about: dict[str, str]) -> str:
    if about.get("s"):
        return about["s"]
    return "/".join(part for part in (about.get("d", ""), about.get("e", "")) if part)


def _of_marc21(record: Record) -> Iterator[Holding]:
    for field in record.all("852"):
        for barcode in field.all("p"):
            call_number = field.first("j") or "/".join(field.all("h") + field.all("i"))
            yield Holding(barcode, field.first("b") or field.first("a"), call_number, field.first("3"))
    for field in record.all("952"):
        for barcode in field.all("p"):
            price = parse_price(field.first("g") or field.first("v"))
            yield Holding(barcode, field.first("b") or field.first("a"), field.first("o"), field.first("h"), price)
