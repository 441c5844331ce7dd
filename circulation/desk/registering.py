"""A reader registered at the desk: a blank card is scanned, a name and two things more are said, and the visit begins."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from circulation.desk import finding, reasons
from circulation.desk.kinds import Did
from circulation.desk.rules import Standing
from library.accounts.access import permits
from library.branches.models import Branch
from library.kernel.decisions import Outcome, Reason, reason
from library.kernel.errors import Conflict, Invalid
from library.kernel.identifiers import normalise_scan
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from library.patrons.rules import Category, needs_guardian, normalise_phone
from library.patrons.services import GuardianIn, register

# Whom a keeper registers; groups and staff are the county's to make.
CATEGORIES = (Category.ADULT, Category.CHILD, Category.ELDER, Category.DISABLED)
LONGEST_NAME = 60
# What the house refuses for other reasons than those told here.
_REFUSED = {"branch_not_open": reasons.REGISTER_NOT_HERE, "card_in_use": reasons.CARD_NOT_NEW}


@dataclass(frozen=True, slots=True)
class NewReader:
    """What was said of a new reader; `consents` is the guardian's yes."""

    card: str
    name: str
    phone: str = ""
    category: str = str(Category.ADULT)
    guardian: str = ""
    guardian_phone: str = ""
    consents: bool = False


def register_reader(
    session: Session, operation: Operation, branch: Branch, before: Standing, wanted: NewReader
) -> Answer:
    """Register a reader of this room with a blank card; the reader's visit begins with the answer.

    What is wrong is a refusal, never an error: the form may wait in the desk's queue. Return `{did, decision, reasons,
    reader, visit}` of ids and codes.
    """
    found = list(_objections(session, operation, branch, wanted))
    if not found:
        try:
            return _welcome(session, operation, _registered(session, operation, branch, wanted))
        except (Invalid, Conflict) as error:
            found = [reason(_REFUSED.get(error.code, reasons.REGISTER_INCOMPLETE))]
    return {
        "did": str(Did.BLANK_CARD),
        "decision": str(Outcome.REFUSED),
        "reasons": [one.stored() for one in found],
        "reader": before.reader_id,
        "visit": before.visit,
        "unsettled": before.reader_id is None,
        "card": normalise_scan(wanted.card),
    }


def _welcome(session: Session, operation: Operation, patron: Patron) -> Answer:
    notices = [reason(reasons.SAME_NAME_AND_PHONE)] if _has_double(session, patron) else []
    return {
        "did": str(Did.REGISTERED),
        "decision": str(Outcome.ALLOWED),
        "reasons": [one.stored() for one in notices],
        "reader": patron.id,
        "visit": operation.id,
    }


def _objections(session: Session, operation: Operation, branch: Branch, wanted: NewReader) -> Iterator[Reason]:
    """Tell what is missing or wrong, before anything is written."""
    if not permits(operation.actor, "register_patrons", branch):
        yield reason(reasons.REGISTER_NOT_ALLOWED)
    if not finding.is_new_card(session, wanted.card):
        yield reason(reasons.CARD_NOT_NEW)
    if not any(character.isalpha() for character in wanted.name):
        yield reason(reasons.NAME_MISSING)
    if any(phone.strip() and normalise_phone(phone) is None for phone in (wanted.phone, wanted.guardian_phone)):
        yield reason(reasons.PHONE_WRONG)
    if wanted.category not in set(CATEGORIES):
        yield reason(reasons.REGISTER_INCOMPLETE)
    elif _needs_guardian(operation, wanted) and not (wanted.consents and wanted.guardian.strip()):
        yield reason(reasons.GUARDIAN_MISSING)


def _needs_guardian(operation: Operation, wanted: NewReader) -> bool:
    return needs_guardian(Category(wanted.category), None, operation.at.date())


def _registered(session: Session, operation: Operation, branch: Branch, wanted: NewReader) -> Patron:
    guardian = GuardianIn(name=wanted.guardian.strip(), phone=wanted.guardian_phone)
    return register(
        session,
        operation,
        name=" ".join(wanted.name.split())[:LONGEST_NAME],
        category=wanted.category,
        home_branch=branch,
        phone=wanted.phone,
        card=wanted.card,
        guardian=guardian if _needs_guardian(operation, wanted) else None,
    )


def _has_double(session: Session, patron: Patron) -> bool:
    """Tell whether a reader with the same name and phone was registered before: perhaps only the card was lost."""
    if patron.phone is None:
        return False
    same = exists().where(
        Patron.id != patron.id, Patron.name == patron.name, Patron.phone == patron.phone, Patron.erased_at.is_(None)
    )
    return bool(session.scalar(select(same)))
