"""The main and second-level classes and the reading-room categories that are shipped with the package.

The full table is under copyright; a library that holds a licence keeps it in its own records.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from catalog.classification import rules

_DATA: Final = files(__package__) / "data"


@dataclass(frozen=True, slots=True)
class ClassNode:
    """A class of the first (`level` 1) or second level; `kind` is class, alternative or range."""

    code: str
    name_zh: str
    name_en: str
    parent: str
    level: int
    kind: str

    def name(self, language: str) -> str:
        """Return the name in `language`: Chinese unless it begins with ``en``."""
        return self.name_en if language.startswith("en") else self.name_zh


@dataclass(frozen=True, slots=True)
class Category:
    """One of the six categories by which a reading room shelves."""

    code: str
    name_zh: str
    name_en: str

    def name(self, language: str) -> str:
        """Return the name in `language`: Chinese unless it begins with ``en``."""
        return self.name_en if language.startswith("en") else self.name_zh


@cache
def classes() -> Mapping[str, ClassNode]:
    """Return all shipped classes by their code, in the order of the scheme."""
    return MappingProxyType({row["code"]: _class(row) for row in _rows("clc_core.tsv")})


@cache
def categories() -> Mapping[str, Category]:
    """Return the six categories by their code."""
    rows = _rows("categories.tsv")
    return MappingProxyType({r["code"]: Category(r["code"], r["name_zh"], r["name_en"]) for r in rows})


def children_of(code: str) -> tuple[ClassNode, ...]:
    """Return the second-level classes of a main class; the main classes themselves for an empty code."""
    return tuple(node for node in classes().values() if node.parent == code)


def nearest(clc: str) -> ClassNode | None:
    """Return the most specific shipped class a class number belongs to, ranges and alternatives included."""
    notation = rules.parse(clc)
    if notation is None:
        return None
    plain = notation.letters + notation.digits
    for length in range(len(plain), 0, -1):
        found = _by_plain_number().get(plain[:length])
        if found is not None:
            return found
    return None


def class_name(clc: str, language: str) -> str:
    """Return the name of the main class of a class number, empty when it is none."""
    node = classes().get(rules.top_class(clc))
    return node.name(language) if node else ""


def category_of(clc: str, audience: str) -> Category:
    """Return the reading-room category of a book."""
    return categories()[rules.category(clc, audience, _category_prefixes())]


@cache
def _category_prefixes() -> Mapping[str, str]:
    rows = _rows("categories.tsv")
    return MappingProxyType({prefix: row["code"] for row in rows for prefix in row["prefixes"].split()})


@cache
def _by_plain_number() -> Mapping[str, ClassNode]:
    """Return the classes by number without dots; a range such as D33/37 under each of its numbers."""
    return MappingProxyType({n: node for node in classes().values() for n in _plain_numbers(node)})


def _plain_numbers(node: ClassNode) -> Iterator[str]:
    first, _, last = node.code.partition("/")
    if not last:
        yield first.replace(".", "")
        return
    stem, lowest = first[: -len(last)], first[-len(last) :]
    for number in range(int(lowest), int(last) + 1):
        yield f"{stem}{number}"


def _class(row: Mapping[str, str]) -> ClassNode:
    return ClassNode(
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        parent=row["parent"],
        level=int(row["level"]),
        kind=row["kind"],
    )


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = (_DATA / name).read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
