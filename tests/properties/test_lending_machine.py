"""Whatever is lent, taken back, renewed, reserved and sent in whatever order, every invariant of the database holds."""

import sqlite3
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from catalog.items import checks as items
from catalog.items.models import Item, ItemCondition
from circulation.holds.services import cancel_hold, place_hold
from circulation.lending import services
from circulation.logistics.services import request_transfer
from circulation.models import Hold, Loan
from circulation.models import checks as moving
from circulation.whereabouts import checks as whereabouts
from circulation.whereabouts.rules import Status
from circulation.whereabouts.services import OpenRows, refresh_availability
from library.app import create_app
from library.branches.models import Branch
from library.checks import register_all
from library.kernel import checks
from library.kernel.db import Database
from library.kernel.operations import Answer, Operation, system_operation
from library.settings import Settings
from tests.factories import a_bib, a_county, a_patron, an_item, county_policies

LIMIT = 5
LAWS = (*items.INVARIANTS, *moving.INVARIANTS, *whereabouts.INVARIANTS)
PLACES = ("east", "west", "central")
COPIES = 5
READERS = 3

some_copy = st.integers(0, COPIES - 1)
some_reader = st.integers(0, READERS - 1)
some_place = st.sampled_from(PLACES)


class Desks(RuleBasedStateMachine):
    """Three desks, five copies of two titles, three readers."""

    template: Path
    folder: Path
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        Desks.runs += 1
        path = self.folder / f"run{Desks.runs}.sqlite"
        source, target = sqlite3.connect(self.template), sqlite3.connect(path)
        source.backup(target)
        source.close()
        target.close()
        self.path = path
        self.database = Database(f"sqlite:///{path}")

    @initialize()
    def county(self) -> None:
        with self.database.writing() as session:
            places = a_county(session)
            county_policies(session)
            self.places = {name: places[name].id for name in PLACES}
            bibs = [a_bib(session) for _ in range(2)]
            self.items = [
                an_item(session, branch=places[PLACES[number % 3]], bib=bibs[number % 2]).id for number in range(COPIES)
            ]
            self.readers = [a_patron(session, branch=places["east"]).id for _ in range(READERS)]

    def teardown(self) -> None:
        self.database.dispose()
        for path in self.folder.glob(f"{self.path.name}*"):
            path.unlink()

    def _do(self, work: Any) -> Answer:
        with self.database.writing() as session:
            operation: Operation = system_operation("test")
            answer: Answer = work(session, operation)
            return answer

    @rule(copy=some_copy, reader=some_reader, place=some_place, confirm=st.booleans())
    def lend(self, copy: int, reader: int, place: str, confirm: bool) -> None:
        overrides = [{"code": code, "reason": ""} for code in ("item_in_transit", "item_lost")] if confirm else []
        answer = self._do(
            lambda session, operation: services.check_out(
                session,
                operation,
                branch=session.get_one(Branch, self.places[place]),
                patron_id=self.readers[reader],
                item_id=self.items[copy],
                overrides=overrides,
            )
        )
        assert (answer["decision"] == "allowed") == (
            answer["loan"] is not None and "already_on_loan_to_patron" not in {r["code"] for r in answer["reasons"]}
        )

    @rule(copy=some_copy, place=some_place)
    def take_back(self, copy: int, place: str) -> None:
        answer = self._do(
            lambda session, operation: services.check_in(
                session, operation, branch=session.get_one(Branch, self.places[place]), item_id=self.items[copy]
            )
        )
        assert answer["decision"] == "allowed"
        here = answer["destination"] == self.places[place]
        assert here == (answer["next"] in {"shelve", "hold"})

    @rule(copy=some_copy)
    def renew(self, copy: int) -> None:
        with self.database.reading() as session:
            loan_id = session.scalar(select(Loan.id).where(Loan.item_id == self.items[copy], Loan.in_at.is_(None)))
        if loan_id is not None:
            self._do(lambda session, operation: services.renew(session, operation, loan_id=loan_id))

    @rule(copy=some_copy, reader=some_reader, place=some_place)
    def reserve(self, copy: int, reader: int, place: str) -> None:
        def work(session: Any, operation: Operation) -> Answer:
            bib_id = session.scalar(select(Item.bib_id).where(Item.id == self.items[copy]))
            return place_hold(
                session,
                operation,
                patron_id=self.readers[reader],
                bib_id=bib_id,
                pickup_branch_id=self.places[place],
            )

        self._do(work)

    @rule(number=st.integers(0, 3))
    def give_up(self, number: int) -> None:
        with self.database.reading() as session:
            held = session.scalars(select(Hold.id).where(Hold.ended_at.is_(None)).order_by(Hold.id)).all()
        if held:
            hold_id = held[number % len(held)]
            self._do(lambda session, operation: cancel_hold(session, operation, hold_id))

    @rule(copy=some_copy, place=some_place)
    def send(self, copy: int, place: str) -> None:
        self._do(
            lambda session, operation: request_transfer(
                session, operation, item_id=self.items[copy], to_branch_id=self.places[place], reason="rotation"
            )
        )

    @rule(copy=some_copy, kind=st.sampled_from(("lost", "missing", "damaged")))
    def go_wrong(self, copy: int, kind: str) -> None:
        def work(session: Any, operation: Operation) -> Answer:
            item_id = self.items[copy]
            known = select(ItemCondition.id).where(ItemCondition.item_id == item_id, ItemCondition.until.is_(None))
            if session.scalar(known.where(ItemCondition.kind == kind)) is None:
                session.add(ItemCondition(item_id=item_id, kind=kind, since=operation.at))
            refresh_availability(session, [item_id])
            return {}

        self._do(work)

    @invariant()
    def nothing_contradicts_itself(self) -> None:
        if not hasattr(self, "items"):
            return
        with self.database.reading() as session:
            for law in LAWS:
                assert [breach.first for breach in checks.run(session, law.name)] == [], law.name

    @invariant()
    def flag_and_status_agree_and_limits_hold(self) -> None:
        if not hasattr(self, "items"):
            return
        with self.database.reading() as session:
            flags = dict(session.execute(select(Item.id, Item.is_available)).all())
            statuses = OpenRows().item_statuses(session, self.items)
            for item_id, shown in statuses.items():
                assert flags[item_id] == (shown["status"] == Status.AVAILABLE)
            counts = session.scalars(select(func.count()).where(Loan.in_at.is_(None)).group_by(Loan.patron_id)).all()
            assert max(counts, default=0) <= LIMIT


def test_no_order_of_events_breaks_an_invariant(sqlite_template: Path, tmp_path: Path) -> None:
    """On SQLite only: the rules and services are the same, and every run makes a database."""
    Desks.template, Desks.folder = sqlite_template, tmp_path
    app = create_app(
        Settings(database_url=f"sqlite:///{tmp_path / 'app.sqlite'}", data_dir=tmp_path, secret_key="x" * 40)
    )
    register_all()
    with app.app_context():
        run_state_machine_as_test(
            Desks,
            settings=settings(
                max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
