"""The traps of an index on local files: threads, forks, crashes, swaps."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import RamStorage
from whoosh.writing import PostingPool

from catalog.search import whoosh_engine, whoosh_writing
from catalog.search.protocol import Query, SearchUnavailable
from catalog.search.whoosh_engine import WhooshEngine
from tests.catalog.search.titles import DOCUMENTS

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")

TEXTS = ("红楼梦", "农业出版社", "bing chong hai", "红搂梦", "出版社 少儿", "", "陈文胜")
_forking = multiprocessing.get_context("fork")


@pytest.fixture
def built(tmp_path: Path) -> Iterator[WhooshEngine]:
    engine = WhooshEngine(tmp_path / "index")
    for start in range(0, len(DOCUMENTS), 20):
        engine.apply(DOCUMENTS[start : start + 20])
    yield engine
    engine.close()


def answers(engine: WhooshEngine) -> dict[str, list[int]]:
    return {text: [hit.bib_id for hit in engine.search(Query(text=text)).hits] for text in TEXTS}


def test_threads_sharing_an_engine_read_the_same_answers(built: WhooshEngine) -> None:
    expected = answers(built)
    built.close()
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(15):
            found = answers(built)
            if found != expected:
                wrong.append(found)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def _ask_in_child(engine: WhooshEngine, expected: dict[str, list[int]]) -> None:
    os._exit(0 if all(answers(engine) == expected for _ in range(15)) else 1)


def test_children_forked_from_an_open_engine_read_the_same_answers(built: WhooshEngine) -> None:
    expected = answers(built)
    children = [_forking.Process(target=_ask_in_child, args=(built, expected)) for _ in range(3)]
    for child in children:
        child.start()
    assert all(answers(built) == expected for _ in range(15))
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]


def _search_in_child(engine: WhooshEngine) -> None:
    os._exit(0 if engine.search(Query(text="红楼梦")).total else 1)


def test_a_child_forked_while_another_thread_holds_the_lock_still_answers(built: WhooshEngine) -> None:
    with built._opened():
        child = _forking.Process(target=_search_in_child, args=(built,))
        child.start()
        child.join()
    assert child.exitcode == 0


def test_another_engine_sees_a_commit_at_once(built: WhooshEngine) -> None:
    reader = WhooshEngine(built.root)
    assert reader.search(Query(text="桃树嫁接")).total == 0
    built.apply([replace(DOCUMENTS[0], title="桃树嫁接")])
    assert reader.search(Query(text="桃树嫁接")).hits[0].bib_id == 1
    reader.close()


def test_a_reader_follows_a_rebuild_into_its_new_directory(built: WhooshEngine) -> None:
    reader = WhooshEngine(built.root)
    assert len(reader.bib_ids()) == 60
    for count in (3, 5, 7):
        built.replace_all(DOCUMENTS[:count])
        assert len(reader.bib_ids()) == count
    assert len([entry for entry in built.root.iterdir() if entry.is_dir()]) == 2
    reader.close()


def test_a_failed_rebuild_leaves_the_old_index_and_no_litter(built: WhooshEngine) -> None:
    before = sorted(built.root.iterdir())
    with pytest.raises(AttributeError):
        built.replace_all([None])  # type: ignore[list-item]
    assert sorted(built.root.iterdir()) == before
    assert len(built.bib_ids()) == 60


def _die_while_writing(engine: WhooshEngine) -> None:
    with whoosh_writing.writing_to(engine._directory()) as writer:  # type: ignore[arg-type]
        whoosh_engine._add(writer, replace(DOCUMENTS[0], title="桃树嫁接"))
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_writer_killed_before_its_commit_leaves_the_last_commit_and_no_lock(built: WhooshEngine) -> None:
    expected = answers(built)
    child = _forking.Process(target=_die_while_writing, args=(built,))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert answers(built) == expected
    built.apply([replace(DOCUMENTS[0], title="桃树嫁接")])
    assert built.search(Query(text="桃树嫁接")).total == 1


def test_two_writers_are_refused_and_not_mixed(built: WhooshEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_writing, "_WRITER_WAIT_S", 0.0)
    other = WhooshEngine(built.root)
    with (
        whoosh_writing.writing_to(built._directory()),  # type: ignore[arg-type]
        pytest.raises(SearchUnavailable, match="another process is writing"),
    ):
        other.apply(DOCUMENTS[:1])


def test_an_index_of_another_format_counts_as_none(built: WhooshEngine) -> None:
    (built.root / "current").write_text("f0-older")
    assert not built.exists()
    assert built.search(Query(text="红楼梦")).total == 0


def test_a_damaged_index_says_what_to_do(built: WhooshEngine) -> None:
    directory = built._directory()
    assert directory is not None
    for file in directory.iterdir():
        file.unlink()
    built.close()
    with pytest.raises(SearchUnavailable, match="library search rebuild"):
        built.search(Query(text="红楼梦"))


def test_small_segments_are_merged_and_deletions_purged(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    for _ in range(4):
        for document in DOCUMENTS[:10]:
            engine.apply([document])
    state = engine.status()
    assert state.documents == 10
    assert state.segments <= 9
    engine.close()


def _postings(engine: WhooshEngine) -> dict[tuple[str, bytes], list[tuple[int, float]]]:
    with engine._opened() as state:
        assert state is not None
        reader = state._reader
        return {
            (field, term): list(zip(found.rows.tolist(), found.weights.tolist(), strict=True))
            for field, term in reader.all_terms()
            for found in [state.postings(field, term.decode())]
        }


def test_our_writer_writes_what_whoosh_itself_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, stock = WhooshEngine(tmp_path / "fast"), WhooshEngine(tmp_path / "stock")
    fast.replace_all(DOCUMENTS)
    monkeypatch.setattr(whoosh_writing, "_Codec", W3Codec)
    monkeypatch.setattr(whoosh_writing, "_Pool", lambda: PostingPool(RamStorage(), None))
    stock.replace_all(DOCUMENTS)
    monkeypatch.undo()
    ours = _postings(fast)
    assert len(ours) > 1_000
    assert ours == _postings(stock)
    assert answers(fast) == answers(stock)
    fast.close()
    stock.close()
