"""Whatever is done in a county in whatever order, nothing contradicts itself, on both engines."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select

from circulation.models import LedgerEntry
from library.kernel import clock as kernel_clock
from library.kernel import triggers
from library.kernel.db import Database, Model
from library.kernel.models import EventRow
from tests.properties import acts, laws
from tests.properties.county import Done, MovingClock, settle

some_act = st.sampled_from(sorted(acts.ACTS))
some_numbers = st.lists(st.integers(0, 1023), min_size=6, max_size=6)
some_days = st.sampled_from((0, 0, 0, 0, 0, 1, 10, 45))
sometimes = st.integers(0, 4)

# The generator's course ends when it was this long and every act was allowed, or with the most steps.
FEWEST_STEPS, MOST_STEPS = 400, 2000
LOOKED_AT_EVERY = 20


class Drawn:
    """Choices from a list of numbers; when it is used up, from its beginning again."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers = numbers
        self._used = 0

    def below(self, bound: int) -> int:
        self._used += 1
        return self._numbers[self._used % len(self._numbers)] % bound


class AnyOrder(RuleBasedStateMachine):
    """Five copies of two titles, three readers, five places, and time that passes."""

    def __init__(self, database: Database, clock: MovingClock) -> None:
        super().__init__()
        self.database, self.clock = database, clock
        self.sent: list[Done] = []
        self.ledger: dict[int, laws.Line] = {}

    @initialize()
    def county(self) -> None:
        _empty(self.database)
        with self.database.writing() as session:
            self.made = settle(session, copies=5, readers=3)

    @rule(name=some_act, numbers=some_numbers, days=some_days, again=sometimes)
    def act(self, name: str, numbers: list[int], days: int, again: int) -> None:
        self.clock.pass_time(minutes=1, days=days)
        done = acts.take(self.database, self.made, name, Drawn(numbers))
        if done.answer is not None:
            assert (done.answer.get("decision") == "refused") <= bool(done.answer.get("reasons")), "a refusal says why"
            self.sent.append(done)
        if self.sent and again == 0:
            self._send_again(self.sent[numbers[0] % len(self.sent)])

    def _send_again(self, earlier: Done) -> None:
        before = self._events()
        assert acts.send_again(self.database, earlier) == earlier.answer
        assert self._events() == before

    @invariant()
    def nothing_contradicts_itself(self) -> None:
        if hasattr(self, "made"):
            with self.database.reading() as session:
                laws.require_all(session)
                self.ledger = laws.require_that_the_ledger_only_grew(session, self.ledger)

    def _events(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(EventRow)) or 0


def _empty(database: Database) -> None:
    """Empty every table, those that refuse changes too: an example begins with nothing."""
    with database.writing() as session:
        connection = session.connection()
        triggers.remove(connection)
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for table in reversed(Model.metadata.sorted_tables):
                session.execute(delete(table))
        else:
            names = ", ".join(f'"{table.name}"' for table in Model.metadata.sorted_tables)
            connection.exec_driver_sql(f"TRUNCATE {names} CASCADE")
        triggers.install(connection)
    # What is kept in memory belongs to a pool and a version, and the versions begin anew as well.
    database.dispose()


@pytest.fixture
def moving_clock(app: Flask) -> Iterator[MovingClock]:
    """Stand in the application, at a time that passes only when it is told to."""
    clock = MovingClock()
    with app.app_context(), kernel_clock.using(clock):
        yield clock


def _run(database: Database, clock: MovingClock, *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: AnyOrder(database, clock),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_no_order_of_acts_breaks_a_law(database: Database, moving_clock: MovingClock) -> None:
    _run(database, moving_clock, examples=12 if database.is_sqlite else 4, steps=25)


def test_every_act_can_succeed_and_no_law_is_broken(database: Database, moving_clock: MovingClock) -> None:
    """Months of the same acts by a seeded generator: the laws above are about something."""
    machine, chance, allowed = AnyOrder(database, moving_clock), random.Random(6), Counter[str]()
    machine.county()
    for number in range(MOST_STEPS):
        numbers = [chance.randrange(1024) for _ in range(6)]
        days = chance.choice((0,) * 30 + (3, 20, 60))
        before = len(machine.sent)
        machine.act(chance.choice(acts.AS_AT_A_DESK), numbers, days, chance.randrange(5))
        allowed.update(done.operation.kind for done in machine.sent[before:] if done.is_allowed)
        if number % LOOKED_AT_EVERY == 0:
            machine.nothing_contradicts_itself()
        if number >= FEWEST_STEPS and allowed.keys() == acts.ACTS.keys():
            break
    machine.nothing_contradicts_itself()
    assert set(acts.ACTS) - set(allowed) == set()
    with database.reading() as session:
        lines = set(session.scalars(select(LedgerEntry.kind)))
    assert lines >= {"overdue", "compensation", "payment", "waiver", "void"}


@pytest.mark.soak
def test_no_long_order_of_acts_breaks_a_law(database: Database, moving_clock: MovingClock) -> None:
    _run(database, moving_clock, examples=200, steps=80)
