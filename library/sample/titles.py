"""The sample county's titles: worded from `words.toml`, with invented authors and publishers, most of them without ISBN."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from library.sample import names
from library.sample.phases import Step, no_step
from library.sample.words import TitleKind, words

# Group 979-9 is assigned to no country: such an ISBN has a good check digit, can be scanned, and impersonates no book.
_ISBN_BODY = "979990"
_ISBN_SHARE = 0.12
_SLOT = re.compile(r"\{(\w+)\}")
_TRIES = 12
_PRICE_STEPS = (1280, 1500, 1800, 2000, 2280, 2500, 2800, 3200, 3600, 3980, 4500, 5800)


@dataclass(frozen=True, slots=True)
class Title:
    """One invented book; `kind` is its position in `words().kinds`, `weight` how much readers want it."""

    title: str
    subtitle: str
    author: str
    role: str
    publisher: str
    place: str
    year: int
    series: str
    clc: str
    audience: str
    subjects: tuple[str, ...]
    summary: str
    pages: int
    price_cents: int
    isbn13: str | None
    kind: int
    weight: float


@dataclass(frozen=True, slots=True)
class Imprint:
    """Who wrote a book and who printed it where."""

    author: str
    publisher: str
    place: str


def make_titles(
    chance: random.Random,
    count: int,
    this_year: int,
    *,
    known: Iterable[str] = (),
    step: Step = no_step,
) -> list[Title]:
    """Return `count` titles without two alike and none of the `known`, the kinds in the proportion of their shares."""
    authors = {kind: [names.person(chance) for _ in range(90)] for kind in words().publisher_last}
    presses = names.publishers()
    taken = set(known)
    made: list[Title] = []
    for position, number in enumerate(_counts(count)):
        kind = words().kinds[position]
        for _ in range(number):
            wording, subjects = _worded(chance, kind, taken)
            taken.add(wording)
            imprint = Imprint(chance.choice(authors[kind.publisher]), *chance.choice(presses[kind.publisher]))
            made.append(
                _title(chance, position, wording, subjects, imprint=imprint, this_year=this_year, serial=len(made))
            )
        step(number)
    return made


def _counts(count: int) -> list[int]:
    """Return how many of the titles each kind makes."""
    kinds = words().kinds
    shares = sum(kind.share for kind in kinds)
    numbers = [count * kind.share // shares for kind in kinds]
    for position in range(count - sum(numbers)):
        numbers[position % len(numbers)] += 1
    return numbers


def _worded(chance: random.Random, kind: TitleKind, taken: set[str]) -> tuple[str, tuple[str, ...]]:
    """Return a title nobody has yet; when the words run out, a further edition or volume of one that exists."""
    for _ in range(_TRIES):
        wording, subjects = _fill(chance, chance.choice(kind.templates))
        if wording not in taken:
            return wording, subjects
    editions = words().editions[_tone(kind)]
    for edition in chance.sample(editions, len(editions)):
        if (named := f"{wording}（{edition}）") not in taken:
            return named, subjects
    volume = 2
    while f"{wording}（{volume}）" in taken:
        volume += 1
    return f"{wording}（{volume}）", subjects


def _fill(chance: random.Random, template: str) -> tuple[str, tuple[str, ...]]:
    drawn: list[str] = []

    def draw(slot: re.Match[str]) -> str:
        name = slot[1]
        if name == "number":
            return str(chance.choice((12, 20, 28, 30, 36, 48, 50, 60, 66, 80, 100, 108)))
        if name == "person":
            return chance.choice(words().people["surnames"])
        word = chance.choice(words().lists[name])
        drawn.append(word)
        return word

    return _SLOT.sub(draw, template), tuple(drawn)


def _tone(kind: TitleKind) -> str:
    if kind.clc.startswith("I24"):
        return "novel"
    return {"children": "children", "youth": "children"}.get(kind.level, "general")


def _title(
    chance: random.Random,
    position: int,
    wording: str,
    subjects: tuple[str, ...],
    *,
    imprint: Imprint,
    this_year: int,
    serial: int,
) -> Title:
    kind = words().kinds[position]
    subtitle = {"I247.57": "长篇小说", "I287.8": "图画故事", "I247.7": "小说集"}.get(kind.clc, "")
    about = f"说的是{'、'.join(subjects[:2])}。" if subjects else ""
    return Title(
        title=wording,
        subtitle=subtitle,
        author=imprint.author,
        role="编" if kind.publisher in {"farm", "science"} else "著",
        publisher=imprint.publisher,
        place=imprint.place,
        year=this_year - min(int(chance.expovariate(1 / 5)), 25),
        series=kind.series if chance.random() < 0.7 else "",
        clc=kind.clc,
        audience=kind.level,
        subjects=(kind.subject, *dict.fromkeys(subjects)),
        summary=about + chance.choice(words().summaries[_tone(kind)]),
        pages=chance.randrange(24, 96, 8) if kind.level == "children" else chance.randrange(96, 480, 8),
        price_cents=chance.choice(_PRICE_STEPS),
        isbn13=_isbn(serial) if chance.random() < _ISBN_SHARE else None,
        kind=position,
        weight=chance.paretovariate(1.3),
    )


def _isbn(serial: int) -> str:
    body = f"{_ISBN_BODY}{serial:06d}"
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(body))
    return f"{body}{-total % 10}"
