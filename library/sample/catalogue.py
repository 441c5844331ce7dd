"""Titles and copies of the sample county as rows of the catalogue, with a CNMARC record behind every title."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from typing import Any

from catalog.bibs.description import Audience, BibDescription, Creator
from catalog.bibs.rules import columns_of, identifiers_of
from catalog.classification.rules import call_number_key
from catalog.marc.compose import compose
from catalog.marc.record import checksum_of
from library.kernel import clock
from library.sample.stock import Copy
from library.sample.titles import Title

Row = dict[str, Any]
SOURCE = "sample"
_AGENCY = "SAMPLE"


def described(title: Title, number: int) -> BibDescription:
    """Return what the record of a title says; `number` is its control number."""
    return BibDescription(
        title=title.title,
        subtitle=title.subtitle,
        creators=(Creator(title.author, title.role),),
        publisher=title.publisher,
        place=title.place,
        year=title.year,
        series=title.series,
        extent=f"{title.pages}页",
        language="chi",
        audience=Audience(title.audience),
        clc=title.clc,
        isbns=(title.isbn13,) if title.isbn13 else (),
        price_cents=title.price_cents,
        summary=title.summary,
        subjects=title.subjects,
        control_number=f"S{number:08d}",
        agency=_AGENCY,
    )


@dataclass(frozen=True, slots=True)
class Shelved:
    """Some titles one after the other; `first` is the id of the first one's bib, `at` when they are catalogued."""

    first: int
    titles: Sequence[Title]
    at: datetime


def in_parts(titles: Sequence[Title], at: datetime, size: int) -> list[Shelved]:
    """Return the titles in parts of `size`."""
    return [Shelved(start + 1, titles[start : start + size], at) for start in range(0, len(titles), size)]


def bib_rows(part: Shelved) -> tuple[list[Row], list[Row], list[Row]]:
    """Return the rows of the bibs, of their source records and of their identifiers."""
    bibs, sources, identifiers = [], [], []
    for number, title in enumerate(part.titles, start=part.first):
        description = described(title, number)
        record = compose(description).as_json()
        bibs.append({"id": number, **columns_of(description), "created_at": part.at, "changed_at": part.at})
        sources.append(
            {
                "bib_id": number,
                "source": SOURCE,
                "control_number": description.control_number,
                "flavour": "cnmarc",
                "record": record,
                "checksum": checksum_of(record),
                "created_at": part.at,
            }
        )
        identifiers += [{"bib_id": number, "kind": kind, "value": value} for kind, value in identifiers_of(description)]
    return bibs, sources, identifiers


def item_rows(
    copies: Sequence[Copy], titles: Sequence[Title], busy: set[int], last_loan: dict[int, date]
) -> Iterator[Row]:
    """Yield the rows of the items; `busy` are the ids of copies with an open row in circulation."""
    serials = _serials(titles)
    keys: dict[str, str] = {}
    for copy in copies:
        title = titles[copy.title]
        call_number = f"{title.clc}/{serials[copy.title]}"
        if call_number not in keys:
            keys[call_number] = call_number_key(call_number)
        yield {
            "id": copy.id,
            "bib_id": copy.title + 1,
            "barcode": copy.code,
            "owner_branch_id": copy.owner,
            "home_branch_id": copy.home,
            "current_branch_id": copy.current,
            "location_id": copy.location,
            "item_class": "book",
            "call_number": call_number,
            "call_number_key": keys[call_number],
            "copy_number": copy.number,
            "volume": "",
            "source": copy.source,
            "donor": copy.donor,
            "price_cents": title.price_cents,
            "acquired_on": copy.acquired_on,
            "is_available": copy.is_lendable and copy.id not in busy,
            "last_loan_on": last_loan.get(copy.id),
            "created_at": arrived_at(copy),
        }


def barcode_rows(copies: Sequence[Copy]) -> Iterator[Row]:
    """Yield the barcodes of the copies."""
    for copy in copies:
        yield {
            "item_id": copy.id,
            "owner_branch_id": copy.owner,
            "barcode": copy.code,
            "valid_from": copy.acquired_on,
        }


def arrived_at(copy: Copy) -> datetime:
    """Return when a copy came to the county: the morning of the day it was acquired."""
    return _nine_on(copy.acquired_on, clock.timezone())


@cache
def _nine_on(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(9), zone).astimezone(UTC)


def _serials(titles: Sequence[Title]) -> list[int]:
    """Return the number of each title within its class, as it stands on the spine."""
    last: dict[str, int] = {}
    serials = []
    for title in titles:
        last[title.clc] = last.get(title.clc, 0) + 1
        serials.append(last[title.clc])
    return serials
