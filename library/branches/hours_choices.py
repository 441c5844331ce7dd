"""What a place chose about its opening: by timetable or when the keeper is home, and what it does on national holidays.

Every field is inherited down the tree on its own: a place that chose nothing does what the nearest place above it chose.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from library.branches.hours_models import OpeningChoice
from library.branches.hours_text import read_hours, write_hours
from library.branches.models import Branch
from library.branches.rules import HolidayMode, HolidayRule, OpeningMode
from library.kernel import clock
from library.kernel.errors import Invalid
from library.kernel.events import record
from library.kernel.operations import Answer, Operation
from library.kernel.versions import raise_version

# Calendars are kept per process, because every loan asks for them.
CALENDARS = "calendars"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What holds at a place; `decided_by` names the branch (id) whose choice each field is, None for the house's own.

    `since_on` is the day from which it opens when the keeper is home.
    """

    mode: OpeningMode
    since_on: date | None
    holidays: HolidayRule
    decided_by: Mapping[str, int | None]


def chosen_at(session: Session, branch_ids: Iterable[int]) -> dict[int, Chosen]:
    """Return what holds at several branches, two queries in all."""
    paths = dict(session.execute(select(Branch.id, Branch.path).where(Branch.id.in_(list(branch_ids)))).all())
    lines = {branch_id: [int(part) for part in path.split("/") if part] for branch_id, path in paths.items()}
    wanted = select(OpeningChoice).where(OpeningChoice.branch_id.in_({one for line in lines.values() for one in line}))
    choices = {choice.branch_id: choice for choice in session.scalars(wanted)}
    return {branch_id: _resolved(line, choices) for branch_id, line in lines.items()}


def rooms_when_keeper_is_home(session: Session) -> dict[int, date]:
    """Return the branches that open when the keeper is home, each with the day since which they do."""
    chose = select(OpeningChoice.branch_id).where(OpeningChoice.opening_mode == str(OpeningMode.KEEPER_HOME))
    tops = session.scalars(select(Branch.path).where(Branch.id.in_(chose))).all()
    if not tops:
        return {}
    below = session.scalars(select(Branch.id).where(or_(*(Branch.path.startswith(top) for top in tops)))).all()
    chosen = chosen_at(session, below).items()
    return {branch_id: one.since_on or date.min for branch_id, one in chosen if one.mode is OpeningMode.KEEPER_HOME}


def own_choice(session: Session, branch_id: int) -> OpeningChoice | None:
    """Return what a branch chose itself."""
    return session.get(OpeningChoice, branch_id)


def choose(
    session: Session,
    operation: Operation,
    branch: Branch,
    *,
    opening_mode: str | None,
    holiday_mode: str | None,
    holiday_hours: str = "",
    makeup_as_weekday: bool | None = None,
) -> Answer:
    """Set what a place chooses for itself and everything below it; None takes over what the place above chose.

    Raises `Invalid` `holiday_hours_missing`, and what `read_hours` raises.
    """
    hours = read_hours(holiday_hours)
    if holiday_mode == HolidayMode.OWN_HOURS and not hours:
        raise Invalid("holiday_hours_missing")
    choice = own_choice(session, branch.id)
    if choice is None:
        choice = OpeningChoice(branch_id=branch.id)
        session.add(choice)
    if choice.opening_mode != opening_mode:
        choice.mode_since_on = clock.local_date(operation.at) if opening_mode else None
    choice.opening_mode = opening_mode
    choice.holiday_mode = holiday_mode
    choice.holiday_hours = write_hours(hours) if holiday_mode == HolidayMode.OWN_HOURS else ""
    choice.makeup_as_weekday = makeup_as_weekday
    session.flush()
    raise_version(session, CALENDARS)
    chosen = {"opening_mode": opening_mode, "holiday_mode": holiday_mode, "makeup_as_weekday": makeup_as_weekday}
    record(session, operation, "branch.opening_chosen", branch_id=branch.id, payload=chosen)
    return {"outcome": "done"}


def _resolved(line: list[int], choices: Mapping[int, OpeningChoice]) -> Chosen:
    """Resolve each field by itself along `line`, the ids from the root down to the place."""
    upwards = [choices[one] for one in reversed(line) if one in choices]
    mode = next((choice for choice in upwards if choice.opening_mode), None)
    holiday = next((choice for choice in upwards if choice.holiday_mode), None)
    makeup = next((choice for choice in upwards if choice.makeup_as_weekday is not None), None)
    rule = HolidayRule(
        HolidayMode((holiday and holiday.holiday_mode) or HolidayMode.AS_USUAL),
        read_hours(holiday.holiday_hours) if holiday else (),
        makeup_as_weekday=bool(makeup is not None and makeup.makeup_as_weekday),
    )
    deciders = {"opening_mode": mode, "holiday_mode": holiday, "makeup_as_weekday": makeup}
    return Chosen(
        OpeningMode((mode and mode.opening_mode) or OpeningMode.SCHEDULED),
        mode.mode_since_on if mode else None,
        rule,
        {name: choice.branch_id if choice is not None else None for name, choice in deciders.items()},
    )
