"""The sample county's rules in figures, as the program resolves them from its rows."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from circulation.charges.services import balance
from circulation.claims.claiming import claim_lost
from circulation.claims.jobs import given_up
from circulation.claims.subjects import loan_of
from circulation.models import Case, Loan, PolicyRow
from circulation.policies.named import Terms
from circulation.policies.rules import parse
from circulation.policies.services import resolve
from library.branches.services import branch_by_code
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.operations import Operation
from library.patrons.rules import Category
from library.sample import commands
from library.sample.places import ROOT_ID
from tests.library.sample.test_load import TINY

WINTER = date(2026, 11, 23)
JULY = date(2027, 7, 15)
NEVER = None
Make = Callable[..., Operation]


@pytest.fixture
def county(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch, clock: Callable[[datetime], None]
) -> Iterator[Session]:
    """The county as the command makes it."""
    del clock
    monkeypatch.setitem(commands.SCALES, "sample", TINY)  # type: ignore[arg-type]  # a dict, declared read-only
    made = app.test_cli_runner().invoke(commands.demo, ["--json"])
    assert made.exit_code == 0, made.output
    with app.app_context(), database.writing() as session:
        yield session


def terms(session: Session, category: str, on: date) -> Terms:
    room = branch_by_code(session, "R001")
    return resolve(session, item_class="book", patron_category=category, branch=room, on=on).terms


FIGURES = {
    # Books at once, days, renewals, and more days late than this blocks.
    ("adult", WINTER): (5, 30, 1, 30),
    ("adult", JULY): (5, 30, 1, 30),
    ("child", WINTER): (5, 30, 1, NEVER),
    ("child", date(2027, 6, 30)): (5, 30, 1, NEVER),
    ("child", date(2027, 7, 1)): (10, 30, 1, NEVER),
    ("child", JULY): (10, 30, 1, NEVER),
    ("child", date(2028, 8, 31)): (10, 30, 1, NEVER),
    ("child", date(2027, 9, 1)): (5, 30, 1, NEVER),
    ("elder", WINTER): (8, 60, 2, NEVER),
    ("disabled", WINTER): (8, 60, 2, 30),
}


def test_the_countys_rows_give_the_figures_it_promises(county: Session) -> None:
    assert set(county.scalars(select(PolicyRow.branch_id))) == {ROOT_ID}
    assert set(county.scalars(select(PolicyRow.set_id))) == {None}
    found = {asked: terms(county, *asked) for asked in FIGURES}
    assert {
        asked: (one.loan_limit, one.loan_days, one.renewals_max, one.overdue_block_days) for asked, one in found.items()
    } == FIGURES
    assert terms(county, "family", WINTER).loan_limit == 20
    for category in Category:
        nobody_pays = terms(county, category, WINTER)
        assert (nobody_pays.deposit, nobody_pays.fine_per_day, nobody_pays.lost_charge_percent) == (0, 0, 0)
        assert (nobody_pays.pickup_days, nobody_pays.lost_after_days) == (14, 90)
    class_of_pupils = terms(county, "group", WINTER)
    assert (class_of_pupils.loan_limit, class_of_pupils.hard_due) == (60, parse("hard_due", "term_end"))


def test_a_book_ninety_one_days_late_is_a_case_and_no_debt(county: Session, operation: Make) -> None:
    today = kernel_clock.today()
    wanted = select(Loan).where(Loan.in_at.is_(None), Loan.patron_id.is_not(None), Loan.is_backdated.is_(False))
    lent = county.scalars(
        wanted.where(Loan.id.not_in(select(Case.loan_id).where(Case.loan_id.is_not(None)))).order_by(Loan.id).limit(1)
    ).one()
    patron_id = lent.patron_id
    assert patron_id is not None
    owed = balance(county, patron_id)
    long_ago = kernel_clock.now() - timedelta(days=200)

    def is_given_up(days_late: int) -> bool:
        values = {"out_at": long_ago, "due_on": today - timedelta(days=days_late)}
        county.execute(update(Loan).where(Loan.id == lent.id).values(values))
        return bool(given_up(county, today, lent.id))

    assert not is_given_up(90)
    assert is_given_up(91)
    claim_lost(county, operation("claim_lost"), loan_of(county, lent.id))
    assert county.scalars(select(Case.kind).where(Case.loan_id == lent.id)).all() == ["claimed_lost"]
    assert balance(county, patron_id) == owed
