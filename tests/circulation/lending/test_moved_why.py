"""What moved a due date after the rules had found it is told with its cause, and no rule is blamed for it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from circulation.groups import services as groups
from circulation.lending.due_why import DueWhy, why_due
from circulation.lending.shut_doors import carry_due_dates
from circulation.models import Loan
from library.branches import hours_choices
from library.kernel.db import Database
from library.patrons.models import PatronGroup
from tests.circulation.lending.test_closures import House
from tests.conftest import NOON

DUE = date(2026, 11, 26)
LENT = NOON - timedelta(days=27)


@pytest.fixture
def house(app: Flask, database: Database, clock: Callable[[datetime], None]) -> Iterator[House]:
    with app.app_context():
        yield House(app, database, clock)


def why(house: House, loan_id: int) -> DueWhy:
    with house.database.reading() as session:
        return why_due(session, [session.get_one(Loan, loan_id)])[loan_id]


def named(told: DueWhy) -> list[str]:
    return [one.rule for one in told.rules]


def test_a_harvest_postponement_is_named_and_not_the_rule_of_closed_days(house: House) -> None:
    loan = house.lend("east", DUE, out_at=LENT)
    house.work(house.close(date(2026, 11, 23), date(2026, 11, 30), kind="postponement", days=10, cause="农忙"))

    told = why(house, loan)

    assert told.sentences == ("从10月27日算起。", "大家统一顺延（农忙），从11月26日延到12月7日。")
    assert named(told) == ["loan_days"]


def test_a_closure_is_named_with_its_cause(house: House) -> None:
    loan = house.lend("east", DUE, out_at=LENT)
    house.work(house.close(date(2026, 11, 25), date(2026, 11, 28), cause="停电"))

    told = why(house, loan)

    assert told.sentences[1:] == ("书屋临时关门（停电），所以从11月26日顺延到11月30日。",)
    assert named(told) == ["loan_days"]


def test_a_batch_taken_back_leaves_no_word(house: House) -> None:
    loan = house.lend("east", DUE, out_at=LENT)
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    house.work(closure)
    house.undo(closure)

    assert why(house, loan).sentences == ("从10月27日算起。",)


def test_two_batches_are_told_in_their_order(house: House) -> None:
    loan = house.lend("east", DUE, out_at=LENT)
    house.work(house.close(date(2026, 11, 25), date(2026, 11, 28), cause="停电"))
    house.work(house.close(date(2026, 11, 30), date(2026, 12, 1), cause="下雪"))

    assert [sentence[:12] for sentence in why(house, loan).sentences[1:]] == [
        "书屋临时关门（停电），所",
        "书屋临时关门（下雪），所",
    ]


def test_a_closed_day_that_the_rules_saw_stays_the_rules_doing(house: House) -> None:
    # The 22nd of November is a Sunday.
    loan = house.lend("east", date(2026, 11, 23), out_at=NOON - timedelta(days=31))
    house.work(house.close(date(2026, 11, 23), date(2026, 11, 24), cause="停电"))

    told = why(house, loan)

    assert "2026-11-22" in told.sentences[1]
    assert told.sentences[2] == "书屋临时关门（停电），所以从11月23日顺延到11月25日。"
    assert named(told) == ["loan_days", "closed_day_mode"]


def test_a_shut_door_is_told_once_however_many_days_it_stayed_shut(house: House) -> None:
    with house.writing() as session:
        hours_choices.choose(
            session, house.operation(), house.county["east"], opening_mode="keeper_home", holiday_mode=None
        )
    loan = house.lend("east", DUE, out_at=LENT)
    for days in (4, 5):
        house.move_clock(NOON + timedelta(days=days))
        assert carry_due_dates() == 1

    told = why(house, loan)

    assert told.sentences[1:] == ("管理员不在家，书屋没有开门，所以从11月26日顺延到11月28日。",)
    assert named(told) == ["loan_days"]


def test_a_term_that_ends_later_moves_what_was_due_at_its_end(house: House) -> None:
    with house.writing() as session:
        group = PatronGroup(name="三年级", branch_id=house.county["east"].id, term_ends_on=DUE)
        session.add(group)
        session.flush()
        group_id = group.id
    loan = house.lend("east", DUE, out_at=LENT, group_id=group_id)
    with house.writing() as session:
        group = session.get_one(PatronGroup, group_id)
        groups.change(session, house.operation(), group, name="三年级", term_ends_on=date(2026, 12, 10))

    assert why(house, loan).sentences[-1] == "学期结束的日子改了，所以从11月26日改到12月10日。"


def test_a_recall_before_the_closure_is_told_before_it(house: House) -> None:
    loan = house.lend(
        "east", DUE, out_at=LENT, recalled_at=NOON - timedelta(days=1), recalled_from_on=date(2026, 12, 1)
    )
    house.work(house.close(date(2026, 11, 25), date(2026, 11, 28), cause="停电"))

    sentences = why(house, loan).sentences

    assert sentences[-2].startswith("11月22日催还")
    assert sentences[-1].startswith("书屋临时关门（停电）")
