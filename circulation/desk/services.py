"""One scan at the desk: find out what it means, answer a question of an earlier line, or undo one."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from catalog.items.models import Item
from catalog.items.services import item_by_id, items_by_code
from circulation.desk import finding, reasons
from circulation.desk.at_desk import AtDesk, answered, refused
from circulation.desk.chain import is_recent, standing_of
from circulation.desk.choices import Choice, choices
from circulation.desk.doing import with_copy
from circulation.desk.kinds import Did, Mode
from circulation.desk.lending_first import lend_first, may_lend_first
from circulation.desk.rules import UNSETTLED, ScanKind, Standing, classify, worth_showing
from circulation.desk.undoing import undo_scan
from circulation.policies.reasons import CARD_NOT_ACTIVE, CODE_MISREAD, UNKNOWN_CARD
from circulation.wishes.services import record_wish
from library.accounts.access import permits
from library.kernel.decisions import Outcome, reason
from library.kernel.models import OperationRow
from library.kernel.operations import Answer, Operation

_NO_COPY = {
    ScanKind.MISREAD: CODE_MISREAD,
    ScanKind.IDENTITY: reasons.SCAN_IS_IDENTITY_NUMBER,
    ScanKind.BOX: reasons.SCAN_IS_BOX,
    ScanKind.SHELF: reasons.SCAN_NOT_FOR_DESK,
    ScanKind.SHEET: reasons.SCAN_IS_SHEET,
    ScanKind.COMMAND: reasons.SCAN_NOT_FOR_DESK,
    ScanKind.INITIALS: reasons.INITIALS_UNKNOWN,
    ScanKind.WORDS: reasons.TITLE_UNKNOWN,
}

_WISHES = {"item": "", "exception": "lend", "renewal_exception": "renew"}


def take(session: Session, operation: Operation, desk: AtDesk) -> Answer:
    """Do what the scan asks for; return `{did, decision, reasons, reader, visit, item, …}` with ids and codes only.

    `reader` is who stands at the desk after this scan, `visit` the operation that opened the visit, `unsettled` that a card
    opened nobody. The answers of lending are passed on as they are. Raises `NotFound` `unknown_item` for a copy chosen that
    does not exist.
    """
    if desk.item_id is not None:
        return with_copy(session, operation, desk, item_by_id(session, desk.item_id))
    copies = items_by_code(session, desk.scan.code) if desk.scan.code else []
    reader_id = finding.reader_with_card(session, desk.scan.code) if desk.scan.code else None
    if len(copies) + (reader_id is not None) > 1:
        return _choose(desk, copies, [reader_id] if reader_id is not None else [])
    if reader_id is not None:
        return _open(operation, desk, reader_id)
    if copies:
        return with_copy(session, operation, desk, copies[0])
    return _by_kind(session, operation, desk)


def _by_kind(session: Session, operation: Operation, desk: AtDesk) -> Answer:
    """Go on with a text that is neither a known barcode nor a known card."""
    kind = desk.scan.kind
    if kind is ScanKind.CARD:
        return _unknown_card(session, operation, desk)
    if kind is ScanKind.ISBN:
        return _by_isbn(session, operation, desk)
    if kind is ScanKind.PHONE:
        return _by_phone(session, operation, desk)
    found = _by_words(session, desk) if kind in {ScanKind.INITIALS, ScanKind.WORDS} else None
    why = _NO_COPY.get(kind, reasons.SCAN_UNKNOWN)
    may_lend = may_lend_first(session, desk) or None
    return found or refused(desk, reason(why), code=worth_showing(desk.scan), lend_first=may_lend)


def _by_words(session: Session, desk: AtDesk) -> Answer | None:
    """Offer the readers whose initials these are, else the copies whose titles hold the words."""
    if desk.scan.kind is ScanKind.INITIALS:
        readers = finding.readers_with_initials(session, desk.scan.code, desk.branch)
        if readers:
            return _choose(desk, (), readers)
    copies = finding.copies_of_titles(session, desk.titles, desk.branch)
    return _choose(desk, copies, ()) if copies else None


def _unknown_card(session: Session, operation: Operation, desk: AtDesk) -> Answer:
    """Answer to a card of ours that is nobody's: blank, so that a reader can be registered, or no longer in use."""
    ended = finding.ended_card(session, desk.scan.code)
    if ended is not None:
        return refused(desk, reason(CARD_NOT_ACTIVE, state=ended))
    if not permits(operation.actor, "register_patrons", desk.branch):
        return refused(desk, reason(UNKNOWN_CARD))
    desk = replace(desk, standing=UNSETTLED)
    return answered(desk, Did.BLANK_CARD, Outcome.NEEDS_CONFIRMATION, card=desk.scan.code)


def _by_isbn(session: Session, operation: Operation, desk: AtDesk) -> Answer:
    copies = finding.copies_with_isbn(session, desk.scan.code, desk.branch)
    if len(copies) > 1:
        return _choose(desk, copies, ())
    if not copies:
        may_lend = may_lend_first(session, desk) or None
        return refused(desk, reason(reasons.ISBN_NO_COPY_HERE), isbn=desk.scan.code, lend_first=may_lend)
    answer = with_copy(session, operation, desk, copies[0])
    return {**answer, "reasons": [*answer["reasons"], reason(reasons.KNOWN_BY_ISBN).stored()]}


def _by_phone(session: Session, operation: Operation, desk: AtDesk) -> Answer:
    readers = finding.readers_with_phone(session, desk.scan.code)
    if not readers:
        return refused(desk, reason(reasons.PHONE_UNKNOWN))
    return _open(operation, desk, readers[0]) if len(readers) == 1 else _choose(desk, (), readers)


def _open(operation: Operation, desk: AtDesk, reader_id: int) -> Answer:
    """Begin a reader's visit; whoever stood here before has left."""
    return answered(replace(desk, standing=Standing(reader_id, operation.id)), Did.READER, Outcome.ALLOWED)


def _choose(desk: AtDesk, copies: Sequence[Item], readers: Sequence[int]) -> Answer:
    if readers:
        desk = replace(desk, standing=UNSETTLED)
    found = {"candidates": [copy.id for copy in copies[: finding.MOST_CHOICES]], "readers": list(readers)}
    return answered(desk, Did.CHOOSE, Outcome.NEEDS_CONFIRMATION, **found)


def pick(session: Session, operation: Operation, desk: AtDesk, line: OperationRow, number: int) -> Answer:
    """Give the answer with this number to the question of an earlier line.

    It acts for the reader of that line and in its mode, while whoever stands at the desk now stays.
    """
    asked = line.answer or {}
    offered = choices(asked)
    if not 1 <= number <= len(offered):
        return refused(desk, reason(reasons.NOTHING_TO_CHOOSE))
    choice = offered[number - 1]
    if choice.reader is not None:
        return _open(operation, desk, choice.reader)
    then = standing_of(asked)
    if then.reader_id is not None and not is_recent(line, operation, desk.gap_s):
        return refused(desk, reason(reasons.NO_READER_AT_DESK))
    acting = replace(desk, standing=then, mode=Mode(asked.get("mode", Mode.AUTO)))
    return {**_picked(session, operation, acting, choice), **_standing(desk)}


def _picked(session: Session, operation: Operation, desk: AtDesk, choice: Choice) -> Answer:
    if choice.kind == "wish":
        assert desk.reader_id is not None
        answer = record_wish(session, operation, patron_id=desk.reader_id, branch_id=desk.branch.id, title=choice.isbn)
        return {**answered(desk, Did.WISHED, Outcome.ALLOWED), **answer}
    if choice.kind == "lend_first":
        return _lend_first(session, operation, replace(desk, scan=classify(choice.code), confirmed=choice.confirmed))
    wish = _WISHES.get(choice.kind, choice.kind)
    return take(session, operation, replace(desk, item_id=choice.item, wish=wish, confirmed=choice.confirmed))


def _lend_first(session: Session, operation: Operation, desk: AtDesk) -> Answer:
    """Lend a book that was unknown when it was scanned; one that is known by now is taken as any other scan."""
    is_known = bool(items_by_code(session, desk.scan.code)) or not may_lend_first(session, desk)
    answer = None if is_known else lend_first(session, operation, desk)
    return answer or take(session, operation, replace(desk, confirmed=()))


def _standing(desk: AtDesk) -> Answer:
    standing = desk.standing
    return {"reader": standing.reader_id, "visit": standing.visit, "unsettled": standing.is_unsettled}


def undo(session: Session, operation: Operation, desk: AtDesk, target_id: str | None) -> Answer:
    """Undo the scan `target_id`, or the last one that did something; the reader's visit goes on."""
    return {**answered(desk, Did.UNDONE, Outcome.ALLOWED), **undo_scan(session, operation, desk.branch, target_id)}
