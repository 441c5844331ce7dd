"""The small county of the journeys: two rooms, a dozen books, a reader, keepers and a planner."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy.orm import Session

from library.branches.calendars import OpeningSession
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.passwords import hash_secret
from library.patrons.pins import hash_pin
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item, county_policies, patron_card, staff

PIN = "274913"
PHONE = "13800138000"
PASSWORD = "a long password for tests"
BOOKS = (
    ("柑橘病虫害绿色防控图谱", "王本辉", "S436.66", "general", "east"),
    ("乡村振兴战略百问百答", "陈文胜", "F320.3", "general", "east"),
    ("三国演义（少年版）", "罗贯中", "I242.4", "children", "east"),
    ("家庭用药一本通", "赵志刚", "R97", "general", "east"),
    ("上下五千年", "林汉达", "K209", "children", "west"),
    ("果树嫁接图解", "李明", "S660.4", "general", "central"),
    ("红楼梦", "曹雪芹", "I242.4", "general", "central"),
    ("手机摄影入门", "刘洋", "J41", "general", "west"),
)


@dataclass(frozen=True)
class County:
    """What the journeys need to know: card numbers, a phone number, and the barcode and bib of each title."""

    card: str
    other_card: str
    phone: str
    barcodes: dict[str, str]
    bibs: dict[str, int]


def build(session: Session) -> County:
    """Make the county; two books are lent to the reader, one of them is two days late."""
    places = a_county(session)
    county_policies(session)
    for code in ("east", "west"):
        _open_daily(session, places[code])
    places["east"].phone, places["east"].contact = "0790-6123456", "村委会一楼"
    reader = a_patron(session, branch=places["east"], name="张秀英")
    other = a_patron(session, branch=places["west"], name="李大山", phone=PHONE)
    card = patron_card(session, reader)
    reader.pin_hash = hash_pin(PIN, card)
    password = hash_secret(PASSWORD)
    for name, role, place in (
        ("keeper", "room_keeper", "east"),
        ("keeper-west", "room_keeper", "west"),
        ("admin", "county_administrator", "county"),
    ):
        staff(session, name, (role, places[place])).password_hash = password
    barcodes, bibs = {}, {}
    for number, (title, author, clc, audience, place) in enumerate(BOOKS):
        bib = a_bib(
            session,
            title=title,
            title_folded=title,
            creators_text=author,
            creators=[{"name": author, "role": "著"}],
            clc=clc,
            clc_top=clc[0],
            audience=audience,
            year=2016 + number,
            publisher="农村读物出版社",
            popularity=100 - number,
            summary="写给乡村读者，讲得明白，用得上。",
        )
        item = an_item(session, branch=places[place], bib=bib, call_number=f"{clc}/{number + 1}")
        barcodes[title], bibs[title] = item.barcode, bib.id
        if number in {1, 3}:
            due_on = clock.today() + timedelta(days=3 if number == 3 else -2)
            out_at = clock.now() - timedelta(days=30)
            a_loan(session, item=item, patron=reader, out_at=out_at, due_on=due_on)
    return County(card, patron_card(session, other), PHONE, barcodes, bibs)


def _open_daily(session: Session, branch: Branch) -> None:
    for weekday in range(7):
        session.add(
            OpeningSession(
                branch_id=branch.id, weekday=weekday, opens=time(9), closes=time(18), valid_from=date(2025, 1, 1)
            )
        )
