"""What is promised of lending, and whether a measurement kept it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from circulation.lending.bench.desk import FLOOR_IN, FLOOR_OUT, IN, IN_BUSY, OUT, OUT_BUSY
from circulation.lending.bench.http import Measured
from circulation.lending.bench.tables import Series, goal, share_of

MADE: Final = "made"
COUNTY: Final = "county"
BESIDE: Final = " beside an import"
DESKS: Final = (1, 8)

FLOOR_SHARE: Final = {"sqlite": 0.40, "postgresql": 0.35}
STATEMENTS: Final = 10
SAME_COST: Final = 0.90
SAME_AT_SCALE: Final = 0.80
ONE_DESK_P95_MS: Final = 20.0
EIGHT_DESKS_MS: Final = (("p95", 0.95, 60.0), ("p99", 0.99, 120.0), ("max", 1.0, 500.0))
EIGHT_DESKS_RATE: Final = 200.0
BESIDE_P95_MS: Final = 1000.0


def named(kind: str, desks: int, beside: str = "") -> str:
    """Return the name of a series over HTTP."""
    return f"{kind}, {desks} {'desk' if desks == 1 else 'desks'}{beside}"


def process_goals(process: Mapping[str, Mapping[str, Series]], engine: str) -> Iterator[dict[str, Any]]:
    """Yield the goals of one process, on the largest of the corpora that were measured."""
    series = process.get(COUNTY, process[MADE])
    for kind, bare, busy in ((OUT, FLOOR_OUT, OUT_BUSY), (IN, FLOOR_IN, IN_BUSY)):
        one, faithful = series[kind], series[busy]
        ratio = share_of(one, series[bare])
        yield goal(f"{kind}, {engine}: share of the floor's rate", ratio, FLOOR_SHARE[engine], least=True)
        statements = max(one.statements or 0, faithful.statements or 0)
        yield goal(f"{kind}, {engine}: statements, BEGIN included", statements, STATEMENTS)
        same = share_of(faithful, one)
        yield goal(f"{kind}, {engine}: rate for 500 past and 20 open loans against none", same, SAME_COST, least=True)
        if COUNTY in process:
            scaled = share_of(process[COUNTY][kind], process[MADE][kind])
            yield goal(f"{kind}, {engine}: rate in the county against made rows", scaled, SAME_AT_SCALE, least=True)


def http_goals(http: Mapping[str, Measured], engine: str) -> Iterator[dict[str, Any]]:
    """Yield the goals over HTTP; those of a part that was left out are left out too."""
    for kind in (OUT, IN):
        what = f"{kind} over HTTP, {engine}"
        alone, eight, beside = (http.get(named(kind, *one)) for one in ((1, ""), (8, ""), (8, BESIDE)))
        if alone is not None:
            yield goal(f"{what}, 1 desk: p95 ms", round(alone.percentile(0.95), 1), ONE_DESK_P95_MS)
        if eight is not None:
            for name, share, limit in EIGHT_DESKS_MS:
                yield goal(f"{what}, 8 desks: {name} ms", round(eight.percentile(share), 1), limit)
            yield goal(f"{what}, 8 desks: per second", round(eight.rate(), 1), EIGHT_DESKS_RATE, least=True)
        if beside is not None:
            yield goal(f"{what}, 8 desks beside an import: p95 ms", round(beside.percentile(0.95), 1), BESIDE_P95_MS)
    if http:
        errors = sum(sum(one.errors.values()) for one in http.values())
        yield goal(f"over HTTP, {engine}: answers other than allowed", errors, 0)
