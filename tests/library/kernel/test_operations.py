"""Sending a request twice does it once."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from library.kernel import clock, operations
from library.kernel.actors import Actor, ActorKind
from library.kernel.db import Database
from library.kernel.errors import Conflict, Invalid
from library.kernel.models import Counter
from library.kernel.operations import Answer, Operation, begin, once

Make = Callable[..., Operation]


def test_the_same_id_gets_the_same_answer_and_runs_once(session: Session, operation: Make) -> None:
    runs: list[int] = []

    def action() -> Answer:
        runs.append(1)
        return {"decision": "allowed", "loan": {"id": len(runs)}}

    asked = operation("check_out")
    first = once(session, asked, {"card": "1"}, action)
    again = once(session, replace(asked), {"card": "1"}, action)
    assert first == again == {"decision": "allowed", "loan": {"id": 1}}
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("change", "content"),
    [
        ({}, {"card": "2"}),
        ({"actor": Actor(ActorKind.STAFF, 9)}, {"card": "1"}),
        ({"kind": "check_in"}, {"card": "1"}),
    ],
)
def test_an_id_used_for_something_else_is_refused(
    session: Session, operation: Make, change: dict[str, object], content: dict[str, str]
) -> None:
    asked = operation("check_out")
    once(session, asked, {"card": "1"}, lambda: {"decision": "allowed"})
    with pytest.raises(Conflict) as refused:
        once(session, replace(asked, **change), content, lambda: {"decision": "allowed"})
    assert refused.value.code == "operation_reused"


def test_the_order_of_members_and_the_id_itself_do_not_count(session: Session, operation: Make) -> None:
    asked = operation("check_out")
    once(session, asked, {"card": "1", "barcode": "2"}, lambda: {"decision": "refused"})
    again = once(session, asked, {"barcode": "2", "card": "1", "operation_id": asked.id}, lambda: {"decision": "x"})
    assert again == {"decision": "refused"}


def test_an_error_leaves_nothing_so_the_id_can_be_tried_again(app: Flask, database: Database, operation: Make) -> None:
    asked = operation("check_out")

    def fails() -> Answer:
        raise Invalid("nonsense")

    with app.app_context():
        with pytest.raises(Invalid), database.writing() as session:
            once(session, asked, {}, fails)
        with database.writing() as session:
            assert once(session, asked, {}, lambda: {"decision": "allowed"}) == {"decision": "allowed"}


def test_threads_with_one_id_do_it_once(app: Flask, database: Database, operation: Make) -> None:
    with database.writing() as session:
        session.add(Counter(name="done", value=0))
    asked = operation("check_out")
    answers: list[Answer] = []

    def send() -> None:
        with app.app_context(), database.writing() as session:

            def action() -> Answer:
                counter = session.get_one(Counter, "done")
                counter.value += 1
                session.flush()
                return {"decision": "allowed", "value": counter.value}

            answers.append(once(session, asked, {"card": "1"}, action))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"decision": "allowed", "value": 1}] * 8


def test_after_ninety_days_the_outcome_is_left(session: Session, operation: Make) -> None:
    old = operation("check_out", at=clock.now() - timedelta(days=91))
    recent = operation("check_out")
    for asked in (old, recent):
        once(session, asked, {}, lambda: {"decision": "allowed", "loan": {"id": 1}})
    assert operations.shrink_old_answers(session, now=clock.now(), limit=10) == 1
    assert operations.shrink_old_answers(session, now=clock.now(), limit=10) == 0
    left = once(session, old, {}, dict)
    assert left == {"outcome": "allowed", "decision": "allowed", "operation": old.id, "reasons": []}
    with pytest.raises(Conflict, match="answer_forgotten"):
        left["loan"]
    assert once(session, recent, {}, dict)["loan"] == {"id": 1}


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        ({}, {}, "operation_id_required"),
        ({"operation_id": "not a uuid"}, {}, "operation_id_invalid"),
        ({}, {"Idempotency-Key": "nonsense"}, "operation_id_invalid"),
    ],
)
def test_a_request_without_a_good_id_is_told_so(
    app: Flask, content: dict[str, str], headers: dict[str, str], code: str
) -> None:
    with app.test_request_context("/api/v1/checkouts", headers=headers), pytest.raises(Invalid) as refused:
        begin("check_out", content)
    assert refused.value.code == code


def test_the_id_may_come_in_the_header_and_the_channel_follows_the_path(app: Flask) -> None:
    given = operations.new_id()
    with app.test_request_context("/api/v1/checkouts", headers={"Idempotency-Key": given.upper()}):
        started = begin("check_out", {})
    assert (started.id, started.channel) == (given, "api")


def test_a_costly_request_can_look_whether_it_was_answered_before(session: Session, operation: Make) -> None:
    asked = operation("restock_plan")
    assert operations.recall(session, asked, {"branch": "east"}) is None
    once(session, asked, {"branch": "east"}, lambda: {"plan": 1})
    assert operations.recall(session, asked, {"branch": "east"}) == {"plan": 1}
    with pytest.raises(Conflict, match="operation_reused"):
        operations.recall(session, asked, {"branch": "west"})
