"""Facets with names, for programs and pages: value, label in the reader's language, number of records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from catalog.classification.tree import class_name
from catalog.search.services import SearchPage
from library.branches.models import Branch
from library.kernel.pages import page_locale

AUDIENCES: Final = {
    "children": _l("Children"),
    "youth": _l("Young people"),
    "general": _l("Everybody"),
    "elders": _l("Older people"),
}


@dataclass(frozen=True, slots=True)
class Facet:
    """One choice that narrows a search."""

    value: str
    label: str
    count: int


def named_facets(page: SearchPage) -> dict[str, list[Facet]]:
    """Return the facets of a page; classes and audiences by number, years newest first, the fullest branches."""
    language = page_locale()
    branches = {str(branch_id): branch for branch_id, branch in page.branches.items()}
    return {
        "clc": _by_count(page.facets.get("clc", {}), lambda code: class_name(code, language) or code),
        "year": [Facet(value, year_words(value), count) for value, count in page.facets.get("year", {}).items()],
        "audience": _by_count(page.facets.get("audience", {}), lambda code: str(AUDIENCES.get(code, code))),
        "branch": _branches(page.facets.get("branch", {}), branches, language),
    }


def year_words(band: str) -> str:
    """Return a band of years in words: ``2020-2024`` stays, ``-1989`` is "before 1990"."""
    first, _dash, last = band.partition("-")
    return band if first else _("Before %(year)s", year=int(last) + 1)


def _by_count(counts: Mapping[str, int], label: Callable[[str], str]) -> list[Facet]:
    return sorted((Facet(v, label(v), n) for v, n in counts.items()), key=lambda f: (-f.count, f.value))


def _branches(counts: Mapping[str, int], branches: Mapping[str, Branch], language: str) -> list[Facet]:
    known = [(branches[branch_id], count) for branch_id, count in counts.items() if branch_id in branches]
    known.sort(key=lambda pair: (-pair[1], pair[0].code))
    return [Facet(branch.code, _name(branch, language), count) for branch, count in known]


def _name(branch: Branch, language: str) -> str:
    return branch.name_en if language == "en" and branch.name_en else branch.name
