"""`library bench lending`: how fast desks lend and take back, against the least any program could do on the same disk.

Measured on a copy of the county in the database of this installation, when there is one to lend from, and always on rows
that are made; both are removed afterwards. Three parts, each of which can be left out:

| part    | what is measured |
|---------|------------------|
| process | the floor, readers without and with a past, in alternating blocks of one process; statements |
| HTTP    | a server as `library serve` starts it, one desk and eight, each with one scan on its way |
| import  | the same while `library catalog import` writes 100,000 records |

The share of the floor is the figure to trust: two runs of one program differ by a fifth on a machine that does other things
as well. Where the disk is slow the floor is the disk and every share is high, so fsync and processor time stand beside it.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import click
from flask import current_app
from flask.cli import with_appcontext

from circulation.lending.bench.corpus import BUSY, OPEN_LOANS, Corpus, lendable, made, of_county
from circulation.lending.bench.desk import COPIES_OF_A_ROUND, IN, OUT, Rounds
from circulation.lending.bench.floor import floor, fsync_ms
from circulation.lending.bench.goals import BESIDE, COUNTY, DESKS, MADE, http_goals, named, process_goals
from circulation.lending.bench.http import Measured, lend_and_take_back, served
from circulation.lending.bench.importing import importing, write_records
from circulation.lending.bench.scratch import Scratch, give_index, scratch
from circulation.lending.bench.tables import Series, table, verdicts
from library.kernel import schema
from library.kernel.console import Command, fail, finish, json_option, progress
from library.kernel.db import Database, database
from library.settings import Settings

REQUESTS: Final = {1: 100, 8: 400}
"""Scans of a round over HTTP, by the number of desks."""
BESIDE_SHARE: Final = 4
"""Beside an import rounds are this much shorter, so that one desk and eight see the same stretch of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is measured: operations in a block, rounds of blocks, rounds over HTTP, records of the import."""

    operations: int
    rounds: int
    http_rounds: int
    records: int

    @property
    def copies(self) -> int:
        """Return how many copies a corpus needs, so that none is used in two rounds that follow each other."""
        in_process = COPIES_OF_A_ROUND * self.operations
        return 2 * max(in_process, max(REQUESTS.values()) if self.http_rounds or self.records else 0)


@click.command("lending", cls=Command)
@click.option("--operations", default=50, show_default=True, type=click.IntRange(1, 1000), help="In each block.")
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1, 200), help="Of blocks, in one process.")
@click.option(
    "--http", "http_rounds", default=5, show_default=True, type=click.IntRange(0, 50), help="Rounds over HTTP."
)
@click.option("--records", default=100_000, show_default=True, type=click.IntRange(0), help="Imported beside.")
@click.option("--county/--made", default=None, help="On a copy of the county, or on made rows only. By what there is.")
@json_option
@with_appcontext
def bench(operations: int, rounds: int, http_rounds: int, records: int, *, county: bool | None, as_json: bool) -> None:
    """Measure lending and taking back against the bare writes of a loan, over HTTP, and beside an import.

    On the engine of LIBRARY_DATABASE_URL, whose rows are copied first. --http 0 and --records 0 leave parts out.
    """
    wanted = Wanted(operations, rounds, http_rounds, records)
    settings: Settings = current_app.extensions["library.settings"]
    source = database()
    has_county = county is not False and _has_county(source, wanted)
    if county and not has_county:
        raise fail("there is no county to lend from: load one with `library demo --scale county`, or give --made")
    with ExitStack() as stack:
        places = {
            name: stack.enter_context(scratch(source, settings.data_dir, copied=name == COUNTY))
            for name in ([MADE, COUNTY] if has_county else [MADE])
        }
        summary, lines = _measure(places, wanted, settings)
    finish(summary, as_json, *lines, *verdicts(summary["goals"]))


def _has_county(source: Database, wanted: Wanted) -> bool:
    if not schema.is_at_head(source):
        return False
    with source.reading() as session:
        return lendable(session) >= wanted.copies + BUSY * OPEN_LOANS


def _measure(places: dict[str, Scratch], wanted: Wanted, settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """Return the JSON answer and the tables. HTTP and the import are measured on the last of `places`."""
    engine = places[MADE].database.engine.dialect.name
    fsync = fsync_ms(places[MADE].folder)
    corpora = {
        name: (made if name == MADE else of_county)(place.database, copies=wanted.copies)
        for name, place in places.items()
    }
    process = _in_process(places, corpora, wanted)
    largest = list(places)[-1]
    http = _over_http(places[largest], corpora[largest], wanted, settings)
    goals = [*process_goals(process, engine), *http_goals(http, engine)]
    lines = [f"{engine}, fsync p50 {fsync} ms"]
    for name, series in process.items():
        counts = ", ".join(f"{count:,} {what}" for what, count in corpora[name].counts.items())
        lines += ["", f"{name}: {counts}", *table("in one process", series)]
    if http:
        lines += ["", *table(f"over HTTP, {largest}", http), *_oddities(http)]
    summary = {
        "engine": engine,
        "fsync_p50_ms": fsync,
        "corpora": {name: corpus.counts for name, corpus in corpora.items()},
        "goals": goals,
        "process": {name: _shown(series) for name, series in process.items()},
        "http": {"corpus": largest, "series": _shown(http), "fairness": {n: one.fairness() for n, one in http.items()}},
    }
    return summary, [*lines, ""]


def _in_process(
    places: Mapping[str, Scratch], corpora: Mapping[str, Corpus], wanted: Wanted
) -> dict[str, dict[str, Series]]:
    """Measure all places in turn, round by round; the first round only warms up."""
    with ExitStack() as stack, progress("rounds", (wanted.rounds + 1) * len(places)) as step:
        desks = {
            name: Rounds(
                place.database,
                corpora[name],
                stack.enter_context(floor(place.database, corpora[name])),
                wanted.operations,
            )
            for name, place in places.items()
        }
        for number in range(wanted.rounds + 1):
            for rounds in desks.values():
                rounds.measure(kept=number > 0)
                step(1)
        for rounds in desks.values():
            rounds.count_statements()
    return {name: rounds.series for name, rounds in desks.items()}


def _over_http(place: Scratch, corpus: Corpus, wanted: Wanted, settings: Settings) -> dict[str, Measured]:
    """Measure one desk and eight, first alone and then beside an import for as long as it runs."""
    found: dict[str, Measured] = {}
    if not (wanted.http_rounds or wanted.records):
        return found
    give_index(place, settings.search)
    file = place.folder / "new.iso"
    write_records(file, wanted.records)

    def measure(desks: int, operations: int, beside: str = "") -> None:
        pair = [found.setdefault(named(kind, desks, beside), Measured()) for kind in (OUT, IN)]
        lend_and_take_back(server, corpus, desks, operations, (pair[0], pair[1]))

    with served(place) as server, progress("HTTP", wanted.http_rounds) as step:
        measure(max(DESKS), REQUESTS[max(DESKS)] // 2)  # every process reads the rules once
        found.clear()
        for _number in range(wanted.http_rounds):
            for desks in DESKS:
                measure(desks, REQUESTS[desks])
            step(1)
        if wanted.records:
            with importing(place, file) as process:
                while process.poll() is None:
                    for desks in DESKS:
                        measure(desks, REQUESTS[desks] // BESIDE_SHARE, BESIDE)
    return found


def _shown(series: Mapping[str, Series]) -> dict[str, Any]:
    return {name: one.figures() for name, one in series.items()}


def _oddities(http: Mapping[str, Measured]) -> Iterator[str]:
    """Yield how evenly eight desks were served, and what was answered that nobody asked for."""
    for name, one in http.items():
        if len(one.desks) > 1:
            yield f"{name}: the slowest desk got {one.fairness():.0%} of the answers of the fastest"
        for answer, count in one.errors.items():
            yield f"{name}: {count} answers {answer}"


COMMANDS = (bench,)
