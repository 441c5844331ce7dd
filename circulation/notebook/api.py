"""The notebook over HTTP: lines with their real days, numbered sheets and their rows."""

from typing import Any

import circulation.notebook.sentences  # noqa: F401  defines the words of this room's problems
from circulation.lending.presenting import present
from circulation.notebook import entry, listing
from circulation.notebook.schemas import (
    BackdatedIn,
    NotebookLineIn,
    NotebookLineOut,
    SheetPage,
    SheetQuery,
    SheetsIn,
    SheetsOut,
    SheetWithRowsOut,
)
from circulation.notebook.sheets import print_sheets, sheet_by_code
from library.accounts.access import granted_paths, require
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid
from library.kernel.operations import begin, once

blp = ApiBlueprint("notebook", __name__, description="Loans copied from a notebook, with their real days")


@blp.route("/loans/backdated", methods=["POST"])
@blp.arguments(BackdatedIn)
@blp.response(200, NotebookLineOut)
def enter(body: dict[str, Any]) -> dict[str, Any]:
    """Write a loan, its return, or both, as a notebook has them; nothing newer is overturned."""
    if "barcode" not in body and "item" not in body:
        raise Invalid("barcode_or_item_required")
    content = {name: value for name, value in body.items() if name != "dry_run"}
    return present(entry.enter_one(content, dry_run=body["dry_run"]))


@blp.route("/loan-sheets")
@blp.arguments(SheetQuery, location="query")
@blp.response(200, SheetPage)
def list_sheets(query: dict[str, Any]) -> dict[str, Any]:
    """List the numbered sheets, the last printed first."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        branch = branch_by_code(session, query["branch"]) if "branch" in query else None
        actor = require("lend", branch)
        paths = (branch.path,) if branch is not None else granted_paths(actor, "lend")
        found, total = listing.sheets(session, paths, offset=(page - 1) * per_page, limit=per_page)
    return page_of(found, total, page, per_page)


@blp.route("/loan-sheets", methods=["POST"])
@blp.arguments(SheetsIn)
@blp.response(200, SheetsOut)
def make_sheets(body: dict[str, Any]) -> dict[str, Any]:
    """Give new sheets their numbers; they are printed from the page of the notebook."""
    operation = begin("print_sheets", body)
    with writing() as session:
        branch = branch_by_code(session, body["branch"])
        require("lend", branch)
        return once(session, operation, body, lambda: print_sheets(session, operation, branch, body["count"]))


@blp.route("/loan-sheets/<string:code>")
@blp.response(200, SheetWithRowsOut)
def show_sheet(code: str) -> dict[str, Any]:
    """Show a sheet with the rows that were entered."""
    with reading() as session:
        sheet = sheet_by_code(session, code)
        require("lend", branch_by_id(session, sheet.branch_id))
        return listing.sheet_view(session, sheet)


@blp.route("/loan-sheets/<string:code>/rows/<int:row>", methods=["POST"])
@blp.arguments(NotebookLineIn)
@blp.response(200, NotebookLineOut)
def enter_row(body: dict[str, Any], code: str, row: int) -> dict[str, Any]:
    """Enter a row of a sheet once; later only its day of return."""
    return present(entry.enter_sheet_row(code, row, body))
