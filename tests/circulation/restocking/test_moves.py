"""Moving idle copies: never the last copy, never twice, never to where it was, within the boxes."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from circulation.restocking.moves import IdleCopy, Situation, move_idle
from circulation.restocking.rules import CLASSES, Limits

LIMITS = Limits(box_in=3, box_out=4, moves=20, move_cost=0.05)


def situation(seed: int = 0, rooms: int = 5, held: frozenset[tuple[int, int]] = frozenset()) -> Situation:
    rng = np.random.default_rng(seed)
    return Situation(
        annual=rng.gamma(1.0, 20.0, (rooms, len(CLASSES))),
        mass=rng.gamma(2.0, 3.0, (rooms, len(CLASSES))) + 2.0,
        space=rng.integers(0, 6, rooms),
        held=held,
        copies={bib: 1 + bib % 3 for bib in range(30)},
        asked={},
        half=12.0,
    )


def idle(seed: int = 0, count: int = 60, rooms: int = 5) -> list[IdleCopy]:
    rng = np.random.default_rng(seed + 1)
    return [
        IdleCopy(item, int(bib := rng.integers(30)), int(bib) % len(CLASSES), int(rng.integers(rooms)), 1.0, 0.3)
        for item in range(count)
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_no_set_of_moves_breaks_a_limit(seed: int) -> None:
    copies = idle(seed)
    held = frozenset((copy.room, copy.bib) for copy in copies)
    scene = situation(seed, held=held)
    done, mass = move_idle(copies, scene, LIMITS)
    assert len(done) <= LIMITS.moves
    assert max(Counter(move.copy.item for move in done).values(), default=1) == 1
    assert max(Counter((move.room, move.copy.bib) for move in done).values(), default=1) == 1
    assert not any((move.room, move.copy.bib) in held for move in done)
    inbound, outbound = Counter(move.room for move in done), Counter(move.copy.room for move in done)
    for room in range(5):
        assert inbound[room] <= LIMITS.box_in
        assert outbound[room] <= LIMITS.box_out
        assert inbound[room] - outbound[room] <= scene.space[room]
    assert all(move.net > LIMITS.move_cost for move in done)
    assert np.all(mass >= 0)


def test_the_last_copy_in_the_county_is_never_proposed() -> None:
    done, _ = move_idle(idle(4, count=200), situation(4), LIMITS)
    assert done
    assert all(move.copy.bib % 3 > 0 for move in done)


def test_a_shelf_that_needs_its_copy_keeps_it() -> None:
    scene = situation()
    annual = np.zeros_like(scene.annual)
    annual[0] = 50.0
    wanting = Situation(annual, scene.mass, np.full(5, 9), scene.held, scene.copies, {}, 12.0)
    done, _ = move_idle([IdleCopy(1, 1, 1, 0, 1.0, 1.0)], wanting, LIMITS)
    assert done == []


def test_a_waiting_reader_draws_an_idle_copy() -> None:
    scene = situation()
    quiet = Situation(
        np.full_like(scene.annual, 0.01), scene.mass, np.full(5, 9), scene.held, scene.copies, {(3, 1): 0.8}, 12.0
    )
    done, _ = move_idle([IdleCopy(1, 1, 1, 0, 1.0, 0.3)], quiet, LIMITS)
    assert [(move.room, move.copy.item) for move in done] == [(3, 1)]


def test_the_same_scene_gives_the_same_moves() -> None:
    assert move_idle(idle(2), situation(2), LIMITS)[0] == move_idle(idle(2)[::-1], situation(2), LIMITS)[0]
