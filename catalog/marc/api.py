"""Importing over the API: a multipart form with the files in `file`."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from catalog.marc.batches import profile_by_name
from catalog.marc.schemas import ImportFormIn, ImportOut
from catalog.marc.uploads import Upload, import_uploads, show_batch
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel.api import UPLOAD, ApiBlueprint
from library.kernel.db import reading
from library.kernel.errors import Invalid
from library.kernel.operations import begin
from library.kernel.problem_texts import define

define("file_required", _l("Send a file to import."), _l("No file came with the form. Choose one and send it again."))

blp = ApiBlueprint("imports", __name__, description="Taking records in")


@blp.before_request
def _for_cataloguers() -> None:
    """Ask who sends before the form is read: a stranger's upload shall not reach the disk."""
    require("catalogue")


@blp.route("/imports", methods=["POST"])
@blp.arguments(ImportFormIn, location="form", content_type=UPLOAD)
@blp.response(200, ImportOut)
def import_records(form: dict[str, Any]) -> dict[str, Any]:
    """Import MARC files (ISO 2709 or MARCXML, CNMARC or MARC 21, UTF-8, GB18030 or MARC-8)."""
    operation = begin("import_records", form)
    branch = _branch(form.get("branch"))
    batch = import_uploads(operation, uploads(), profile_by_name(form["profile"]), branch)
    return show_batch(batch)


@blp.route("/imports/<int:batch_id>", methods=["GET"])
@blp.response(200, ImportOut)
def show_import(batch_id: int) -> dict[str, Any]:
    """Show one batch: its counts and what was rejected."""
    return show_batch(batch_id)


def _branch(code: str | None) -> Branch | None:
    with reading() as session:
        branch = branch_by_code(session, code) if code else None
        require("catalogue", branch)
        return branch


def uploads() -> list[Upload]:
    """Return the files of the present request.

    Raises `Invalid` `file_required` when there is none.
    """
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        raise Invalid("file_required")
    return [Upload((file.filename or "")[:200], file.read()) for file in files]
