"""Both engines, empty and filled, so that one suite holds for each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.search.memory_engine import MemoryEngine
from catalog.search.protocol import Query, SearchEngine
from catalog.search.whoosh_engine import WhooshEngine
from tests.catalog.search.titles import DOCUMENTS

_TITLES = {document.bib_id: document.title for document in DOCUMENTS}
Find = Callable[..., list[str]]


@pytest.fixture(params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchEngine]:
    made: SearchEngine = MemoryEngine() if request.param == "memory" else WhooshEngine(tmp_path / "index")
    yield made
    made.close()


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    """An engine holding the sixty records; never written by a test."""
    root = tmp_path_factory.mktemp("index")
    made: SearchEngine = MemoryEngine() if request.param == "memory" else WhooshEngine(root)
    made.replace_all(DOCUMENTS)
    yield made
    made.close()


@pytest.fixture
def find(filled: SearchEngine) -> Find:
    """Return the titles found for a text, best first."""

    def titles(text: str, **options: object) -> list[str]:
        answer = filled.search(Query(text=text, **options))  # type: ignore[arg-type]
        return [_TITLES[hit.bib_id] for hit in answer.hits]

    return titles
