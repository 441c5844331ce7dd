"""Counties whose demand is known: a plan must be worth more than the usual ways to spend the same money."""

import json

import numpy as np
import pytest
from flask import Flask

from circulation.restocking import simulation
from circulation.restocking.bench import restock
from circulation.restocking.proposal import propose
from circulation.restocking.rules import Limits

FREE = Limits(min_titles=2, max_titles=40, class_minima=(), moves=0)
BUDGET = 600_000


@pytest.mark.parametrize("law", simulation.LAWS)
def test_a_plan_is_worth_more_than_the_usual_ways_to_spend(law: str) -> None:
    world = simulation.make_world(1, law, rooms=12)
    plan = propose(simulation.problem(world), BUDGET, FREE)
    before = world.loans(world.held)
    planned = world.loans(simulation.with_plan(world, plan)) - before
    assert plan.spent <= BUDGET
    for held in (
        simulation.random_titles(world, BUDGET, 1),
        simulation.popular_titles(world, BUDGET),
        simulation.by_class_share(world, BUDGET, 1),
    ):
        spent = int(((held & ~world.held) * world.price[None, :]).sum())
        assert 0.9 * BUDGET < spent <= BUDGET
        assert planned > world.loans(held) - before


def test_moves_gain_on_top_of_purchases_under_the_law_the_planner_believes_in() -> None:
    world = simulation.make_world(2, simulation.CHOICE, rooms=12)
    seen = simulation.problem(world)
    bought = simulation.with_plan(world, propose(seen, BUDGET, FREE))
    both = simulation.with_plan(world, propose(seen, BUDGET, Limits(min_titles=2, max_titles=40, class_minima=())))
    assert world.loans(both) > world.loans(bought)


def test_the_same_seed_makes_the_same_county() -> None:
    first, second = (simulation.make_world(5, simulation.CHOICE, rooms=6) for _ in range(2))
    assert np.array_equal(first.sampled, second.sampled)


def test_the_bench_ends_with_its_goals(app: Flask) -> None:
    result = app.test_cli_runner().invoke(restock, ["--seeds", "1", "--rooms", "6", "--json"])
    assert result.exit_code == 0, result.output
    goals = json.loads(result.stdout.splitlines()[-1])["goals"]
    assert len(goals) == 4
    assert all(set(goal) == {"name", "measured", "goal", "met"} for goal in goals)
