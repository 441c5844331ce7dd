"""Work done ahead by another process gives the same as done here, in the same order, and fails as loudly."""

import os
from datetime import UTC, datetime
from random import Random

import pytest

from library.sample.ahead import ahead
from library.sample.catalogue import bib_rows, in_parts
from library.sample.titles import make_titles

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def test_another_process_makes_the_same_rows_in_the_same_order() -> None:
    titles = make_titles(Random("titles"), 90, 2026)
    parts = in_parts(titles, NOW, 40)
    assert [part.first for part in parts] == [1, 41, 81]
    with ahead(bib_rows, parts) as made:
        assert list(made) == [bib_rows(part) for part in parts]


def test_several_parts_are_made_elsewhere_and_a_single_one_here() -> None:
    with ahead(_where, [1, 2]) as made:
        elsewhere = set(made)
    assert len(elsewhere) == 1
    assert os.getpid() not in elsewhere
    with ahead(_where, [1]) as made:
        assert list(made) == [os.getpid()]


def test_a_part_that_cannot_be_made_fails_here() -> None:
    with ahead(_half_of, [4, "four"]) as made:
        assert next(made) == 2
        with pytest.raises(TypeError):
            next(made)


def test_who_gives_up_does_not_wait_for_the_rest() -> None:
    with pytest.raises(KeyError), ahead(_where, list(range(50))):
        raise KeyError


def _where(part: int) -> int:
    del part
    return os.getpid()


def _half_of(number: int) -> float:
    return number / 2
