"""The word lists of `words.toml`, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class TitleKind:
    """One kind of titles: its class number, its readers, how many of all titles it makes, and how they are worded.

    `appeal` is how much children, adults and elders ask for it, in that order and in any unit.
    """

    clc: str
    level: str
    share: int
    appeal: tuple[float, float, float]
    publisher: str
    subject: str
    series: str
    templates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """All lists; `lists` are the ones a template names in braces."""

    lists: Mapping[str, tuple[str, ...]]
    people: Mapping[str, tuple[str, ...]]
    publisher_first: tuple[str, ...]
    publisher_last: Mapping[str, tuple[str, ...]]
    cities: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    summaries: Mapping[str, tuple[str, ...]]
    editions: Mapping[str, tuple[str, ...]]
    kinds: tuple[TitleKind, ...]


@cache
def words() -> Words:
    """Return the word lists."""
    raw = tomllib.loads((files("library.sample") / "words.toml").read_text("utf-8"))
    people = {name: _split(text) if " " in text else tuple(text) for name, text in raw["people"].items()}
    publishers: dict[str, Any] = raw["publishers"]
    return Words(
        lists=_split_all(raw["words"]),
        people=people,
        publisher_first=_split(publishers["first"]),
        publisher_last=_split_all(publishers["last"]),
        cities=_split(publishers["cities"]),
        places=_split_all(raw["places"]),
        summaries={name: tuple(sentences) for name, sentences in raw["summaries"].items()},
        editions=_split_all(raw["editions"]),
        kinds=tuple(
            TitleKind(**{**kind, "templates": tuple(kind["templates"]), "appeal": tuple(kind["appeal"])})
            for kind in raw["titles"]
        ),
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _split_all(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: _split(text) for name, text in table.items()}
