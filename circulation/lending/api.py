"""Lending over HTTP. Decisions answer 200, refusals too; what cannot be acted on at all is a problem."""

from typing import Any

import circulation.lending.sentences  # noqa: F401  defines the words of this room's problems
from circulation.lending import listing, services
from circulation.lending.presenting import present
from circulation.lending.schemas import (
    CheckInIn,
    CheckInOut,
    CheckOutIn,
    CheckOutOut,
    LoanPage,
    LoanQuery,
    RenewalIn,
    RenewalOut,
)
from library.accounts.access import granted_paths, permits, require
from library.branches.places import place_by_code
from library.branches.services import branch_by_code
from library.kernel import clock
from library.kernel.actors import Actor, ActorKind, current_actor
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, trying, writing
from library.kernel.errors import Invalid, NotFound
from library.kernel.operations import Answer, begin, once

blp = ApiBlueprint("lending", __name__, description="Lending, taking back, renewing")


@blp.route("/checkouts", methods=["POST"])
@blp.arguments(CheckOutIn)
@blp.response(200, CheckOutOut)
def check_out(body: dict[str, Any]) -> dict[str, Any]:
    """Lend a copy to a reader, or say why not; a dry run decides and stores nothing."""
    _require_copy(body)
    operation = begin("check_out", body)
    with trying() if body["dry_run"] else writing() as session:
        branch = place_by_code(session, body["branch"])
        actor = require("lend", branch)

        def act() -> Answer:
            return services.check_out(
                session,
                operation,
                branch=branch,
                card=body["card"],
                barcode=body.get("barcode"),
                item_id=body.get("item"),
                overrides=body["overrides"],
                may_override=permits(actor, "override", branch),
                dry_run=body["dry_run"],
            )

        answer = act() if body["dry_run"] else once(session, operation, body, act)
    return present(answer, explain=body["explain"])


@blp.route("/checkins", methods=["POST"])
@blp.arguments(CheckInIn)
@blp.response(200, CheckInOut)
def check_in(body: dict[str, Any]) -> dict[str, Any]:
    """Take a copy back at any branch, whoever had it, and say where it goes next."""
    _require_copy(body)
    operation = begin("check_in", body)
    with writing() as session:
        branch = place_by_code(session, body["branch"])
        require("lend", branch)

        def act() -> Answer:
            barcode, item_id = body.get("barcode"), body.get("item")
            return services.check_in(session, operation, branch=branch, barcode=barcode, item_id=item_id)

        answer = once(session, operation, body, act)
    return present(answer, here=branch, explain=body["explain"])


@blp.route("/renewals", methods=["POST"])
@blp.arguments(RenewalIn)
@blp.response(200, RenewalOut)
def renew(body: dict[str, Any]) -> dict[str, Any]:
    """Renew a loan: readers their own, staff who may lend any; exceptions are for staff of the branch it was lent at."""
    operation = begin("renew", body)
    with writing() as session:
        patron_id, branch = listing.whose(session, body["loan"])
        actor = _require_own_or_lending(body, patron_id)

        def act() -> Answer:
            return services.renew(
                session,
                operation,
                loan_id=body["loan"],
                overrides=body["overrides"],
                may_override=branch is not None and permits(actor, "override", branch),
            )

        answer = once(session, operation, body, act)
    return present(answer, explain=body["explain"])


@blp.route("/loans")
@blp.arguments(LoanQuery, location="query")
@blp.response(200, LoanPage)
def list_loans(query: dict[str, Any]) -> dict[str, Any]:
    """List loans, the first due first: readers see their own, staff those of a branch, or of all that are theirs."""
    actor = current_actor()
    is_reader = actor.kind == ActorKind.PATRON
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        branch = branch_by_code(session, query["branch"]) if "branch" in query else None
        if not is_reader:
            require("lend", branch)
        everywhere = None if is_reader else granted_paths(actor, "lend")
        wanted = listing.LoanFilter(
            patron_id=actor.id if is_reader else query.get("patron"),
            paths=(branch.path,) if branch else everywhere,
            state=query["state"],
            today=clock.today(),
            item_id=query.get("item"),
            group_id=query.get("group"),
            first=query.get("from_"),
            last=query.get("to"),
            is_on_site=query.get("on_site", False),
            is_backdated=query.get("backdated"),
        )
        loans, total = listing.loans(session, wanted, offset=(page - 1) * per_page, limit=per_page)
    return page_of(loans, total, page, per_page)


def _require_copy(body: dict[str, Any]) -> None:
    if "barcode" not in body and "item" not in body:
        raise Invalid("barcode_or_item_required")


def _require_own_or_lending(body: dict[str, Any], patron_id: int | None) -> Actor:
    """Return the actor; another reader's loan is unknown to a reader, as if it did not exist."""
    actor = current_actor()
    if actor.kind != ActorKind.PATRON:
        return require("lend")
    if patron_id is None or patron_id != actor.id:
        raise NotFound("unknown_loan", loan=body["loan"])
    return actor
