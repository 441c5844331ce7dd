"""先借后补: a book that no record knows is lent to the reader at the desk and catalogued afterwards.

The copy carries an open condition `in_processing` that blocks nothing: it is how the copy is found again. It waits until its
record is touched, by a correction or by a merge into the right one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibIdentifier
from catalog.bibs.services import create_bib
from catalog.items.models import Item, ItemCondition
from catalog.items.services import add_item
from circulation.desk import reasons
from circulation.desk.at_desk import AtDesk, answered, refused
from circulation.desk.kinds import Did
from circulation.desk.rules import ScanKind, may_be_label, wants_settled_reader
from circulation.lending import services as lending
from circulation.lending.queries import lock_reader
from circulation.policies.reasons import BRANCH_NOT_OPEN
from library.kernel.decisions import Outcome, reason
from library.kernel.errors import Conflict
from library.kernel.events import record as record_event
from library.kernel.operations import Answer, Operation

LONGEST_TITLE = 200
MOST_LISTED = 200
MARK = "in_processing"

Waiting = Row[int, int, str, str, str | None, datetime]


def may_lend_first(session: Session, desk: AtDesk) -> bool:
    """Tell whether a scan that belongs to no copy may be the book in the hand of the reader at the desk.

    An ISBN of which some room has a copy is not: the book in hand is then most likely that copy.
    """
    if desk.reader_id is None or not wants_settled_reader(desk.mode):
        return False
    if desk.scan.kind is not ScanKind.ISBN:
        return may_be_label(desk.scan)
    return not _has_copies(session, desk.scan.code)


def lend_first(session: Session, operation: Operation, desk: AtDesk) -> Answer | None:
    """Lend a book nobody has catalogued; None when another desk made the copy meanwhile, so that it is known now.

    A loan that is refused takes the record and the copy back with it. The answer is that of a loan.
    """
    assert desk.reader_id is not None
    lock_reader(session, patron_id=desk.reader_id)  # before the copy, as every loan does
    stub = session.begin_nested()
    try:
        item = _stub(session, operation, desk)
    except Conflict as error:
        stub.rollback()
        return None if error.code == "barcode_taken" else refused(desk, reason(BRANCH_NOT_OPEN), **_again(desk))
    except IntegrityError:
        stub.rollback()
        return None
    answer = lending.check_out(
        session,
        operation,
        branch=desk.branch,
        patron_id=desk.reader_id,
        item_id=item.id,
        overrides=[{"code": code, "reason": desk.because} for code in desk.confirmed],
    )
    if answer["decision"] != Outcome.ALLOWED:
        stub.rollback()
        return _not_lent(desk, answer)
    stub.commit()
    told = [*answer["reasons"], reason(reasons.LENT_FIRST).stored()]
    return {**answered(desk, Did.LENT, Outcome.ALLOWED), **answer, "item": item.id, "reasons": told}


def _not_lent(desk: AtDesk, answer: Mapping[str, Any]) -> Answer:
    """Return why the book was not lent; what only wants a yes is asked again, of a book that is still unknown."""
    again = _again(desk, wants_yes=all(one["severity"] != "refuse" for one in answer["reasons"]))
    why = {"reasons": answer["reasons"], "policy": answer.get("policy")}
    return answered(desk, Did.NOTHING, Outcome.REFUSED, **why, **again)


def _again(desk: AtDesk, *, wants_yes: bool = False) -> Answer:
    name = "isbn" if desk.scan.kind is ScanKind.ISBN else "code"
    return {name: desk.scan.code, "lend_first": wants_yes or None}


def _stub(session: Session, operation: Operation, desk: AtDesk) -> Item:
    code = desk.scan.code
    is_isbn = desk.scan.kind is ScanKind.ISBN
    known = session.scalar(_living_bibs(code).order_by(Bib.id).limit(1)) if is_isbn else None
    bib_id = known or create_bib(session, operation, _described(desk, is_isbn=is_isbn)).id
    # What the publisher printed is the same on every copy, so a book known by it alone gets a code of ours.
    item = add_item(session, operation, bib_id=bib_id, owner=desk.branch, barcode=None if is_isbn else code)
    session.add(
        ItemCondition(
            item_id=item.id, kind=MARK, since=operation.at, is_blocking=False, note="", operation_id=operation.id
        )
    )
    session.flush()
    payload = {"began": [MARK], "is_blocking": False}
    record_event(
        session, operation, "item.changed", branch_id=desk.branch.id, bib_id=bib_id, item_id=item.id, payload=payload
    )
    return item


def _described(desk: AtDesk, *, is_isbn: bool) -> Mapping[str, Any]:
    # The county's catalogue is in Chinese, whatever language the keeper reads.
    stand_in = f"未编目（{'书号' if is_isbn else '条码'} {desk.scan.code}）"
    title = " ".join(desk.title.split())[:LONGEST_TITLE] or stand_in
    return {"title": title, "isbns": [desk.scan.code]} if is_isbn else {"title": title}


def _living_bibs(isbn: str) -> Select[int]:
    return (
        select(Bib.id)
        .join(BibIdentifier, BibIdentifier.bib_id == Bib.id)
        .where(BibIdentifier.kind == "isbn", BibIdentifier.value == isbn)
        .where(Bib.merged_into_id.is_(None), Bib.withdrawn_at.is_(None))
    )


def _has_copies(session: Session, isbn: str) -> bool:
    with_isbn = select(BibIdentifier.bib_id).where(BibIdentifier.kind == "isbn", BibIdentifier.value == isbn)
    return bool(session.scalar(select(exists().where(Item.bib_id.in_(with_isbn)))))


def waiting(session: Session, branch_id: int) -> Sequence[Waiting]:
    """Return the copies of a branch that wait to be catalogued, the oldest first.

    A row is (item id, bib id, title, barcode, ISBN, since when).
    """
    wanted = _waiting(branch_id).order_by(ItemCondition.since, Item.id)
    return session.execute(wanted.limit(MOST_LISTED)).all()


def how_many_wait(session: Session, branch_id: int) -> int:
    """Return how many copies of a branch wait to be catalogued."""
    return session.scalar(select(func.count()).select_from(_waiting(branch_id).subquery())) or 0


def _waiting(branch_id: int) -> Select[int, int, str, str, str | None, datetime]:
    columns = (Item.id, Bib.id.label("bib"), Bib.title, Item.barcode, Bib.isbn13, ItemCondition.since)
    return (
        select(*columns)
        .select_from(ItemCondition)
        .join(Item, Item.id == ItemCondition.item_id)
        .join(Bib, Bib.id == Item.bib_id)
        .where(ItemCondition.kind == MARK, ItemCondition.until.is_(None), ItemCondition.is_blocking.is_(False))
        .where(Item.home_branch_id == branch_id, Bib.changed_at == ItemCondition.since)
    )
