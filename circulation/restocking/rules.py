"""What a restocking cell is, and the limits a plan must keep. Pure.

A *cell* is a room × a class. The class is the top letter of the Chinese Library Classification, with children's books
apart: audience is decided first and subject second, because a village shelf is divided that way and because children's
loans follow the school holidays while the others follow the farming year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CHILDREN: Final = "children"
OTHER: Final = "other"
CLASSES: Final[tuple[str, ...]] = (CHILDREN, *"ABCDEFGHIJKNOPQRSTUVXZ", OTHER)
CLASS_INDEX: Final[Mapping[str, int]] = {code: index for index, code in enumerate(CLASSES)}

# Class numbers whose books stand on the children's shelf whatever the audience field says: children's literature,
# nursery and primary education, children's reading (the children's row of the national recommended list).
CHILDREN_NUMBERS: Final = ("I28", "G61", "G62", "Z228")

OWN_EVIDENCE: Final = "own_evidence"
TOWNSHIP_EVIDENCE: Final = "township_evidence"
COUNTY_EVIDENCE_ONLY: Final = "county_evidence_only"
NOT_ENOUGH_DATA: Final = "not_enough_data"

BUY: Final = "buy"
MOVE: Final = "move"


def class_of(clc: str | None, audience: str | None) -> str:
    """Return the planning class of a title: ``children``, a CLC letter, or ``other`` when nothing is known."""
    number = (clc or "").strip().upper()
    if audience == CHILDREN or number.startswith(CHILDREN_NUMBERS):
        return CHILDREN
    letter = number[:1]
    return letter if letter in CLASS_INDEX else OTHER


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one plan. Titles and copies are counts per room; money is in fen.

    The defaults are one quarter's share of the yearly rule (at least 60 new titles a room, reference/domain.md §2.1)
    and a distribution box of 40 to 60 copies, half of it kept for what goes to the neighbours.
    """

    min_titles: int = 15
    max_titles: int = 40
    class_minima: tuple[tuple[tuple[str, ...], int], ...] = (((CHILDREN,), 3), (("S",), 1), (("A", "D"), 1))
    """Least number of titles from each group of classes, where suitable ones are on offer."""
    copies_per_title: int = 60
    box_in: int = 20
    box_out: int = 20
    moves: int = 3_000
    move_cost: float = 0.15
    """Loans a year that a move must gain beyond what the copy would have earned where it stands: a carried book costs
    work."""

    def __post_init__(self) -> None:
        if not 0 <= self.min_titles <= self.max_titles:
            raise ValueError("min_titles must lie between 0 and max_titles")
        if min(self.box_in, self.box_out, self.moves, self.copies_per_title) < 0:
            raise ValueError("limits cannot be negative")


_EDITABLE: Final = frozenset({"draft"})
_CANCELLABLE: Final = frozenset({"draft", "approved"})


def may_edit(state: str) -> bool:
    """Tell whether lines can be changed; only a draft's can: what is approved has already become purchases and
    transfers.
    """
    return state in _EDITABLE


def may_cancel(state: str) -> bool:
    """Tell whether a plan can be called back: a draft or an approved one, whose books have not set out yet."""
    return state in _CANCELLABLE
