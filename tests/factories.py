"""Things to test with, each made by one call with sensible defaults; every one flushes and returns the row."""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibIdentifier
from catalog.items.models import Item, ItemBarcode, ItemMovement
from circulation.models import Loan, PolicyRow
from library.accounts.models import RoleGrant, StaffAccount
from library.branches.models import Branch, Location
from library.kernel import clock
from library.kernel.identifiers import CodeKind, new_code
from library.patrons.models import Patron, PatronCard
from library.patrons.services import initials_of

Row = TypeVar("Row")
_serial = count(1)
LONG_AGO = date(2025, 1, 1)


def _added(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def a_branch(session: Session, *, parent: Branch | None = None, **values: Any) -> Branch:
    """A village room unless told otherwise, with its default location."""
    number = next(_serial)
    values.setdefault("kind", "village" if parent else "county")
    branch = Branch(
        code=values.pop("code", f"B{number:04}"),
        name=values.pop("name", f"柳泉{number}村农家书屋"),
        parent_id=parent.id if parent else None,
        path=f"pending-{number}",
        **values,
    )
    _added(session, branch)
    branch.path = f"{parent.path if parent else '/'}{branch.id}/"
    session.flush()
    a_location(session, branch, code="main", is_default=True)
    return branch


def a_location(session: Session, branch: Branch, **values: Any) -> Location:
    values.setdefault("code", f"L{next(_serial)}")
    values.setdefault("name", "书架")
    return _added(session, Location(branch_id=branch.id, **values))


def a_county(session: Session) -> dict[str, Branch]:
    """A county with a central library, one township and three rooms: `county central township east west school`."""
    county = a_branch(session, kind="county", code="county", name="示例县")
    central = a_branch(session, parent=county, kind="central", code="central", name="示例县图书馆")
    township = a_branch(session, parent=county, kind="township", code="township", name="柳泉镇分馆")
    rooms = {
        code: a_branch(session, parent=township, code=code, name=name)
        for code, name in (("east", "东洼村农家书屋"), ("west", "西岭村农家书屋"))
    }
    school = a_branch(session, parent=township, kind="school", code="school", name="柳泉小学图书室")
    return {"county": county, "central": central, "township": township, **rooms, "school": school}


def a_bib(session: Session, **values: Any) -> Bib:
    number = next(_serial)
    title = values.pop("title", f"冬小麦种植第{number}讲")
    now = clock.now()
    bib = Bib(
        title=title,
        title_folded=values.pop("title_folded", title),
        creators=values.pop("creators", [{"name": "田禾", "role": "著"}]),
        creators_text=values.pop("creators_text", "田禾"),
        clc=values.pop("clc", "S512.1"),
        clc_top=values.pop("clc_top", "S"),
        subjects=values.pop("subjects", []),
        created_at=now,
        changed_at=now,
        **values,
    )
    _added(session, bib)
    if bib.isbn13:
        _added(session, BibIdentifier(bib_id=bib.id, kind="isbn", value=bib.isbn13))
    return bib


def an_item(session: Session, *, branch: Branch, bib: Bib | None = None, **values: Any) -> Item:
    """A copy that stands at its home, `branch`, and has been there since long ago."""
    bib = bib or a_bib(session)
    barcode = values.pop("barcode", new_code(CodeKind.ITEM, next(_serial)))
    location = (
        values.pop("location", None)
        or session.scalars(select(Location).where(Location.branch_id == branch.id, Location.is_default)).one()
    )
    item = Item(
        bib_id=bib.id,
        barcode=barcode,
        owner_branch_id=values.pop("owner_branch_id", branch.id),
        home_branch_id=values.pop("home_branch_id", branch.id),
        current_branch_id=branch.id,
        location_id=location.id,
        acquired_on=values.pop("acquired_on", LONG_AGO),
        created_at=clock.now(),
        **values,
    )
    _added(session, item)
    _added(
        session,
        ItemBarcode(item_id=item.id, owner_branch_id=item.owner_branch_id, barcode=barcode, valid_from=LONG_AGO),
    )
    _added(
        session,
        ItemMovement(
            item_id=item.id, to_branch_id=branch.id, at=clock.start_of_day(item.acquired_on), cause="acquired"
        ),
    )
    return item


def a_patron(session: Session, *, branch: Branch, card: str | None = None, **values: Any) -> Patron:
    """An adult with an active card; `patron_card(session, patron)` tells its number."""
    values.setdefault("category", "adult")
    values.setdefault("born_in", 1980)
    name = values.pop("name", "张秀英")
    patron = _added(
        session,
        Patron(
            name=name,
            name_initials=values.pop("name_initials", initials_of(name)),
            home_branch_id=branch.id,
            village_id=branch.id,
            registered_on=LONG_AGO,
            **values,
        ),
    )
    number = card or new_code(CodeKind.PATRON, next(_serial))
    _added(session, PatronCard(patron_id=patron.id, number=number, issued_on=LONG_AGO))
    return patron


def patron_card(session: Session, patron: Patron) -> str:
    return session.scalars(
        select(PatronCard.number).where(PatronCard.patron_id == patron.id, PatronCard.state == "active")
    ).one()


def a_loan(session: Session, *, item: Item, patron: Patron, out_at: datetime | None = None, **values: Any) -> Loan:
    """An open loan unless `in_at` is given; availability is left to the caller."""
    out_at = out_at or clock.now()
    bib = session.get_one(Bib, item.bib_id)
    if values.get("in_at"):
        values.setdefault("closed_as", "returned")
        values.setdefault("in_branch_id", item.current_branch_id)
    else:
        item.is_available = False
    return _added(
        session,
        Loan(
            item_id=item.id,
            bib_id=item.bib_id,
            patron_id=patron.id,
            out_branch_id=values.pop("out_branch_id", item.current_branch_id),
            out_at=out_at,
            due_on=values.pop("due_on", clock.local_date(out_at) + timedelta(days=30)),
            age_band=values.pop("age_band", "adult"),
            patron_category=patron.category,
            village_id=patron.village_id,
            clc=bib.clc_top,
            **values,
        ),
    )


def a_policy(session: Session, rule: str, value: object, **values: Any) -> PolicyRow:
    return _added(session, PolicyRow(rule=rule, value=str(value), created_at=clock.now(), **values))


def county_policies(session: Session) -> None:
    """The sample county's defaults, county rows only."""
    for rule, value in (
        ("loan_days", 30),
        ("loan_limit", 5),
        ("renewals_max", 1),
        ("holds_max", 5),
        ("overdue_block_days", 30),
        ("return_policy", "home"),
    ):
        a_policy(session, rule, value)


def staff(session: Session, name: str, *grants: tuple[str, Branch]) -> StaffAccount:
    """A staff account with grants `(role, branch)`; it has no password."""
    account = _added(session, StaffAccount(name=name, display_name=name, created_at=clock.now()))
    for role, branch in grants:
        _added(
            session,
            RoleGrant(account_id=account.id, role=role, branch_id=branch.id, granted_at=clock.now()),
        )
    return account
