"""The nightly and repeated work of queue and road, as the jobs process calls it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from catalog.bibs.services import merge_bibs, undo_merge
from catalog.items.models import Item
from circulation.holds import jobs as hold_jobs
from circulation.holds import services as holds
from circulation.logistics import jobs as road_jobs
from circulation.logistics import services as transfers
from circulation.models import Case, Hold, Transfer
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
