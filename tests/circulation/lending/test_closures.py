"""Closing rooms and postponing the harvest: looked at first, moved in chunks, taken back; with real loans and holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.models import Hold, Loan
from library import checks
from library.branches import closure_work, closures, jobs, opening, scopes, services
from library.branches.hours_models import Closure, ClosureEffect
from library.branches.redating import SORTS
from library.kernel import clock as kernel_clock
from library.kernel import jobs as kernel_jobs
from library.kernel.checks import run
from library.kernel.db import Database
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Operation, system_operation
from tests.conftest import NOON
from tests.factories import a_county, a_loan, a_patron, an_item

OURS = ("closure_has_rooms", "closure_is_written_down", "closure_undone_wholly")
TODAY = date(2026, 11, 23)
WEEK = {day: [(time(9), time(17))] for day in range(6)}


class House:
    """A county with rooms open from Monday to Saturday, and what is lent and kept there."""

    def __init__(self, app: Flask, database: Database, move_clock: Callable[[datetime], None]) -> None:
        self.app = app
        self.database = database
        self.move_clock = move_clock
        with self.writing() as session:
            self.county = a_county(session)
            self.reader = a_patron(session, branch=self.county["east"]).id
            for room in self.county.values():
                opening.set_week(session, self.operation(), room.id, WEEK, valid_from=date(2026, 1, 1))

    def writing(self) -> Any:
        return self.database.writing()

    def operation(self) -> Operation:
        return system_operation("test")

    def lend(self, room: str, due_on: date, **values: Any) -> int:
        with self.writing() as session:
            branch = session.merge(self.county[room], load=False)
            reader = a_patron(session, branch=branch)
            return a_loan(session, item=an_item(session, branch=branch), patron=reader, due_on=due_on, **values).id

    def keep(self, room: str, *, until: date, ready_on: date = TODAY - timedelta(days=3)) -> int:
        return self._hold(room, state="ready", pickup_until_on=until, ready_at=kernel_clock.start_of_day(ready_on))

    def promise(self, room: str, on: date) -> int:
        return self._hold(room, state="in_transit", promised_on=on)

    def _hold(self, room: str, **values: Any) -> int:
        with self.writing() as session:
            branch = session.merge(self.county[room], load=False)
            item = an_item(session, branch=branch)
            hold = Hold(
                patron_id=a_patron(session, branch=branch).id,
                bib_id=item.bib_id,
                pickup_branch_id=branch.id,
                captured_item_id=item.id,
                placed_at=NOON - timedelta(days=10),
                captured_at=NOON - timedelta(days=4),
                **values,
            )
            session.add(hold)
            session.flush()
            return hold.id

    def propose(self, session: Session, first: date, last: date, **values: Any) -> closures.Proposal:
        scope = scopes.scope_of(session, **values.pop("scope", {"below": "township"}))
        given = {"kind": "closure", "days": None, "cause": "农忙", **values}
        return closures.propose(scope, first_on=first, last_on=last, today=kernel_clock.today(), **given)

    def close(self, first: date, last: date, **values: Any) -> int:
        with self.writing() as session:
            proposal = self.propose(session, first, last, **values)
            return int(closures.confirm(session, self.operation(), proposal)["closure"])

    def work(self, closure_id: int) -> None:
        closure_work.work_through(closure_id)
        self.move_clock(kernel_clock.now() + timedelta(minutes=1))
        closure_work.work_through(closure_id)

    def undo(self, closure_id: int) -> None:
        with self.writing() as session:
            closures.undo(session, self.operation(), closures.closure_by_id(session, closure_id))
        closure_work.work_through(closure_id)

    def due(self, loan_id: int) -> date:
        with self.database.reading() as session:
            return session.scalars(select(Loan.due_on).where(Loan.id == loan_id)).one()

    def hold(self, hold_id: int) -> Hold:
        with self.database.reading() as session:
            return session.get_one(Hold, hold_id)

    def dates(self) -> dict[tuple[str, int], Any]:
        with self.database.reading() as session:
            loans = session.execute(select(Loan.id, Loan.due_on)).all()
            holds = session.execute(select(Hold.id, Hold.promised_on, Hold.pickup_until_on)).all()
        return {**{("loan", row[0]): row[1] for row in loans}, **{("hold", row[0]): tuple(row[1:]) for row in holds}}

    def state(self, closure_id: int) -> str:
        with self.database.reading() as session:
            return session.get_one(Closure, closure_id).state

    def breaches(self) -> list[str]:
        checks.register_all()
        with self.database.reading() as session:
            found = [breach for invariant in OURS for breach in run(session, invariant)]
            return [breach.invariant.name for breach in found]


@pytest.fixture
def house(app: Flask, database: Database, clock: Callable[[datetime], None]) -> Iterator[House]:
    with app.app_context():
        yield House(app, database, clock)


def test_what_is_due_while_the_rooms_are_closed_moves_to_the_day_they_open_again(house: House) -> None:
    inside = house.lend("east", date(2026, 11, 26))
    before, after = house.lend("east", date(2026, 11, 24)), house.lend("west", date(2026, 12, 7))
    elsewhere = house.lend("central", date(2026, 11, 26))
    closure = house.close(date(2026, 11, 25), date(2026, 12, 5))
    house.work(closure)
    # 6 December is a Sunday, when nobody opens.
    assert house.due(inside) == date(2026, 12, 7)
    assert (house.due(before), house.due(after)) == (date(2026, 11, 24), date(2026, 12, 7))
    assert house.due(elsewhere) == date(2026, 11, 26)
    assert house.state(closure) == "done"


def test_the_calendar_knows_the_closure_before_anything_has_moved(house: House) -> None:
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28), cause="停电")
    with house.database.reading() as session:
        day = opening.calendar_of(session, house.county["east"].id).day(date(2026, 11, 26))
    assert (day.sessions, day.about, house.state(closure)) == ((), "停电", "applying")


def test_a_book_on_the_pickup_shelf_is_kept_longer_by_the_days_the_closure_takes(house: House) -> None:
    kept = house.keep("east", until=date(2026, 11, 26))
    long_enough = house.keep("east", until=date(2026, 12, 2))
    over = house.keep("east", until=date(2026, 11, 24))
    house.work(house.close(date(2026, 11, 25), date(2026, 11, 28)))
    assert house.hold(kept).pickup_until_on == date(2026, 11, 30)
    assert house.hold(long_enough).pickup_until_on == date(2026, 12, 7)
    assert house.hold(over).pickup_until_on == date(2026, 11, 24)


def test_a_promise_that_falls_into_the_closure_moves_behind_it(house: House) -> None:
    promised, unmoved = house.promise("west", date(2026, 11, 26)), house.promise("west", date(2026, 12, 1))
    house.work(house.close(date(2026, 11, 25), date(2026, 11, 28)))
    assert house.hold(promised).promised_on == date(2026, 11, 30)
    assert house.hold(unmoved).promised_on == date(2026, 12, 1)


def test_the_harvest_postpones_what_readers_would_have_to_come_for(house: House) -> None:
    loan, kept = house.lend("east", date(2026, 11, 26)), house.keep("east", until=date(2026, 11, 26))
    later, promised = house.keep("east", until=date(2026, 12, 1)), house.promise("east", date(2026, 11, 26))
    closure = house.close(TODAY, date(2026, 11, 30), kind="postponement", days=10)
    house.work(closure)
    # 6 December is a Sunday.
    assert house.due(loan) == date(2026, 12, 7)
    assert house.hold(kept).pickup_until_on == date(2026, 12, 7)
    assert house.hold(later).pickup_until_on == date(2026, 12, 1)
    assert house.hold(promised).promised_on == date(2026, 11, 26)
    with house.database.reading() as session:
        assert opening.calendar_of(session, house.county["east"].id).is_open_on(date(2026, 11, 26))


def test_each_move_is_an_event_and_an_effect(house: House) -> None:
    loan, kept = house.lend("east", date(2026, 11, 26)), house.keep("east", until=date(2026, 11, 26))
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    house.work(closure)
    with house.database.reading() as session:
        events = session.scalars(select(EventRow).where(EventRow.kind.in_(("loan.redated", "hold.redated")))).all()
        payloads = {event.kind: event.payload for event in events}
        effects = session.scalars(select(ClosureEffect).where(ClosureEffect.closure_id == closure)).all()
    assert payloads["loan.redated"] == {
        "loan_id": loan,
        "due_before": "2026-11-26",
        "due_after": "2026-11-30",
        "closure_id": closure,
    }
    assert payloads["hold.redated"]["hold_id"] == kept
    assert {(effect.subject, effect.subject_id, effect.state) for effect in effects} == {
        ("loan", loan, "moved"),
        ("hold", kept, "moved"),
    }
    assert house.breaches() == []


def test_a_batch_that_was_cut_off_goes_on_where_it_stood(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    loans = [house.lend("east", date(2026, 11, 26)) for _ in range(5)]
    monkeypatch.setattr(closure_work, "CHUNK", 2)
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    assert closure_work.work_through(closure, most_chunks=1) == 1
    assert sorted(house.due(loan) for loan in loans).count(date(2026, 11, 30)) == 2
    write = house.app.extensions["library.branches.redating"]["loan"].write

    def crash(*arguments: Any) -> None:
        write(*arguments)
        raise RuntimeError("cut off")

    with monkeypatch.context() as broken:
        broken.setattr(house.app.extensions["library.branches.redating"]["loan"], "write", crash, raising=False)
        with pytest.raises(RuntimeError):
            closure_work.work_through(closure)
    assert closure_work.unfinished() == [closure]
    assert sorted(house.due(loan) for loan in loans).count(date(2026, 11, 30)) == 2
    house.work(closure)
    assert {house.due(loan) for loan in loans} == {date(2026, 11, 30)}
    assert (house.state(closure), closure_work.unfinished(), house.breaches()) == ("done", [], [])


def test_the_jobs_process_moves_the_dates_and_ends_the_batch_when_it_has_settled(house: House) -> None:
    loan = house.lend("east", date(2026, 11, 26))
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    kernel_jobs.drain()
    assert (house.due(loan), house.state(closure)) == (date(2026, 11, 30), "applying")
    house.move_clock(NOON + timedelta(minutes=1))
    assert jobs.finish_closures() > 0
    assert (house.state(closure), jobs.finish_closures()) == ("done", 0)


def test_a_straggler_of_the_first_seconds_is_moved_before_the_batch_ends(house: House) -> None:
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    closure_work.work_through(closure)
    late = house.lend("east", date(2026, 11, 26))
    house.work(closure)
    assert (house.due(late), house.state(closure), house.breaches()) == (date(2026, 11, 30), "done", [])


def test_an_undo_restores_what_nobody_changed_and_lists_the_rest(house: House) -> None:
    untouched, renewed, returned = (house.lend("east", date(2026, 11, 26)) for _ in range(3))
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    house.work(closure)
    with house.writing() as session:
        session.get_one(Loan, renewed).due_on = date(2026, 12, 30)
        back = session.get_one(Loan, returned)
        back.in_at, back.closed_as = kernel_clock.now(), "returned"
    house.undo(closure)
    assert [house.due(loan) for loan in (untouched, renewed)] == [date(2026, 11, 26), date(2026, 12, 30)]
    with house.database.reading() as session:
        kept, total = closures.effects_of(session, closure, state="kept")
        assert {(effect.subject_id, effect.kept_because) for effect in kept} == {
            (renewed, "changed_since"),
            (returned, "ended"),
        }
        assert total == 2
        assert opening.calendar_of(session, house.county["east"].id).is_open_on(date(2026, 11, 26))
    assert (house.state(closure), house.breaches()) == ("undone", [])
    with house.writing() as session, pytest.raises(Conflict, match="closure_undone"):
        closures.undo(session, house.operation(), closures.closure_by_id(session, closure))


def test_an_undo_makes_nobody_late(house: House) -> None:
    loan = house.lend("east", date(2026, 11, 26))
    closure = house.close(date(2026, 11, 25), date(2026, 12, 5))
    house.work(closure)
    house.move_clock(NOON + timedelta(days=5))
    house.undo(closure)
    assert house.due(loan) == date(2026, 12, 7)
    with house.database.reading() as session:
        assert closures.effects_of(session, closure)[0][0].kept_because == "passed_since"


def test_a_batch_can_be_undone_before_it_is_done(house: House) -> None:
    loan = house.lend("east", date(2026, 11, 26))
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    closure_work.work_through(closure)
    house.undo(closure)
    assert (house.due(loan), house.state(closure)) == (date(2026, 11, 26), "undone")


def test_a_loan_made_while_a_closure_is_known_needs_no_moving(house: House) -> None:
    closure = house.close(date(2026, 11, 25), date(2026, 11, 28))
    loan = house.lend("east", date(2026, 11, 30))
    house.work(closure)
    assert house.due(loan) == date(2026, 11, 30)


def test_rooms_may_be_a_named_set_or_ticked_one_by_one(house: House) -> None:
    with house.writing() as session:
        services.define_set(
            session, house.operation(), code="harvest", name="麦收", branch_ids=[house.county["west"].id]
        )
        assert [room.code for room in scopes.scope_of(session, set_code="harvest").rooms] == ["west"]
        assert [room.code for room in scopes.scope_of(session, rooms=["school", "east"]).rooms] == ["east", "school"]
        # An area has no door.
        assert {room.kind for room in scopes.scope_of(session, below="county").rooms} == {
            "central",
            "township",
            "village",
            "school",
        }
        for wrong, error, code in (
            ({"rooms": ["nowhere"]}, NotFound, "unknown_branch"),
            ({"set_code": "none"}, NotFound, "unknown_set"),
            ({}, Invalid, "no_rooms_chosen"),
            ({"below": "county", "rooms": ["east"]}, Invalid, "one_way_of_choosing"),
        ):
            with pytest.raises(error, match=code):
                scopes.scope_of(session, **wrong)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"cause": " "}, "cause_required"),
        ({"kind": "postponement"}, "days_required"),
        ({"kind": "postponement", "days": 91}, "days_required"),
        ({"first": date(2026, 11, 30)}, "days_out_of_order"),
        ({"first": date(2026, 11, 1), "last": date(2026, 11, 22)}, "closure_over"),
        ({"last": date(2027, 11, 24)}, "span_too_long"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(house: House, values: dict[str, Any], code: str) -> None:
    asked = {"first": TODAY, "last": date(2026, 11, 28), **values}
    first, last = asked.pop("first"), asked.pop("last")
    with house.database.reading() as session, pytest.raises(Invalid, match=code):
        house.propose(session, first, last, **asked)


DAYS = st.integers(0, 25).map(lambda days: TODAY + timedelta(days=days))


@dataclass(frozen=True)
class Situation:
    """What is lent, kept and promised, and a batch: its first day from today, its length, the days of a postponement."""

    dues: list[tuple[str, date]]
    shelves: list[date]
    promises: list[date]
    first: int
    length: int
    days: int | None


SITUATIONS = st.builds(
    Situation,
    dues=st.lists(st.tuples(st.sampled_from(["east", "west", "school", "central"]), DAYS), max_size=8),
    shelves=st.lists(DAYS, max_size=3),
    promises=st.lists(DAYS, max_size=3),
    first=st.integers(-3, 15),
    length=st.integers(0, 20),
    days=st.one_of(st.none(), st.integers(1, 30)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(situation=SITUATIONS)
def test_what_was_previewed_is_what_happens_and_an_undo_restores_every_date(house: House, situation: Situation) -> None:
    for room, due in situation.dues:
        house.lend(room, due)
    for until in situation.shelves:
        house.keep("east", until=until)
    for on in situation.promises:
        house.promise("west", on)
    begins = TODAY + timedelta(days=situation.first)
    ends = max(begins + timedelta(days=situation.length), TODAY)
    batch: dict[str, Any] = {"kind": "postponement" if situation.days else "closure", "days": situation.days}
    with house.database.reading() as session:
        promised = closures.preview(session, house.propose(session, begins, ends, **batch))
    before = house.dates()
    closure = house.close(begins, ends, **batch)
    house.work(closure)
    with house.database.reading() as session:
        effects, total = closures.effects_of(session, closure, limit=1000)
    moved = sorted((str(SORTS[effect.field]), effect.before_on, effect.after_on) for effect in effects)
    assert moved == sorted(promised.moves.elements())
    assert sum(before[key] != after for key, after in house.dates().items()) == total
    assert house.breaches() == []
    house.undo(closure)
    assert house.dates() == before
    assert house.breaches() == []
