"""Invented names: people, publishers, villages. None of them means anybody or any place."""

import random

from pypinyin import lazy_pinyin

from library.sample.words import words


def person(chance: random.Random) -> str:
    """Return an invented adult name of two or three characters."""
    lists = words().people
    given = chance.choice(lists["given_second"])
    if chance.random() < 0.8:
        given = chance.choice(lists["given_first"]) + given
    return chance.choice(lists["surnames"]) + given


def child(chance: random.Random, surname: str) -> str:
    """Return an invented name of a child of a family."""
    return surname + chance.choice(words().people["child_given"])


def publishers() -> dict[str, list[tuple[str, str]]]:
    """Return invented publishers by kind, each with its invented city."""
    cities = words().cities
    return {
        kind: [
            (first + endings[number % len(endings)], cities[number % len(cities)])
            for number, first in enumerate(words().publisher_first)
        ]
        for kind, endings in words().publisher_last.items()
    }


def towns(chance: random.Random, count: int) -> list[str]:
    """Return `count` different names of townships without 镇 or 乡."""
    return chance.sample(words().places["town_first"], count)


def villages(chance: random.Random, count: int) -> list[str]:
    """Return `count` different names of villages, at most 380; a first part comes again only when all were used."""
    firsts, lasts = words().places["village_first"], words().places["village_last"]
    offset = chance.randrange(len(lasts))
    names: list[str] = []
    for turn in range(-(-count // len(firsts))):
        order = chance.sample(range(len(firsts)), len(firsts))
        names += [firsts[number] + lasts[(offset + 3 * number + turn) % len(lasts)] for number in order]
    return names[:count]


def romanised(text: str) -> str:
    """Return a name in pinyin with a capital, `杏花沟` as `Xinghuagou`."""
    return "".join(lazy_pinyin(text)).capitalize()
