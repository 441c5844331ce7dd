"""Boxes over HTTP: opened and dispatched by the branch that sends them, received by the one they go to."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from catalog.items.services import item_by_code
from circulation.logistics import box_queries, boxes
from circulation.logistics.api import find_copy, shown
from circulation.logistics.schemas import BoxAnswer, BoxIn, BoxOut, DispatchBoxIn, PackIn, ReceiveBoxIn
from library.accounts.access import require
from library.branches.services import branch_by_code
from library.kernel.api import ApiBlueprint
from library.kernel.db import reading, writing
from library.kernel.identifiers import normalise_scan
from library.kernel.operations import Answer, Operation, begin, once

BoxAct = Callable[[Session, Operation, str], Answer]

blp = ApiBlueprint("boxes", __name__, description="Boxes on their way between branches")


@blp.route("/boxes", methods=["POST"])
@blp.arguments(BoxIn)
@blp.response(200, BoxAnswer)
def open_box(body: dict[str, Any]) -> dict[str, Any]:
    """Open a box for a journey; a new one gets its printed code."""
    operation = begin("open_box", body)
    require("distribute")
    with writing() as session:
        sender, destination = (branch_by_code(session, body[name]) for name in ("branch", "to_branch"))
        require("distribute", sender)
        code = normalise_scan(body["code"]) if "code" in body else None
        answer = once(
            session,
            operation,
            body,
            lambda: boxes.open_box(
                session,
                operation,
                from_branch_id=sender.id,
                to_branch_id=destination.id,
                capacity=body["capacity"],
                code=code,
            ),
        )
    return _shown_box(answer)


@blp.route("/boxes/<string:code>", methods=["GET"])
@blp.response(200, BoxOut)
def show_box(code: str) -> dict[str, Any]:
    """Show a box and what lies in it."""
    with reading() as session:
        require("view")
        box = box_queries.view(session, normalise_scan(code))
        return {**box, "transfers": box_queries.contents(session, box["code"])}


@blp.route("/boxes/<string:code>/pack", methods=["POST"])
@blp.arguments(PackIn)
@blp.response(200, BoxAnswer)
def pack_box(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Put a copy with a transfer to the box's destination into it."""

    def act(session: Session, operation: Operation, box: str) -> Answer:
        item = find_copy(session, body)
        return boxes.pack(session, operation, box, item.id)

    return _box_step("pack_box", body, code, "from_branch", act)


@blp.route("/boxes/<string:code>/dispatch", methods=["POST"])
@blp.arguments(DispatchBoxIn)
@blp.response(200, BoxAnswer)
def dispatch_box(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Seal a box and hand it over with everything in it."""

    def act(session: Session, operation: Operation, box: str) -> Answer:
        return boxes.dispatch(session, operation, box, carrier=body.get("carrier"), seal=body.get("seal"))

    return _box_step("dispatch_box", body, code, "from_branch", act)


@blp.route("/boxes/<string:code>/receive", methods=["POST"])
@blp.arguments(ReceiveBoxIn)
@blp.response(200, BoxAnswer)
def receive_box(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Receive a box with everything in it; what was short, damaged or extra becomes a case."""

    def act(session: Session, operation: Operation, box: str) -> Answer:
        scanned = {
            name: [item_by_code(session, barcode).id for barcode in body[name]]
            for name in ("short", "damaged", "extra")
        }
        return boxes.receive(session, operation, box, **scanned)

    return _box_step("receive_box", body, code, "to_branch", act)


def _shown_box(answer: Answer) -> dict[str, Any]:
    """Return a stored answer about a box with its sentences and the name of whoever holds it."""
    if answer.get("box") is None:
        return shown(answer)
    with reading() as session:
        return {**shown(answer), "box": box_queries.named(session, answer["box"])}


def _box_step(kind: str, body: dict[str, Any], code: str, side: str, act: BoxAct) -> dict[str, Any]:
    operation = begin(kind, body)
    require("distribute")
    with writing() as session:
        box = box_queries.view(session, normalise_scan(code))
        require("distribute", branch_by_code(session, box[side] or box["from_branch"]))
        content = {**body, "box": box["code"]}
        answer = once(session, operation, content, lambda: act(session, operation, box["code"]))
    return _shown_box(answer)
