"""Decision trees as text: a numbered line for each question, an arrow with the answer on each leaf, one case per leaf.

A tree is written so that a librarian can read it:

    1 The card
      1.1 Nobody has this card => refused: unknown_card
      1.2 It is known => allowed
    2 The copy
      2.1 It was last seen elsewhere => allowed shelve: seen_elsewhere returned_late

A line with an arrow is a leaf. After the arrow stand the outcome of the decision, then, where the tree says more, words that
the test of the tree explains, and behind a colon the codes of exactly the reasons that are given, in their order. Lines
without an arrow are questions; a number is that of its question, a point and one more.

A test module makes the `Tree`, gives each leaf a case with `@TREE.case("1.1")`, runs `TREE.parameters()` through one
parametrised test, and calls `assert_whole`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pytest

from library.kernel.decisions import Outcome, definitions

Case = TypeVar("Case", bound=Callable[..., Any])

_LINE = re.compile(
    r"(?P<number>\d+(?:\.\d+)*) (?P<sentence>(?:(?! =>).)+)"
    r"(?: => (?P<outcome>\w+)(?P<also>(?: [^:\s]+)*)(?:: (?P<codes>.+))?)?"
)


@dataclass(frozen=True)
class Leaf:
    """One end of a tree: what is asked for, what is answered with which codes, and further words of the tree's own."""

    number: str
    sentence: str
    outcome: str
    codes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


class Tree(Generic[Case]):
    """The leaves of a text, and the case that was given to each."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.questions, self.leaves = _read(text)
        self.cases: dict[str, Case] = {}

    def case(self, *numbers: str) -> Callable[[Case], Case]:
        """Give leaves their case, mostly a function that does what the leaf says and returns the answer."""

        def give(case: Case) -> Case:
            for number in numbers:
                assert any(leaf.number == number for leaf in self.leaves), f"no leaf {number}"
                assert number not in self.cases, f"leaf {number} has two cases"
                self.cases[number] = case
            return case

        return give

    def parameters(self) -> list[Any]:
        """Return the leaves as parameters of a test, each known by its number."""
        return [pytest.param(leaf, id=leaf.number) for leaf in self.leaves]

    def codes(self) -> frozenset[str]:
        """Return every code that some leaf gives."""
        return frozenset(code for leaf in self.leaves for code in leaf.codes)

    def assert_whole(self) -> None:
        """Look that every leaf has a case, a known outcome and known codes, and that the numbers follow each other."""
        left = [leaf.number for leaf in self.leaves if leaf.number not in self.cases]
        assert not left, f"left over without a case: {left}"
        unknown = {leaf.outcome for leaf in self.leaves} - set(Outcome) | self.codes() - set(definitions())
        assert not unknown, f"no such outcome or code: {unknown}"
        _assert_counted([*self.questions, *(leaf.number for leaf in self.leaves)])


def assert_told(leaf: Leaf, answer: Mapping[str, Any]) -> None:
    """Look that an answer says what the leaf says: the outcome, and exactly its codes in their order."""
    told = [reason["code"] for reason in answer["reasons"]]
    assert (answer["decision"], told) == (leaf.outcome, list(leaf.codes)), f"{leaf.number} {leaf.sentence}"


def _read(text: str) -> tuple[list[str], list[Leaf]]:
    questions: list[str] = []
    leaves: list[Leaf] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _LINE.fullmatch(line)
        assert found is not None, f"not a line of a tree: {line}"
        if found["outcome"] is None:
            questions.append(found["number"])
        else:
            codes, also = (tuple((found[name] or "").split()) for name in ("codes", "also"))
            leaves.append(Leaf(found["number"], found["sentence"], found["outcome"], codes, also))
    return questions, leaves


def _assert_counted(numbers: Sequence[str]) -> None:
    """Look that under every question the numbers are 1, 2, 3 and so on, each once, and that each has its question."""
    below: dict[str, list[int]] = {}
    for number in numbers:
        above, _, last = number.rpartition(".")
        assert not above or above in numbers, f"{number} has no question"
        below.setdefault(above, []).append(int(last))
    for above, counted in below.items():
        assert sorted(counted) == list(range(1, len(counted) + 1)), f"below {above or 'the root'}: {sorted(counted)}"
