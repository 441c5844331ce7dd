"""Holds over HTTP: for staff at the pickup branch, and for readers what is their own."""

from typing import Any

from sqlalchemy.orm import Session

from circulation.holds import (
    changes,
    queries,
    sentences,  # noqa: F401  defines the words of this room's problems
    services,
)
from circulation.holds.rules import OPEN
from circulation.holds.schemas import HoldAnswer, HoldIn, HoldPage, HoldQuery, HoldStepIn
from library.accounts.access import granted_paths, require, require_signed_in
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.actors import Actor, ActorKind, current_actor
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, writing
from library.kernel.decisions import render
from library.kernel.errors import Invalid, NotAllowed
from library.kernel.operations import Answer, begin, once
from library.patrons.services import patron_by_card

blp = ApiBlueprint("holds", __name__, description="Readers waiting for books")


@blp.route("/holds", methods=["POST"])
@blp.arguments(HoldIn)
@blp.response(200, HoldAnswer)
def place_hold(body: dict[str, Any]) -> dict[str, Any]:
    """Reserve a title or one copy; a copy on a shelf is kept or sent for at once."""
    operation = begin("place_hold", body)
    require_signed_in()
    with writing() as session:
        pickup = branch_by_code(session, body["pickup_branch"])
        patron_id = _reader(session, body, pickup)
        wanted = {"bib_id": body.get("bib"), "item_id": body.get("item")}
        answer = once(
            session,
            operation,
            body,
            lambda: services.place_hold(session, operation, patron_id=patron_id, pickup_branch_id=pickup.id, **wanted),
        )
    return _shown(answer)


@blp.route("/holds/<int:hold_id>/cancel", methods=["POST"])
@blp.arguments(HoldStepIn)
@blp.response(200, HoldAnswer)
def cancel_hold(body: dict[str, Any], hold_id: int) -> dict[str, Any]:
    """Give a reservation up; a copy that was kept goes to the next reader or home."""
    operation = begin("cancel_hold", body)
    actor = require_signed_in()
    with writing() as session:
        hold = changes.by_id(session, hold_id)
        _require_own(actor, hold.patron_id, branch_by_id(session, hold.pickup_branch_id))
        cause = "reader" if actor.kind == ActorKind.PATRON else "staff"
        content = {**body, "hold": hold_id}
        answer = once(session, operation, content, lambda: services.cancel_hold(session, operation, hold_id, cause))
    return _shown(answer)


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
    return _shown(answer)


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
    return page_of(rows, total, query["page"], query["per_page"])


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


def _shown(answer: Answer) -> dict[str, Any]:
    return {**answer, "reasons": render(answer.get("reasons", ()), current_actor().audience)}
