"""Who may say what about a loan, and who may settle a case how."""

from sqlalchemy.orm import Session

from circulation.cases.rules import NEEDS_LIBRARIAN, Effect, effect_of
from circulation.lending import listing
from circulation.models import Case
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.actors import ActorKind, current_actor
from library.kernel.errors import NotFound


def require_own_or_lending(session: Session, loan_id: int, branch_code: str | None) -> Branch:
    """Return the branch at which something is said about a loan, the lending one when none is named.

    Readers speak of their own loans only, another's is unknown to them; staff speak where they may lend. Raises `NotFound`
    `unknown_loan`, `NotAllowed` `outside_grant`.
    """
    patron_id, lent_at = listing.whose(session, loan_id)
    actor = current_actor()
    is_foreign = actor.kind == ActorKind.PATRON and (patron_id is None or patron_id != actor.id)
    if lent_at is None or is_foreign:
        raise NotFound("unknown_loan", loan=loan_id)
    branch = branch_by_code(session, branch_code) if branch_code else lent_at
    if actor.kind != ActorKind.PATRON:
        require("lend", branch)
    return branch


def require_own_or_lent_here(session: Session, loan_id: int, branch_code: str | None) -> Branch:
    """Return the branch at which it is said that a loan ends, the lending one when none is named.

    It may cost the reader money: staff end only what was lent where they may lend, wherever it is said. Raises as
    `require_own_or_lending`.
    """
    require_own_or_lending(session, loan_id, None)
    return require_own_or_lending(session, loan_id, branch_code)


def require_settling(session: Session, case: Case, outcome: str) -> Branch:
    """Return the branch of a case that the actor may end like that; a loan ends only where it was lent.

    Raises `NotAllowed` `not_allowed`, `outside_grant`.
    """
    home = branch_by_id(session, case.branch_id)
    require(permission_for(case.kind, outcome), home)
    if case.loan_id is not None and effect_of(case.kind, outcome) is Effect.END_LOAN_AS_LOST:
        # Anybody may note a claim at their own branch, and would otherwise end a loan of any other by settling it.
        require_own_or_lending(session, case.loan_id, None)
    return home


def permission_for(kind: str, outcome: str) -> str:
    """Return what somebody must be permitted to end a case like that: what concerns money is for a librarian."""
    return "override" if (kind, outcome) in NEEDS_LIBRARIAN else "lend"
