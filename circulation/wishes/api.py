"""Wishes over HTTP: readers ask and take back, staff list and answer."""

from typing import Any

from sqlalchemy.orm import Session

from circulation.models import Wish
from circulation.wishes import (
    queries,
    sentences,  # noqa: F401  defines the words of this room's problems
    services,
)
from circulation.wishes.schemas import AnswerIn, WishAnswer, WishIn, WishPage, WishQuery, WishStepIn
from library.accounts.access import require, require_signed_in
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id, subtree_ids
from library.kernel.actors import ActorKind, current_actor
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, writing
from library.kernel.decisions import render
from library.kernel.errors import Invalid, NotAllowed, NotFound
from library.kernel.operations import Answer, begin, once
from library.patrons.services import patron_by_card, patron_by_id

blp = ApiBlueprint("wishes", __name__, description="Books that readers ask for")


@blp.route("/wishes", methods=["POST"])
@blp.arguments(WishIn)
@blp.response(200, WishAnswer)
def record_wish(body: dict[str, Any]) -> dict[str, Any]:
    """Take a reader's wish down."""
    operation = begin("record_wish", body)
    require_signed_in()
    with writing() as session:
        patron_id, branch = _reader(session, body)
        words = {name: body[name] for name in ("title", "creator", "note", "isbn") if name in body}
        answer = once(
            session,
            operation,
            body,
            lambda: services.record_wish(session, operation, patron_id=patron_id, branch_id=branch.id, **words),
        )
    return _shown(answer)


@blp.route("/wishes", methods=["GET"])
@blp.arguments(WishQuery, location="query")
@blp.response(200, WishPage)
def list_wishes(query: dict[str, Any]) -> dict[str, Any]:
    """List wishes at a branch and below it, the oldest first; readers see their own."""
    actor = require_signed_in()
    with reading() as session:
        branch = branch_by_code(session, query["branch"]) if "branch" in query else None
        is_reader = actor.kind == ActorKind.PATRON
        if not is_reader:
            require("view", branch)
        rows, total = queries.page(
            session,
            branch_ids=subtree_ids(session, branch.id) if branch else None,
            patron_id=actor.id if is_reader else None,
            state=query.get("state"),
            offset=(query["page"] - 1) * query["per_page"],
            limit=query["per_page"],
        )
    return page_of(rows, total, query["page"], query["per_page"])


@blp.route("/wishes/<int:wish_id>/answer", methods=["POST"])
@blp.arguments(AnswerIn)
@blp.response(200, WishAnswer)
def answer_wish(body: dict[str, Any], wish_id: int) -> dict[str, Any]:
    """Answer a wish with a sentence, order it or decline it."""
    operation = begin("answer_wish", body)
    require("lend")
    with writing() as session:
        require("lend", branch_by_id(session, _wish(session, wish_id).branch_id))
        said = {"state": body["state"], "answer": body["answer"], "bib_id": body.get("bib")}
        content = {**body, "wish": wish_id}
        answer = once(
            session, operation, content, lambda: services.answer_wish(session, operation, wish_id=wish_id, **said)
        )
    return _shown(answer)


@blp.route("/wishes/<int:wish_id>/cancel", methods=["POST"])
@blp.arguments(WishStepIn)
@blp.response(200, WishAnswer)
def cancel_wish(body: dict[str, Any], wish_id: int) -> dict[str, Any]:
    """Take a wish back that has no answer yet."""
    operation = begin("cancel_wish", body)
    actor = require_signed_in()
    with writing() as session:
        wish = _wish(session, wish_id)
        if actor.kind != ActorKind.PATRON:
            require("lend", branch_by_id(session, wish.branch_id))
        elif wish.patron_id != actor.id:
            raise NotAllowed("wish_not_your_own")
        content = {**body, "wish": wish_id}
        answer = once(session, operation, content, lambda: services.cancel_wish(session, operation, wish_id))
    return _shown(answer)


def _wish(session: Session, wish_id: int) -> Wish:
    wish = session.get(Wish, wish_id)
    if wish is None:
        raise NotFound("unknown_wish", wish=wish_id)
    return wish


def _reader(session: Session, body: dict[str, Any]) -> tuple[int, Branch]:
    """Return the reader a body means and the branch, after asking whether the actor may act for them there."""
    actor = current_actor()
    named = patron_by_card(session, body["card"]).id if "card" in body else body.get("patron")
    is_reader = actor.kind == ActorKind.PATRON
    if is_reader and named not in {None, actor.id}:
        raise NotAllowed("wish_not_your_own")
    patron_id = actor.id if is_reader else named
    if not is_reader:
        require("lend")
    if patron_id is None:
        raise Invalid("patron_required")
    if "branch" in body:
        branch = branch_by_code(session, body["branch"])
    else:
        branch = branch_by_id(session, patron_by_id(session, patron_id).home_branch_id)
    if not is_reader:
        require("lend", branch)
    return patron_id, branch


def _shown(answer: Answer) -> dict[str, Any]:
    return {**answer, "reasons": render(answer.get("reasons", ()), current_actor().audience)}
