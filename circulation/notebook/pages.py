"""The keeper's pages of the notebook: print numbered sheets, enter their rows, or copy any notebook."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from circulation.notebook import entry, listing
from circulation.notebook.cards import results_of, row_words
from circulation.notebook.forms import typed_rows
from circulation.notebook.sheets import MOST_SHEETS, print_sheets, sheet_by_code
from library.accounts import desks
from library.accounts.access import require
from library.branches.services import branch_by_code, branch_by_id
from library.kernel import clock
from library.kernel.barcodes import code128
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid
from library.kernel.operations import begin, once
from library.kernel.pages import paging, redirect_after_post, render

bp = Blueprint("circulation_notebook", __name__, template_folder="../templates")

PER_PAGE = 20
FREE_ROWS = 10


@bp.get("/desk/notebook")
def notebook() -> str | Response:
    """List the sheets of a branch; a scanned number leads to its sheet."""
    actor = require("lend")
    code = request.args.get("code", "").strip()
    with reading() as session:
        if code:
            return redirect_after_post(f"/desk/notebook/{sheet_by_code(session, code).code}")
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        _none, total = listing.sheets(session, (branch.path,), offset=0, limit=0)
        pages = paging(total, per_page=PER_PAGE)
        found, _total = listing.sheets(session, (branch.path,), offset=pages.offset, limit=PER_PAGE)
        page = {
            "branch": branch,
            "branches": desks.desks_of(session, actor),
            "sheets": found,
            "paging": pages,
            "most": MOST_SHEETS,
        }
    return render("circulation/notebook/notebook.html", **page)


@bp.post("/desk/notebook")
def make_sheets() -> Response:
    """Give new sheets their numbers and show them to be printed."""
    given = request.form.get("count", "1")
    count = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    if not 1 <= count <= MOST_SHEETS:
        raise Invalid("invalid_request")
    content: dict[str, Any] = {
        "operation_id": request.form.get("operation_id"),
        "branch": request.form.get("branch", ""),
        "count": count,
    }
    operation = begin("print_sheets", content, channel="desk")
    with writing() as session:
        branch = branch_by_code(session, content["branch"])
        require("lend", branch)
        answer = once(session, operation, content, lambda: print_sheets(session, operation, branch, count))
    return redirect_after_post(f"/desk/notebook/print?sheets={','.join(answer['sheets'])}")


@bp.get("/desk/notebook/print")
def print_page() -> str:
    """Show sheets as they are printed: one a page."""
    require("lend")
    codes = [code for code in request.args.get("sheets", "").split(",") if code][:MOST_SHEETS]
    with reading() as session:
        found = [sheet_by_code(session, code) for code in codes]
        places = [branch_by_id(session, sheet.branch_id) for sheet in found]
        for place in places:
            require("lend", place)
        sheets = [
            {"code": sheet.code, "bars": code128(sheet.code), "row_count": sheet.row_count, "branch": place}
            for sheet, place in zip(found, places, strict=True)
        ]
    return render("circulation/notebook/print.html", sheets=sheets)


@bp.get("/desk/notebook/enter")
def free_page() -> str:
    """Show rows to copy from any notebook."""
    return _rows_page(None, request.args.get("branch"), done=request.args.get("done", ""))


@bp.post("/desk/notebook/enter")
def enter_free() -> str | Response:
    """Enter rows copied from any notebook."""
    branch_code = request.form.get("branch", "")
    return _enter(None, branch_code, range(1, FREE_ROWS + 1), f"/desk/notebook/enter?branch={branch_code}&")


@bp.get("/desk/notebook/<string:code>")
def sheet_page(code: str) -> str:
    """Show a sheet: the rows that were entered, and fields for the others."""
    return _rows_page(code, None, done=request.args.get("done", ""))


@bp.post("/desk/notebook/<string:code>")
def enter_sheet(code: str) -> str | Response:
    """Enter the rows of a sheet that were filled in."""
    with reading() as session:
        sheet = sheet_by_code(session, code)
    return _enter(sheet.code, "", range(1, sheet.row_count + 1), f"/desk/notebook/{sheet.code}?")


def _enter(code: str | None, branch_code: str, rows: range, then: str) -> str | Response:
    """Enter what was filled in; when a row is left over, show the form again with it, else go on.

    Sending the form shown again has a new operation id; the rows that were done stand on the sheet and are not in it.
    """
    typed = typed_rows(request.form, rows)
    answer = entry.enter_rows(request.form.get("operation_id"), code, branch_code, typed)
    done, total = answer["done"], len(answer["lines"])
    flash(_("%(done)s of %(total)s rows written.", done=done, total=total), "ok" if done == total else "warn")
    if done == total:
        return redirect_after_post(f"{then}done={request.form.get('operation_id')}")
    undone = {line["row"] for line in answer["lines"] if line["decision"] != "allowed"}
    left = {row.number: row for row in typed if row.number in undone}
    return _rows_page(code, branch_code, done=str(request.form.get("operation_id")), left=left)


def _rows_page(
    code: str | None, branch_code: str | None, *, done: str, left: Mapping[int, entry.Typed] | None = None
) -> str:
    actor = require("lend")
    with reading() as session:
        sheet = sheet_by_code(session, code) if code is not None else None
        if sheet is None:
            branch = desks.desk_of(session, actor, branch_code)
            rows: list[listing.EnteredRow] = []
        else:
            branch = branch_by_id(session, sheet.branch_id)
            require("lend", branch)
            rows = listing.entered_rows(session, sheet.id)
        page = {
            "branch": branch,
            "sheet": sheet,
            "entered": {row.number: (row, row_words(row)) for row in rows},
            "results": results_of(session, done, actor, sheet.code if sheet else None) if done else [],
            "left": left or {},
            "numbers": range(1, (sheet.row_count if sheet else FREE_ROWS) + 1),
            "today": clock.today(),
        }
    return render("circulation/notebook/enter.html", **page)
