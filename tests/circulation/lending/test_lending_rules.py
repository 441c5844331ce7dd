"""Every decision of lending on plain values: one case for each code, and what must not be refused."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from circulation.holds.reasons import ALREADY_ON_LOAN_TO_PATRON
from circulation.lending import reasons as own
from circulation.lending import return_rules
from circulation.lending.renewal_rules import Renewable, may_renew
from circulation.lending.return_rules import Next, check_in_plan, goes_home, next_step
from circulation.lending.rules import Copy, Desk, Override, Reader, may_borrow, settle
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.policies import reasons
from circulation.policies.lateness import SUSPENDED, Block
from circulation.policies.named import DEFAULT_TERMS, Terms
from circulation.policies.rules import ReturnPolicy
from circulation.policies.values import Blocker
from library.kernel.decisions import Decision, Outcome, Severity

TODAY = date(2026, 11, 23)
HERE, HOME, AWAY = 9, 9, 8
READER = Reader(id=1, born_in=1980, home_path="/1/4/9/")
COPY = Copy(id=1, bib_id=1, current_branch_id=HERE, home_branch_id=HOME, home_path="/1/4/9/", acquired_on=TODAY)
DESK = Desk(HERE)
TERMS = replace(DEFAULT_TERMS, loan_limit=3, overdue_block_days=30, renewals_max=1)


def late(days: int) -> date:
    return TODAY - timedelta(days=days)


def borrowing(
    reader: dict[str, Any] | None = None, copy: dict[str, Any] | None = None, desk: Desk = DESK, terms: Terms = TERMS
) -> Decision:
    return may_borrow(replace(READER, **reader or {}), replace(COPY, **copy or {}), desk, terms, TODAY)


def renewing(until: date = TODAY + timedelta(days=30), terms: Terms = TERMS, **changes: Any) -> Decision:
    reader = replace(READER, **changes.pop("reader", {}))
    return may_renew(reader, replace(Renewable(TODAY), **changes), until, terms, TODAY)


def returning(late: int = 0, **changes: Any) -> Decision:
    copy = replace(COPY, **changes)
    about = (
        return_rules.about_the_loan(copy, late),
        return_rules.about_what_was_found(copy),
        return_rules.about_what_is_set_aside(copy),
    )
    return Decision.of(reason for reasons_found in about for reason in reasons_found)


def overriding(code: str, reason: str, *, may_override: bool) -> Decision:
    decision, _ = settle(borrowing({"loans": 3}), [Override(code, reason)], may_override=may_override)
    return decision


CASES: list[tuple[str, Decision]] = [
    (reasons.CARD_NOT_ACTIVE, borrowing({"card_state": "lost"})),
    (reasons.CARD_NOT_ACTIVE, borrowing({"is_closed": True})),
    (reasons.CARD_EXPIRED, borrowing({"expires_on": late(1)})),
    (reasons.PATRON_BLOCKED, borrowing({"blocks": (Block("address_unknown"),)})),
    (reasons.LOAN_LIMIT_REACHED, borrowing({"loans": 3})),
    (reasons.LOAN_LIMIT_REACHED, borrowing(terms=replace(TERMS, loan_limit=0))),
    (reasons.OVERDUE_BLOCK, borrowing({"oldest_due_on": late(31)})),
    (reasons.SUSPENDED_LATE, borrowing({"blocks": (Block(SUSPENDED, TODAY),)})),
    (reasons.PATRON_BLOCKED, borrowing({"blocks": (Block(SUSPENDED),)})),
    (own.CLASS_LIMIT_REACHED, borrowing({"loans_of_class": 2}, terms=replace(TERMS, loan_limit_class=2))),
    (own.TITLE_LIMIT_REACHED, borrowing({"loans_of_title": 1})),
    (own.DEPOSIT_MISSING, borrowing({"deposit_held": 4999}, terms=replace(TERMS, deposit=5000))),
    (reasons.TOO_YOUNG, borrowing({"born_in": 2009}, terms=replace(TERMS, age_limit=18))),
    (reasons.AGE_UNKNOWN, borrowing({"born_in": None}, terms=replace(TERMS, age_limit=18))),
    (reasons.NEW_BOOK_PROTECTED, borrowing({"home_path": "/1/5/8/"}, terms=replace(TERMS, new_book_protect_days=1))),
    (reasons.OVERDUE_BLOCK, borrowing({"oldest_due_on": late(1)}, terms=replace(TERMS, overdue_block_days=0))),
    (ITEM_ON_LOAN, borrowing(copy={"loan_id": 5, "loan_patron_id": 2})),
    (ALREADY_ON_LOAN_TO_PATRON, borrowing(copy={"loan_id": 5, "loan_patron_id": 1})),
    (reasons.CAPTURED_FOR_ANOTHER, borrowing(copy={"hold_id": 5, "hold_patron_id": 2})),
    (reasons.CAPTURED_FOR_ANOTHER, borrowing(copy={"hold_id": 5, "hold_patron_id": None})),
    (reasons.ITEM_WITHDRAWN, borrowing(copy={"conditions": frozenset({"withdrawn"})})),
    (reasons.NOT_LENDABLE, borrowing(copy={"is_location_lendable": False})),
    (reasons.NOT_LENDABLE, borrowing(copy={"item_class": "reference"})),
    (reasons.ITEM_IN_TRANSIT, borrowing(copy={"transfer_id": 5, "transfer_to_id": AWAY})),
    (reasons.ITEM_IN_TRANSIT, borrowing(copy={"is_in_box": True})),
    (reasons.ITEM_LOST, borrowing(copy={"conditions": frozenset({"lost"})})),
    (reasons.ITEM_DAMAGED, borrowing(copy={"conditions": frozenset({"damaged"})})),
    (reasons.ITEM_IN_PROCESSING, borrowing(copy={"conditions": frozenset({"in_processing"})})),
    (reasons.MISSING_CAME_BACK, borrowing(copy={"conditions": frozenset({"missing"})})),
    (reasons.SEEN_ELSEWHERE, borrowing(copy={"current_branch_id": AWAY})),
    (reasons.OTHERS_WAITING, borrowing(copy={"waiting": 2})),
    (reasons.BRANCH_NOT_OPEN, borrowing(desk=replace(DESK, state="suspended"))),
    (reasons.BRANCH_NOT_OPEN, borrowing(desk=replace(DESK, kind="county"))),
    (reasons.OVERRIDE_NOT_PERMITTED, overriding(reasons.LOAN_LIMIT_REACHED, "her thesis", may_override=False)),
    (reasons.OVERRIDE_NEEDS_REASON, overriding(reasons.LOAN_LIMIT_REACHED, " ", may_override=True)),
    (reasons.NOT_ON_LOAN, returning()),
    (reasons.RETURNED_LATE, returning(loan_id=5, late=1)),
    (reasons.LOST_CAME_BACK, returning(conditions=frozenset({"lost"}))),
    (reasons.MISSING_CAME_BACK, returning(conditions=frozenset({"missing"}))),
    (reasons.WITHDRAWN_CAME_BACK, returning(conditions=frozenset({"withdrawn"}))),
    (reasons.SET_ASIDE, returning(conditions=frozenset({"damaged"}))),
    (reasons.SET_ASIDE, returning(conditions=frozenset({"in_processing"}))),
    (reasons.RENEWALS_EXHAUSTED, renewing(renewals=1)),
    (reasons.HOLD_WAITING, renewing(waiting=1)),
    (reasons.HOLD_WAITING, renewing(waiting=1, waiting_for_copy=1, free=9)),
    (own.OTHER_COPIES_FREE, renewing(waiting=2, free=2)),
    (own.LOAN_RECALLED, renewing(is_recalled=True)),
    (own.CLAIMED_NOT_RENEWED, renewing(is_claimed=True)),
    (
        own.LATE_NOT_RENEWED,
        renewing(due_on=late(1), terms=replace(TERMS, renew_blocked_by=frozenset({Blocker.OVERDUE}))),
    ),
    (own.NOTHING_GAINED, renewing(until=TODAY)),
    (reasons.RENEWED_LATE, renewing(due_on=late(3))),
    (reasons.CARD_EXPIRED, renewing(reader={"expires_on": late(1)})),
    (reasons.PATRON_BLOCKED, renewing(reader={"blocks": (Block("address_unknown"),)})),
    (reasons.OVERDUE_BLOCK, renewing(reader={"oldest_due_on": late(40)})),
]


@pytest.mark.parametrize(("code", "decision"), CASES, ids=[case[0] for case in CASES])
def test_each_case_is_told_by_its_code(code: str, decision: Decision) -> None:
    assert code in {reason.code for reason in decision.reasons}


ALLOWED = [
    pytest.param(borrowing(), id="nothing against it"),
    pytest.param(borrowing({"expires_on": TODAY}), id="the card's last day"),
    pytest.param(borrowing({"loans": 2}), id="one below the limit"),
    pytest.param(borrowing({"oldest_due_on": late(30)}), id="late, but not so late"),
    pytest.param(borrowing({"born_in": 2008}, terms=replace(TERMS, age_limit=18)), id="old enough this year"),
    pytest.param(borrowing({"born_in": None}), id="of unknown age where age does not matter"),
    pytest.param(
        borrowing({"home_path": "/1/4/7/"}, terms=replace(TERMS, new_book_protect_days=9)), id="new, for a neighbour"
    ),
    pytest.param(
        borrowing({"home_path": "/1/5/8/"}, {"acquired_on": late(9)}, terms=replace(TERMS, new_book_protect_days=9)),
        id="no longer new",
    ),
    pytest.param(
        borrowing(
            {"home_path": "/1/5/8/"},
            {"home_path": "/1/2/", "home_kind": "central"},
            terms=replace(TERMS, new_book_protect_days=9),
        ),
        id="new, and everybody's",
    ),
    pytest.param(borrowing({"deposit_held": 5000}, terms=replace(TERMS, deposit=5000)), id="with the deposit"),
    pytest.param(
        borrowing({"loans_of_title": 9}, terms=replace(TERMS, loan_limit_title=None)), id="any number of a title"
    ),
    pytest.param(
        borrowing({"oldest_due_on": late(300)}, terms=replace(TERMS, overdue_block_days=None)), id="never blocks"
    ),
    pytest.param(borrowing(copy={"hold_id": 5, "hold_patron_id": 1}), id="kept for this reader"),
    pytest.param(
        borrowing(copy={"hold_id": 5, "hold_patron_id": 1, "transfer_id": 6, "transfer_to_id": AWAY}),
        id="on its way to this reader",
    ),
    pytest.param(
        borrowing(copy={"transfer_id": 5, "transfer_to_id": HERE}), id="its transfer has arrived by being here"
    ),
    pytest.param(borrowing(copy={"conditions": frozenset({"missing"})}), id="missing, and found"),
    pytest.param(renewing(), id="renewed"),
    pytest.param(renewing(due_on=late(5)), id="renewed late"),
    pytest.param(renewing(waiting=1, terms=replace(TERMS, renew_blocked_by=frozenset())), id="whoever waits"),
    pytest.param(
        renewing(reader={"blocks": (Block("x"),)}, terms=replace(TERMS, renew_blocked_by=frozenset())),
        id="renewed though blocked",
    ),
    pytest.param(returning(conditions=frozenset({"lost", "withdrawn", "damaged"})), id="anything comes back"),
]


@pytest.mark.parametrize("decision", ALLOWED)
def test_what_may_be_done_is_allowed(decision: Decision) -> None:
    assert decision.outcome is Outcome.ALLOWED


@pytest.mark.parametrize("kind", ["lost", "damaged", "in_processing"])
def test_a_copy_that_should_not_be_on_the_desk_needs_a_yes(kind: str) -> None:
    assert borrowing(copy={"conditions": frozenset({kind})}).outcome is Outcome.NEEDS_CONFIRMATION


def test_every_obstacle_is_named_at_once() -> None:
    decision = borrowing({"loans": 9, "blocks": (Block("x"),), "expires_on": late(1)}, {"item_class": "reference"})
    assert [reason.code for reason in decision.reasons] == [
        reasons.CARD_EXPIRED,
        reasons.PATRON_BLOCKED,
        reasons.LOAN_LIMIT_REACHED,
        reasons.NOT_LENDABLE,
    ]


def test_the_copy_the_reader_has_already_needs_no_room_within_the_limit() -> None:
    full = {"loans": 3, "loans_of_class": 3, "loans_of_title": 1}
    decision = borrowing(full, {"loan_id": 5, "loan_patron_id": 1}, terms=replace(TERMS, loan_limit_class=3))
    assert [reason.code for reason in decision.reasons] == [ALREADY_ON_LOAN_TO_PATRON]


def test_a_librarian_sets_a_refusal_aside_with_a_reason_that_is_kept() -> None:
    decision, used = settle(
        borrowing({"loans": 3}), [Override(reasons.LOAN_LIMIT_REACHED, "her thesis")], may_override=True
    )
    assert decision.outcome is Outcome.ALLOWED
    assert [(reason.code, reason.severity) for reason in decision.reasons] == [
        (reasons.LOAN_LIMIT_REACHED, Severity.NOTICE)
    ]
    assert used == [Override(reasons.LOAN_LIMIT_REACHED, "her thesis")]


def test_whoever_lends_may_confirm() -> None:
    in_transit = borrowing(copy={"transfer_id": 5, "transfer_to_id": AWAY})
    decision, used = settle(in_transit, [Override(reasons.ITEM_IN_TRANSIT, "")], may_override=False)
    assert decision.outcome is Outcome.ALLOWED
    assert len(used) == 1


@pytest.mark.parametrize(
    "code", [reasons.PATRON_BLOCKED, reasons.ITEM_WITHDRAWN, reasons.CAPTURED_FOR_ANOTHER, ITEM_ON_LOAN]
)
def test_some_refusals_nobody_sets_aside(code: str) -> None:
    refused = next(decision for case, decision in CASES if case == code)
    decision, used = settle(refused, [Override(code, "please")], may_override=True)
    assert decision.outcome is Outcome.REFUSED
    assert used == []


def test_an_override_of_something_else_is_left_out() -> None:
    decision, used = settle(borrowing(), [Override(reasons.LOAN_LIMIT_REACHED, "just in case")], may_override=True)
    assert decision.reasons == ()
    assert used == []


PLANS = [
    pytest.param({}, {"moves_here": False, "asks_queue": False, "may_go_home": False}, id="at home"),
    pytest.param({"current_branch_id": AWAY}, {"moves_here": True}, id="thought elsewhere"),
    pytest.param({"home_branch_id": AWAY}, {"may_go_home": True}, id="away from home"),
    pytest.param({"waiting": 1}, {"asks_queue": True}, id="somebody waits"),
    pytest.param({"hold_id": 5}, {"asks_queue": True}, id="kept for somebody"),
    pytest.param({"transfer_id": 5}, {"follows_transfer": True}, id="under way"),
    pytest.param(
        {"conditions": frozenset({"missing"}), "waiting": 1, "home_branch_id": AWAY},
        {"ends": frozenset({"missing"}), "asks_queue": True, "may_go_home": True},
        id="found again",
    ),
    pytest.param(
        {"conditions": frozenset({"damaged"}), "waiting": 1, "home_branch_id": AWAY},
        {"ends": frozenset(), "asks_queue": False, "may_go_home": False},
        id="damaged: for nobody",
    ),
]


@pytest.mark.parametrize(("copy", "expected"), PLANS)
def test_what_a_check_in_does(copy: dict[str, Any], expected: dict[str, Any]) -> None:
    plan = check_in_plan(replace(COPY, **copy), DESK)
    assert {name: getattr(plan, name) for name in expected} == expected


@pytest.mark.parametrize(("policy", "home"), [(ReturnPolicy.HOME, True), (ReturnPolicy.STAY, False)])
def test_the_return_policy_decides_whether_a_copy_goes_home(policy: ReturnPolicy, home: bool) -> None:
    plan = check_in_plan(replace(COPY, home_branch_id=AWAY), DESK)
    assert goes_home(plan, policy) is home


@pytest.mark.parametrize(
    ("transfer_to", "pickup", "expected"),
    [
        (None, None, (Next.SHELVE, HERE)),
        (None, HERE, (Next.HOLD, HERE)),
        (AWAY, None, (Next.TRANSFER, AWAY)),
        (AWAY, AWAY, (Next.TRANSFER, AWAY)),
        (None, AWAY, (Next.TRANSFER, AWAY)),
        (HERE, HERE, (Next.HOLD, HERE)),
    ],
)
def test_where_a_copy_goes_follows_from_its_open_rows(
    transfer_to: int | None, pickup: int | None, expected: tuple[Next, int]
) -> None:
    assert next_step(HERE, transfer_to=transfer_to, hold_pickup=pickup) == expected
