"""Use cases of wishes: a reader asks for a book the county does not have, staff answer, the reader takes it back."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from circulation.models import Wish
from circulation.wishes.rules import ANSWERS, Asked, State, may_become, may_wish, not_in_state
from library.kernel import clock, events
from library.kernel.decisions import Decision, Reason
from library.kernel.errors import Invalid, NotFound
from library.kernel.identifiers import normalise_isbn
from library.kernel.operations import Answer, Operation
from library.kernel.text import fold
from library.patrons.models import Patron
from library.patrons.services import patron_by_id, statistics_of

TITLE_CHARACTERS = 200
TEXT_CHARACTERS = 500


def record_wish(
    session: Session,
    operation: Operation,
    *,
    patron_id: int,
    branch_id: int,
    title: str,
    creator: str = "",
    note: str = "",
    isbn: str | None = None,
) -> Answer:
    """Take a reader's wish down; return `{decision, reasons, wish}`, `wish` with its id and state.

    An ISBN typed as the title is understood. Raises `Invalid` `title_required` and `isbn_invalid`, `NotFound`
    `unknown_patron`.
    """
    wanted = title.strip()[:TITLE_CHARACTERS]
    if not wanted:
        raise Invalid("title_required")
    isbn13 = normalise_isbn(isbn) if isbn else normalise_isbn(wanted)
    if isbn and isbn13 is None:
        raise Invalid("isbn_invalid")
    session.execute(select(Patron.id).where(Patron.id == patron_id).with_for_update(key_share=True))
    patron = patron_by_id(session, patron_id)
    decision = may_wish(_asked(session, operation, patron_id, wanted, isbn13))
    if not decision.is_allowed:
        return _answer(decision.reasons, None)
    figures = statistics_of(patron, clock.local_date(operation.at))
    wish = Wish(
        patron_id=patron_id,
        branch_id=branch_id,
        title=wanted,
        creator=creator.strip()[:TITLE_CHARACTERS],
        note=note.strip()[:TEXT_CHARACTERS],
        isbn13=isbn13,
        state=str(State.OPEN),
        wished_at=operation.at,
        age_band=figures["age_band"],
        patron_category=figures["patron_category"],
        operation_id=operation.id,
    )
    session.add(wish)
    session.flush()
    _record(session, operation, wish, "wish.recorded", figures)
    return _answer((), wish)


def answer_wish(
    session: Session, operation: Operation, *, wish_id: int, state: str, answer: str, bib_id: int | None = None
) -> Answer:
    """Answer a wish with a sentence and say what becomes of it; with `bib_id` the reader may reserve that title.

    Raises `NotFound` `unknown_wish` or `unknown_bib`, `Invalid` `wish_state_invalid` and `answer_required`.
    """
    wish = _locked(session, wish_id)
    if state not in ANSWERS:
        raise Invalid("wish_state_invalid", state=state[:20])
    words = answer.strip()[:TEXT_CHARACTERS]
    if not words:
        raise Invalid("answer_required")
    if bib_id is not None and session.get(Bib, bib_id) is None:
        raise NotFound("unknown_bib", bib=bib_id)
    if not may_become(State(wish.state), State(state)):
        return _answer((not_in_state(State(wish.state), State(state)),), wish)
    wish.state, wish.answer, wish.answered_at = state, words, operation.at
    wish.bib_id = bib_id or wish.bib_id
    session.flush()
    _record(session, operation, wish, "wish.answered", _figures(wish))
    return _answer((), wish)


def cancel_wish(session: Session, operation: Operation, wish_id: int) -> Answer:
    """Take a wish back that has no answer yet. Raises `NotFound` `unknown_wish`."""
    wish = _locked(session, wish_id)
    if not may_become(State(wish.state), State.CANCELLED):
        return _answer((not_in_state(State(wish.state), State.CANCELLED),), wish)
    wish.state = str(State.CANCELLED)
    session.flush()
    _record(session, operation, wish, "wish.cancelled", _figures(wish))
    return _answer((), wish)


def _locked(session: Session, wish_id: int) -> Wish:
    wish = session.get(Wish, wish_id, with_for_update=True, populate_existing=True)
    if wish is None:
        raise NotFound("unknown_wish", wish=wish_id)
    return wish


def _asked(session: Session, operation: Operation, patron_id: int, title: str, isbn13: str | None) -> Asked:
    open_wishes = session.execute(
        select(Wish.id, Wish.title, Wish.isbn13).where(Wish.patron_id == patron_id, Wish.state == str(State.OPEN))
    ).all()
    since = clock.start_of_day(clock.local_date(operation.at))
    today = session.scalar(select(func.count()).where(Wish.patron_id == patron_id, Wish.wished_at >= since)) or 0
    same = (
        wish.id
        for wish in open_wishes
        if fold(wish.title) == fold(title) or (isbn13 is not None and wish.isbn13 == isbn13)
    )
    return Asked(len(open_wishes), today, next(same, None))


def _record(session: Session, operation: Operation, wish: Wish, kind: str, figures: dict[str, Any]) -> None:
    events.record(
        session,
        operation,
        kind,
        branch_id=wish.branch_id,
        bib_id=wish.bib_id,
        patron_id=wish.patron_id,
        statistics={**figures, "clc": wish.clc},
        payload={"wish_id": wish.id, "state": wish.state},
    )


def _figures(wish: Wish) -> dict[str, Any]:
    return {"age_band": wish.age_band, "patron_category": wish.patron_category}


def _answer(found: Iterable[Reason], wish: Wish | None) -> Answer:
    """Return what is stored: ids and codes, because a reader's own words have no place in an operation."""
    reasons_found = tuple(found)
    return {
        "decision": str(Decision.of(reasons_found).outcome),
        "reasons": [one.stored() for one in reasons_found],
        "wish": {"id": wish.id, "state": wish.state, "bib": wish.bib_id} if wish is not None else None,
    }
