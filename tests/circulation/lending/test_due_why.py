"""A reader reads why each book is due on its day, and which row of the rules said so."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import event

from circulation.lending.due_why import DueWhy, why_due
from circulation.models import Loan
from library.branches import opening
from tests.circulation.lending.desk import Desk
from tests.conftest import NOON

Clock = Callable[[datetime], None]
ALL_WEEK_BUT_WEDNESDAY = {day: [(time(9), time(17))] for day in (0, 1, 3, 4, 5, 6)}


def lent(desk: Desk) -> Loan:
    answer = desk.lend(desk.item())
    return desk.session.get_one(Loan, answer["loan"]["id"])


def why(desk: Desk, loan: Loan) -> DueWhy:
    desk.session.refresh(loan)
    return why_due(desk.session, [loan])[loan.id]


def rules(why: DueWhy) -> list[str]:
    return [told.text for told in why.rules]


@pytest.fixture
def open_daily(desk: Desk) -> Desk:
    """A desk whose room opens every day but Wednesday, and whose rules were there long before."""
    opening.set_week(desk.session, desk.operation(), desk.here.id, ALL_WEEK_BUT_WEDNESDAY, valid_from=date(2025, 1, 1))
    return desk


def test_a_loan_is_counted_from_its_day_by_the_row_that_won(open_daily: Desk) -> None:
    open_daily.rule("loan_days", "31")
    told = why(open_daily, lent(open_daily))
    assert told.sentences == ("从11月23日算起。",)
    assert rules(told) == ["借期：31 天。依据：“所有读者 · 全县 · 全年”。"]


def test_a_closed_day_moves_it_and_the_rule_of_closed_days_is_named(open_daily: Desk) -> None:
    loan = lent(open_daily)
    assert loan.due_on == date(2026, 12, 24)  # the 23rd is a Wednesday
    told = why(open_daily, loan)
    assert "2026-12-23" in told.sentences[1]
    assert "2026-12-24" in told.sentences[1]
    assert [one.rule for one in told.rules] == ["loan_days", "closed_day_mode"]


def test_a_rule_that_was_changed_since_does_not_change_the_reason(open_daily: Desk, clock: Clock) -> None:
    loan = lent(open_daily)
    clock(NOON + timedelta(days=1))
    open_daily.rule("loan_days", "10")
    assert rules(why(open_daily, loan))[0].startswith("借期：30 天。")


def test_a_renewal_tells_from_where_it_counts(open_daily: Desk, clock: Clock) -> None:
    loan = lent(open_daily)
    clock(NOON + timedelta(days=10))
    open_daily.renew(loan.id)
    told = why(open_daily, loan)
    assert told.sentences[:2] == ("12月3日续借，原来12月24日到期。", "从12月24日算起。")
    assert [one.rule for one in told.rules][:1] == ["loan_days"]
    assert "renew_from" in [one.rule for one in told.rules]
    assert "renewal_days" not in [one.rule for one in told.rules]


def test_a_fixed_date_speaks_for_itself(open_daily: Desk) -> None:
    open_daily.rule("hard_due", "latest 2026-12-01")
    told = why(open_daily, lent(open_daily))
    assert told.sentences == ("从11月23日算起。",)
    assert rules(told)[1] == "固定到期日：最晚2026年12月1日。依据：“所有读者 · 全县 · 全年”。"


def test_a_recall_is_told_after_the_rest(open_daily: Desk) -> None:
    loan = lent(open_daily)
    loan.recalled_at, loan.recalled_from_on, loan.due_on = NOON, loan.due_on, date(2026, 11, 30)
    open_daily.session.flush()
    assert why(open_daily, loan).sentences[-1] == "11月23日催还，原来12月24日到期。"


def test_many_loans_cost_as_many_queries_as_one(open_daily: Desk) -> None:
    loans = [lent(open_daily) for _ in range(4)]
    for loan in loans:
        open_daily.session.refresh(loan)
    statements: list[str] = []
    bind = open_daily.session.get_bind()
    event.listen(bind, "before_cursor_execute", lambda *args: statements.append(args[2]))
    why_due(open_daily.session, loans[:1])
    one = len(statements)
    assert set(why_due(open_daily.session, loans)) == {loan.id for loan in loans}
    assert len(statements) == 2 * one
