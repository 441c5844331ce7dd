"""`library restock`: propose books for every room, and see how good the forecasts were."""

from dataclasses import asdict
from datetime import date
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.restocking import evaluation, queries, services
from circulation.restocking.gather import gather
from circulation.restocking.presenting import present
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel import clock, console
from library.kernel.db import reading, writing
from library.kernel.operations import remember, system_operation

_FEN = 100
_TOLD = 10
_SHOWN = ("id", "kind", "branch", "bib", "from_branch", "quantity", "cost", "class", "expected_loans", "confidence")


@click.group(cls=console.Group)
def restock() -> None:
    """Which books should go where, and why."""


@restock.command()
@click.option("--branch", help="Code of a township or room; the whole county when left out.")
@click.option("--budget", type=click.IntRange(min=0, max=10**9), help="Whole yuan; 500 for each room when left out.")
@console.json_option
@with_appcontext
def plan(branch: str | None, budget: int | None, *, as_json: bool) -> None:
    """Make a draft plan from the loans, holds, wishes and shelves of today."""
    with reading() as session:
        place = branch_by_code(session, branch) if branch else _root(session)
        money = None if budget is None else _FEN * budget
        draft = services.draft_plan(session, branch=place, budget=money)
    lines = list(draft.account.lines())
    operation = system_operation("restock_plan")
    with writing() as session:
        remember(session, operation, "done")
        plan_id = services.store_plan(session, operation, draft, lines)
    with console.progress("Lines", len(lines)) as step:
        step(min(len(lines), services.LINES_AT_ONCE))
        for first in range(services.LINES_AT_ONCE, len(lines), services.LINES_AT_ONCE):
            part = lines[first : first + services.LINES_AT_ONCE]
            with writing() as session:
                services.add_lines(session, plan_id, part)
            step(len(part))
    with reading() as session:
        view = present(queries.plan_view(session, services.plan_by_id(session, plan_id)))
    console.finish(_summary(view), as_json, *_told(view))


def _root(session: Session) -> Branch:
    found = session.scalars(select(Branch).where(Branch.parent_id.is_(None)).order_by(Branch.id)).first()
    if found is None:
        raise console.fail("there are no branches; run `library demo` or `library branches import` first")
    return found


def _summary(view: dict[str, Any]) -> dict[str, Any]:
    lines: list[Any] = [
        {name: line[name] for name in _SHOWN} | {"reason": line["reasons"][0]} for line in view["lines"]
    ]
    rooms: list[Any] = [
        {key: room[key] for key in ("branch", "enough_data", "below_minimum", "classes")} for room in view["rooms"]
    ]
    kept = ("id", "branch", "state", "from_on", "to_on", "budget", "spent")
    return {name: view[name] for name in kept} | dict(view["summary"]) | {"rooms": rooms, "lines": lines}


def _told(view: dict[str, Any]) -> list[str]:
    summary = view["summary"]
    silent = sum(1 for room in view["rooms"] if not room["enough_data"])
    bought = f"{summary['purchases']} titles to buy for {view['spent']:.0f} of {view['budget']:.0f} yuan"
    gained = f"{summary['expected_loans']:.0f} more loans a year expected, net"
    first = [
        f"  {line['branch']}  {line['kind']:4}  {line['bib']['title']}: {line['reasons'][0]}" for line in view["lines"]
    ]
    return [
        f"plan {view['id']}: {bought}, {summary['moves']} books to move, {gained}",
        f"{summary['rooms']} rooms, {silent} of them without enough data of their own",
        *first[:_TOLD],
        f"all {len(first)} lines: /plan/restock/{view['id']}",
    ]


@restock.command()
@click.option("--origins", type=click.IntRange(1, 8), default=4, show_default=True, help="How many quarters to test.")
@console.json_option
@with_appcontext
def evaluate(origins: int, *, as_json: bool) -> None:
    """Forecast past quarters from what was known before them, and compare with simple rules of thumb."""
    with reading() as session:
        county = gather(session, clock.today(), months=36)
    months = county.problem.history.months
    with console.progress("Quarters", origins) as step:
        found = evaluation.backtest(county.problem.history, origins)
        step(origins)
    if not found:
        raise console.fail("too little history: a forecast can be tested after nine months of loans")
    quarters = [
        {
            "from": date.fromordinal(int(months.edges[origin.month])),
            "to": date.fromordinal(int(months.edges[origin.month + evaluation.AHEAD]) - 1),
            "cells": origin.cells,
            "loans": origin.loans,
            "scores": {name: asdict(score) for name, score in origin.scores.items()},
        }
        for origin in found
    ]
    console.finish({"quarters": quarters}, as_json, *(row for quarter in quarters for row in _table(quarter)))


def _table(quarter: dict[str, Any]) -> list[str]:
    head = f"{quarter['from']} to {quarter['to']}: {quarter['loans']:.0f} loans in {quarter['cells']} cells"
    rows = [
        f"  {name:24} WAPE {score['wape']:.3f}  deviance {score['deviance']:.3f}  bias {score['bias']:+.3f}"
        for name, score in quarter["scores"].items()
    ]
    return [head, *rows]


COMMANDS = (restock,)
