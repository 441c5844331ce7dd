"""The cataloguer's import page: send a file, see what came of it, undo it."""

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from catalog.marc.api import uploads
from catalog.marc.batches import PROFILES, REVERTIBLE, batch_by_id, profile_by_name
from catalog.marc.reasons import sentence
from catalog.marc.reverting import revert_batch
from catalog.marc.uploads import import_uploads, recent_batches, show_batch, unseen
from library.accounts.access import require
from library.branches.services import branch_by_code, branch_by_id, list_branches
from library.kernel.db import reading, writing
from library.kernel.operations import begin
from library.kernel.pages import redirect_after_post, render

MOST_BRANCHES = 1000

bp = Blueprint("catalog_imports", __name__, template_folder="../templates")


@bp.get("/admin/imports")
def show_all() -> str:
    """Show the form and the newest batches."""
    require("catalogue")
    with reading() as session:
        batches = recent_batches(session)
        branches = [(branch.code, branch.name) for branch in list_branches(session, limit=MOST_BRANCHES)[0]]
    return render("catalog/imports.html", batches=batches, branches=branches, profiles=sorted(PROFILES))


@bp.get("/admin/imports/<int:batch_id>")
def show_one(batch_id: int) -> str:
    """Show one batch with the records that were rejected."""
    require("catalogue")
    batch = show_batch(batch_id)
    errors = [{**error, "reason": sentence(error["reason"])} for error in batch["errors"]]
    return render("catalog/import.html", batch={**batch, "errors": errors})


@bp.post("/admin/imports")
def send() -> Response:
    """Import the files of the form."""
    require("catalogue")  # before the form is read: a stranger's 64 MB shall not reach the disk
    operation = begin("import_records", request.form)
    with reading() as session:
        code = request.form.get("branch")
        branch = branch_by_code(session, code) if code else None
        require("catalogue", branch)
    batch = import_uploads(operation, uploads(), profile_by_name(request.form.get("profile", "default")), branch)
    return redirect_after_post(f"/admin/imports/{batch}")


@bp.post("/admin/imports/<int:batch_id>/revert")
def revert(batch_id: int) -> Response:
    """Take a batch back; what was used since then is named and nothing is undone."""
    require("catalogue")
    with reading() as session:
        batch = batch_by_id(session, batch_id)
        require("catalogue", branch_by_id(session, batch.branch_id) if batch.branch_id else None)
    operation = begin("revert_import", request.form)
    if batch.state not in REVERTIBLE:  # a second click: the first one did it or is doing it
        return redirect_after_post(f"/admin/imports/{batch_id}")
    done = revert_batch(writing, operation, batch_id, skip_blocked=False, step=unseen)
    if done.blocked:
        flash(_("%(count)d records are in use since then; nothing was undone.", count=len(done.blocked)), "warn")
    else:
        flash(_("The import is undone."), "ok")
    return redirect_after_post(f"/admin/imports/{batch_id}")
