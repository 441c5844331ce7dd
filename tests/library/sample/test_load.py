"""The sample county in a database: every invariant holds, and the next reader and copy get numbers of their own."""

import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibSourceRecord
from catalog.items.models import Item
from catalog.items.services import add_item
from circulation.models import Loan, PolicyRow
from circulation.whereabouts.facts import wrongly_flagged
from library import checks
from library.accounts.models import RoleGrant, StaffAccount
from library.branches.services import branch_by_code
from library.kernel import clock as kernel_clock
from library.kernel.checks import run
from library.kernel.db import Database
from library.kernel.filling import filling
from library.kernel.models import EventDelivery, EventRow, OperationRow
from library.kernel.operations import Operation
from library.kernel.passwords import verify
from library.patrons.models import Patron
from library.patrons.services import register
from library.sample import commands
from library.sample.county import Scale, make_county
from library.sample.load import load
from library.sample.rules import POLICIES
from library.sample.sign_ins import make_sign_ins, store_sign_ins

TINY = Scale(titles=200, copies=1_500, readers=250, rooms=60, bustle=0.06)
Make = Callable[..., Operation]


@pytest.fixture
def loaded(app: Flask, database: Database, operation: Make, clock: object) -> Iterator[Session]:
    county = make_county(1, TINY, kernel_clock.now())
    with app.app_context():
        with filling(database) as filled:
            load(filled.session, operation("load_sample"), county)
        with database.writing() as session:
            yield session


def test_every_invariant_holds_and_each_change_has_its_event(loaded: Session) -> None:
    checks.register_all()
    assert run(loaded) == []
    assert loaded.execute(wrongly_flagged()).all() == []
    operations = loaded.scalars(select(OperationRow)).all()
    named = set(loaded.scalars(select(EventRow.operation_id).distinct().where(EventRow.kind != "item.created")))
    assert named == {one.id for one in operations}
    assert loaded.scalar(select(func.count()).select_from(EventDelivery)) == 0
    kinds = dict(loaded.execute(select(EventRow.kind, func.count()).group_by(EventRow.kind)).all())
    lent = loaded.scalar(select(func.count()).select_from(Loan))
    back = loaded.scalar(select(func.count()).where(Loan.closed_as == "returned"))
    assert (kinds["item.created"], kinds["bib.created"], kinds["patron.registered"]) == (1_500, 200, 250)
    assert (kinds["loan.opened"], kinds["loan.closed"]) == (lent, back)
    bib = loaded.get_one(Bib, 1)
    source = loaded.scalars(select(BibSourceRecord).where(BibSourceRecord.bib_id == 1)).one()
    assert bib.title_folded
    assert bib.title_pinyin.isascii()
    assert source.flavour == "cnmarc"
    assert {"200", "210", "690"} <= {field[0] for field in source.record["fields"]}


def test_staff_and_readers_sign_in_and_life_goes_on_after_the_load(loaded: Session, operation: Make) -> None:
    sign_ins = make_sign_ins(make_county(1, TINY, kernel_clock.now()))
    store_sign_ins(loaded, operation(), sign_ins)
    room = branch_by_code(loaded, "R001")
    patron = register(loaded, operation(), name="新来的", category="adult", home_branch=room, born_in=1990)
    copy = add_item(loaded, operation(), bib_id=1, owner=room)
    assert patron.id == 251
    assert copy.id == 1_501
    assert loaded.scalar(select(func.count()).where(Item.barcode == copy.barcode)) == 1
    query = select(StaffAccount.name, RoleGrant.role).join(RoleGrant).order_by(StaffAccount.id)
    assert [tuple(row) for row in loaded.execute(query)] == [
        ("admin", "county_administrator"),
        ("planner", "distribution"),
        ("desk", "branch_librarian"),
        ("keeper", "room_keeper"),
    ]
    reader = sign_ins.readers[0]
    assert verify(loaded.get_one(Patron, reader.reader.id).pin_hash, reader.pin)


def test_the_command_prints_sign_ins_once_and_refuses_a_second_time(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(commands.SCALES, "sample", TINY)  # type: ignore[arg-type]  # a dict, declared read-only
    runner = app.test_cli_runner()
    first = runner.invoke(commands.demo, ["--json"])
    assert first.exit_code == 0, first.output
    summary = json.loads(first.stdout.splitlines()[-1])
    assert (summary["items"], summary["indexed"], summary["rooms"]) == (1_500, 200, 60)
    assert len(summary["sign_ins"]["staff"]) == 4
    assert len(summary["sign_ins"]["readers"]) == 3
    again = runner.invoke(commands.demo, [])
    assert again.exit_code == 1
    assert again.stderr.startswith("library: the database is not empty")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PolicyRow)) == len(POLICIES)
