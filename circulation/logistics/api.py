"""Transfers over HTTP: the sending branch picks, packs and dispatches, the receiving one receives and shelves."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from catalog.items.models import Item
from catalog.items.services import item_by_code, item_by_id
from circulation.logistics import (
    boxes,
    queries,
    reasons,
    sentences,  # noqa: F401  defines the words of this room's problems
    services,
    steps,
)
from circulation.logistics.rules import OPEN, Action, Side, side_for
from circulation.logistics.schemas import (
    CancelIn,
    PackTransferIn,
    ReceiveIn,
    StepIn,
    TransferAnswer,
    TransferIn,
    TransferPage,
    TransferQuery,
)
from circulation.logistics.steps import Move
from library.accounts.access import permits, require
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.actors import current_actor
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, writing
from library.kernel.decisions import reason, render
from library.kernel.identifiers import normalise_scan
from library.kernel.operations import Answer, Operation, begin, once

Act = Callable[[Session, Operation], Answer]

blp = ApiBlueprint("logistics", __name__, description="Copies on their way between branches")


@blp.route("/transfers", methods=["POST"])
@blp.arguments(TransferIn)
@blp.response(200, TransferAnswer)
def request_transfer(body: dict[str, Any]) -> dict[str, Any]:
    """Ask that a copy be sent to a branch; refused when it is on loan, under way or kept for a reader."""
    operation = begin("request_transfer", body)
    require("distribute")
    with writing() as session:
        item = find_copy(session, body)
        destination = branch_by_code(session, body["to_branch"])
        _require_either(session, item.current_branch_id, destination.id)
        answer = once(
            session,
            operation,
            body,
            lambda: services.request_transfer(
                session, operation, item_id=item.id, to_branch_id=destination.id, reason=body["reason"]
            ),
        )
    return shown(answer)


@blp.route("/transfers", methods=["GET"])
@blp.arguments(TransferQuery, location="query")
@blp.response(200, TransferPage)
def list_transfers(query: dict[str, Any]) -> dict[str, Any]:
    """List transfers, the newest first; `state=open` are all that have not ended."""
    with reading() as session:
        branch = branch_by_code(session, query["branch"]) if "branch" in query else None
        require("view", branch)
        state = query.get("state")
        wanted = queries.Filter(
            branch_id=branch.id if branch else None,
            direction=query.get("direction"),
            states=tuple(map(str, OPEN)) if state == "open" else (state,) if state else (),
            item_id=item_by_code(session, query["barcode"]).id if "barcode" in query else None,
        )
        offset = (query["page"] - 1) * query["per_page"]
        rows, total = queries.page(session, wanted, offset=offset, limit=query["per_page"])
    return page_of(rows, total, query["page"], query["per_page"])


@blp.route("/transfers/<int:transfer_id>/pick", methods=["POST"])
@blp.arguments(StepIn)
@blp.response(200, TransferAnswer)
def pick(body: dict[str, Any], transfer_id: int) -> dict[str, Any]:
    """Note that the copy was taken from the shelf."""
    return _step(Action.PICK, body, transfer_id, partial(services.pick, transfer_id=transfer_id))


@blp.route("/transfers/<int:transfer_id>/pack", methods=["POST"])
@blp.arguments(PackTransferIn)
@blp.response(200, TransferAnswer)
def pack(body: dict[str, Any], transfer_id: int) -> dict[str, Any]:
    """Put the copy into a box."""

    def act(session: Session, operation: Operation) -> Answer:
        if "box" not in body:
            packed: Answer = {"decision": "refused", "reasons": [reason(reasons.BOX_NEEDED).stored()]}
        else:
            item_id = steps.by_id(session, transfer_id).item_id
            packed = boxes.pack(session, operation, normalise_scan(body["box"]), item_id)
        return {**packed, "transfer": queries.view(session, transfer_id)}

    return _step(Action.PACK, body, transfer_id, act)


@blp.route("/transfers/<int:transfer_id>/dispatch", methods=["POST"])
@blp.arguments(StepIn)
@blp.response(200, TransferAnswer)
def dispatch(body: dict[str, Any], transfer_id: int) -> dict[str, Any]:
    """Note that the copy left, without a box."""
    return _step(Action.DISPATCH, body, transfer_id, partial(services.dispatch, transfer_id=transfer_id))


@blp.route("/transfers/<int:transfer_id>/receive", methods=["POST"])
@blp.arguments(ReceiveIn)
@blp.response(200, TransferAnswer)
def receive(body: dict[str, Any], transfer_id: int) -> dict[str, Any]:
    """Note that the copy came, to its destination unless `branch` says otherwise; then it goes on from there."""
    operation = begin("receive_transfer", body)
    require("distribute")
    with writing() as session:
        move = steps.by_id(session, transfer_id)
        named = body.get("branch")
        here = branch_by_code(session, named) if named else branch_by_id(session, move.to_branch_id)
        require("distribute", here)
        content = {**body, "transfer": transfer_id}
        answer = once(
            session,
            operation,
            content,
            lambda: services.receive(session, operation, transfer_id, at_branch_id=here.id),
        )
    return shown(answer)


@blp.route("/transfers/<int:transfer_id>/shelve", methods=["POST"])
@blp.arguments(StepIn)
@blp.response(200, TransferAnswer)
def shelve(body: dict[str, Any], transfer_id: int) -> dict[str, Any]:
    """Note that the copy stands on the shelf, which ends the transfer."""
    return _step(Action.SHELVE, body, transfer_id, partial(services.shelve, transfer_id=transfer_id))


@blp.route("/transfers/<int:transfer_id>/cancel", methods=["POST"])
@blp.arguments(CancelIn)
@blp.response(200, TransferAnswer)
def cancel(body: dict[str, Any], transfer_id: int) -> dict[str, Any]:
    """Stop a transfer that has not left; the destination, which may no longer need the copy, may do it too."""

    def act(session: Session, operation: Operation) -> Answer:
        return services.cancel(session, operation, transfer_id, body["cause"])

    return _step(Action.CANCEL, body, transfer_id, act)


@blp.route("/transfers/<int:transfer_id>/miss", methods=["POST"])
@blp.arguments(StepIn)
@blp.response(200, TransferAnswer)
def miss(body: dict[str, Any], transfer_id: int) -> dict[str, Any]:
    """Note that the copy cannot be found: it is missing from now on, and a case is opened."""
    return _step(Action.MISS, body, transfer_id, partial(services.miss, transfer_id=transfer_id))


def find_copy(session: Session, body: dict[str, Any]) -> Item:
    """Return the copy a body names by id or barcode; raises as `item_by_id` and `item_by_code` do."""
    return item_by_id(session, body["item"]) if "item" in body else item_by_code(session, body["barcode"])


def shown(answer: Answer) -> dict[str, Any]:
    """Return a stored answer with the sentences of its reasons."""
    return {**answer, "reasons": render(answer.get("reasons", ()))}


def _step(action: Action, body: dict[str, Any], transfer_id: int, act: Act) -> dict[str, Any]:
    operation = begin(f"{action}_transfer", body)
    require("distribute")
    with writing() as session:
        _require_side(session, steps.by_id(session, transfer_id), action)
        content = {**body, "transfer": transfer_id}
        answer = once(session, operation, content, lambda: act(session, operation))
    return shown(answer)


def _require_side(session: Session, move: Move, action: Action) -> None:
    if action is Action.CANCEL:
        _require_either(session, move.from_branch_id, move.to_branch_id)
        return
    is_sender = side_for(move.state, action) is Side.SENDER
    require("distribute", branch_by_id(session, move.from_branch_id if is_sender else move.to_branch_id))


def _require_either(session: Session, sender_id: int, destination_id: int) -> None:
    if not permits(current_actor(), "distribute", branch_by_id(session, destination_id)):
        require("distribute", branch_by_id(session, sender_id))
