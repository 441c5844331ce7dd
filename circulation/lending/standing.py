"""How a reader stands: loans, holds, what blocks, what is owed; implements the readers' Protocol."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from circulation.charges.services import balance
from circulation.holds.listing import open_holds
from circulation.lending import queries
from circulation.lending.asking import completed
from circulation.lending.listing import LoanFilter, loans
from circulation.lending.rules import standing_reasons
from circulation.policies.book import book
from library.kernel import clock
from library.kernel.decisions import render
from library.patrons.standing import StandingNow

# More than any limit allows; a reader with more has them on a page of their own.
MOST_LOANS = 500
_NOWHERE = 0


class StandingOfReader:
    """Implements `library.patrons.standing.Standing`."""

    def of_patron(self, session: Session, patron_id: int) -> StandingNow:
        """Return how a reader stands now; dates as ISO text, the balance in cents."""
        today = clock.today()
        shown, _ = loans(session, LoanFilter(today, patron_id=patron_id), offset=0, limit=MOST_LOANS)
        return StandingNow(
            loans=[_loan(loan) for loan in shown],
            holds=[
                {
                    "id": one.hold.id,
                    "bib": one.bib.id,
                    "title": one.bib.title,
                    "state": one.hold.state,
                    "pickup_branch": one.pickup.code,
                }
                for one in open_holds(session, patron_id)
            ],
            blocks=blocks_of(session, patron_id, today),
            balance_cents=balance(session, patron_id),
        )


def _loan(shown: dict[str, Any]) -> dict[str, Any]:
    wanted = ("id", "item", "barcode", "bib", "title", "branch", "renewals", "is_overdue")
    return {**{name: shown[name] for name in wanted}, "due_on": shown["due_on"].isoformat()}


def blocks_of(session: Session, patron_id: int, today: date) -> list[dict[str, Any]]:
    """Return what keeps a reader from borrowing anything anywhere, by the rules of the reader's own room."""
    found = queries.reader_by_id(session, patron_id, branch_id=_NOWHERE, today=today)
    if found is None:
        return []
    policy = book(session, found.policies).resolve(
        item_class=None, patron_category=found.category, path=found.reader.home_path, on=today
    )
    terms = policy.terms
    reader = completed(session, found, found.reader, terms, today)
    if terms.deposit:
        reader = replace(reader, deposit_held=queries.deposit_of(session, patron_id))
    return render([reason.stored() for reason in standing_reasons(reader, terms, today)], "staff")
