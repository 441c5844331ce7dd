"""What a copy's status is, and whether it may be had: derived from open rows and dated facts. Pure functions of values.

There is no status that anyone sets. Of several facts that hold at once, the first of this list names the status:

| status          | fact                                                       |
|-----------------|------------------------------------------------------------|
| `withdrawn`     | taken out of the stock                                     |
| `lost`          | known to be lost                                           |
| `missing`       | looked for and not found                                   |
| `on_loan`       | an open loan                                               |
| `in_transit`    | an open transfer, or kept for a reader elsewhere           |
| `on_hold_shelf` | kept here for a reader                                     |
| `in_box`        | an open box line                                           |
| `in_processing` | not yet ready for the shelf                                |
| `damaged`       | too damaged to lend                                        |
| `reading_only`  | class or location is not lent                              |
| `available`     | none of them                                               |

What lasts longest stands first: a withdrawn copy that is still on loan is not coming back to the shelf. A condition counts
only when it is blocking; a scratched cover is noted and lent.
"""

from dataclasses import dataclass
from enum import StrEnum

# Read in the room only, wherever the copy stands.
READING_ONLY_CLASSES = frozenset({"reference", "newspaper", "reading_only"})
# These stand for all that is below them in the tree.
_AREAS = frozenset({"city", "county", "township"})
# Copies that nobody can have, wherever they are.
GONE = ("withdrawn", "lost", "missing")


class Status(StrEnum):
    """The statuses in their order of precedence."""

    WITHDRAWN = "withdrawn"
    LOST = "lost"
    MISSING = "missing"
    ON_LOAN = "on_loan"
    IN_TRANSIT = "in_transit"
    ON_HOLD_SHELF = "on_hold_shelf"
    IN_BOX = "in_box"
    IN_PROCESSING = "in_processing"
    DAMAGED = "damaged"
    READING_ONLY = "reading_only"
    AVAILABLE = "available"


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds of a copy now; `conditions` are the kinds of its open blocking conditions."""

    item_class: str = "book"
    is_location_lendable: bool = True
    is_on_loan: bool = False
    has_open_transfer: bool = False
    captured_hold: str | None = None
    is_in_box: bool = False
    conditions: frozenset[str] = frozenset()


def status(facts: Facts) -> Status:
    """Return the status that follows from the facts."""
    holding = {
        Status.WITHDRAWN: "withdrawn" in facts.conditions,
        Status.LOST: "lost" in facts.conditions,
        Status.MISSING: "missing" in facts.conditions,
        Status.ON_LOAN: facts.is_on_loan,
        Status.IN_TRANSIT: facts.has_open_transfer or facts.captured_hold == "in_transit",
        Status.ON_HOLD_SHELF: facts.captured_hold is not None,
        Status.IN_BOX: facts.is_in_box,
        Status.IN_PROCESSING: "in_processing" in facts.conditions,
        Status.DAMAGED: "damaged" in facts.conditions,
        Status.READING_ONLY: is_reading_only(facts.item_class, facts.is_location_lendable),
        Status.AVAILABLE: True,
    }
    return next(candidate for candidate in Status if holding[candidate])


def is_available(facts: Facts) -> bool:
    """Tell whether the copy may be lent from where it is: no open row, no blocking condition, lendable place and class."""
    return status(facts) is Status.AVAILABLE


def is_reading_only(item_class: str, is_location_lendable: bool) -> bool:
    """Tell whether a copy is never lent, because of what it is or where it stands."""
    return item_class in READING_ONLY_CLASSES or not is_location_lendable


def tree_distance(path: str, other: str) -> int:
    """Return how many steps lead from one tree path (`/1/4/9/`) to another, up and down; 0 is the same branch."""
    steps, others = path.strip("/").split("/"), other.strip("/").split("/")
    shared = 0
    for left, right in zip(steps, others, strict=False):
        if left != right:
            break
        shared += 1
    return len(steps) + len(others) - 2 * shared


def neighbourhood(path: str, kind: str) -> str:
    """Return the tree path of everybody near a branch: its township; the county's own libraries are near to all of it.

    A township branch stands for its township; a room, a school or a stop belongs to what is above it, in a tree of any depth.
    """
    if kind in _AREAS:
        return path
    return f"{path.rstrip('/').rpartition('/')[0]}/"
