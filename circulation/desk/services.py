"""One scan at the desk: find out what it is, and do what it asks for with the services of lending."""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from catalog.items.services import item_by_id, items_by_code
from circulation.desk import reasons
from circulation.desk.kinds import Did
from circulation.desk.rules import Holder, Scan, ScanKind, Step, session_is_open, step_for
from circulation.lending import services as lending
from circulation.lending.listing import open_loan_of_item
from circulation.lending.queries import lock_reader
from circulation.policies.reasons import CODE_MISREAD, ISBN_NOT_A_BARCODE, ITEM_IN_TRANSIT
from library.accounts.access import permits
from library.branches.models import Branch
from library.kernel.decisions import Outcome, Reason, reason
from library.kernel.errors import NotFound
from library.kernel.models import OperationRow
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from library.patrons.rules import normalise_phone
from library.patrons.services import patron_by_card

DESK_KIND = "desk"
# A yes at the desk needs no words; a refusal is set aside only with a reason somebody wrote, which no button gives.
NO_WORDS = ""

_NO_COPY = {
    ScanKind.MISREAD: CODE_MISREAD,
    ScanKind.ISBN: ISBN_NOT_A_BARCODE,
    ScanKind.IDENTITY: reasons.SCAN_IS_IDENTITY_NUMBER,
    ScanKind.BOX: reasons.SCAN_IS_BOX,
    ScanKind.SHELF: reasons.SCAN_NOT_FOR_DESK,
    ScanKind.COMMAND: reasons.SCAN_NOT_FOR_DESK,
}


@dataclass(frozen=True)
class AtDesk:
    """A scan with what stands around it: the branch, the reader at the desk, and what a button added.

    `wish` is empty, `take_back`, `lend` or `renew`; `confirmed` are the codes of the reasons the keeper has confirmed.
    """

    branch: Branch
    scan: Scan
    reader_id: int | None = None
    item_id: int | None = None
    wish: str = ""
    confirmed: tuple[str, ...] = ()


def reader_at(session: Session, operation: Operation, after: str | None) -> int | None:
    """Return the reader who stands at the desk: the one of the scan before this one, named by its operation id.

    So a session is a chain of scans. It needs no state in the server, survives a restart, and a scan that was written down
    without a network still finds its reader. A chain of another member of staff or branch does not count.
    """
    if not after:
        return None
    before = session.get(OperationRow, after)
    if before is None or before.kind != DESK_KIND or before.answer is None or before.branch_id != operation.branch_id:
        return None
    same_actor = (before.actor_kind, before.actor_id) == (operation.actor.kind, operation.actor.id)
    if not same_actor or not session_is_open(before.at, operation.at):
        return None
    reader: int | None = before.answer.get("reader")
    return reader


def take(session: Session, operation: Operation, desk: AtDesk) -> Answer:
    """Do what the scan asks for; return `{did, decision, reasons, reader, item, …}` with ids and codes only.

    `reader` is who stands at the desk after this scan. The answers of lending are passed on as they are. Raises `NotFound`
    `unknown_item` for a copy chosen that does not exist.
    """
    if desk.item_id is not None:
        return _with_copy(session, operation, desk, item_by_id(session, desk.item_id))
    copies = [] if desk.scan.kind is ScanKind.CARD or not desk.scan.code else items_by_code(session, desk.scan.code)
    if len(copies) > 1:
        return _answer(desk, Did.CHOOSE, Outcome.REFUSED, candidates=[copy.id for copy in copies])
    if copies:
        return _with_copy(session, operation, desk, copies[0])
    if desk.scan.kind in _NO_COPY:
        return _refusal(desk, reason(_NO_COPY[desk.scan.kind]))
    return _with_reader(session, desk)


def _with_reader(session: Session, desk: AtDesk) -> Answer:
    readers = _readers(session, desk.scan)
    if len(readers) > 1:
        return _refusal(desk, reason(reasons.SCAN_AMBIGUOUS_READER))
    if not readers:
        return _refusal(desk, reason(reasons.SCAN_UNKNOWN))
    return _answer(replace(desk, reader_id=readers[0]), Did.READER, Outcome.ALLOWED)


def _readers(session: Session, scan: Scan) -> list[int]:
    try:
        return [patron_by_card(session, scan.code).id]
    except NotFound:
        phone = normalise_phone(scan.code) if scan.kind is ScanKind.PHONE else None
    if phone is None:
        return []
    return list(session.scalars(select(Patron.id).where(Patron.phone == phone, Patron.erased_at.is_(None)).limit(2)))


def _with_copy(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    if desk.wish == "renew":
        return _renew(session, operation, desk, item)
    if desk.wish == "take_back":
        return _take_back(session, operation, desk, item)
    if desk.wish == "lend":
        return _lend(session, operation, desk, item, first_back=False)
    step = step_for(_holder(session, desk, item), has_reader=desk.reader_id is not None)
    if step is Step.TAKE_BACK:
        return _take_back(session, operation, desk, item)
    if step is Step.ASK:
        return _answer(desk, Did.ASK, Outcome.NEEDS_CONFIRMATION, item=item.id)
    return _lend(session, operation, desk, item, first_back=step is Step.TAKE_BACK_AND_LEND)


def _holder(session: Session, desk: AtDesk, item: Item) -> Holder:
    loan = open_loan_of_item(session, item.id)
    if loan is None:
        return Holder.NOBODY
    return Holder.THIS_READER if loan.patron_id == desk.reader_id else Holder.ANOTHER_READER


def _take_back(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    answer = lending.check_in(session, operation, branch=desk.branch, item_id=item.id)
    return _passed_on(desk, Did.TAKEN_BACK, item, answer)


def _lend(session: Session, operation: Operation, desk: AtDesk, item: Item, *, first_back: bool) -> Answer:
    if desk.reader_id is None:
        return _refusal(desk, reason(reasons.NO_READER_AT_DESK))
    confirmed = set(desk.confirmed)
    if first_back:
        lock_reader(session, patron_id=desk.reader_id)  # before the copy, as every loan does
        lending.check_in(session, operation, branch=desk.branch, item_id=item.id)
        # Coming back may just have sent it home; the next reader stands here, so there is nothing to ask.
        confirmed.add(ITEM_IN_TRANSIT)
    answer = lending.check_out(
        session,
        operation,
        branch=desk.branch,
        patron_id=desk.reader_id,
        item_id=item.id,
        overrides=[{"code": code, "reason": NO_WORDS} for code in sorted(confirmed)],
        may_override=permits(operation.actor, "override", desk.branch),
    )
    answer = _passed_on(desk, Did.LENT, item, answer)
    if first_back:
        answer["reasons"] = [*answer["reasons"], reason(reasons.TAKEN_BACK_FROM_ANOTHER).stored()]
    return answer


def _renew(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    loan = open_loan_of_item(session, item.id)
    if loan is None or loan.patron_id != desk.reader_id:
        return _refusal(desk, reason(reasons.NO_READER_AT_DESK))
    return _passed_on(desk, Did.RENEWED, item, lending.renew(session, operation, loan_id=loan.id))


def _passed_on(desk: AtDesk, did: Did, item: Item, answer: Answer) -> Answer:
    """Return lending's answer with what the desk adds; a confirmed copy stays with the reader who stands there."""
    return {**answer, "did": str(did), "reader": desk.reader_id, "item": item.id}


def _refusal(desk: AtDesk, why: Reason) -> Answer:
    return _answer(desk, Did.NOTHING, Outcome.REFUSED, reasons=[why.stored()])


def _answer(desk: AtDesk, did: Did, outcome: Outcome, **members: object) -> Answer:
    return {"did": str(did), "decision": str(outcome), "reasons": [], "reader": desk.reader_id, **members}
