"""`library bench search`: how long searches take on the corpus that is in the database.

Queries are made from the titles and authors themselves, by kind, with a fixed seed. Times are wall
clock in this process, and beside it the processor's; "engine" is the index alone, "page" the whole
answer with availability from the database. A cold run follows a freshly opened index, a warm one repeats the same queries.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import click
import numpy as np
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.listing import shown
from catalog.bibs.models import Bib
from catalog.search import services
from catalog.search.engines import engine
from catalog.search.protocol import Query, SearchEngine
from catalog.search.services import SearchRequest
from library.branches.models import Branch
from library.kernel.console import Command, fail, finish, json_option, progress
from library.kernel.db import reading
from library.kernel.text import fold, han_runs, pinyin_keys

PER_KIND: Final = 40
SAMPLED_TITLES: Final = 4_000
GOAL_PAGE_P95_MS: Final = 40.0
GOAL_ENGINE_P95_MS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one kind of query; `cpu` is the median of this process's own time, `found` the share with hits."""

    kind: str
    layer: str
    p50: float
    p95: float
    worst: float
    cpu: float
    found: float

    def line(self) -> str:
        """Return the row of the table."""
        times = "".join(f"{figure:9.2f}" for figure in (self.p50, self.p95, self.worst, self.cpu))
        return f"{self.kind:12} {self.layer:12}{times} {self.found:7.0%}"


def sample_queries(titles: Sequence[tuple[str, str]], *, seed: int, per_kind: int) -> dict[str, list[str]]:
    """Make queries of every kind from (title, author) pairs."""
    chance = random.Random(seed)  # noqa: S311  a reproducible sample, no secret
    makers: Mapping[str, Callable[[str, str], str]] = {
        "title": lambda title, _author: title,
        "part": lambda title, _author: _part(title, chance),
        "wrong sign": lambda title, _author: _mistyped(title, chance),
        "author, word": lambda title, author: f"{author} {title[:2]}",
        "one word": lambda title, _author: title[:2],
        "one sign": lambda title, _author: title[:1],
        "pinyin": lambda title, _author: pinyin_keys(title).full,
        "initials": lambda title, _author: pinyin_keys(title).initials,
        "browse": lambda _title, _author: "",
    }
    return {kind: [make(*chance.choice(titles)) for _ in range(per_kind)] for kind, make in makers.items()}


def measure(kind: str, layer: str, queries: Sequence[str], ask: Callable[[str], int]) -> Timing:
    """Time one kind of query; `ask` returns the number of hits."""
    times, processor, found = [], [], 0
    for text in queries:
        started, worked = time.perf_counter(), time.process_time()
        found += bool(ask(text))
        times.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() - worked) * 1000)
    p50, p95 = float(np.percentile(times, 50)), float(np.percentile(times, 95))
    return Timing(kind, layer, p50, p95, max(times), float(np.median(processor)), found / len(queries))


@click.command("search", cls=Command)
@click.option("--seed", default=7, show_default=True, help="Seed of the sample of queries.")
@click.option("--per-kind", default=PER_KIND, show_default=True, type=click.IntRange(1, 1000))
@json_option
@with_appcontext
def bench(seed: int, per_kind: int, *, as_json: bool) -> None:
    """Measure searches on the titles in the database."""
    with reading() as session:
        titles = _titles(session)
        if not titles or not engine().bib_ids():
            raise fail("there is nothing to search: run `library demo`, or `library search rebuild` after an import")
        near = session.scalars(select(Branch).where(Branch.kind == "village").order_by(Branch.id)).first()
        queries = sample_queries(titles, seed=seed, per_kind=per_kind)
        timings = list(_timings(session, queries, near))
    reached = goals(timings)
    summary = {
        "documents": engine().status().documents,
        "goals": reached,
        "timings": [{name: _rounded(value) for name, value in asdict(t).items()} for t in timings],
    }
    header = f"{'query':12} {'layer':12} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'cpu ms':>8} {'found':>7}"
    verdicts = (f"{g['name']}: {g['measured']} (goal {g['goal']}) {'met' if g['met'] else 'MISSED'}" for g in reached)
    finish(summary, as_json, f"{summary['documents']} titles", header, *(t.line() for t in timings), *verdicts)


def goals(timings: Sequence[Timing]) -> list[dict[str, Any]]:
    """Return the goals with the worst 95th percentile over all kinds of query."""
    limits = {"engine cold": GOAL_ENGINE_P95_MS, "page": GOAL_PAGE_P95_MS}
    found = []
    for layer, limit in limits.items():
        worst = max((t.p95 for t in timings if t.layer == layer), default=0.0)
        name = f"search {layer}: p95 of the slowest kind, ms"
        found.append({"name": name, "measured": round(worst, 2), "goal": limit, "met": worst <= limit})
    return found


def _timings(session: Session, queries: Mapping[str, Sequence[str]], near: Branch | None) -> Iterator[Timing]:
    searcher = engine()
    rings = (frozenset([near.id]),) if near else ()

    def ask_engine(text: str) -> int:
        return searcher.search(Query(text=text, rings=rings)).total

    def ask_page(text: str) -> int:
        return services.search(session, searcher, SearchRequest(text=text, near=near)).total

    layers = (("engine cold", ask_engine), ("engine warm", ask_engine), ("page", ask_page))
    with progress("queries", len(queries) * len(layers)) as step:
        for kind, texts in queries.items():
            _reopened(searcher)
            for layer, ask in layers:
                yield measure(kind, layer, texts, ask)
                step(1)


def _reopened(searcher: SearchEngine) -> None:
    """Forget what is in memory, and pay for the opening outside the measurement."""
    searcher.close()
    searcher.status()


def _titles(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(select(Bib.title, Bib.creators_text).where(*shown()).order_by(Bib.id).limit(SAMPLED_TITLES))
    folded = [(fold(title), fold(author).split(" ")[0]) for title, author in rows]
    return [(title, author) for title, author in folded if len("".join(han_runs(title))) > 3]


def _part(title: str, chance: random.Random) -> str:
    start = chance.randrange(max(1, len(title) - 3))
    return title[start : start + 4]


def _mistyped(title: str, chance: random.Random) -> str:
    place = chance.randrange(len(title))
    return f"{title[:place]}甲{title[place + 1 :]}"


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


COMMANDS = (bench,)
