"""Lending, taking back, renewing: what entry points and other rooms call.

Answers hold ids, codes and dates only and are what `once` stores; refusals are answers too. Sentences are made after the
transaction, in the language of whoever looks (`library.kernel.decisions.render`).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from circulation.lending import checkin, checkout, renewal
from circulation.lending.rules import Override
from circulation.lending.scans import Scan
from library.branches.places import Place
from library.kernel.operations import Answer, Operation

Overrides = Sequence[Mapping[str, str]]


def check_out(
    session: Session,
    operation: Operation,
    *,
    branch: Place,
    card: str | None = None,
    patron_id: int | None = None,
    barcode: str | None = None,
    item_id: int | None = None,
    overrides: Overrides = (),
    may_override: bool = False,
    dry_run: bool = False,
) -> Answer:
    """Lend the copy with this barcode (or id) to the reader with this card (or id), or say why not.

    `overrides` are `{code, reason}`: a reason to confirm is settled by naming it, an overridable refusal only where
    `may_override`. A dry run writes nothing. Return `{decision, reasons, loan {id, due_on}, item, patron, candidates,
    policy}`.
    """
    request = checkout.Request(
        branch=branch,
        scan=Scan(barcode, item_id),
        card=card,
        patron_id=patron_id,
        overrides=_typed(overrides),
        may_override=may_override,
    )
    return checkout.check_out(session, operation, request, dry_run=dry_run)


def check_in(
    session: Session,
    operation: Operation,
    *,
    branch: Place,
    barcode: str | None = None,
    item_id: int | None = None,
    was_claimed: bool = False,
) -> Answer:
    """Take back the copy with this barcode (or id) at any branch; refused only when the copy cannot be told.

    `was_claimed` is for who settles the claim that it came back before: what was claimed returned costs nothing.

    Return `{decision, reasons, closed_loan, next, destination, item, patron, hold, candidates}`; `next` is `shelve`, `hold`
    or `transfer`, `destination` the id of the branch where it is to be.
    """
    return checkin.check_in(session, operation, branch, Scan(barcode, item_id, was_claimed))


def renew(
    session: Session,
    operation: Operation,
    *,
    loan_id: int,
    overrides: Overrides = (),
    may_override: bool = False,
) -> Answer:
    """Renew a loan from the day the rule `renew_from` names, or say why not.

    Return `{decision, reasons, loan {id, due_on}, item, patron, candidates, policy}`. Raises `NotFound` `unknown_loan`.
    """
    return renewal.renew(session, operation, loan_id, overrides=_typed(overrides), may_override=may_override)


def _typed(overrides: Overrides) -> list[Override]:
    return [Override(override["code"], override.get("reason", "")) for override in overrides]
