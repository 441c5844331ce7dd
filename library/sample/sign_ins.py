"""Sign-ins of the sample county: four staff accounts and three readers, with random secrets that are shown once."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from library.accounts.rules import Role
from library.accounts.services import account_by_name, add_account, grant
from library.kernel.operations import Operation
from library.kernel.passwords import hash_secret
from library.patrons.models import Patron
from library.patrons.pins import hash_pin
from library.patrons.rules import pin_fault
from library.sample.county import County
from library.sample.places import CENTRAL_ID, MODEL, ROOT_ID
from library.sample.readers import ADULT, CHILD, ELDER, Reader

_LETTERS = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("l1o0")))


@dataclass(frozen=True, slots=True)
class StaffSignIn:
    """A staff account; `password_hash` is stored, `password` printed."""

    name: str
    display_name: str
    role: str
    branch_id: int
    branch_code: str
    password: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class ReaderSignIn:
    """A reader who can sign in; `pin_hash` is stored, `pin` printed."""

    reader: Reader
    pin: str
    pin_hash: str


@dataclass(frozen=True, slots=True)
class SignIns:
    """Who can sign in after the load."""

    staff: tuple[StaffSignIn, ...]
    readers: tuple[ReaderSignIn, ...]


def make_sign_ins(county: County) -> SignIns:
    """Draw the secrets and hash them; slow on purpose, so it is done before the transaction."""
    model = next(place for place in county.places if place.activity == MODEL)
    wanted = (
        ("admin", "县馆管理员", Role.COUNTY_ADMINISTRATOR, ROOT_ID),
        ("planner", "典藏配送", Role.DISTRIBUTION, ROOT_ID),
        ("desk", "总馆前台", Role.BRANCH_LIBRARIAN, CENTRAL_ID),
        ("keeper", "书屋管理员", Role.ROOM_KEEPER, model.id),
    )
    codes = {place.id: place.code for place in county.places}
    staff = tuple(_staff(name, display, role, branch, codes[branch]) for name, display, role, branch in wanted)
    return SignIns(staff, tuple(_reader(reader) for reader in _shown_readers(county.readers, model.id)))


def store_sign_ins(session: Session, operation: Operation, sign_ins: SignIns) -> None:
    """Add the accounts with their grants, and give the readers their PIN."""
    for member in sign_ins.staff:
        add_account(session, member.name, display_name=member.display_name, password_hash=member.password_hash)
        grant(session, account_by_name(session, member.name), member.role, member.branch_code)
    for sign_in in sign_ins.readers:
        session.execute(
            update(Patron)
            .where(Patron.id == sign_in.reader.id)
            .values(pin_hash=sign_in.pin_hash, pin_set_at=operation.at)
        )


def _staff(name: str, display_name: str, role: Role, branch_id: int, code: str) -> StaffSignIn:
    password = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return StaffSignIn(name, display_name, str(role), branch_id, code, password, hash_secret(password))


def _reader(reader: Reader) -> ReaderSignIn:
    pin = ""
    while pin_fault(pin, reader.card) is not None:
        pin = f"{secrets.randbelow(10**6):06d}"
    return ReaderSignIn(reader, pin, hash_pin(pin, reader.card))


def _shown_readers(readers: Sequence[Reader], room: int) -> list[Reader]:
    """Return an adult, a child and an elder of a room, those who come most often."""
    here = [reader for reader in readers if reader.home == room]
    shown = []
    for segment in (ADULT, CHILD, ELDER):
        of_segment = [reader for reader in here if reader.segment == segment]
        shown += sorted(of_segment, key=lambda reader: -reader.appetite)[:1]
    return shown
