from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from catalog.items.words import hold_offer, places, state_of

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def in_chinese(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


def at(
    branch: str, available: int = 0, *, total: int = 1, due_on: date | None = None, distance: int = 4
) -> dict[str, Any]:
    return {
        "branch": branch,
        "branch_name": f"{branch}书屋",
        "total": total,
        "available": available,
        "due_on": due_on,
        "distance": distance,
    }


def test_the_readers_own_village_is_named_first_of_all() -> None:
    assert state_of([at("远", 5), at("近", 2, distance=0)], "近", TODAY).words == "本村能借 2 本"


def test_without_a_copy_here_the_nearest_place_is_named() -> None:
    state = state_of([at("远", 1, distance=4), at("邻", 1, distance=2)], "近", TODAY)

    assert (state.kind, state.words) == ("info", "邻书屋 有")


def test_when_all_are_lent_the_first_day_back_is_told_but_never_a_day_gone_by() -> None:
    late = state_of([at("远", due_on=date(2026, 11, 1))], None, TODAY)
    soon = state_of([at("远", due_on=date(2026, 12, 3)), at("邻", due_on=date(2026, 12, 1))], None, TODAY)

    assert late.words == "借出了，约11月23日还"
    assert soon.words == "借出了，约12月1日还"


def test_a_book_that_cannot_be_had_and_one_without_copies_are_told_apart() -> None:
    assert state_of([at("远")], None, TODAY).words == "现在借不到"
    assert state_of([], None, TODAY).words == "还没有这本书"


@pytest.mark.parametrize(
    ("entries", "offer"),
    [
        ([at("近", 1)], ""),
        ([at("近", 0), at("远", 1)], "bring"),
        ([at("远", 0)], "queue"),
        ([], "queue"),
    ],
)
def test_what_a_reader_may_do_follows_from_where_copies_stand(entries: list[dict[str, Any]], offer: str) -> None:
    assert hold_offer(entries, "近") == offer


def test_places_are_listed_with_the_own_village_first_and_the_township_named() -> None:
    listed = places([at("远", 1), at("邻", 1, distance=2), at("近", 0, distance=0)], "近", TODAY)

    assert [(place.name, place.far) for place in listed] == [
        ("近书屋", "本村"),
        ("邻书屋", "本镇"),
        ("远书屋", ""),
    ]
