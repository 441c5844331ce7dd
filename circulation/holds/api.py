"""Holds over HTTP: for staff at the pickup branch, and for readers what is their own."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

import circulation.holds.sentences  # noqa: F401  defines the words of this room's problems
from circulation.holds import changes, placing, queries, queueing, services
from circulation.holds.presenting import present, present_all
from circulation.holds.schemas import HoldAnswer, HoldIn, HoldPage, HoldQuery, HoldStepIn, MoveIn, SuspendIn
from circulation.holds.states import OPEN
from library.accounts.access import granted_paths, require, require_signed_in
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.actors import Actor, ActorKind, current_actor
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, trying, writing
from library.kernel.errors import Invalid, NotAllowed
from library.kernel.operations import Answer, Operation, begin, once, recall
from library.patrons.services import patron_by_card

blp = ApiBlueprint("holds", __name__, description="Readers waiting for books")


@blp.route("/holds", methods=["POST"])
@blp.arguments(HoldIn)
@blp.response(200, HoldAnswer)
def place_hold(body: dict[str, Any]) -> dict[str, Any]:
    """Reserve a title or one copy; a copy on a shelf is kept or sent for at once.

    A dry run tells what would be answered and the promised day, and stores nothing.
    """
    operation = begin("place_hold", body)
    require_signed_in()
    is_dry = body["dry_run"]
    with trying() if is_dry else writing() as session:
        pickup = branch_by_code(session, body["pickup_branch"])
        wanted: dict[str, Any] = {
            "patron_id": _reader(session, body, pickup),
            "pickup_branch_id": pickup.id,
            "bib_id": body.get("bib"),
            "item_id": body.get("item"),
        }

        def act() -> Answer:
            if is_dry:
                return placing.forecast(session, operation, **wanted)
            return services.place_hold(session, operation, **wanted, expires_on=body.get("expires_on"))

        answer = act() if is_dry else once(session, operation, body, act)
    return present(answer, explain=body["explain"])


@blp.route("/holds/<int:hold_id>/cancel", methods=["POST"])
@blp.arguments(HoldStepIn)
@blp.response(200, HoldAnswer)
def cancel_hold(body: dict[str, Any], hold_id: int) -> dict[str, Any]:
    """Give a reservation up; a copy that was kept goes to the next reader or home."""
    operation = begin("cancel_hold", body)
    return _step(operation, body, hold_id, lambda session: services.cancel_hold(session, operation, hold_id))


@blp.route("/holds/<int:hold_id>/suspend", methods=["POST"])
@blp.arguments(SuspendIn)
@blp.response(200, HoldAnswer)
def suspend_hold(body: dict[str, Any], hold_id: int) -> dict[str, Any]:
    """Pass a waiting reservation over until a day, or until its reader says so; it keeps its place in the queue."""
    operation = begin("suspend_hold", body)
    until = body.get("until")
    return _step(operation, body, hold_id, lambda session: queueing.suspend(session, operation, hold_id, until))


@blp.route("/holds/<int:hold_id>/resume", methods=["POST"])
@blp.arguments(HoldStepIn)
@blp.response(200, HoldAnswer)
def resume_hold(body: dict[str, Any], hold_id: int) -> dict[str, Any]:
    """Let a suspended reservation go on waiting in its old place."""
    operation = begin("resume_hold", body)
    return _step(operation, body, hold_id, lambda session: queueing.resume(session, operation, hold_id))


@blp.route("/holds/<int:hold_id>/move", methods=["POST"])
@blp.arguments(MoveIn)
@blp.response(200, HoldAnswer)
def move_hold(body: dict[str, Any], hold_id: int) -> dict[str, Any]:
    """Collect the book at another branch, as long as no copy is kept for the reservation."""
    operation = begin("move_hold", body)

    def act(session: Session) -> Answer:
        return queueing.move_pickup(session, operation, hold_id, branch_by_code(session, body["pickup_branch"]).id)

    return _step(operation, body, hold_id, act)


@blp.route("/holds/<int:hold_id>/set_aside", methods=["POST"])
@blp.arguments(HoldStepIn)
@blp.response(200, HoldAnswer)
def set_aside(body: dict[str, Any], hold_id: int) -> dict[str, Any]:
    """Note that the copy was fetched from the shelf and stands on the pickup shelf."""
    operation = begin("set_hold_aside", body)
    require("lend")
    with writing() as session:
        require("lend", branch_by_id(session, changes.by_id(session, hold_id).pickup_branch_id))
        content = {**body, "hold": hold_id}
        answer = once(session, operation, content, lambda: services.set_aside(session, operation, hold_id))
    return present(answer)


@blp.route("/holds", methods=["GET"])
@blp.arguments(HoldQuery, location="query")
@blp.response(200, HoldPage)
def list_holds(query: dict[str, Any]) -> dict[str, Any]:
    """List reservations in queue order: readers see their own, staff those of a branch, or of all that are theirs."""
    actor = require_signed_in()
    with reading() as session:
        branch = branch_by_code(session, query["branch"]) if "branch" in query else None
        patron_id, everywhere = query.get("patron"), None
        if actor.kind == ActorKind.PATRON:
            if patron_id not in {None, actor.id}:
                raise NotAllowed("not_your_own")
            patron_id = actor.id
        else:
            require("view", branch)
            everywhere = granted_paths(actor, "view")
        wanted = queries.Filter(
            paths=(branch.path,) if branch else everywhere,
            patron_id=patron_id,
            bib_id=query.get("bib"),
            states=_states(query.get("state")),
        )
        offset = (query["page"] - 1) * query["per_page"]
        rows, total = queries.page(session, wanted, offset=offset, limit=query["per_page"])
    return page_of(present_all(rows), total, query["page"], query["per_page"])


def _step(operation: Operation, body: dict[str, Any], hold_id: int, act: Callable[[Session], Answer]) -> dict[str, Any]:
    """Take a step of a hold for its reader, or for staff who lend where it is collected."""
    actor, content = require_signed_in(), {**body, "hold": hold_id}
    with writing() as session:
        # Who moved a hold to a place that is not theirs asks again where they may no more; what was answered they may hear.
        answer = recall(session, operation, content)
        if answer is None:
            hold = changes.by_id(session, hold_id)
            _require_own(actor, hold.patron_id, branch_by_id(session, hold.pickup_branch_id))
            answer = once(session, operation, content, lambda: act(session))
    return present(answer)


def _reader(session: Session, body: dict[str, Any], pickup: Branch) -> int:
    """Return the reader a body means, after asking whether the actor may act for them."""
    actor = current_actor()
    named = patron_by_card(session, body["card"]).id if "card" in body else body.get("patron")
    if actor.kind == ActorKind.PATRON and actor.id is not None:
        _require_own(actor, named if named is not None else actor.id, pickup)
        return actor.id
    require("lend", pickup)
    if named is None:
        raise Invalid("patron_required")
    return int(named)


def _require_own(actor: Actor, patron_id: int | None, branch: Branch) -> None:
    if actor.kind != ActorKind.PATRON:
        require("lend", branch)
    elif patron_id != actor.id:
        raise NotAllowed("not_your_own")


def _states(state: str | None) -> tuple[str, ...]:
    if state == "open":
        return tuple(map(str, OPEN))
    return (state,) if state else ()
