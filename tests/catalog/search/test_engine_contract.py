"""What every engine promises: commits are whole, visible at once and replace what was there."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.search.memory_engine import MemoryEngine
from catalog.search.protocol import Document, Filters, Query, SearchEngine
from tests.catalog.search.titles import DOCUMENTS


def ids(engine: SearchEngine, text: str = "") -> set[int]:
    return {hit.bib_id for hit in engine.search(Query(text=text, limit=1_000)).hits}


def test_an_engine_that_never_saw_a_record_finds_nothing(engine: SearchEngine) -> None:
    assert engine.search(Query(text="红楼梦")).total == 0
    assert engine.bib_ids() == frozenset()
    assert engine.status().documents == 0


def test_an_added_record_is_found_at_once(engine: SearchEngine) -> None:
    engine.apply([DOCUMENTS[10]])
    assert ids(engine, "红楼梦") == {DOCUMENTS[10].bib_id}


def test_a_changed_record_is_found_by_its_new_words_only(engine: SearchEngine) -> None:
    engine.apply(DOCUMENTS[:5])
    engine.apply([replace(DOCUMENTS[0], title="桃树嫁接", summary="", subjects="")])
    assert ids(engine, "桃树嫁接") == {DOCUMENTS[0].bib_id}
    assert DOCUMENTS[0].bib_id not in ids(engine, "水稻病虫害")
    assert engine.status().documents == 5


def test_a_deleted_record_is_gone_from_hits_counts_and_facets(engine: SearchEngine) -> None:
    engine.apply(DOCUMENTS)
    before = engine.search(Query())
    engine.apply([], deleted=[DOCUMENTS[10].bib_id])
    after = engine.search(Query())
    assert DOCUMENTS[10].bib_id not in ids(engine, "红楼梦")
    assert after.total == before.total - 1
    assert after.facets["clc"]["I"] == before.facets["clc"]["I"] - 1


def test_the_same_record_twice_in_one_commit_keeps_the_last(engine: SearchEngine) -> None:
    engine.apply([DOCUMENTS[0], replace(DOCUMENTS[0], title="桃树嫁接")])
    assert engine.status().documents == 1
    assert ids(engine, "桃树嫁接") == {DOCUMENTS[0].bib_id}


def test_deletion_wins_over_addition_in_one_commit(engine: SearchEngine) -> None:
    engine.apply([DOCUMENTS[0]], deleted=[DOCUMENTS[0].bib_id])
    assert engine.bib_ids() == frozenset()


def test_applying_a_commit_again_changes_nothing(engine: SearchEngine) -> None:
    engine.apply(DOCUMENTS[:20])
    once = engine.search(Query(text="农业", limit=50))
    engine.apply(DOCUMENTS[:20])
    again = engine.search(Query(text="农业", limit=50))
    assert [hit.bib_id for hit in again.hits] == [hit.bib_id for hit in once.hits]
    assert again.facets == once.facets


def test_a_failing_source_of_documents_commits_nothing(engine: SearchEngine) -> None:
    engine.apply(DOCUMENTS[:3])

    def broken() -> Iterator[Document]:
        yield DOCUMENTS[3]
        raise OSError("the source broke")

    with pytest.raises(OSError, match="the source broke"):
        engine.apply(broken())
    assert engine.bib_ids() == {1, 2, 3}


def test_replacing_all_forgets_what_was_there(engine: SearchEngine) -> None:
    engine.apply(DOCUMENTS[:30])
    engine.replace_all(DOCUMENTS[25:])
    assert engine.bib_ids() == {document.bib_id for document in DOCUMENTS[25:]}


def test_the_generation_changes_with_the_content(engine: SearchEngine) -> None:
    engine.apply(DOCUMENTS[:1])
    before = engine.status().generation
    engine.apply(DOCUMENTS[1:2])
    assert engine.status().generation != before


def test_a_closed_engine_opens_again(engine: SearchEngine) -> None:
    engine.apply(DOCUMENTS[:1])
    engine.close()
    assert engine.bib_ids() == {1}


def test_many_small_commits_equal_one_large_one(engine: SearchEngine) -> None:
    whole = MemoryEngine()
    whole.apply(DOCUMENTS)
    shuffled = list(DOCUMENTS)
    random.Random(7).shuffle(shuffled)
    for document in shuffled[:24]:
        engine.apply([replace(document, title="旧题名")])
    for start in range(0, len(shuffled), 5):
        engine.apply(shuffled[start : start + 5])
    for text in ("红楼梦", "农业出版社", "bing chong hai", "紅搂梦", ""):
        expected, found = whole.search(Query(text=text)), engine.search(Query(text=text))
        assert found.total == expected.total
        assert found.facets == expected.facets
        assert found.hits == expected.hits


FILTERS = st.builds(
    Filters,
    clc=st.sampled_from(["", "S", "I2", "S4"]),
    audience=st.sampled_from(["", "children", "elders", "nobody"]),
    branch_ids=st.frozensets(st.integers(1, 4), max_size=2),
    year_from=st.one_of(st.none(), st.integers(1990, 2026)),
    year_to=st.one_of(st.none(), st.integers(1990, 2026)),
)


def fits(document: Document, filters: Filters, *, besides: str = "") -> bool:
    """The filters by hand, one condition left out."""
    conditions = {
        "clc": document.clc.startswith(filters.clc),
        "audience": filters.audience in ("", document.audience),
        "branch": not filters.branch_ids or bool(filters.branch_ids & set(document.branch_ids)),
        "year": (filters.year_from or 0) <= document.year <= (filters.year_to or 9999),
    }
    return all(holds for name, holds in conditions.items() if name != besides)


VALUES: dict[str, Callable[[Document], tuple[str, ...]]] = {
    "clc": lambda document: (document.clc[:1],),
    "audience": lambda document: (document.audience,),
    "branch": lambda document: tuple(map(str, document.branch_ids)),
}


@given(filters=FILTERS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_filters_and_facets_equal_a_count_by_hand(filled: SearchEngine, filters: Filters) -> None:
    answer = filled.search(Query(filters=filters, limit=100))
    assert {hit.bib_id for hit in answer.hits} == {d.bib_id for d in DOCUMENTS if fits(d, filters)}
    for facet, values in VALUES.items():
        counted = Counter(v for d in DOCUMENTS if fits(d, filters, besides=facet) for v in values(d))
        assert answer.facets[facet] == counted


def test_a_set_of_ids_from_the_database_narrows_hits_and_facets(filled: SearchEngine) -> None:
    wanted = frozenset({1, 11, 13, 999})
    answer = filled.search(Query(filters=Filters(bib_ids=wanted)))
    assert {hit.bib_id for hit in answer.hits} == {1, 11, 13}
    assert sum(answer.facets["clc"].values()) == 3
    assert filled.search(Query(filters=Filters(bib_ids=frozenset()))).total == 0
