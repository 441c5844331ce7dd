"""The pages of opening hours: a month with its reasons, the week and single days, holidays, seasons, closures.

Each form works without scripts. What concerns many rooms is shown first and done by a second button; the closure's second
button carries the same fields, so that what was looked at is what is asked for.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from library.accounts.access import require
from library.branches import closures, hours_entry, hours_forms, hours_views
from library.branches.hours_entry import SET_HOURS
from library.branches.scopes import scope_of
from library.kernel import clock
from library.kernel.db import reading
from library.kernel.errors import Conflict, DomainError, Invalid, NotFound
from library.kernel.operations import Answer
from library.kernel.pages import paging, redirect_after_post, render
from library.kernel.problems import problem_of, words

bp = Blueprint("branches_hours", __name__, url_prefix="/admin/hours")

Page = str | Response | tuple[str, int]


@bp.get("")
def month() -> str:
    """Show a month of one place, each day with its reason."""
    actor = require(SET_HOURS)
    first = hours_views.month_asked(request.args.get("month"))
    with reading() as session:
        branch = hours_views.place_of(session, actor, request.args.get("branch"), SET_HOURS)
        page = {
            "branch": branch,
            "places": hours_views.options(hours_views.places_of(session, actor, SET_HOURS)),
            "status": hours_views.status(session, branch),
            "month": hours_views.month(session, branch, first),
        }
    return render("branches/month.html", **page)


@bp.get("/week")
def week() -> str:
    """Show the week and the exceptions of one place, to be changed."""
    return _week_page()


@bp.post("/week")
def set_week() -> Page:
    """Set the week from a day on."""
    code = request.form.get("branch", "")

    def act() -> Answer:
        content = {
            "operation_id": request.form.get("operation_id"),
            "week": hours_forms.week(request.form),
            "valid_from": hours_forms.day(request.form, "valid_from"),
            "valid_to": hours_forms.day(request.form, "valid_to", required=False),
        }
        return hours_entry.set_week(code, content)

    return _done_or(act, _("The hours are set."), url_for(".month", branch=code), _week_page)


@bp.post("/exception")
def set_exception() -> Page:
    """Give a day its own hours, or let it follow the week again."""
    code = request.form.get("branch", "")

    def act() -> Answer:
        content = {
            "operation_id": request.form.get("operation_id"),
            "on": hours_forms.day(request.form, "on"),
            "hours": None if request.form.get("step") == "unset" else request.form.get("hours", ""),
            "cause": request.form.get("cause", "").strip()[:40],
        }
        return hours_entry.set_exception(code, content)

    return _done_or(act, _("The day is set."), url_for(".week", branch=code, _anchor="days"), _week_page)


def _week_page(wrong: str = "") -> str:
    actor = require(SET_HOURS)
    with reading() as session:
        branch = hours_views.place_of(session, actor, request.values.get("branch"), SET_HOURS)
        given = hours_forms.week(request.form) if "day0" in request.form else hours_views.week_now(session, branch)
        page = {
            "branch": branch,
            "places": hours_views.options(hours_views.places_of(session, actor, SET_HOURS)),
            "week": given,
            "exceptions": hours_views.coming_exceptions(session, branch),
        }
    return render(
        "branches/week.html",
        wrong=wrong,
        given=request.form,
        weekdays=hours_views.weekdays(),
        today=clock.today(),
        **page,
    )


@bp.get("/holidays")
def holidays() -> str:
    """Show how a place treats national holidays and whether it has a timetable at all."""
    return _holidays_page()


@bp.post("/holidays")
def choose() -> Page:
    """Choose for one place and everything below it."""
    code = request.form.get("branch", "")

    def act() -> Answer:
        return hours_entry.choose(code, hours_forms.choice(request.form))

    return _done_or(act, _("The choice is kept."), url_for(".month", branch=code), _holidays_page)


def _holidays_page(wrong: str = "") -> str:
    actor = require(SET_HOURS)
    with reading() as session:
        branch = hours_views.place_of(session, actor, request.values.get("branch"), SET_HOURS, areas=True)
        page = {
            "branch": branch,
            "places": hours_views.options(hours_views.places_of(session, actor, SET_HOURS, areas=True)),
            "chosen": {**hours_views.choices(session, branch), **hours_forms.again(request.form)},
        }
    return render("branches/holidays.html", wrong=wrong, **page)


@bp.get("/seasons")
def seasons() -> str:
    """Show the seasons of many rooms and the form for another."""
    return _many_page("branches/seasons.html")


@bp.post("/seasons")
def begin_season() -> Page:
    """Look at a season, or with the second button begin it."""
    if request.form.get("step") == "confirm":
        return _done_or(
            lambda: hours_entry.begin_season(hours_forms.season(request.form)),
            _("The rooms keep these hours now."),
            url_for(".seasons"),
            lambda wrong: _many_page("branches/seasons.html", wrong),
        )
    return _looked_at(
        "branches/seasons.html", lambda: hours_entry.begin_season({**hours_forms.season(request.form), "dry_run": True})
    )


@bp.post("/seasons/<int:season_id>/end")
def end_season(season_id: int) -> Page:
    """End a season now."""
    return _done_or(
        lambda: hours_entry.end_season(season_id, {"operation_id": request.form.get("operation_id")}),
        _("The season has ended."),
        url_for(".seasons"),
        lambda wrong: _many_page("branches/seasons.html", wrong),
    )


@bp.get("/closures")
def closing() -> str:
    """Show the closures and postponements and the form for another."""
    return _many_page("branches/closures.html")


@bp.post("/closures")
def close() -> Page:
    """Look at what a closure would move, or with the second button do it."""
    if request.form.get("step") != "confirm":
        return _looked_at(
            "branches/closures.html", lambda: hours_entry.preview_closure(hours_forms.closure(request.form))
        )
    try:
        answer = hours_entry.confirm_closure(hours_forms.closure(request.form))
    except (Invalid, NotFound) as error:
        return _many_page("branches/closures.html", _advice(error)), problem_of(error).status
    return redirect_after_post(url_for(".closure", closure_id=answer["closure"]))


@bp.get("/closures/<int:closure_id>")
def closure(closure_id: int) -> str:
    """Show one batch: how far it has come, what it moved, what could not be taken back."""
    with reading() as session:
        found = closures.closure_by_id(session, closure_id)
        hours_entry.require_rooms_of(session, closure_id)
        counts = closures.effect_counts(session, [closure_id])[closure_id]
        kept_total = counts["kept"]
        pages = paging(kept_total)
        kept, _total = closures.effects_of(session, closure_id, state="kept", offset=pages.offset, limit=pages.per_page)
        page = {
            "row": hours_views.closure_row(found, counts.total()),
            "counts": counts,
            "moves": hours_views.move_rows(closures.moves_of(session, closure_id)),
            "kept": hours_views.effect_rows(kept),
            "rooms": hours_views.room_names(session, closures.rooms_of(session, closure_id)),
        }
    return render("branches/closure.html", paging=pages, **page)


@bp.post("/closures/<int:closure_id>/undo")
def undo(closure_id: int) -> Page:
    """Take the whole batch back."""
    try:
        hours_entry.undo_closure(closure_id, {"operation_id": request.form.get("operation_id")})
    except Conflict as error:
        flash(_advice(error), "warn")
    return redirect_after_post(url_for(".closure", closure_id=closure_id))


def _looked_at(template: str, look: Callable[[], Answer]) -> Page:
    """Show what would happen, with the fields that were given and a button to do it."""
    try:
        preview = look()
    except (Invalid, NotFound) as error:
        return _many_page(template, _advice(error)), problem_of(error).status
    return _many_page(template, preview=preview)


def _many_page(template: str, wrong: str = "", *, preview: Answer | None = None) -> str:
    actor = require(SET_HOURS)
    given = hours_forms.again(request.form)
    with reading() as session:
        page: dict[str, Any] = {
            "areas": hours_views.options(hours_views.places_of(session, actor, SET_HOURS, areas=True)),
            "rooms": hours_views.options(hours_views.places_of(session, actor, SET_HOURS)),
            "sets": hours_views.sets(session),
            "ticked": request.form.getlist("rooms"),
        }
        if preview is not None:
            scope = hours_forms.scope(request.form)
            chosen = scope_of(session, below=scope["below"], set_code=scope["set"], rooms=scope["rooms"])
            page["chosen"] = [hours_views.name_of(room) for room in chosen.rooms]
            page["moves"] = hours_views.move_rows(
                (move["sort"], move["from"], move["to"], move["count"]) for move in preview.get("moves", ())
            )
        if template == "branches/seasons.html":
            page["seasons"] = hours_views.season_rows(session, actor)
        else:
            page["closures"] = hours_views.closure_rows(session, actor)
    return render(
        template,
        wrong=wrong,
        given=given,
        preview=preview,
        weekdays=hours_views.weekdays(),
        today=clock.today(),
        **page,
    )


def _done_or(act: Callable[[], Answer], said: str, then: str, form: Callable[[str], str]) -> Page:
    """Do it and go on, or show the form again with what is wrong."""
    try:
        act()
    except (Invalid, NotFound, Conflict) as error:
        return form(_advice(error)), problem_of(error).status
    flash(said, "ok")
    return redirect_after_post(then)


def _advice(error: DomainError) -> str:
    title, advice = words(problem_of(error))
    return str(_("%(title)s. %(advice)s", title=title, advice=advice))
