"""Copies over the API. Reading is open to everybody: nothing here tells who has a copy."""

from typing import Any

import catalog.items.sentences  # noqa: F401  defines the words of this room's problems
from catalog.items import services
from catalog.items.presenting import present_items
from catalog.items.rules import is_isbn
from catalog.items.schemas import ItemIn, ItemOut, ItemPage, ItemQuery
from library.accounts.access import require
from library.branches.services import branch_by_code
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, writing
from library.kernel.errors import NotFound
from library.kernel.identifiers import normalise_scan
from library.kernel.operations import Answer, begin, once

blp = ApiBlueprint("items", __name__, description="Copies")


@blp.route("/items", methods=["GET"])
@blp.arguments(ItemQuery, location="query")
@blp.response(200, ItemPage)
def find_items(query: dict[str, Any]) -> dict[str, Any]:
    """Find copies by what was scanned; several when branches share a barcode."""
    with reading() as session:
        found = services.items_by_code(session, query["barcode"])
        if not found and is_isbn(normalise_scan(query["barcode"])):
            raise NotFound("isbn_scanned", barcode=normalise_scan(query["barcode"]))
        first = (query["page"] - 1) * query["per_page"]
        shown = present_items(session, found[first : first + query["per_page"]])
        return page_of(shown, len(found), query["page"], query["per_page"])


@blp.route("/items/<int:item_id>", methods=["GET"])
@blp.response(200, ItemOut)
def show_item(item_id: int) -> dict[str, Any]:
    """Show one copy."""
    with reading() as session:
        return present_items(session, [services.item_by_id(session, item_id)])[0]


@blp.route("/items", methods=["POST"])
@blp.arguments(ItemIn)
@blp.response(201, ItemOut)
def add_item(body: dict[str, Any]) -> dict[str, Any]:
    """Add a copy."""
    operation = begin("add_item", body)
    with writing() as session:
        owner = branch_by_code(session, body["owner_branch"])
        require("catalogue", owner)
        home = branch_by_code(session, body["home_branch"]) if "home_branch" in body else owner
        require("catalogue", home)
        details = {
            key: body[key] for key in body.keys() - {"operation_id", "bib", "owner_branch", "home_branch", "location"}
        }

        def add() -> Answer:
            item = services.add_item(
                session,
                operation,
                bib_id=body["bib"],
                owner=owner,
                home=home,
                location_id=body.get("location"),
                **details,
            )
            return {"outcome": "done", "item": item.id}

        answer = once(session, operation, body, add)
    with reading() as session:
        return present_items(session, [services.item_by_id(session, answer["item"])])[0]
