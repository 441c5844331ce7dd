"""The status of a copy, fact by fact."""

from dataclasses import replace

import pytest

from circulation.whereabouts.rules import Facts, Status, is_available, status, tree_distance

FACT_OF: dict[Status, dict[str, object]] = {
    Status.WITHDRAWN: {"conditions": frozenset({"withdrawn"})},
    Status.LOST: {"conditions": frozenset({"lost"})},
    Status.MISSING: {"conditions": frozenset({"missing"})},
    Status.ON_LOAN: {"is_on_loan": True},
    Status.IN_TRANSIT: {"has_open_transfer": True},
    Status.ON_HOLD_SHELF: {"captured_hold": "ready"},
    Status.IN_BOX: {"is_in_box": True},
    Status.IN_PROCESSING: {"conditions": frozenset({"in_processing"})},
    Status.DAMAGED: {"conditions": frozenset({"damaged"})},
    Status.READING_ONLY: {"is_location_lendable": False},
    Status.AVAILABLE: {},
}


def having(*statuses: Status) -> Facts:
    facts = Facts()
    for each in statuses:
        changes = dict(FACT_OF[each])
        if "conditions" in changes:
            changes["conditions"] = facts.conditions | changes["conditions"]  # type: ignore[operator]  # both sets
        facts = replace(facts, **changes)  # type: ignore[arg-type]  # built from the table above
    return facts


@pytest.mark.parametrize("expected", list(Status))
def test_each_fact_gives_its_status(expected: Status) -> None:
    assert status(having(expected)) is expected


@pytest.mark.parametrize("expected", list(Status))
def test_of_all_later_facts_together_the_first_names_the_status(expected: Status) -> None:
    assert status(having(*list(Status)[list(Status).index(expected) :])) is expected


@pytest.mark.parametrize("item_class", ["reference", "newspaper", "reading_only"])
def test_some_classes_are_never_lent(item_class: str) -> None:
    assert status(Facts(item_class=item_class)) is Status.READING_ONLY


def test_a_hold_on_its_way_without_a_transfer_is_in_transit() -> None:
    assert status(Facts(captured_hold="in_transit")) is Status.IN_TRANSIT


@pytest.mark.parametrize("fact", list(Status))
def test_only_a_copy_with_no_fact_against_it_may_be_had(fact: Status) -> None:
    assert is_available(having(fact)) is (fact is Status.AVAILABLE)


@pytest.mark.parametrize(
    ("path", "other", "steps"),
    [
        ("/1/4/9/", "/1/4/9/", 0),
        ("/1/4/9/", "/1/4/8/", 2),
        ("/1/4/9/", "/1/4/", 1),
        ("/1/4/9/", "/1/2/", 3),
        ("/1/", "/2/", 2),
    ],
)
def test_distance_counts_steps_through_the_tree(path: str, other: str, steps: int) -> None:
    assert tree_distance(path, other) == steps
