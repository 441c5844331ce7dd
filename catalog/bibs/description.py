"""What a record says about a book, in one form for every source: CNMARC, MARC 21, a form on a page.

A `BibDescription` is a value without database or flavour. `catalog.marc.cnmarc` and `catalog.marc.marc21` make it of records,
`catalog.bibs.rules` makes the stored and derived columns of it.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class Audience(StrEnum):
    CHILDREN = "children"
    YOUTH = "youth"
    GENERAL = "general"
    ELDERS = "elders"


@dataclass(frozen=True, slots=True)
class Creator:
    """A person or body with what it did, in the word of the record (著, 编, 译, editor); `kind` person or corporate."""

    name: str
    role: str = ""
    kind: str = "person"
    pinyin: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the stored form, without what is empty or usual."""
        stored = {"name": self.name, "role": self.role}
        if self.kind != "person":
            stored["kind"] = self.kind
        return stored


@dataclass(frozen=True, slots=True)
class BibDescription:
    """One edition of one book.

    `isbns` are 13 digits without hyphens; `price_cents` is in 0.01 CNY; `pinyin` is the title's pinyin as a cataloguer
    wrote it, normalised, empty when nobody did; `unified_number` is the 统一书刊号 of books before 1987.
    """

    title: str
    subtitle: str = ""
    part: str = ""
    creators: tuple[Creator, ...] = ()
    publisher: str = ""
    place: str = ""
    year: int | None = None
    edition: str = ""
    series: str = ""
    extent: str = ""
    language: str = ""
    audience: Audience = Audience.GENERAL
    clc: str = ""
    isbns: tuple[str, ...] = ()
    price_cents: int | None = None
    summary: str = ""
    subjects: tuple[str, ...] = ()
    material: str = "book"
    pinyin: str = ""
    issns: tuple[str, ...] = ()
    unified_number: str = ""
    control_number: str = ""
    agency: str = ""


EDITABLE = frozenset(field.name for field in fields(BibDescription)) - {
    "pinyin",
    "issns",
    "unified_number",
    "control_number",
    "agency",
    "material",
}


def creators_from_json(stored: list[Any]) -> tuple[Creator, ...]:
    """Return creators of their stored form."""
    return tuple(
        Creator(entry["name"], entry.get("role", ""), entry.get("kind", "person"))
        for entry in stored
        if entry.get("name")
    )
