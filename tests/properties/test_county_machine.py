"""Whatever is done in a county in whatever order, nothing contradicts itself, on both engines."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select

from library.kernel import triggers
from library.kernel.db import Database, Model
from library.kernel.models import EventRow
from tests.properties import acts, laws
from tests.properties.county import Done, settle

some_act = st.sampled_from(sorted(acts.ACTS))
some_numbers = st.lists(st.integers(0, 1023), min_size=6, max_size=6)


class Drawn:
    """Choices from a list of numbers; when it is used up, from its beginning again."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers = numbers
        self._used = 0

    def below(self, bound: int) -> int:
        self._used += 1
        return self._numbers[self._used % len(self._numbers)] % bound


class AnyOrder(RuleBasedStateMachine):
    """Five copies of two titles, three readers, four places."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.last: Done | None = None

    @initialize()
    def county(self) -> None:
        _empty(self.database)
        with self.database.writing() as session:
            self.made = settle(session, copies=5, readers=3)

    @rule(name=some_act, numbers=some_numbers)
    def act(self, name: str, numbers: list[int]) -> None:
        self.last = acts.take(self.database, self.made, name, Drawn(numbers))
        answer = self.last.answer
        if answer is not None:
            assert (answer.get("decision") == "refused") <= bool(answer.get("reasons")), "a refusal says why"

    @rule()
    def send_the_last_request_again(self) -> None:
        if self.last is None or self.last.answer is None:
            return
        before = self._events()
        assert acts.send_again(self.database, self.last) == self.last.answer
        assert self._events() == before

    @invariant()
    def nothing_contradicts_itself(self) -> None:
        if hasattr(self, "made"):
            with self.database.reading() as session:
                laws.require_all(session)

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


@pytest.fixture
def in_app(app: Flask) -> Iterator[Any]:
    with app.app_context():
        yield


def _run(database: Database, *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: AnyOrder(database),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.usefixtures("in_app")
def test_no_order_of_acts_breaks_a_law(database: Database) -> None:
    _run(database, examples=20 if database.is_sqlite else 6, steps=25)


@pytest.mark.soak
@pytest.mark.usefixtures("in_app")
def test_no_long_order_of_acts_breaks_a_law(database: Database) -> None:
    _run(database, examples=200, steps=80)
