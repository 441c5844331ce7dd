"""`library bench restock`: how long a plan of this county takes, and what plans are worth in counties whose demand is known.

The worth is measured on invented counties of 60 rooms under two laws of demand, as expected loans a year beyond doing
nothing, for the same money. It is a comparison of ways to spend, not a promise: the planner's model is of one family
with one of the laws.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

import click
import numpy as np
from flask.cli import with_appcontext

from circulation.restocking import simulation
from circulation.restocking.gather import gather
from circulation.restocking.proposal import propose
from circulation.restocking.rules import Limits
from circulation.restocking.services import USUAL_BUDGET
from library.kernel import clock
from library.kernel.console import Command, finish, json_option, progress
from library.kernel.db import reading

GOAL_PLAN_SECONDS: Final = 15.0
GOAL_OVER_CLASS_SHARE: Final = {simulation.CHOICE: 1.5, simulation.INDEPENDENT: 1.2}
GOAL_PROMISE_OFF: Final = 0.5
_FREE: Final = Limits(min_titles=5, max_titles=40, class_minima=())


@click.command("restock", cls=Command)
@click.option(
    "--seeds", type=click.IntRange(1, 20), default=3, show_default=True, help="Invented counties of each law."
)
@click.option("--rooms", type=click.IntRange(5, 400), default=60, show_default=True, help="Rooms in each of them.")
@json_option
@with_appcontext
def restock(seeds: int, rooms: int, *, as_json: bool) -> None:
    """Time a plan of this county; compare ways to spend the same money in invented ones."""
    timing, worth = _time_plan(), []
    with progress("Counties", seeds * len(simulation.LAWS)) as step:
        for law in simulation.LAWS:
            for seed in range(1, seeds + 1):
                worth.append(_worth(law, seed, rooms))
                step(1)
    table = [_mean(law, [row for row in worth if row["law"] == law]) for law in simulation.LAWS]
    goals = list(_goals(timing, table))
    summary = {"plan": timing, "worth": table, "goals": goals}
    finish(summary, as_json, *_told(timing, table, goals))


def _time_plan() -> dict[str, Any]:
    """Measure reading and computing a plan of the county in the database, in seconds."""
    with reading() as session:
        began = time.perf_counter()
        county = gather(session, clock.today())
        read = time.perf_counter()
    rooms = len(county.rooms.rows)
    found = propose(county.problem, USUAL_BUDGET * rooms, Limits()) if rooms else None
    done = time.perf_counter()
    return {
        "rooms": rooms,
        "titles": len(county.bib_ids),
        "loans": int(county.problem.history.loans.sum()),
        "read_s": round(read - began, 2),
        "compute_s": round(done - read, 2),
        "lines": len(found.moves) + len(found.purchases.picks) if found else 0,
    }


def _worth(law: str, seed: int, rooms: int) -> dict[str, Any]:
    world = simulation.make_world(seed, law, rooms=rooms)
    budget = USUAL_BUDGET * rooms
    seen = simulation.problem(world)
    bought = propose(seen, budget, _without_moves())
    moved = propose(seen, budget, _FREE)
    before = world.loans(world.held)
    ways = {
        "random": simulation.random_titles(world, budget, seed),
        "popular_list": simulation.popular_titles(world, budget),
        "class_share": simulation.by_class_share(world, budget, seed),
        "planner": simulation.with_plan(world, bought),
        "planner_with_moves": simulation.with_plan(world, moved),
    }
    gains = {name: world.loans(held) - before for name, held in ways.items()}
    promised = sum(pick.gain for pick in bought.purchases.picks)
    return {"law": law, "before": before, **gains, "promised": promised}


def _without_moves() -> Limits:
    return Limits(min_titles=_FREE.min_titles, max_titles=_FREE.max_titles, class_minima=(), moves=0)


def _mean(law: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = [name for name in rows[0] if name != "law"]
    return {"law": law, **{name: round(float(np.mean([row[name] for row in rows])), 1) for name in names}}


def _goals(timing: dict[str, Any], table: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seconds = timing["read_s"] + timing["compute_s"]
    yield _goal("seconds for a plan of this county", seconds, GOAL_PLAN_SECONDS, met=seconds <= GOAL_PLAN_SECONDS)
    for row in table:
        least = GOAL_OVER_CLASS_SHARE[row["law"]]
        times = round(row["planner"] / max(row["class_share"], 1e-9), 2)
        yield _goal(f"planner's gain over buying by class share, {row['law']} law", times, least, met=times >= least)
        if row["law"] == simulation.CHOICE:
            off = round(abs(row["promised"] / max(row["planner"], 1e-9) - 1.0), 2)
            name = "promised net gain, relative error, choice law"
            yield _goal(name, off, GOAL_PROMISE_OFF, met=off <= GOAL_PROMISE_OFF)


def _goal(name: str, measured: float, goal: float, *, met: bool) -> dict[str, Any]:
    return {"name": name, "measured": measured, "goal": goal, "met": met}


def _told(timing: dict[str, Any], table: list[dict[str, Any]], goals: list[dict[str, Any]]) -> Iterator[str]:
    yield (
        f"this county: {timing['rooms']} rooms, {timing['titles']} titles, {timing['loans']} loans: "
        f"read in {timing['read_s']} s, {timing['lines']} lines computed in {timing['compute_s']} s"
    )
    for row in table:
        yield f"{row['law']} law, {row['before']:.0f} loans a year without a plan; gained a year:"
        for name in ("random", "popular_list", "class_share", "planner", "planner_with_moves", "promised"):
            yield f"  {name:20} {row[name]:10.0f}"
    for goal in goals:
        yield f"{'met   ' if goal['met'] else 'MISSED'} {goal['name']}: {goal['measured']} (goal {goal['goal']})"


COMMANDS = (restock,)
