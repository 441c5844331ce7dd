"""The invariant of the derived flag."""

from circulation.whereabouts.facts import wrongly_flagged
from library.kernel.checks import Invariant

INVARIANTS = (
    Invariant(
        "available_says_what_follows",
        "A copy is flagged available exactly when its open rows, conditions, class and place allow it to be lent.",
        wrongly_flagged(),
    ),
)
