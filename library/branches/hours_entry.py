"""What the API and the pages of opening hours do alike: who may, the operation, one transaction.

The content of a request is a mapping of plain values with the operation's id in it, from a JSON body or a form.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from library.accounts.access import require
from library.branches import closures, hours_choices, opening, opening_log, seasons
from library.branches.hours_text import read_hours
from library.branches.models import Branch
from library.branches.scopes import Scope, scope_of
from library.branches.services import branch_by_code
from library.kernel import clock
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid
from library.kernel.operations import Answer, Operation, begin, once

SET_HOURS = "set_hours"
Content = Mapping[str, Any]


def set_week(code: str, content: Content) -> Answer:
    """Set a room's weekly hours from ``valid_from`` on; ``week`` is text by weekday, ``"0"`` is Monday."""
    week = {int(weekday): read_hours(text) for weekday, text in content["week"].items()}
    spans = {weekday: [(one.opens, one.closes) for one in hours] for weekday, hours in week.items() if hours}
    if not spans:
        raise Invalid("week_is_empty")
    first, last = content["valid_from"], content.get("valid_to")
    if last is not None and last < first:
        raise Invalid("days_out_of_order")

    def act(session: Session, operation: Operation, branch: Branch) -> Answer:
        opening.set_week(session, operation, branch.id, spans, valid_from=first, valid_to=last)
        return {"outcome": "set"}

    return _at_room("set_hours", code, content, act)


def set_exception(code: str, content: Content) -> Answer:
    """Give the date ``on`` its own ``hours`` (text; empty means closed; None lets it follow the week again)."""
    hours, on = content.get("hours"), content["on"]
    spans = [(one.opens, one.closes) for one in read_hours(hours)] if hours is not None else []

    def act(session: Session, operation: Operation, branch: Branch) -> Answer:
        if hours is None:
            opening.unset_exception(session, operation, branch.id, on)
        else:
            opening.set_exception(session, operation, branch.id, on, spans, cause=content.get("cause") or "")
        return {"outcome": "set"}

    return _at_room("set_exception", code, content, act)


def choose(code: str, content: Content) -> Answer:
    """Set what a place chooses about opening and holidays; None takes over what the place above chose."""

    def act(session: Session, operation: Operation, branch: Branch) -> Answer:
        return hours_choices.choose(
            session,
            operation,
            branch,
            opening_mode=content.get("opening_mode"),
            holiday_mode=content.get("holiday_mode"),
            holiday_hours=content.get("holiday_hours") or "",
            makeup_as_weekday=content.get("makeup_as_weekday"),
        )

    return _at_room("choose_opening", code, content, act)


def log(code: str, content: Content) -> Answer:
    """Open or close the door of a room (``action``)."""

    def act(session: Session, operation: Operation, branch: Branch) -> Answer:
        if content["action"] == "open":
            return opening_log.log_opened(session, operation, branch.id)
        return opening_log.log_closed(session, operation, branch.id)

    return _at_room("log_opening", code, content, act, permission="lend")


def correct(code: str, content: Content) -> Answer:
    """Write down when a room was open on the past day ``on``: ``hours`` as text, and the ``reason``."""
    spans = [(one.opens, one.closes) for one in read_hours(content["hours"])]

    def act(session: Session, operation: Operation, branch: Branch) -> Answer:
        return opening_log.correct_day(
            session, operation, branch.id, content["on"], spans, reason=content.get("reason") or ""
        )

    return _at_room("correct_opening", code, content, act, permission="lend")


def begin_season(content: Content) -> Answer:
    """Give many rooms weekly hours for a while; a dry run only counts the rooms."""
    week = {int(weekday): text for weekday, text in content["week"].items()}
    first, last = content["first_on"], content["last_on"]
    if content.get("dry_run"):
        with reading() as session:
            scope = _scope(session, content)
            seasons.check_season(first, last, week, clock.today())
            return {"outcome": "preview", "season": None, "rooms": len(scope.rooms)}
    operation = begin("begin_season", content)
    with writing() as session:
        scope = _scope(session, content)
        return once(
            session,
            operation,
            content,
            lambda: seasons.begin_season(
                session, operation, scope, name=content["name"], first_on=first, last_on=last, week=week
            ),
        )


def end_season(season_id: int, content: Content) -> Answer:
    """End a season now."""
    content = {**content, "season": season_id}
    operation = begin("end_season", content)
    with writing() as session:
        season = seasons.season_by_id(session, season_id)
        _require_rooms(session, seasons.rooms_of(session, season_id))
        return once(session, operation, content, lambda: seasons.end_season(session, operation, season))


def preview_closure(content: Content) -> Answer:
    """Tell what a closure or postponement would move; nothing is written."""
    with reading() as session:
        found = closures.preview(session, _proposal(_scope(session, content), content, clock.today()))
    return {"outcome": "preview", "closure": None, **found.as_answer()}


def confirm_closure(content: Content) -> Answer:
    """Make the batch; what it moves follows in chunks. Sent again when the dates are over, it gets its answer still."""
    operation = begin("confirm_closure", content)
    with writing() as session:
        scope = _scope(session, content)

        def act() -> Answer:
            proposal = _proposal(scope, content, clock.local_date(operation.at))
            return closures.confirm(session, operation, proposal)

        return once(session, operation, content, act)


def undo_closure(closure_id: int, content: Content) -> Answer:
    """Take a batch back."""
    content = {**content, "closure": closure_id}
    operation = begin("undo_closure", content)
    with writing() as session:
        closure = closures.closure_by_id(session, closure_id, lock=True)
        require_rooms_of(session, closure_id)
        return once(session, operation, content, lambda: closures.undo(session, operation, closure))


def require_rooms_of(session: Session, closure_id: int) -> None:
    """Raise unless the actor may set the hours of every room of a batch."""
    _require_rooms(session, closures.rooms_of(session, closure_id))


def _proposal(scope: Scope, content: Content, today: date) -> closures.Proposal:
    return closures.propose(
        scope,
        kind=content["kind"],
        first_on=content["first_on"],
        last_on=content["last_on"],
        days=content.get("days"),
        cause=content["cause"],
        today=today,
    )


def _scope(session: Session, content: Content) -> Scope:
    require(SET_HOURS)
    scope = scope_of(
        session,
        below=content.get("below") or "",
        set_code=content.get("set") or "",
        rooms=content.get("rooms") or (),
    )
    _require_all(scope.rooms)
    return scope


def _require_rooms(session: Session, ids: Iterable[int]) -> None:
    _require_all(session.scalars(select(Branch).where(Branch.id.in_(ids)).order_by(Branch.id)))


def _require_all(rooms: Iterable[Branch]) -> None:
    require(SET_HOURS)
    for room in rooms:
        require(SET_HOURS, room)


def _at_room(
    kind: str,
    code: str,
    content: Content,
    act: Callable[[Session, Operation, Branch], Answer],
    *,
    permission: str = SET_HOURS,
) -> Answer:
    content = {**content, "at": code}
    with writing() as session:
        branch = branch_by_code(session, code)
        require(permission, branch)
        operation = begin(kind, content, branch_id=branch.id)
        return once(session, operation, content, lambda: act(session, operation, branch))
