"""Registering readers, their cards, PINs, guardians and households."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from library import checks
from library.branches.models import Branch
from library.kernel.checks import run
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.identifiers import parse_code
from library.kernel.models import EventRow
from library.kernel.operations import Operation
from library.kernel.passwords import verify
from library.patrons import cards, services
from library.patrons.models import Patron, PatronCard
from library.patrons.pins import hash_pin
from library.patrons.services import GuardianIn
from tests.factories import a_county, a_patron

Make = Callable[..., Operation]


@pytest.fixture
def room(session: Session, clock: object) -> Branch:
    return a_county(session)["east"]


def an_adult(session: Session, operation: Operation, room: Branch, **values: object) -> Patron:
    given = {"name": "张秀英", "category": "adult", "born_in": 1980, **values}
    return services.register(session, operation, home_branch=room, **given)  # type: ignore[arg-type]  # test values


def test_nobody_is_registered_at_a_closed_room(session: Session, operation: Make, room: Branch) -> None:
    room.state = "closed"
    with pytest.raises(Conflict, match="branch_not_open"):
        an_adult(session, operation(), room)


def test_a_reader_is_registered_with_a_card_of_ours(session: Session, operation: Make, room: Branch) -> None:
    patron = an_adult(session, operation(), room, phone="138 0000 0000")
    number = cards.active_card(session, patron.id)
    assert number is not None
    assert parse_code(number) is not None
    assert services.patron_by_card(session, number).id == patron.id
    assert (patron.name_initials, patron.phone, patron.village_id) == ("zxy", "13800000000", room.id)
    checks.register_all()
    assert not run(session)


def test_two_readers_never_get_the_same_number(session: Session, operation: Make, room: Branch) -> None:
    numbers = {cards.active_card(session, an_adult(session, operation(), room).id) for _ in range(5)}
    assert len(numbers) == 5


def test_a_scan_in_any_spelling_finds_the_card(session: Session, operation: Make, room: Branch) -> None:
    patron = an_adult(session, operation(), room, card="d001-669")
    assert services.patron_by_card(session, " Ｄ００１６６９ ").id == patron.id
    with pytest.raises(NotFound, match="unknown_card"):
        services.patron_by_card(session, "D001670")


def test_the_event_keeps_statistics_and_no_name(session: Session, operation: Make, room: Branch) -> None:
    patron = an_adult(session, operation(), room)
    event = session.scalars(select(EventRow).where(EventRow.kind == "patron.registered")).one()
    assert (event.patron_id, event.age_band, event.patron_category) == (patron.id, "18-59", "adult")
    assert "张" not in str(event.payload)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"category": "wizard"}, "unknown_category"),
        ({"born_in": 2027}, "bad_birth_year"),
        ({"phone": "12"}, "bad_phone"),
        ({"category": "child", "born_in": 2016}, "guardian_required"),
        ({"category": "child", "born_in": None}, "guardian_required"),
        ({"card": " - "}, "bad_card"),
    ],
)
def test_what_cannot_be_right_is_refused(
    session: Session, operation: Make, room: Branch, values: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        an_adult(session, operation(), room, **values)


def test_a_child_is_registered_with_a_guardian_who_consents(session: Session, operation: Make, room: Branch) -> None:
    mother = an_adult(session, operation(), room)
    child = an_adult(
        session,
        operation(),
        room,
        name="张子禾",
        category="child",
        born_in=2017,
        guardian=GuardianIn(patron_id=mother.id),
    )
    guardian = services.guardians_of(session, child.id)[0]
    assert (guardian.guardian_patron_id, guardian.consent_version) == (mother.id, services.CONSENT_VERSION)
    with pytest.raises(Invalid, match="guardian_is_self"):
        services.add_guardian(session, operation(), mother, GuardianIn(patron_id=mother.id))
    with pytest.raises(NotFound, match="unknown_patron"):
        services.add_guardian(session, operation(), child, GuardianIn(patron_id=999))


def test_an_active_number_belongs_to_one_reader(session: Session, operation: Make, room: Branch) -> None:
    an_adult(session, operation(), room, card="A1")
    with pytest.raises(Conflict, match="card_in_use"):
        an_adult(session, operation(), room, card="a1")


def test_a_lost_card_is_kept_in_the_history_and_opens_nothing(session: Session, operation: Make, room: Branch) -> None:
    patron = an_adult(session, operation(), room, card="A1")
    cards.report_card_lost(session, operation(), "A1")
    with pytest.raises(NotFound, match="unknown_card"):
        services.patron_by_card(session, "A1")
    cards.replace_card(session, operation(), patron, "A2")
    history = session.execute(select(PatronCard.number, PatronCard.state).order_by(PatronCard.id)).all()
    assert [tuple(row) for row in history] == [("A1", "lost"), ("A2", "active")]


def test_replacing_a_card_ends_the_one_before(session: Session, operation: Make, room: Branch) -> None:
    patron = an_adult(session, operation(), room, card="A1")
    cards.replace_card(session, operation(), patron)
    assert cards.active_card(session, patron.id) != "A1"
    other = an_adult(session, operation(), room, card="A1")
    assert services.patron_by_card(session, "A1").id == other.id


def test_a_pin_is_kept_as_a_hash_that_only_it_matches(session: Session, operation: Make, room: Branch) -> None:
    patron = an_adult(session, operation(), room)
    services.set_pin(session, operation(), patron, hash_pin("480715"))
    assert "480715" not in (patron.pin_hash or "")
    assert verify(patron.pin_hash, "480715")
    assert not verify(patron.pin_hash, "480716")
    assert not verify(None, "480715")
    with pytest.raises(Invalid, match="pin_trivial"):
        hash_pin("123456")


def test_an_identity_number_is_known_again_and_never_readable(session: Session, operation: Make, room: Branch) -> None:
    hashed = services.hash_identity("11010519491231002x", "a key")
    assert hashed == services.hash_identity("11010519491231002X", "a key")
    assert hashed != services.hash_identity("11010519491231002X", "another key")
    an_adult(session, operation(), room, identity_hash=hashed)
    with pytest.raises(Conflict, match="identity_in_use"):
        an_adult(session, operation(), room, identity_hash=hashed)
    with pytest.raises(Invalid, match="bad_identity_number"):
        services.hash_identity("123", "a key")


def test_a_household_takes_its_members(session: Session, operation: Make, room: Branch) -> None:
    members = [a_patron(session, branch=room) for _ in range(2)]
    household = services.form_household(session, operation(), name="张家", members=members, village_id=room.id)
    assert {member.household_id for member in members} == {household.id}
