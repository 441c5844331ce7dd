"""Invariants of readers and cards."""

from sqlalchemy import func, select

from library.kernel.checks import Invariant
from library.patrons.models import Guardian, Patron, PatronCard

INVARIANTS = (
    Invariant(
        "one_active_card_per_number",
        "A card number is active for one reader at most.",
        select(PatronCard.number)
        .where(PatronCard.state == "active")
        .group_by(PatronCard.number)
        .having(func.count() > 1),
    ),
    Invariant(
        "closed_reader_has_no_card",
        "A reader whose account is closed has no active card.",
        select(PatronCard.id, PatronCard.patron_id)
        .join(Patron, Patron.id == PatronCard.patron_id)
        .where(Patron.closed_on.is_not(None), PatronCard.state == "active"),
    ),
    Invariant(
        "nobody_guards_themselves",
        "Nobody is their own guardian.",
        select(Guardian.id).where(Guardian.guardian_patron_id == Guardian.patron_id),
    ),
)
