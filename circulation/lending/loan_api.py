"""What happens around a loan, over HTTP: copies read in the room."""

from typing import Any

from circulation.lending.loan_schemas import UseIn, UseOut
from circulation.lending.onsite import use_on_site
from circulation.lending.presenting import present
from library.accounts.access import require
from library.branches.services import branch_by_code
from library.kernel.api import ApiBlueprint
from library.kernel.db import writing
from library.kernel.errors import Invalid
from library.kernel.operations import Answer, begin, once
from library.patrons.services import patron_by_card

blp = ApiBlueprint("loans", __name__, description="Reading in the room, calling back, history")


@blp.route("/on-site-uses", methods=["POST"])
@blp.arguments(UseIn)
@blp.response(200, UseOut)
def use(body: dict[str, Any]) -> dict[str, Any]:
    """Count a copy as read in the room, with or without a reader's card; it need not be lendable."""
    if "barcode" not in body and "item" not in body:
        raise Invalid("barcode_or_item_required")
    operation = begin("use_on_site", body)
    with writing() as session:
        branch = branch_by_code(session, body["branch"])
        require("lend", branch)

        def act() -> Answer:
            return use_on_site(
                session,
                operation,
                branch=branch,
                barcode=body.get("barcode"),
                item_id=body.get("item"),
                patron_id=patron_by_card(session, body["card"]).id if "card" in body else None,
            )

        answer = once(session, operation, body, act)
    return present(answer)
