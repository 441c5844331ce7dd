"""Whatever readers, keepers and the van do, in any order: every copy is in exactly one place and every queue is true.

Random sequences of loans, returns, holds, transfers and boxes; after each step the invariants of `library db check` hold,
the flag `is_available` is what follows from the rows, and events and steps lead to the state that is stored.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemMovement
from circulation.holds import pickup, queueing
from circulation.holds import services as holds
from circulation.lending import services as lending
from circulation.logistics import boxes
from circulation.logistics import services as transfers
from circulation.logistics.rules import state_after
from circulation.models import TRANSFER_OPEN, Box, BoxLine, Hold, Loan, Transfer, TransferStep
from circulation.models.checks import INVARIANTS
from circulation.whereabouts.facts import wrongly_flagged
from library.kernel import clock
from library.kernel.actors import SYSTEM
from library.kernel.db import Database
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation, new_id
from tests.factories import a_bib, a_county, a_patron, an_item, county_policies

ROOMS = ("central", "township", "east", "west", "school")
any_number = st.integers(min_value=0, max_value=10**6)
a_room = st.sampled_from(ROOMS)


class Moving(RuleBasedStateMachine):
    """Two titles, four copies, four readers, five rooms."""

    def __init__(self, app: Flask, database: Database) -> None:
        super().__init__()
        self.context = app.app_context()
        self.context.push()
        self.way_in = database.writing()
        self.session: Session = self.way_in.__enter__()
        self.branches = a_county(self.session)
        county_policies(self.session)
        titles = [a_bib(self.session) for _ in range(2)]
        at = (("east", 0), ("west", 0), ("central", 0), ("school", 1))
        self.items = [an_item(self.session, branch=self.branches[room], bib=titles[bib]).id for room, bib in at]
        self.bibs = [bib.id for bib in titles]
        self.readers = [a_patron(self.session, branch=self.branches["east"]).id for _ in range(4)]

    def teardown(self) -> None:
        """Undo everything: the next example begins with an empty county."""
        self.session.rollback()
        self.way_in.__exit__(None, None, None)
        self.context.pop()

    def operation(self, kind: str) -> Operation:
        return Operation(new_id(), kind, SYSTEM, "job", clock.now())

    def one_of(self, ids: list[int], number: int) -> int:
        return ids[number % len(ids)]

    def ids(self, model: type[Hold] | type[Transfer]) -> list[int]:
        return list(self.session.scalars(select(model.id).order_by(model.id)))

    def decided(self, answer: Answer) -> None:
        assert (answer["decision"] == "refused") <= bool(answer["reasons"])

    @rule(reader=any_number, title=any_number, room=a_room)
    def reserve(self, reader: int, title: int, room: str) -> None:
        answer = holds.place_hold(
            self.session,
            self.operation("place_hold"),
            patron_id=self.one_of(self.readers, reader),
            bib_id=self.one_of(self.bibs, title),
            pickup_branch_id=self.branches[room].id,
        )
        self.decided(answer)

    @rule(reader=any_number, copy=any_number, room=a_room)
    def reserve_a_copy(self, reader: int, copy: int, room: str) -> None:
        answer = holds.place_hold(
            self.session,
            self.operation("place_hold"),
            patron_id=self.one_of(self.readers, reader),
            item_id=self.one_of(self.items, copy),
            pickup_branch_id=self.branches[room].id,
        )
        self.decided(answer)

    @precondition(lambda self: self.ids(Hold))
    @rule(number=any_number, days=st.none() | st.integers(min_value=1, max_value=9))
    def pause_or_go_on(self, number: int, days: int | None) -> None:
        hold_id = self.one_of(self.ids(Hold), number)
        until = clock.today() + timedelta(days=days) if days else None
        if number % 2:
            self.decided(queueing.suspend(self.session, self.operation("suspend_hold"), hold_id, until))
        else:
            self.decided(queueing.resume(self.session, self.operation("resume_hold"), hold_id))

    @precondition(lambda self: self.ids(Hold))
    @rule(number=any_number, room=a_room)
    def collect_elsewhere(self, number: int, room: str) -> None:
        hold_id, branch_id = self.one_of(self.ids(Hold), number), self.branches[room].id
        self.decided(queueing.move_pickup(self.session, self.operation("move_hold"), hold_id, branch_id))

    @precondition(lambda self: self.ids(Hold))
    @rule(number=any_number)
    def give_a_hold_up(self, number: int) -> None:
        hold_id = self.one_of(self.ids(Hold), number)
        self.decided(holds.cancel_hold(self.session, self.operation("cancel_hold"), hold_id))

    @rule(copy=any_number, reader=any_number, room=a_room, confirmed=st.booleans())
    def lend(self, copy: int, reader: int, room: str, confirmed: bool) -> None:
        answer = lending.check_out(
            self.session,
            self.operation("check_out"),
            branch=self.branches[room],
            patron_id=self.one_of(self.readers, reader),
            item_id=self.one_of(self.items, copy),
            overrides=[{"code": "item_in_transit", "reason": "test"}] if confirmed else [],
        )
        self.decided(answer)

    @rule(copy=any_number, room=a_room)
    def take_back(self, copy: int, room: str) -> None:
        answer = lending.check_in(
            self.session,
            self.operation("check_in"),
            branch=self.branches[room],
            item_id=self.one_of(self.items, copy),
        )
        assert answer["decision"] == "allowed"
        assert answer["next"] in {"shelve", "hold", "transfer"}

    @rule(copy=any_number, room=a_room, reason=st.sampled_from(["manual", "restock", "return_home"]))
    def ask_for_a_transfer(self, copy: int, room: str, reason: str) -> None:
        answer = transfers.request_transfer(
            self.session,
            self.operation("request_transfer"),
            item_id=self.one_of(self.items, copy),
            to_branch_id=self.branches[room].id,
            reason=reason,
        )
        self.decided(answer)

    @precondition(lambda self: self.ids(Transfer))
    @rule(number=any_number, step=st.sampled_from(["pick", "dispatch", "receive", "shelve", "cancel", "miss"]))
    def take_a_step(self, number: int, step: str) -> None:
        act: Callable[[Session, Operation, int], Answer] = getattr(transfers, step)
        self.decided(act(self.session, self.operation(step), self.one_of(self.ids(Transfer), number)))

    @precondition(lambda self: self.ids(Transfer))
    @rule(number=any_number)
    def go_the_whole_way(self, number: int) -> None:
        for step in (transfers.pick, transfers.dispatch, transfers.receive, transfers.shelve):
            self.decided(step(self.session, self.operation("step"), self.one_of(self.ids(Transfer), number)))

    @precondition(lambda self: self.ids(Transfer))
    @rule(number=any_number, room=a_room)
    def receive_somewhere(self, number: int, room: str) -> None:
        transfer_id = self.one_of(self.ids(Transfer), number)
        here = self.branches[room].id
        self.decided(transfers.receive(self.session, self.operation("receive"), transfer_id, at_branch_id=here))

    @rule(copy=any_number)
    def pack(self, copy: int) -> None:
        item_id = self.one_of(self.items, copy)
        move = transfers.open_transfer(self.session, item_id)
        if move is None:
            return
        ends = {"from_branch_id": move.from_branch_id, "to_branch_id": move.to_branch_id}
        wanted = select(Box.code).filter_by(state="open", **ends).limit(1)
        code = self.session.scalar(wanted)
        if code is None:
            code = boxes.open_box(self.session, self.operation("open_box"), **ends)["box"]["code"]
        self.decided(boxes.pack(self.session, self.operation("pack_box"), code, item_id))

    @rule(number=any_number, short=st.booleans())
    def send_or_receive_a_box(self, number: int, short: bool) -> None:
        codes = list(self.session.scalars(select(Box.code).order_by(Box.id)))
        if not codes:
            return
        code = codes[number % len(codes)]
        self.decided(boxes.dispatch(self.session, self.operation("dispatch_box"), code, carrier="司机"))
        if number % 2:
            lines = select(BoxLine.item_id).join(Box, Box.id == BoxLine.box_id)
            inside = list(self.session.scalars(lines.where(Box.code == code, BoxLine.closed_at.is_(None))))
            missing = inside[:1] if short else []
            self.decided(boxes.receive(self.session, self.operation("receive_box"), code, short=missing))

    @rule(days=st.integers(min_value=0, max_value=10))
    def do_the_nightly_work(self, days: int) -> None:
        later = replace(self.operation("nightly"), at=clock.now() + timedelta(days=days))
        today = clock.local_date(later.at)
        for hold_id in queueing.due_to_resume(self.session, today):
            queueing.resume_when_due(self.session, later, hold_id)
        for hold_id in queueing.past_their_last_day(self.session, today):
            queueing.expire_waiting(self.session, later, hold_id)
        for hold_id in pickup.missed(self.session, today):
            holds.expire_pickup(self.session, later, hold_id)
        for hold_id in holds.worth_targeting(self.session, today):
            holds.target(self.session, self.operation("target"), hold_id)

    @invariant()
    def nothing_contradicts(self) -> None:
        self.session.flush()
        for one in INVARIANTS:
            assert isinstance(one.broken, Select)
            assert self.session.execute(one.broken).all() == [], one.name
        assert self.session.execute(wrongly_flagged()).all() == []

    @invariant()
    def every_copy_is_in_one_place(self) -> None:
        latest = select(func.max(ItemMovement.id)).group_by(ItemMovement.item_id)
        last = dict(
            self.session.execute(
                select(ItemMovement.item_id, ItemMovement.to_branch_id).where(ItemMovement.id.in_(latest))
            ).all()
        )
        assert last == dict(self.session.execute(select(Item.id, Item.current_branch_id)).all())
        lent = set(self.session.scalars(select(Loan.item_id).where(Loan.in_at.is_(None))))
        moving = set(self.session.scalars(select(Transfer.item_id).where(Transfer.state.in_(TRANSFER_OPEN))))
        kept = set(self.session.scalars(select(Hold.captured_item_id).where(Hold.state == "ready")))
        assert not lent & moving
        assert not lent & kept

    @invariant()
    def a_hold_on_its_way_has_a_way(self) -> None:
        travelling = select(Hold.captured_item_id).where(Hold.state == "in_transit")
        moving = set(self.session.scalars(select(Transfer.item_id).where(Transfer.state.in_(TRANSFER_OPEN))))
        assert set(self.session.scalars(travelling)) <= moving

    @invariant()
    def the_records_lead_to_the_present(self) -> None:
        told: dict[str, dict[int, str]] = {"transfer_id": {}, "hold_id": {}}
        wanted = select(EventRow.kind, EventRow.payload).order_by(EventRow.id)
        for kind, payload in self.session.execute(
            wanted.where(EventRow.kind.like("transfer.%") | EventRow.kind.like("hold.%"))
        ):
            noun, verb = kind.split(".")
            told[f"{noun}_id"][payload[f"{noun}_id"]] = payload.get("state", verb)
        for name, model in (("transfer_id", Transfer), ("hold_id", Hold)):
            assert told[name] == dict(self.session.execute(select(model.id, model.state)).all())
        for transfer_id, state in told["transfer_id"].items():
            steps = select(TransferStep.state).where(TransferStep.transfer_id == transfer_id)
            assert state_after(iter(self.session.scalars(steps.order_by(TransferStep.id)))) == state


def _move_at_random(app: Flask, database: Database, *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: Moving(app, database),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.usefixtures("clock")
def test_copies_queues_and_boxes_stay_true_in_any_order_of_events(app: Flask, database: Database) -> None:
    _move_at_random(app, database, examples=40 if database.is_sqlite else 10, steps=25)


@pytest.mark.soak
@pytest.mark.usefixtures("clock")
def test_they_stay_true_in_long_orders_of_events_too(app: Flask, database: Database) -> None:
    _move_at_random(app, database, examples=400, steps=60)
