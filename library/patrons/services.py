"""Readers: registering, PIN, households, guardians. Their cards are in `library.patrons.cards`.

A PIN is hashed by `library.patrons.pins` before the transaction begins; services only store the hash.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from library.branches.models import Branch
from library.branches.services import require_standing
from library.kernel import clock
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Operation
from library.kernel.text import fold, pinyin_keys
from library.patrons.cards import issue_card, next_card_number
from library.patrons.cards import patron_by_card as patron_by_card  # noqa: PLC0414  the name other rooms import
from library.patrons.dependents import MovedHouse, dependents
from library.patrons.models import Consent, Guardian, Household, Patron
from library.patrons.rules import Category, age_band, is_identity_number, needs_guardian, normalise_phone

CONSENT_VERSION = "2026-1"
VILLAGE_KINDS = frozenset({"village", "community"})


@dataclass(frozen=True, slots=True)
class GuardianIn:
    """Who answers for a child: a reader of ours, or somebody known by name."""

    patron_id: int | None = None
    name: str = ""
    phone: str = ""
    relation: str = "parent"


def patron_by_id(session: Session, patron_id: int) -> Patron:
    """Return the reader with this id.

    Raises `NotFound` `unknown_patron`, also for a reader who has been erased.
    """
    patron = session.get(Patron, patron_id)
    if patron is None or patron.erased_at is not None:
        raise NotFound("unknown_patron", patron=patron_id)
    return patron


def register(
    session: Session,
    operation: Operation,
    *,
    name: str,
    category: str,
    home_branch: Branch,
    born_in: int | None = None,
    phone: str = "",
    card: str | None = None,
    pin_hash: str | None = None,
    identity_hash: str | None = None,
    guardian: GuardianIn | None = None,
    household_id: int | None = None,
    expires_on: date | None = None,
    note: str = "",
) -> Patron:
    """Register a reader with a card and return the reader; without `card` a new number is given.

    Raises `Invalid` `unknown_category`, `bad_birth_year`, `bad_phone` or `guardian_required`, and `Conflict` `card_in_use`,
    `identity_in_use` or `branch_not_open`.
    """
    require_standing(home_branch)
    day = clock.local_date(operation.at)
    kind = _category(category)
    _require_sound(kind, born_in, guardian, day)
    _require_new_identity(session, identity_hash)
    patron = Patron(
        name=name,
        name_initials=initials_of(name),
        category=str(kind),
        born_in=born_in,
        home_branch_id=home_branch.id,
        village_id=village_of(home_branch),
        household_id=household_id,
        phone=_phone(phone),
        identity_hash=identity_hash,
        pin_hash=pin_hash,
        pin_set_at=operation.at if pin_hash else None,
        registered_on=day,
        expires_on=expires_on,
        note=note,
    )
    session.add(patron)
    session.flush()
    issue_card(session, patron, card or next_card_number(session), day)
    _welcome(session, operation, patron, guardian)
    return patron


def _require_sound(kind: Category, born_in: int | None, guardian: GuardianIn | None, day: date) -> None:
    if born_in is not None and not 1900 <= born_in <= day.year:
        raise Invalid("bad_birth_year", born_in=born_in)
    if needs_guardian(kind, born_in, day) and guardian is None:
        raise Invalid("guardian_required")


def _welcome(session: Session, operation: Operation, patron: Patron, guardian: GuardianIn | None) -> None:
    """Write down what goes with a registration: consent, guardian, event."""
    session.add(Consent(patron_id=patron.id, kind="register", version=CONSENT_VERSION, given_at=operation.at))
    if guardian is not None:
        add_guardian(session, operation, patron, guardian)
    record(
        session,
        operation,
        "patron.registered",
        branch_id=patron.home_branch_id,
        patron_id=patron.id,
        statistics=statistics_of(patron, clock.local_date(operation.at)),
    )


def set_pin(session: Session, operation: Operation, patron: Patron, pin_hash: str) -> None:
    """Store the hash of a new PIN."""
    patron.pin_hash = pin_hash
    patron.pin_set_at = operation.at
    record(session, operation, "patron.pin_set", patron_id=patron.id)


def move_house(session: Session, operation: Operation, patron: Patron, home: Branch) -> MovedHouse:
    """Let a reader belong to another room; what waits for them at the old one follows, as the answer tells.

    Raises `Conflict` `branch_not_open`.
    """
    require_standing(home)
    session.execute(select(Patron.id).where(Patron.id == patron.id).with_for_update())
    before = patron.home_branch_id
    if before == home.id:
        return MovedHouse()
    patron.home_branch_id = home.id
    patron.village_id = village_of(home)
    session.flush()
    record(
        session,
        operation,
        "patron.moved_house",
        branch_id=home.id,
        patron_id=patron.id,
        statistics=statistics_of(patron, clock.local_date(operation.at)),
        payload={"from_branch_id": before, "to_branch_id": home.id},
    )
    return dependents().moved_house(session, operation, patron.id, before, home.id)


def form_household(
    session: Session, operation: Operation, *, name: str, members: Sequence[Patron], village_id: int | None = None
) -> Household:
    """Put readers into a new household, out of the one they were in."""
    household = Household(name=name, village_id=village_id)
    session.add(household)
    session.flush()
    for member in members:
        member.household_id = household.id
    record(session, operation, "household.formed", payload={"household_id": household.id, "members": len(members)})
    return household


def add_guardian(session: Session, operation: Operation, patron: Patron, guardian: GuardianIn) -> Guardian:
    """Write down who answers for a reader, with the consent given now.

    Raises `Invalid` `guardian_required` when nobody is named, `guardian_is_self`, and `NotFound` `unknown_patron`.
    """
    if guardian.patron_id is None and not guardian.name.strip():
        raise Invalid("guardian_required")
    if guardian.patron_id == patron.id:
        raise Invalid("guardian_is_self")
    if guardian.patron_id is not None:
        patron_by_id(session, guardian.patron_id)
    row = Guardian(
        patron_id=patron.id,
        guardian_patron_id=guardian.patron_id,
        name=guardian.name.strip() or None,
        phone=_phone(guardian.phone),
        relation=guardian.relation,
        consent_version=CONSENT_VERSION,
        consented_at=operation.at,
    )
    session.add(row)
    session.flush()
    return row


def guardians_of(session: Session, patron_id: int) -> Sequence[Guardian]:
    """Return who answers for a reader today."""
    wanted = select(Guardian).where(Guardian.patron_id == patron_id, Guardian.ended_at.is_(None))
    return session.scalars(wanted.order_by(Guardian.id)).all()


def statistics_of(patron: Patron, day: date | None = None) -> dict[str, str | int | None]:
    """Return what statistics keep of a reader: `age_band`, `patron_category`, `village_id`."""
    return {
        "age_band": str(age_band(patron.born_in, day or clock.today())),
        "patron_category": patron.category,
        "village_id": patron.village_id,
    }


def hash_identity(number: str, key: str) -> str:
    """Return the keyed hash (HMAC-SHA-256, hex) under which a resident identity number is kept; the number never is.

    Raises `Invalid` `bad_identity_number`.
    """
    compact = number.strip().upper()
    if not is_identity_number(compact):
        raise Invalid("bad_identity_number")
    return hmac.new(key.encode(), compact.encode(), hashlib.sha256).hexdigest()


def initials_of(name: str) -> str:
    """Return the pinyin initials by which the desk finds a name, `zxy` for 张秀英."""
    return pinyin_keys(fold(name)).initials[:40]


def village_of(branch: Branch) -> int | None:
    """Return the village a reader of this branch lives in, as far as the branch tells: only a village room does."""
    return branch.id if branch.kind in VILLAGE_KINDS else None


def _category(category: str) -> Category:
    try:
        return Category(category)
    except ValueError as error:
        raise Invalid("unknown_category", category=category) from error


def _phone(text: str) -> str | None:
    if not text.strip():
        return None
    phone = normalise_phone(text)
    if phone is None:
        raise Invalid("bad_phone", phone=text[:30])
    return phone


def _require_new_identity(session: Session, identity_hash: str | None) -> None:
    if identity_hash is None:
        return
    if session.scalar(select(Patron.id).where(Patron.identity_hash == identity_hash)) is not None:
        raise Conflict("identity_in_use")
