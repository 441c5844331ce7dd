"""Records over the API. Reading is open to everybody; searching is in `catalog.search`."""

from typing import Any

from flask import Response
from sqlalchemy import func, select

import catalog.bibs.sentences  # noqa: F401  defines the words of this room's problems
from catalog.bibs import services
from catalog.bibs.schemas import BibChange, BibIn, BibItemsQuery, BibOut, MarcQuery, MergeIn, MergeOut
from catalog.items.availability import whereabouts
from catalog.items.models import Item
from catalog.items.presenting import present_items
from catalog.items.schemas import ItemPage
from catalog.items.services import items_of_bib
from catalog.marc.exporting import media_type, rendered
from catalog.marc.record import Flavour
from library.accounts.access import require
from library.kernel.api import ApiBlueprint, OperationIn, page_of
from library.kernel.db import reading, writing
from library.kernel.operations import begin, once

blp = ApiBlueprint("bibs", __name__, description="Records of the catalogue")


@blp.route("/bibs/<int:bib_id>", methods=["GET"])
@blp.response(200, BibOut)
def show_bib(bib_id: int) -> dict[str, Any]:
    """Show one record; a merged one leads to the one it was merged into."""
    return _shown(bib_id)


@blp.route("/bibs/<int:bib_id>/items", methods=["GET"])
@blp.arguments(BibItemsQuery, location="query")
@blp.response(200, ItemPage)
def list_copies(query: dict[str, Any], bib_id: int) -> dict[str, Any]:
    """List the copies of a record."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        bib = services.bib_by_id(session, bib_id)
        total = session.scalar(select(func.count()).where(Item.bib_id == bib.id)) or 0
        items = items_of_bib(session, bib.id, offset=(page - 1) * per_page, limit=per_page)
        return page_of(present_items(session, items), total, page, per_page)


@blp.route("/bibs/<int:bib_id>/marc", methods=["GET"])
@blp.arguments(MarcQuery, location="query")
@blp.response(200)
def show_marc(query: dict[str, Any], bib_id: int) -> Response:
    """Give one record as MARC, with the corrections made here."""
    with reading() as session:
        record, flavour = services.marc_of(session, services.bib_by_id(session, bib_id))
    wanted = Flavour(query["flavour"]) if "flavour" in query else flavour
    body = rendered(record, flavour, wanted, form=query["format"], encoding=query["encoding"])
    return Response(body, content_type=media_type(query["format"], query["encoding"]))


@blp.route("/bibs", methods=["POST"])
@blp.arguments(BibIn)
@blp.response(201, BibOut)
def create_bib(body: dict[str, Any]) -> dict[str, Any]:
    """Describe a book by hand."""
    operation = begin("create_bib", body)
    with writing() as session:
        require("catalogue")
        answer = once(
            session, operation, body, lambda: {"bib": services.create_bib(session, operation, _values(body)).id}
        )
    return _shown(answer["bib"])


@blp.route("/bibs/<int:bib_id>", methods=["PATCH"])
@blp.arguments(BibChange)
@blp.response(200, BibOut)
def change_bib(body: dict[str, Any], bib_id: int) -> dict[str, Any]:
    """Correct a record; what came in stays and the corrections stand over it."""
    operation = begin("change_bib", body)
    with writing() as session:
        require("catalogue")
        content = {**body, "bib": bib_id}
        answer = once(
            session,
            operation,
            content,
            lambda: {"bib": services.change_bib(session, operation, bib_id, _values(body)).id},
        )
    return _shown(answer["bib"])


@blp.route("/bibs/<int:bib_id>/merge", methods=["POST"])
@blp.arguments(MergeIn)
@blp.response(200, MergeOut)
def merge_bibs(body: dict[str, Any], bib_id: int) -> dict[str, Any]:
    """Merge another record into this one."""
    operation = begin("merge_bibs", body)
    with writing() as session:
        require("catalogue")
        answer = once(
            session,
            operation,
            {**body, "bib": bib_id},
            lambda: {"merge": services.merge_bibs(session, operation, bib_id, body["from_"]).id},
        )
    return {"id": answer["merge"], "into": bib_id, "from_": body["from_"]}


@blp.route("/merges/<int:merge_id>/undo", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, BibOut)
def undo_merge(body: dict[str, Any], merge_id: int) -> dict[str, Any]:
    """Take a merge back."""
    operation = begin("undo_merge", body)
    with writing() as session:
        require("catalogue")
        content = {**body, "merge": merge_id}
        answer = once(
            session, operation, content, lambda: {"bib": services.undo_merge(session, operation, merge_id).id}
        )
    return _shown(answer["bib"])


def _shown(bib_id: int) -> dict[str, Any]:
    with reading() as session:
        bib = services.bib_by_id(session, bib_id)
        places = whereabouts().availability(session, [bib.id])
        return {**services.bib_sheet(session, bib), "availability": list(places.get(bib.id, ()))}


def _values(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "operation_id"}
