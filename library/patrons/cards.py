"""Cards: which reader a number belongs to, giving, replacing and losing one. A card ends, its history stays."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from library.kernel import clock
from library.kernel.counters import next_code
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.identifiers import CodeKind, normalise_scan
from library.kernel.operations import Operation
from library.patrons.models import Patron, PatronCard

CARD_COUNTER = "patron_cards"


def patron_by_card(session: Session, number: str) -> Patron:
    """Return the reader whose active card has this number, as scanned or typed.

    Raises `NotFound` `unknown_card`.
    """
    wanted = (
        select(Patron)
        .join(PatronCard, PatronCard.patron_id == Patron.id)
        .where(PatronCard.number == normalise_scan(number), PatronCard.state == "active")
    )
    patron = session.scalars(wanted).one_or_none()
    if patron is None:
        raise NotFound("unknown_card", card=number[:64])
    return patron


def active_card(session: Session, patron_id: int) -> str | None:
    """Return the number of the card a reader uses now; with several, the one issued last."""
    wanted = select(PatronCard.number).where(PatronCard.patron_id == patron_id, PatronCard.state == "active")
    return session.scalars(wanted.order_by(PatronCard.issued_on.desc(), PatronCard.id.desc()).limit(1)).one_or_none()


def issue_card(session: Session, patron: Patron, number: str, day: date) -> PatronCard:
    """Give a reader a further card.

    Raises `Conflict` `card_in_use` when the number is active, `Invalid` `bad_card` when nothing is left of it.
    """
    wanted = normalise_scan(number)
    if not wanted:
        raise Invalid("bad_card", card=number[:64])
    taken = select(PatronCard.id).where(PatronCard.number == wanted, PatronCard.state == "active")
    if session.scalar(taken) is not None:
        raise Conflict("card_in_use", card=wanted)
    card = PatronCard(patron_id=patron.id, number=wanted, state="active", issued_on=day)
    session.add(card)
    session.flush()
    return card


def report_card_lost(session: Session, operation: Operation, number: str) -> Patron:
    """End a lost card; its history stays. Return the reader.

    Raises `NotFound` `unknown_card`.
    """
    patron = patron_by_card(session, number)
    _end_cards(session, patron, "lost", clock.local_date(operation.at), number=normalise_scan(number))
    record(session, operation, "patron.card_lost", patron_id=patron.id)
    return patron


def replace_card(session: Session, operation: Operation, patron: Patron, number: str | None = None) -> PatronCard:
    """End every active card of a reader and give a new one, `number` or the next of ours.

    Raises `Conflict` `card_in_use`.
    """
    day = clock.local_date(operation.at)
    _end_cards(session, patron, "replaced", day)
    card = issue_card(session, patron, number or next_card_number(session), day)
    record(session, operation, "patron.card_replaced", patron_id=patron.id)
    return card


def next_card_number(session: Session) -> str:
    """Return a card number that was never given, and count it."""

    def is_taken(number: str) -> bool:
        return session.scalar(select(PatronCard.id).where(PatronCard.number == number).limit(1)) is not None

    return next_code(session, CARD_COUNTER, CodeKind.PATRON, is_taken)


def _end_cards(session: Session, patron: Patron, state: str, day: date, *, number: str | None = None) -> None:
    wanted = select(PatronCard).where(PatronCard.patron_id == patron.id, PatronCard.state == "active")
    if number is not None:
        wanted = wanted.where(PatronCard.number == number)
    for card in session.scalars(wanted):
        card.state = state
        card.ended_on = day
    session.flush()
