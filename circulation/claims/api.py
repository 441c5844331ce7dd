"""Cases over HTTP: what is open, claims of readers and staff, and how a case ends. Refusals answer 200, as decisions do."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

import circulation.claims.sentences  # noqa: F401  defines the words of this room's problems
from circulation.claims import listing
from circulation.claims.access import require_own_or_lending, require_own_or_lent_here, require_settling
from circulation.claims.claiming import claim_returned
from circulation.claims.damage import note_damaged, note_missing
from circulation.claims.lost import declare_lost
from circulation.claims.recall import recall, undo_recall
from circulation.claims.schemas import CasePage, CaseQuery, ClaimOut, FoundIn, SayIn, SettleIn
from circulation.claims.settling import case_by_id, settle
from circulation.lending.presenting import present
from library.accounts.access import granted_paths, require
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel.api import ApiBlueprint, OperationIn, page_of
from library.kernel.db import reading, writing
from library.kernel.operations import Answer, Operation, begin, once

blp = ApiBlueprint("cases", __name__, description="Claims, losses, damage, recalls, and how they are settled")


@blp.route("/cases")
@blp.arguments(CaseQuery, location="query")
@blp.response(200, CasePage)
def list_cases(query: dict[str, Any]) -> dict[str, Any]:
    """List cases, the open ones first; a reader's name is masked."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        branch = branch_by_code(session, query["branch"]) if "branch" in query else None
        actor = require("lend", branch)
        paths = (branch.path,) if branch is not None else granted_paths(actor, "lend")
        wanted = listing.CaseFilter(paths, state=query["state"], kind=query.get("kind"))
        found, total = listing.cases(session, wanted, offset=(page - 1) * per_page, limit=per_page)
    return page_of(found, total, page, per_page)


@blp.route("/cases/<int:case_id>/settle", methods=["POST"])
@blp.arguments(SettleIn)
@blp.response(200, ClaimOut)
def settle_case(body: dict[str, Any], case_id: int) -> dict[str, Any]:
    """Settle a case with one of its outcomes; a copy that was found is taken back at `branch`."""
    content = {**body, "case": case_id}
    operation = begin("settle_case", content)
    with writing() as session:
        case = case_by_id(session, case_id)
        home = require_settling(session, case, body["outcome"])
        branch = branch_by_code(session, body["branch"]) if "branch" in body else home
        require("lend", branch)

        def act() -> Answer:
            return settle(session, operation, case_id, body["outcome"], branch=branch, note=body["note"])

        answer = once(session, operation, content, act)
    return present(answer)


@blp.route("/loans/<int:loan_id>/claim", methods=["POST"])
@blp.arguments(SayIn)
@blp.response(200, ClaimOut)
def claim(body: dict[str, Any], loan_id: int) -> dict[str, Any]:
    """Note that a reader says the book came back; readers about their own loans, staff about any."""

    def act(session: Session, operation: Operation, branch: Branch) -> Answer:
        return claim_returned(session, operation, loan_id, branch_id=branch.id, note=body["note"])

    return _about_loan("claim_returned", body, loan_id, act, require_own_or_lending)


@blp.route("/loans/<int:loan_id>/lost", methods=["POST"])
@blp.arguments(SayIn)
@blp.response(200, ClaimOut)
def lose(body: dict[str, Any], loan_id: int) -> dict[str, Any]:
    """End a loan because the book is lost; readers their own, staff those lent where they may lend."""

    def act(session: Session, operation: Operation, branch: Branch) -> Answer:
        return declare_lost(session, operation, loan_id, branch=branch, note=body["note"])

    return _about_loan("declare_lost", body, loan_id, act, require_own_or_lent_here)


@blp.route("/loans/<int:loan_id>/recall", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, ClaimOut)
def call_back(body: dict[str, Any], loan_id: int) -> dict[str, Any]:
    """Call a loan back: it is due sooner and cannot be renewed."""
    return _by_staff("recall", body, loan_id, recall)


@blp.route("/loans/<int:loan_id>/recall/undo", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, ClaimOut)
def undo_call_back(body: dict[str, Any], loan_id: int) -> dict[str, Any]:
    """Let the reader keep the book as long as before."""
    return _by_staff("undo_recall", body, loan_id, undo_recall)


@blp.route("/items/<int:item_id>/damage", methods=["POST"])
@blp.arguments(FoundIn)
@blp.response(200, ClaimOut)
def damage(body: dict[str, Any], item_id: int) -> dict[str, Any]:
    """Set a damaged copy aside, with a case."""
    return _about_copy("note_damaged", body, item_id, note_damaged)


@blp.route("/items/<int:item_id>/missing", methods=["POST"])
@blp.arguments(FoundIn)
@blp.response(200, ClaimOut)
def missing(body: dict[str, Any], item_id: int) -> dict[str, Any]:
    """Note that a copy was looked for and not found, with a case."""
    return _about_copy("note_missing", body, item_id, note_missing)


def _about_loan(
    kind: str,
    body: dict[str, Any],
    loan_id: int,
    act: Callable[[Session, Operation, Branch], Answer],
    where: Callable[[Session, int, str | None], Branch],
) -> dict[str, Any]:
    content = {**body, "loan": loan_id}
    operation = begin(kind, content)
    with writing() as session:
        branch = where(session, loan_id, body.get("branch"))
        answer = once(session, operation, content, lambda: act(session, operation, branch))
    return present(answer)


def _by_staff(
    kind: str, body: dict[str, Any], loan_id: int, act: Callable[[Session, Operation, int], Answer]
) -> dict[str, Any]:
    require("lend")
    content = {**body, "loan": loan_id}
    operation = begin(kind, content)
    with writing() as session:
        require_own_or_lending(session, loan_id, None)
        answer = once(session, operation, content, lambda: act(session, operation, loan_id))
    return present(answer)


def _about_copy(kind: str, body: dict[str, Any], item_id: int, act: Callable[..., Answer]) -> dict[str, Any]:
    content = {**body, "item": item_id}
    operation = begin(kind, content)
    with writing() as session:
        branch = branch_by_code(session, body["branch"])
        require("lend", branch)
        answer = once(
            session, operation, content, lambda: act(session, operation, item_id, branch=branch, note=body["note"])
        )
    return present(answer)
