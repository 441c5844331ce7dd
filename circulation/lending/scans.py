"""Which copy a scan means, or why that cannot be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from circulation.lending.queries import CopyFound, copies_by_barcode, copy_by_id, lock_both, lock_copies
from circulation.policies import reasons
from library.kernel.decisions import Decision, Reason, reason
from library.kernel.identifiers import looks_misread, normalise_isbn, normalise_scan
from library.kernel.operations import Answer


@dataclass(frozen=True, slots=True)
class Scan:
    """What was said of the copy: its barcode as scanned, or its id when one of several candidates was chosen.

    `was_claimed` tells that the claim that it came back is settled by this very return, and so no longer open.
    """

    barcode: str | None = None
    item_id: int | None = None
    was_claimed: bool = False


@dataclass(frozen=True, slots=True)
class Identified:
    """The one copy, or the refusal and the ids of the copies it may be."""

    found: CopyFound | None
    refusal: Reason | None = None
    candidates: tuple[int, ...] = ()


def identify(session: Session, scan: Scan, *, patron_id: int | None = None) -> Identified:
    """Return the copy a scan means, locked on PostgreSQL; with `patron_id` seen with that reader's holds, and both locked."""
    code = normalise_scan(scan.barcode or "") if scan.item_id is None else None
    if patron_id is None:
        lock_copies(session, barcode=code, item_id=scan.item_id)
    else:
        lock_both(session, patron_id=patron_id, barcode=code, item_id=scan.item_id)
    if scan.item_id is not None:
        chosen = copy_by_id(session, scan.item_id, patron_id=patron_id)
        return told([chosen] if chosen else [], scan)
    return told(copies_by_barcode(session, code, patron_id=patron_id) if code else [], scan)


def told(copies: Sequence[CopyFound], scan: Scan) -> Identified:
    """Return the one of the copies that a scan can mean, or why it cannot be told."""
    if len(copies) > 1:
        ids = tuple(found.copy.id for found in copies)
        return Identified(None, reason(reasons.AMBIGUOUS_BARCODE, copies=len(ids)), ids)
    if copies:
        return Identified(copies[0])
    code = normalise_scan(scan.barcode or "") if scan.item_id is None else ""
    return Identified(None, reason(_unknown(code)))


def unknown_card(number: str) -> Reason:
    """Return why a card is not known: it may have been misread."""
    return reason(reasons.CODE_MISREAD if looks_misread(normalise_scan(number)) else reasons.UNKNOWN_CARD)


def stored(found: Iterable[Reason], **members: Any) -> Answer:
    """Return an answer as it is stored: the decision that follows from the reasons, and further members."""
    decision = Decision.of(found)
    return {
        "decision": str(decision.outcome),
        "reasons": [one.stored() for one in decision.reasons],
        **members,
    }


def _unknown(code: str) -> str:
    if looks_misread(code):
        return reasons.CODE_MISREAD
    return reasons.ISBN_NOT_A_BARCODE if normalise_isbn(code) else reasons.UNKNOWN_BARCODE
