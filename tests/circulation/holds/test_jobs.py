"""The nightly and repeated work of queue and road, as the jobs process calls it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Flask
from sqlalchemy import select

from catalog.bibs.services import merge_bibs, undo_merge
from catalog.items.models import Item, ItemCondition
from circulation.holds import jobs as hold_jobs
from circulation.holds import queueing
from circulation.holds import services as holds
from circulation.logistics import jobs as road_jobs
from circulation.logistics import services as transfers
from circulation.models import Case, Hold, Transfer
from library.branches import hours_choices, opening_log, rounds
from library.branches import services as branches
from library.branches.models import Branch
from library.branches.rules import OpeningMode
from library.checks import register_all
from library.kernel import checks, jobs
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.models import OperationRow
from library.kernel.operations import system_operation
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item, county_policies

Move = Callable[[datetime], None]


def reserve(app: Flask, database: Database, *, copies: int = 1) -> tuple[int, int]:
    """Reserve a title for a reader in the east room, its copies in the west room; return the hold and its transfer."""
    with app.app_context(), database.writing() as session:
        county = a_county(session)
        county_policies(session)
        bib = a_bib(session)
        for _ in range(copies):
            an_item(session, branch=county["west"], bib=bib)
        answer = holds.place_hold(
            session,
            system_operation("place_hold"),
            patron_id=a_patron(session, branch=county["east"]).id,
            bib_id=bib.id,
            pickup_branch_id=county["east"].id,
        )
    return answer["hold"]["id"], answer["hold"]["transfer"]


def on_the_road(app: Flask, database: Database, transfer_id: int, *steps: str) -> None:
    with app.app_context(), database.writing() as session:
        for step in steps:
            getattr(transfers, step)(session, system_operation(step), transfer_id)


def state_of(app: Flask, database: Database, hold_id: int) -> str:
    with app.app_context(), database.reading() as session:
        return session.scalars(select(Hold.state).where(Hold.id == hold_id)).one()


def test_a_book_not_collected_expires_after_its_last_day(app: Flask, database: Database, clock: Move) -> None:
    hold_id, transfer_id = reserve(app, database)
    on_the_road(app, database, transfer_id, "pick", "dispatch", "receive", "shelve")
    start = kernel_clock.now()
    with app.app_context():
        assert hold_jobs.expire_pickups() == 0
        clock(start + timedelta(days=8))
        assert hold_jobs.expire_pickups() == 1
        assert hold_jobs.expire_pickups() == 0
    assert state_of(app, database, hold_id) == "expired"
    with app.app_context(), database.reading() as session:
        assert session.scalars(select(OperationRow.kind)).all() == ["expire_pickups"]


def test_a_waiting_reader_is_served_when_a_copy_is_on_a_shelf_again(
    app: Flask, database: Database, clock: Move
) -> None:
    hold_id, transfer_id = reserve(app, database)
    on_the_road(app, database, transfer_id, "cancel")
    assert state_of(app, database, hold_id) == "waiting"
    with app.app_context():
        assert hold_jobs.target_waiting() == 1
        assert hold_jobs.target_waiting() == 0
    assert state_of(app, database, hold_id) == "in_transit"


def test_what_never_arrives_is_missing_and_another_copy_is_sent_for(
    app: Flask, database: Database, clock: Move
) -> None:
    hold_id, transfer_id = reserve(app, database, copies=2)
    on_the_road(app, database, transfer_id, "pick", "dispatch")
    start = kernel_clock.now()
    with app.app_context():
        clock(start + timedelta(days=20))
        assert road_jobs.miss_overdue() == 0
        clock(start + timedelta(days=22))
        assert road_jobs.miss_overdue() == 1
    with app.app_context(), database.reading() as session:
        assert session.scalars(select(Transfer.state).order_by(Transfer.id)).all() == ["missing", "requested"]
        assert session.scalars(select(Case.kind)).all() == ["missing_in_transfer"]
        held = session.get_one(Hold, hold_id)
        assert held.captured_item_id == max(session.scalars(select(Item.id)))
    assert state_of(app, database, hold_id) == "in_transit"


def test_a_loan_of_a_merged_title_still_counts_and_breaks_no_invariant(
    app: Flask, database: Database, clock: Move
) -> None:
    with app.app_context(), database.writing() as session:
        county = a_county(session)
        county_policies(session)
        old, into = a_bib(session), a_bib(session)
        reader, other = (a_patron(session, branch=county["east"]) for _ in range(2))
        loan = a_loan(session, item=an_item(session, branch=county["east"], bib=old), patron=reader)
        merge_bibs(session, system_operation("merge_bibs"), into.id, old.id)
        answers = [
            holds.place_hold(
                session,
                system_operation("place_hold"),
                patron_id=patron.id,
                bib_id=into.id,
                pickup_branch_id=county["east"].id,
            )
            for patron in (reader, other)
        ]
        due = loan.due_on
        register_all()
        broken = [breach.invariant.name for breach in checks.run(session, "loan_is_of_the_title")]
    assert [one["code"] for one in answers[0]["reasons"]] == ["already_on_loan_to_patron"]
    assert answers[1]["hold"]["promised_on"] == due.isoformat()
    assert broken == []


def test_the_queue_follows_a_merge_and_its_undoing(app: Flask, database: Database, clock: Move) -> None:
    hold_id, _ = reserve(app, database)
    with app.app_context(), database.writing() as session:
        old = session.get_one(Hold, hold_id).bib_id
        into = a_bib(session).id
        merge = merge_bibs(session, system_operation("merge_bibs"), into, old).id
    with app.app_context():
        jobs.drain()
    with app.app_context(), database.writing() as session:
        assert session.get_one(Hold, hold_id).bib_id == into
        undo_merge(session, system_operation("undo_merge"), merge)
    with app.app_context():
        jobs.drain()
    with app.app_context(), database.reading() as session:
        assert session.get_one(Hold, hold_id).bib_id == old


def states(app: Flask, database: Database) -> list[str]:
    with app.app_context(), database.reading() as session:
        return list(session.scalars(select(Hold.state).order_by(Hold.id)))


def test_the_night_resumes_and_ends_what_its_day_has_come_for(app: Flask, database: Database, clock: Move) -> None:
    hold_id, transfer_id = reserve(app, database)
    tomorrow = kernel_clock.today() + timedelta(days=1)
    with app.app_context(), database.writing() as session:
        transfers.cancel(session, system_operation("cancel"), transfer_id)
        queueing.suspend(session, system_operation("suspend"), hold_id, tomorrow)
    start = kernel_clock.now()
    with app.app_context():
        assert hold_jobs.resume_holds() == 0
        clock(start + timedelta(days=1))
        assert hold_jobs.resume_holds() == 1
        assert hold_jobs.resume_holds() == 0
    assert state_of(app, database, hold_id) == "in_transit"
    with app.app_context(), database.writing() as session:
        transfers.cancel(session, system_operation("cancel"), transfer_id + 1)
        session.get_one(Hold, hold_id).expires_on = tomorrow
    with app.app_context():
        assert hold_jobs.expire_holds() == 0
        clock(start + timedelta(days=2))
        assert hold_jobs.expire_holds() == 1
    assert state_of(app, database, hold_id) == "expired"


def test_a_copy_found_damaged_is_let_go_and_the_hold_gets_another(app: Flask, database: Database, clock: Move) -> None:
    hold_id, _ = reserve(app, database, copies=2)
    with app.app_context(), database.writing() as session:
        kept = session.get_one(Hold, hold_id).captured_item_id
        session.add(ItemCondition(item_id=kept, kind="damaged", since=kernel_clock.now()))
    with app.app_context():
        hold_jobs.target_waiting()
    with app.app_context(), database.reading() as session:
        hold = session.get_one(Hold, hold_id)
        assert (hold.state, hold.captured_item_id != kept) == ("in_transit", True)


def test_the_days_of_collecting_begin_when_the_keeper_opens(app: Flask, database: Database, clock: Move) -> None:
    hold_id, transfer_id = reserve(app, database)
    with app.app_context(), database.writing() as session:
        east = session.scalars(select(Branch).where(Branch.code == "east")).one()
        hours_choices.choose(
            session, system_operation("choose"), east, opening_mode=OpeningMode.KEEPER_HOME, holiday_mode=None
        )
    on_the_road(app, database, transfer_id, "pick", "dispatch", "receive", "shelve")
    with app.app_context():
        jobs.drain()
    with app.app_context(), database.writing() as session:
        assert session.get_one(Hold, hold_id).pickup_until_on is None
        clock(kernel_clock.now() + timedelta(days=5))
        opening_log.log_opened(session, system_operation("open"), east.id)
    for _ in range(2):
        with app.app_context():
            jobs.drain()
        with app.app_context(), database.reading() as session:
            assert session.get_one(Hold, hold_id).pickup_until_on == kernel_clock.today() + timedelta(days=7)


def test_a_suspended_place_stops_what_has_not_left_and_its_opening_lets_it_go_on(
    app: Flask, database: Database, clock: Move
) -> None:
    _waiting_id, transfer_id = reserve(app, database)
    ready_id, ready_transfer = reserve_another(app, database)
    on_the_road(app, database, ready_transfer, "pick", "dispatch", "receive", "shelve")
    turn(app, database, branches.suspend)
    assert states(app, database) == ["waiting", "ready"]
    with app.app_context(), database.reading() as session:
        assert session.get_one(Hold, ready_id).pickup_until_on is None
        assert session.get_one(Transfer, transfer_id).state == "cancelled"
    clock(kernel_clock.now() + timedelta(days=30))
    with app.app_context():
        assert hold_jobs.expire_pickups() == 0
    turn(app, database, branches.reopen)
    with app.app_context():
        assert hold_jobs.target_waiting() == 1
    assert states(app, database) == ["in_transit", "ready"]
    with app.app_context(), database.reading() as session:
        assert session.get_one(Hold, ready_id).pickup_until_on == kernel_clock.today() + timedelta(days=7)


def reserve_another(app: Flask, database: Database) -> tuple[int, int]:
    """Reserve a further title for a further reader in the east room."""
    with app.app_context(), database.writing() as session:
        rooms = {code: session.scalars(select(Branch).where(Branch.code == code)).one() for code in ("east", "west")}
        bib = a_bib(session)
        an_item(session, branch=rooms["west"], bib=bib)
        reader, pickup = a_patron(session, branch=rooms["east"]).id, rooms["east"].id
        operation = system_operation("place_hold")
        answer = holds.place_hold(session, operation, patron_id=reader, bib_id=bib.id, pickup_branch_id=pickup)
    return answer["hold"]["id"], answer["hold"]["transfer"]


def turn(app: Flask, database: Database, act: Callable[..., None]) -> None:
    """Suspend or reopen the east room, and let the consumers hear of it, twice."""
    with app.app_context(), database.writing() as session:
        act(session, system_operation("branch"), session.scalars(select(Branch).where(Branch.code == "east")).one())
    with app.app_context():
        jobs.drain()
        jobs.drain()


def test_a_round_that_is_planned_or_cancelled_changes_the_promised_day(
    app: Flask, database: Database, clock: Move
) -> None:
    hold_id, _ = reserve(app, database)
    days = [kernel_clock.today() + timedelta(days=ahead) for ahead in (2, 9)]

    def promised() -> date | None:
        with app.app_context():
            jobs.drain()
        with app.app_context(), database.reading() as session:
            return session.get_one(Hold, hold_id).promised_on

    assert promised() is None
    with app.app_context(), database.writing() as session:
        stops = [session.scalars(select(Branch.id).where(Branch.code == code)).one() for code in ("west", "east")]
        route = rounds.define_route(session, system_operation("route"), code="north", name="北线", stops=stops)
        rounds.plan_dates(session, system_operation("route"), route, days)
    assert promised() == days[0]
    with app.app_context(), database.writing() as session:
        rounds.cancel_date(session, system_operation("route"), rounds.route_by_code(session, "north"), days[0])
    assert promised() == days[1]
    clock(kernel_clock.now() + timedelta(days=10))
    with app.app_context():
        assert hold_jobs.promise_again() == 1
        assert hold_jobs.promise_again() == 0
    assert promised() is None
