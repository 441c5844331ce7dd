"""What a scan runs finds each row by an index, however large the county is.

Small tables are read through anyway, so PostgreSQL is told not to: then a table that no index leads to is read through its
whole index, without a condition. The order of joins, which PostgreSQL keeps when there are more than eight tables, is the
same at every size. Tables with an index of the few open rows are left out: an empty one is read as gladly as asked.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from circulation.cases import against
from circulation.lending import rare_statements, statements
from library.kernel.db import Database
from library.kernel.prepared import Prepared, listening

LARGE = frozenset({"bibs", "item_barcodes", "items", "patron_cards", "patrons"})
DAY = date(2026, 11, 25)
VALUES = {
    "barcode": "100000000018",
    "bib_id": 1,
    "branch_id": 1,
    "by_term": 0,
    "item_id": 1,
    "loan_id": 1,
    "number": "200000000017",
    "out_branch_id": 1,
    "patron_id": 1,
    "run_from": DAY,
    "today": DAY,
    "tomorrow": DAY,
}
# Statistics that the tests before have left tell of tables with one row, which any plan is good for.
_FORGET_WHAT_WAS_COUNTED = (
    "DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)",
    "UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')",
)


def prepared() -> Iterator[Any]:
    for module in (statements, rare_statements, against):
        for name, found in vars(module).items():
            variants = found.items() if isinstance(found, dict) else [("", found)]
            yield from (
                pytest.param(one, id=f"{name}{key}".replace(" ", ""))
                for key, one in variants
                if isinstance(one, Prepared)
            )


@pytest.mark.parametrize("statement", list(prepared()))
def test_no_table_of_a_county_is_read_through(database: Database, statement: Prepared) -> None:
    with database.trying() as session:
        heard: list[tuple[str, tuple[Any, ...]]] = []
        with listening(lambda *one: heard.append(one)):
            statement.all(session, **VALUES)
        read_through = _on_sqlite if database.is_sqlite else _on_postgresql
        assert sorted(read_through(session, *heard[0])) == []


def _on_sqlite(session: Session, statement: str, parameters: tuple[Any, ...]) -> Iterator[str]:
    raw: Any = session.connection().connection.driver_connection
    for *_ids, step in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
        words = step.split()
        if words[0] == "SCAN" and words[1] in LARGE:
            yield step


def _on_postgresql(session: Session, statement: str, parameters: tuple[Any, ...]) -> Iterator[str]:
    raw: Any = session.connection().connection.driver_connection
    raw.execute("SET LOCAL enable_seqscan = off")
    for forgotten in _FORGET_WHAT_WAS_COUNTED:
        raw.execute(forgotten)
    explained = psycopg.RawCursor(raw).execute(f"EXPLAIN (FORMAT JSON) {statement}".encode(), parameters).fetchone()
    assert explained is not None
    plan = explained[0] if isinstance(explained[0], list) else json.loads(explained[0])
    waiting = [plan[0]["Plan"]]
    while waiting:
        step = waiting.pop()
        waiting.extend(step.get("Plans", []))
        by_index = "Index Cond" in step or "Recheck Cond" in step
        if step.get("Relation Name") in LARGE and not by_index:
            yield f"{step['Node Type']} {step['Relation Name']} {step.get('Index Name', '')}"
