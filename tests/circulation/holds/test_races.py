"""Many desks at once on both engines: one copy for one reader, one transfer for one copy, one hold for one wish."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import queueing
from circulation.holds import services as holds
from circulation.logistics import services as transfers
from circulation.models import Hold, Loan
from circulation.whereabouts.services import refresh_availability
from library import checks
from library.kernel import clock
from library.kernel.checks import run
from library.kernel.db import Database
from library.kernel.operations import Answer, system_operation
from library.patrons.models import Patron
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item, county_policies

DESKS = 8


class World:
    """A county with one title of three copies in the west room, and a reader per desk."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self.database = app, database
        with app.app_context(), database.writing() as session:
            branches = a_county(session)
            county_policies(session)
            self.branches = {code: branch.id for code, branch in branches.items()}
            bib = a_bib(session)
            self.bib = bib.id
            self.items = [an_item(session, branch=branches["west"], bib=bib).id for _ in range(3)]
            self.readers = [a_patron(session, branch=branches["east"]).id for _ in range(DESKS)]

    def at_once(self, work: Callable[[Session, int], Answer]) -> list[Answer]:
        """Do `work` at every desk, each in a thread and a transaction of its own, all begun together."""
        together = Barrier(DESKS)

        def at_desk(number: int) -> Answer:
            with self.app.app_context():
                together.wait()
                with self.database.writing() as session:
                    return work(session, number)

        with ThreadPoolExecutor(DESKS) as pool:
            return list(pool.map(at_desk, range(DESKS)))

    def check(self) -> None:
        checks.register_all()
        with self.app.app_context(), self.database.reading() as session:
            # The factory makes titles without a source record.
            assert {breach.invariant.name for breach in run(session)} <= {"bib_has_source"}


@pytest.fixture
def world(app: Flask, database: Database) -> World:
    return World(app, database)


def outcomes(answers: list[Answer]) -> Counter[str]:
    return Counter(answer["reasons"][0]["code"] if answer["reasons"] else "allowed" for answer in answers)


def test_three_copies_are_kept_for_three_of_eight_readers_and_the_others_wait_in_order(world: World) -> None:
    def work(session: Session, number: int) -> Answer:
        operation = system_operation("place_hold")
        patron, pickup = world.readers[number], world.branches["east"]
        return holds.place_hold(session, operation, patron_id=patron, bib_id=world.bib, pickup_branch_id=pickup)

    assert outcomes(world.at_once(work)) == {"allowed": DESKS}
    with world.app.app_context(), world.database.writing() as session:
        # Whoever met a copy in another's hands was left waiting for the job.
        for hold_id in holds.worth_targeting(session, clock.today()):
            holds.target(session, system_operation("target_holds"), hold_id)
    with world.app.app_context(), world.database.reading() as session:
        rows = session.execute(select(Hold.state, Hold.captured_item_id)).all()
    assert Counter(state for state, _ in rows) == {"in_transit": 3, "waiting": 5}
    assert sorted(item for _, item in rows if item is not None) == sorted(world.items)
    world.check()


def test_one_reader_at_eight_desks_has_one_hold(world: World) -> None:
    def work(session: Session, number: int) -> Answer:
        del number
        operation = system_operation("place_hold")
        patron, pickup = world.readers[0], world.branches["east"]
        return holds.place_hold(session, operation, patron_id=patron, bib_id=world.bib, pickup_branch_id=pickup)

    assert outcomes(world.at_once(work)) == {"allowed": 1, "hold_exists": DESKS - 1}
    world.check()


def test_one_copy_gets_one_transfer_and_each_step_is_taken_once(world: World) -> None:
    def ask(session: Session, number: int) -> Answer:
        to = world.branches[("east", "central")[number % 2]]
        operation = system_operation("request_transfer")
        return transfers.request_transfer(session, operation, item_id=world.items[0], to_branch_id=to, reason="manual")

    answers = world.at_once(ask)
    assert outcomes(answers) == {"allowed": 1, "transfer_open": DESKS - 1}
    transfer_id = answers[0]["transfer"]["id"]
    for step in (transfers.pick, transfers.dispatch, transfers.receive, transfers.shelve):

        def work(session: Session, number: int, step: Callable[..., Answer] = step) -> Answer:
            del number
            return step(session, system_operation("step"), transfer_id)

        assert outcomes(world.at_once(work)) == {"allowed": 1, "transfer_not_in_state": DESKS - 1}
    world.check()


def test_copies_brought_back_at_once_serve_each_waiting_reader_once(world: World) -> None:
    with world.app.app_context(), world.database.writing() as session:
        for item_id, reader in zip(world.items, world.readers, strict=False):
            item = session.get_one(Item, item_id)
            a_loan(session, item=item, patron=session.get_one(Patron, reader))
        operation = system_operation("place_hold")
        for reader in world.readers[3:5]:
            east = world.branches["east"]
            holds.place_hold(session, operation, patron_id=reader, bib_id=world.bib, pickup_branch_id=east)

    def come_back(session: Session, number: int) -> Answer:
        if number >= len(world.items):
            return {"reasons": [], "hold": None}
        item = session.get_one(Item, world.items[number], with_for_update=True)
        loan = session.scalars(select(Loan).where(Loan.item_id == item.id, Loan.in_at.is_(None))).one()
        operation = system_operation("check_in")
        loan.in_at, loan.closed_as = max(operation.at, loan.out_at), "returned"
        session.flush()
        trapped = holds.trap(session, operation, item, world.branches["west"])
        refresh_availability(session, [item.id])
        return {"reasons": [], "hold": trapped.hold_id if trapped else None}

    served = [answer["hold"] for answer in world.at_once(come_back) if answer["hold"] is not None]
    assert len(served) == len(set(served)) == 2
    world.check()


def test_a_reader_who_pauses_as_the_book_comes_back_is_passed_over_or_told_that_it_is_there(world: World) -> None:
    with world.app.app_context(), world.database.writing() as session:
        for item_id, reader in zip(world.items, world.readers, strict=False):
            a_loan(session, item=session.get_one(Item, item_id), patron=session.get_one(Patron, reader))
        operation, east = system_operation("place_hold"), world.branches["east"]
        waiting = [
            holds.place_hold(session, operation, patron_id=reader, bib_id=world.bib, pickup_branch_id=east)["hold"][
                "id"
            ]
            for reader in world.readers[3:8]
        ]

    def work(session: Session, number: int) -> Answer:
        if number >= len(world.items):
            return queueing.suspend(session, system_operation("suspend_hold"), waiting[number - len(world.items)])
        item = session.get_one(Item, world.items[number], with_for_update=True)
        loan = session.scalars(select(Loan).where(Loan.item_id == item.id, Loan.in_at.is_(None))).one()
        back = system_operation("check_in")
        loan.in_at, loan.closed_as = max(back.at, loan.out_at), "returned"
        session.flush()
        holds.trap(session, back, item, world.branches["west"])
        refresh_availability(session, [item.id])
        return {"reasons": [], "hold": None}

    answers = world.at_once(work)[len(world.items) :]
    with world.app.app_context(), world.database.reading() as session:
        after = dict(session.execute(select(Hold.id, Hold.state)).all())
    for hold_id, answer in zip(waiting, answers, strict=True):
        codes = [reason["code"] for reason in answer["reasons"]]
        assert (after[hold_id], codes) in [("suspended", []), ("in_transit", ["hold_has_its_copy"])]
    world.check()


def test_one_hold_paused_resumed_moved_and_cancelled_at_once_ends_as_one_of_them_says(world: World) -> None:
    with world.app.app_context(), world.database.writing() as session:
        for item_id, reader in zip(world.items, world.readers, strict=False):
            a_loan(session, item=session.get_one(Item, item_id), patron=session.get_one(Patron, reader))
        operation, east = system_operation("place_hold"), world.branches["east"]
        placed = holds.place_hold(
            session, operation, patron_id=world.readers[7], bib_id=world.bib, pickup_branch_id=east
        )
    hold_id = placed["hold"]["id"]
    steps = (
        lambda session, operation: queueing.suspend(session, operation, hold_id),
        lambda session, operation: queueing.resume(session, operation, hold_id),
        lambda session, operation: queueing.move_pickup(session, operation, hold_id, world.branches["west"]),
        lambda session, operation: holds.cancel_hold(session, operation, hold_id),
    )

    def work(session: Session, number: int) -> Answer:
        return steps[number % len(steps)](session, system_operation("step"))

    outcomes_of_cancelling = [answer["decision"] for answer in world.at_once(work)[3::4]]
    assert sorted(outcomes_of_cancelling) == ["allowed", "refused"]
    with world.app.app_context(), world.database.reading() as session:
        assert session.get_one(Hold, hold_id).state == "cancelled"
    world.check()
