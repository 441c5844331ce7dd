"""The index follows the database, whatever happens in between."""

import random
import shutil
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemCondition
from catalog.search import source
from catalog.search.engines import engine
from catalog.search.protocol import CONSUMER, Query, SearchUnavailable
from catalog.search.rebuild import rebuild
from catalog.search.whoosh_engine import WhooshEngine
from catalog.search.wiring import build_missing_index
from library.branches.models import Branch
from library.kernel import clock, events, jobs
from library.kernel.db import Database
from library.kernel.operations import Operation
from tests.factories import a_bib, a_county, an_item

Operations = Callable[..., Operation]


def _change(session: Session, operation: Operation, bib: Bib, title: str) -> None:
    bib.title = title
    session.flush()
    events.record(session, operation, "bib.changed", bib_id=bib.id)


def _found(text: str) -> list[int]:
    return [hit.bib_id for hit in engine().search(Query(text=text, limit=100)).hits]


def _index_equals_database(database: Database) -> bool:
    """Compare the index with one built anew: same records, same facets, same hits."""
    with database.reading() as session:
        expected = {document.bib_id: document for document in source.all_documents(session)}
    if engine().bib_ids() != frozenset(expected):
        return False
    texts = ["", *(document.title for document in expected.values())]
    before = [(q.total, q.hits, q.facets) for text in texts for q in [engine().search(Query(text=text))]]
    engine().replace_all(expected.values())
    after = [(q.total, q.hits, q.facets) for text in texts for q in [engine().search(Query(text=text))]]
    return before == after


def test_a_new_record_is_found_after_the_jobs_ran(app: Flask, database: Database, operation: Operations) -> None:
    with app.app_context():
        with database.writing() as session:
            bib = a_bib(session, title="桃树嫁接图解")
            events.record(session, operation(), "bib.created", bib_id=bib.id)
            bib_id = bib.id
        jobs.drain()
        assert _found("桃树嫁接") == [bib_id]


def test_a_copy_that_moves_moves_in_the_index(app: Flask, database: Database, operation: Operations) -> None:
    with app.app_context():
        with database.writing() as session:
            places = a_county(session)
            item = an_item(session, branch=places["east"], bib=a_bib(session, title="桃树嫁接图解"))
            east, west, item_id = places["east"].id, places["west"].id, item.id
        rebuild(database, engine())
        assert engine().search(Query()).facets["branch"] == {str(east): 1}
        with database.writing() as session:
            session.execute(update(Item).where(Item.id == item_id).values(current_branch_id=west))
            events.record(session, operation(), "item.moved", item_id=item_id)
        jobs.drain()
        assert engine().search(Query()).facets["branch"] == {str(west): 1}


def test_a_withdrawn_copy_stands_nowhere(app: Flask, database: Database, operation: Operations) -> None:
    with app.app_context():
        with database.writing() as session:
            item = an_item(session, branch=a_county(session)["east"])
            session.execute(insert(ItemCondition).values(item_id=item.id, kind="withdrawn", since=clock.now()))
            events.record(session, operation(), "item.changed", item_id=item.id)
        jobs.drain()
        answer = engine().search(Query())
        assert (answer.total, answer.facets["branch"]) == (1, {})


def test_a_merged_record_leaves_the_index(app: Flask, database: Database, operation: Operations) -> None:
    with app.app_context():
        with database.writing() as session:
            kept, merged = a_bib(session, title="桃树嫁接图解"), a_bib(session, title="桃树嫁接图解 重复")
            ids = kept.id, merged.id
        rebuild(database, engine())
        assert set(_found("桃树嫁接")) == set(ids)
        with database.writing() as session:
            session.execute(update(Bib).where(Bib.id == ids[1]).values(merged_into_id=ids[0]))
            events.record(session, operation(), "bib.merged", bib_id=ids[0])
        jobs.drain()
        assert _found("桃树嫁接") == [ids[0]]


def test_a_crash_between_index_and_mark_only_repeats_work(
    app: Flask, database: Database, operation: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        with database.writing() as session:
            bib = a_bib(session, title="桃树嫁接图解")
            bib_id = bib.id
        rebuild(database, engine())
        with database.writing() as session:
            _change(session, operation(), session.get_one(Bib, bib_id), "梨树整形图解")

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(events, "mark_handled", crash)
            with pytest.raises(KeyboardInterrupt):
                jobs.drain()
        assert _found("梨树整形") == [bib_id]
        with database.reading() as session:
            assert events.pending_count(session, CONSUMER) == 1
        jobs.drain()
        assert _found("梨树整形") == [bib_id]
        assert _index_equals_database(database)
        with database.reading() as session:
            assert events.pending_count(session, CONSUMER) == 0


def test_a_rebuild_settles_waiting_events_and_keeps_later_ones(
    app: Flask, database: Database, operation: Operations
) -> None:
    with app.app_context():
        with database.writing() as session:
            first = a_bib(session, title="桃树嫁接图解")
            events.record(session, operation(), "bib.created", bib_id=first.id)
        late: list[int] = []

        def meanwhile(_: int) -> None:
            if not late:
                with database.writing() as session:
                    bib = a_bib(session, title="梨树整形图解")
                    late.append(bib.id)
                    events.record(session, operation(), "bib.created", bib_id=bib.id)

        with database.writing() as session:
            session.add_all(
                Bib(title=f"第{n}本书", title_folded=f"第{n}本书", created_at=clock.now(), changed_at=clock.now())
                for n in range(120)
            )
        assert rebuild(database, engine(), meanwhile) in {121, 122}
        with database.reading() as session:
            assert [event.bib_id for event in events.pending(session, CONSUMER)] == late
        jobs.drain()
        assert _found("梨树整形") == late
        assert _index_equals_database(database)


def test_a_missing_index_is_built_from_the_database(app: Flask, database: Database, operation: Operations) -> None:
    with app.app_context():
        with database.writing() as session:
            a_bib(session, title="没有事件的书")
            bib = a_bib(session, title="桃树嫁接图解")
            events.record(session, operation(), "bib.created", bib_id=bib.id)
        jobs.drain()
        assert len(engine().bib_ids()) == 2


def test_an_index_whose_files_were_deleted_is_built_again(app: Flask, database: Database) -> None:
    with app.app_context():
        with database.writing() as session:
            a_bib(session, title="桃树嫁接图解")
        rebuild(database, engine())
        engine().close()
        found = engine()
        assert isinstance(found, WhooshEngine)
        for directory in found.root.glob("f*-*"):
            shutil.rmtree(directory)
        assert not engine().exists()
        build_missing_index()
        assert len(engine().bib_ids()) == 1


def test_a_second_writer_is_refused(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.search.rebuild._SYNCHRONISATION_WAIT_S", 0.0)
    with (
        app.app_context(),
        engine().exclusive(),
        pytest.raises(SearchUnavailable, match="another process is writing"),
    ):
        rebuild(database, engine())


@pytest.mark.parametrize("seed", range(4))
def test_after_random_changes_the_index_equals_the_database(
    app: Flask, database: Database, operation: Operations, seed: int
) -> None:
    chance = random.Random(seed)
    with app.app_context():
        with database.writing() as session:
            places = [branch.id for branch in a_county(session).values()]
            for number in range(12):
                bib = a_bib(session, title=f"{chance.choice('稻麦桃梨鱼羊')}的第{number}课", year=2000 + number)
                events.record(session, operation(), "bib.created", bib_id=bib.id)
        for _ in range(5):
            for _ in range(6):
                with database.writing() as session:
                    _random_change(session, operation(), chance, places)
            if chance.random() < 0.3:
                rebuild(database, engine())
            else:
                jobs.drain()
        jobs.drain()
        assert _index_equals_database(database)


def _random_change(session: Session, operation: Operation, chance: random.Random, places: list[int]) -> None:
    bib = session.get_one(Bib, chance.choice(list(session.scalars(select(Bib.id)))))
    items = list(session.scalars(select(Item)))
    kind = chance.choice(["rename", "withdraw", "merge", "add", "move"])
    if kind == "rename":
        _change(session, operation, bib, f"{chance.choice('稻麦桃梨鱼羊')}的新{chance.randrange(100)}课")
    elif kind == "withdraw":
        bib.withdrawn_at = None if bib.withdrawn_at else clock.now()
        events.record(session, operation, "bib.changed", bib_id=bib.id)
    elif kind == "merge":
        into = session.get_one(Bib, min(session.scalars(select(Bib.id))))
        if into.id != bib.id:
            bib.merged_into_id = into.id
            events.record(session, operation, "bib.merged", bib_id=into.id, payload={"from_id": bib.id})
    elif kind == "add" or not items:
        branch = session.get_one(Branch, chance.choice(places[1:]))
        item = an_item(session, branch=branch, bib=bib)
        events.record(session, operation, "item.created", item_id=item.id, bib_id=bib.id)
    else:
        item = chance.choice(items)
        item.current_branch_id = chance.choice(places)
        events.record(session, operation, "item.moved", item_id=item.id)
