"""Every invariant of the house, gathered from the rooms."""

import catalog.bibs.checks
import catalog.items.checks
import circulation.cases.checks
import circulation.models.checks
import circulation.notebook.checks
import circulation.whereabouts.checks
import library.accounts.checks
import library.branches.checks
import library.kernel.schema_checks
import library.patrons.checks
from library.kernel import checks
from library.kernel.checks import Invariant

ROOMS = (
    library.kernel.schema_checks,
    library.branches.checks,
    library.patrons.checks,
    library.accounts.checks,
    catalog.bibs.checks,
    catalog.items.checks,
    circulation.models.checks,
    circulation.cases.checks,
    circulation.notebook.checks,
    circulation.whereabouts.checks,
)


def register_all() -> tuple[Invariant, ...]:
    """Register the invariants of every room and return them."""
    for room in ROOMS:
        checks.register(room.INVARIANTS)
    return checks.invariants()
