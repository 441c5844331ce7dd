"""Pages on which a row of the rules is written, tried on the past year, saved and ended."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from circulation.policies import form, listing, overview, services, trying, what_if_words
from circulation.policies.access import require_all, require_place, require_row
from circulation.policies.named import RULES, Rule
from circulation.policies.value_words import blocker_options, due_options, parsed_words, row_words, value_words
from circulation.policies.words import RULE_WORDS
from library.accounts.access import require
from library.kernel.db import reading, writing
from library.kernel.errors import NotFound
from library.kernel.operations import begin, once
from library.kernel.pages import redirect_after_post, render

bp = Blueprint("circulation_rule_rows", __name__, template_folder="../templates")

OVERVIEW = "circulation_policies.show_all"


@bp.get("/admin/rules/new")
def new() -> str:
    """Show the form of a new row of `?rule=`, or of one that replaces the row `?row=`."""
    require("administer")
    row_id = request.args.get("row", type=int)
    with reading() as session:
        if row_id is not None:
            require_row(session, row_id)
            return _form_page(session, _stored(session, row_id), {})
        return _form_page(session, _as_written(_rule(request.args.get("rule", "")), request.args), {})


@bp.post("/admin/rules/try")
def attempt() -> str | tuple[str, int]:
    """Show what the row in the form would have changed in the past year; nothing is saved yet."""
    require("administer")
    with reading() as session:
        row_id = request.form.get("ends", type=int)
        if row_id is not None:
            require_row(session, row_id)
            row = listing.row(session, row_id)
            return _tried_page(row, trying.try_end(session, row_id), ends=row_id)
        rule = _rule(request.form.get("rule", ""))
        written = form.read(rule, request.form)
        place, wrong = _place(session, written)
        replaces = _replaced(session)
        if wrong:
            return _form_page(session, _as_written(rule, request.form), wrong), 422
        tried = trying.try_row(session, replaces=replaces, **written.values, **place)
        row = {**written.values, **listing.names_of(session, **place)}
        return _tried_page(row, tried, ends=None)


@bp.post("/admin/rules")
def save() -> Response | tuple[str, int]:
    """Save the row of the form."""
    content = {name: values if len(values) > 1 else values[0] for name, values in request.form.lists()}
    operation = begin("set_policy", content)
    rule = _rule(request.form.get("rule", ""))
    written = form.read(rule, request.form)
    with writing() as session:
        place, wrong = _place(session, written)
        replaces = _replaced(session)
        if not wrong:
            values = {**written.values, **place, "replaces": replaces}
            once(session, operation, content, lambda: services.set_row(session, operation, **values))
    if wrong:
        # Afterwards: nobody else writes to an SQLite file while a page is made inside the block.
        with reading() as session:
            return _form_page(session, _as_written(rule, request.form), wrong), 422
    flash(_("Saved. The rule holds from now on, or from its first day."), "ok")
    return redirect_after_post(url_for(OVERVIEW, _anchor=rule.name))


@bp.post("/admin/rules/<int:policy_id>/end")
def end(policy_id: int) -> Response:
    """End a row now."""
    content = {"operation_id": request.form.get("operation_id"), "policy": policy_id}
    operation = begin("end_policy", content)
    with writing() as session:
        require_row(session, policy_id)
        rule = services.row_by_id(session, policy_id).rule
        once(session, operation, content, lambda: services.end_row(session, operation, policy_id))
    flash(_("The row has ended. It stays in the history."), "ok")
    return redirect_after_post(url_for(OVERVIEW, _anchor=rule))


@bp.post("/admin/rules/settings")
def choose() -> Response:
    """Choose whose rules decide, or which loans are counted."""
    name, value = request.form.get("setting", ""), request.form.get("value", "")
    content = {"operation_id": request.form.get("operation_id"), "setting": name, "value": value}
    operation = begin("choose_policy", content)
    with writing() as session:
        require_all(services.roots(session))
        once(session, operation, content, lambda: services.choose(session, operation, name, value))
    flash(_("Saved."), "ok")
    return redirect_after_post(url_for(OVERVIEW, _anchor="settings"))


def _rule(name: str) -> Rule:
    if name not in RULES:
        raise NotFound("unknown_rule", rule=name[:40])
    return RULES[name]


def _place(session: Session, written: form.Written) -> tuple[dict[str, int], dict[str, str]]:
    """Return where the row holds, and what is wrong with the form; whoever may not set it there is refused."""
    wrong = dict(written.wrong)
    try:
        return require_place(session, branch=written.branch, branch_set=written.branch_set), wrong
    except NotFound:
        return {}, {**wrong, "place": _("Choose a place from the list.")}


def _replaced(session: Session) -> int | None:
    row_id = request.form.get("replaces", type=int)
    if row_id is not None:
        require_row(session, row_id)
    return row_id


def _stored(session: Session, row_id: int) -> dict[str, Any]:
    """Return a row of the database as the fields of the form."""
    row = listing.row(session, row_id)
    rule = _rule(row["rule"])
    place = f"branch:{row['branch']}" if row["branch"] else f"set:{row['set']}" if row["set"] else ""
    shown = {
        name: row[name] or "" for name in ("item_class", "patron_category", "from_on", "to_on", "is_yearly", "note")
    }
    return {"rule": rule.name, "place": place, "replaces": row_id, **shown, **form.as_written(rule, row["value"])}


def _as_written(rule: Rule, given: form.Fields) -> dict[str, Any]:
    """Return the fields of the form as they were sent."""
    return {**given.to_dict(), "rule": rule.name, "chosen": given.getlist("value")}


def _tried_page(row: Mapping[str, Any], tried: trying.Tried, *, ends: int | None) -> str:
    rule = RULES[row["rule"]]
    return render(
        "circulation/policies/what_if.html",
        rule=rule,
        name=str(RULE_WORDS[rule.name].name),
        value=parsed_words(rule.name, rule.parse(row["value"])),
        row=row_words(row),
        headline=what_if_words.headline(tried),
        base=what_if_words.base(tried),
        changes=what_if_words.changes(tried),
        columns=[what_if_words.COLUMNS[name] for name in what_if_words.columns(tried)],
        table=what_if_words.table(tried),
        is_replayed=tried["is_replayed"],
        kept=[(name, value) for name, values in request.form.lists() for value in values if name != "operation_id"],
        back={name: values for name, values in request.form.lists() if name != "operation_id"},
        ends=ends,
    )


def _form_page(session: Session, fields: Mapping[str, Any], wrong: Mapping[str, str]) -> str:
    rule = RULES[fields["rule"]]
    choices = [(choice, value_words(rule.name, rule.parse(choice))) for choice in rule.kind.choices]
    return render(
        "circulation/policies/rule.html",
        rule=rule,
        words=RULE_WORDS[rule.name],
        fields=fields,
        wrong=wrong,
        choices=choices or blocker_options(),
        modes=due_options(),
        nothing=form.nothing_words(rule),
        unit=form.unit_words(rule),
        places=overview.place_options(session, require("administer")),
        categories=overview.category_options(),
        classes=overview.class_options(str(fields.get("item_class") or "")),
    )
