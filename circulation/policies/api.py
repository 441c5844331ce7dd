"""The lending rules over HTTP: list, set and end rows, choose the two settings, explain what holds where."""

from typing import Any

import circulation.policies.sentences  # noqa: F401  defines the words of this room's problems
from circulation.policies import listing, services, trying, what_if_words
from circulation.policies.access import require_all, require_place, require_row
from circulation.policies.explaining import named_and_told
from circulation.policies.schemas import (
    ExplainOut,
    ExplainQuery,
    PolicyIn,
    PolicyOut,
    PolicyPage,
    PolicyQuery,
    SettingIn,
    SettingOut,
    WhatIfIn,
    WhatIfOut,
)
from library.accounts.access import require
from library.branches.services import branch_by_code
from library.kernel import clock
from library.kernel.api import ApiBlueprint, OperationIn, page_of
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid
from library.kernel.operations import begin, once

blp = ApiBlueprint("policies", __name__, description="Lending rules and why they hold")


@blp.route("/policies")
@blp.arguments(PolicyQuery, location="query")
@blp.response(200, PolicyPage)
def list_rows(query: dict[str, Any]) -> dict[str, Any]:
    """List the rows of the lending rules."""
    require("view")
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        rows, total = listing.rows(
            session, rule=query.get("rule"), ended=query["ended"], offset=(page - 1) * per_page, limit=per_page
        )
    return page_of(rows, total, page, per_page)


@blp.route("/policies", methods=["POST"])
@blp.arguments(PolicyIn)
@blp.response(201, PolicyOut)
def set_row(body: dict[str, Any]) -> dict[str, Any]:
    """Give a rule a value; the open row with the same scope and dates is ended."""
    operation = begin("set_policy", body)
    with writing() as session:
        values = {**body, **require_place(session, branch=body.get("branch"), branch_set=body.get("set"))}
        for name in ("operation_id", "branch", "set"):
            values.pop(name, None)
        answer = once(session, operation, body, lambda: services.set_row(session, operation, **values))
        return listing.row(session, answer["policy"])


@blp.route("/policies/<int:policy_id>/end", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, PolicyOut)
def end_row(body: dict[str, Any], policy_id: int) -> dict[str, Any]:
    """End a row now."""
    content = {**body, "policy": policy_id}
    operation = begin("end_policy", content)
    with writing() as session:
        require_row(session, policy_id)
        once(session, operation, content, lambda: services.end_row(session, operation, policy_id))
        return listing.row(session, policy_id)


@blp.route("/policies/what_if", methods=["POST"])
@blp.arguments(WhatIfIn)
@blp.response(200, WhatIfOut)
def what_if(body: dict[str, Any]) -> dict[str, Any]:
    """Tell what a row, or the end of one, would have changed in the past year; nothing is stored."""
    with reading() as session:
        for policy_id in (body.get("ends"), body.get("replaces")):
            if policy_id is not None:
                require_row(session, policy_id)
        if "ends" in body:
            tried = trying.try_end(session, body["ends"])
        else:
            place = require_place(session, branch=body.get("branch"), branch_set=body.get("set"))
            row = {name: value for name, value in body.items() if name not in {"branch", "set", "operation_id"}}
            if not row.get("rule") or not row.get("value"):
                raise Invalid("rule_and_value_required")
            tried = trying.try_row(session, **row, **place)
    return {**tried, "text": [what_if_words.headline(tried), *what_if_words.changes(tried), *what_if_words.base(tried)]}


@blp.route("/policies/settings", methods=["POST"])
@blp.arguments(SettingIn)
@blp.response(200, SettingOut)
def choose(body: dict[str, Any]) -> dict[str, Any]:
    """Choose whose rules decide, or which loans are counted."""
    operation = begin("choose_policy", body)
    with writing() as session:
        require_all(services.roots(session))
        setting, value = body["setting"], body["value"]
        return once(session, operation, body, lambda: services.choose(session, operation, setting, value))


@blp.route("/policies/explain")
@blp.arguments(ExplainQuery, location="query")
@blp.response(200, ExplainOut)
def explain(query: dict[str, Any]) -> dict[str, Any]:
    """Tell what each rule says at a branch, which row says it and which rows it beat."""
    require("view")
    on = query.get("on") or clock.today()
    with reading() as session:
        branch = branch_by_code(session, query["branch"])
        resolved = services.resolve(
            session,
            item_class=query.get("item_class"),
            patron_category=query.get("category"),
            branch=branch,
            on=on,
        )
        return {"branch": branch.code, "on": on, "rules": named_and_told(session, resolved)}
