"""Prepared statements do what SQLAlchemy's own do, on both engines."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from library.branches.models import Branch
from library.kernel.db import table_of
from library.kernel.models import CountySetting, EventRow
from library.kernel.prepared import Prepared, given, listening
from tests.factories import a_branch, an_item

EVENTS = table_of(EventRow)
SETTINGS = table_of(CountySetting)
NOTED = Prepared(insert(EVENTS).values(given(*(c for c in EVENTS.c if c is not EVENTS.c.id))).returning(EVENTS.c.id))
READ = Prepared(select(EVENTS).where(EVENTS.c.id == bindparam("id")))
SET = Prepared(insert(SETTINGS).values(given(SETTINGS.c.name, SETTINGS.c.value)))
NOTHING: dict[str, Any] = dict.fromkeys(column.name for column in EVENTS.c if column is not EVENTS.c.id)


def test_values_come_back_as_they_were_given(session: Session) -> None:
    at = datetime(2026, 11, 23, 12, 30, 0, 123456, timezone(timedelta(hours=8)))
    payload = {"书名": "百分之五 %s '引号' \"", "none": None, "list": [1, 2.5, True]}
    values = NOTHING | {"kind": "test.noted", "version": 1, "at": at, "actor_kind": "system", "payload": payload}
    row = READ.first(session, id=NOTED.first(session, **values).id)
    own = session.execute(select(EVENTS).where(EVENTS.c.id == row.id)).one()
    assert tuple(row) == tuple(own)
    assert (row.at, row.at.tzinfo, row.payload, row.patron_id) == (at, UTC, payload, None)


def test_columns_are_read_as_sqlalchemy_reads_them(session: Session) -> None:
    item = an_item(session, branch=a_branch(session))
    table = table_of(Item)
    prepared = Prepared(select(table).where(table.c.id == bindparam("id")))
    assert tuple(prepared.first(session, id=item.id)) == tuple(session.execute(select(table)).one())
    assert prepared.first(session, id=0) is None
    assert prepared.all(session, id=0) == []


def test_known_values_become_text_and_cannot_break_out_of_it(session: Session) -> None:
    odd = "a'; DROP TABLE branches; -- % :x $1 ? \\"
    a_branch(session, name=odd)
    name, among = Branch.name == odd, Branch.kind.in_(["county", "village"])
    prepared = Prepared(select(func.count().label("found"), literal("%s ? $2").label("said")).where(or_(name, among)))
    row = prepared.first(session)
    assert (row.found, row.said) == (1, "%s ? $2")
    matching = Prepared(select(Branch.id).where(Branch.name.like("%DROP%"), Branch.state == bindparam("state")))
    assert len(matching.all(session, state="open")) == 1


def test_writing_tells_how_many_rows_were_written(session: Session) -> None:
    for name in ("one", "two"):
        assert SET.run(session, name=name, value="1") == 1
    change = Prepared(update(SETTINGS).where(SETTINGS.c.name != bindparam("kept")).values(given(SETTINGS.c.value)))
    assert change.run(session, kept="one", value="2") == 1
    assert Prepared(delete(SETTINGS).where(SETTINGS.c.value == bindparam("old"))).run(session, old="3") == 0


def test_a_column_that_is_not_given_gets_its_default(session: Session) -> None:
    branch = table_of(Branch)
    added = Prepared(insert(branch).values(given(branch.c.code, branch.c.name, branch.c.kind, branch.c.path)))
    added.run(session, code="new", name="new", kind="village", path="/1/")
    row = session.execute(select(branch)).one()
    assert (row.state, row.name_en, row.opened_on) == ("open", "", None)


def test_what_a_service_has_added_is_written_before_it_is_asked_for(session: Session) -> None:
    session.add(CountySetting(name="pending", value="1"))
    assert Prepared(select(SETTINGS.c.value)).first(session).value == "1"


def test_a_driver_error_arrives_as_sqlalchemy_raises_it_and_without_the_values(session: Session) -> None:
    SET.run(session, name="twice", value="secret")
    with pytest.raises(IntegrityError) as raised, session.begin_nested():
        SET.run(session, name="twice", value="secret")
    assert "secret" not in str(raised.value.statement)
    assert raised.value.params is None


def test_a_statement_that_cannot_be_is_an_error_of_the_program(session: Session) -> None:
    with pytest.raises(KeyError):
        SET.run(session, name="no value")
    with pytest.raises(TypeError, match="default is computed"):
        Prepared(insert(table_of(Bib)).values(title=bindparam("title"))).run(session, title="x")
    with pytest.raises(TypeError, match="fraction"):
        Prepared(select(Branch.latitude)).run(session)


def test_whoever_listens_is_told_each_statement(session: Session) -> None:
    heard: list[str] = []
    with listening(lambda statement, _parameters: heard.append(statement)):
        SET.run(session, name="heard", value="1")
    SET.run(session, name="not heard", value="1")
    assert len(heard) == 1
    assert heard[0].startswith("INSERT INTO county_settings")
