"""Tables of hours beyond one room's week: choices inherited down the tree, seasons and closures of many rooms."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.branches.rules import HolidayMode, OpeningMode
from library.kernel.db import Model, UtcDateTime, big_pk, index_where, name_text, pk

SCOPES = ("subtree", "set", "rooms")
CLOSURE_KINDS = ("closure", "postponement")
CLOSURE_STATES = ("applying", "done", "undoing", "undone")
SUBJECTS = ("loan", "hold")
EFFECT_STATES = ("moved", "restored", "kept")


class OpeningChoice(Model):
    """What a place chose for itself and everything below it; NULL takes over the choice of the place above.

    Without any choice up to the root a place opens by its timetable and keeps its hours on national holidays.
    `mode_since_on` is the day from which `opening_mode` holds; `holiday_hours` is text as `hours_text` reads it.
    """

    __tablename__ = "opening_choices"

    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), primary_key=True, autoincrement=False)
    opening_mode: Mapped[str | None] = mapped_column(String(12))
    mode_since_on: Mapped[date | None]
    holiday_mode: Mapped[str | None] = mapped_column(String(12))
    holiday_hours: Mapped[str] = mapped_column(String(120), default="", server_default="")
    makeup_as_weekday: Mapped[bool | None]

    __table_args__ = (
        CheckConstraint(f"opening_mode IN {tuple(map(str, OpeningMode))}", name="opening_mode"),
        CheckConstraint(f"holiday_mode IN {tuple(map(str, HolidayMode))}", name="holiday_mode"),
        CheckConstraint("(opening_mode IS NULL) = (mode_since_on IS NULL)", name="mode_has_a_first_day"),
    )


class Season(Model):
    """Weekly hours given to many rooms for a range of dates; `week` is hours as text by weekday, `{"0": "8:30-11:30"}`.

    Ended, never deleted: one that has ended holds until the day before.
    """

    __tablename__ = "seasons"

    id: Mapped[pk]
    name: Mapped[name_text]
    first_on: Mapped[date]
    last_on: Mapped[date]
    week: Mapped[dict[str, Any]] = mapped_column(JSON)
    scope: Mapped[str] = mapped_column(String(8))
    scope_code: Mapped[str] = mapped_column(String(32), default="", server_default="")
    created_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="dates_in_order"),
        CheckConstraint(f"scope IN {SCOPES}", name="scope"),
    )


class SeasonRoom(Model):
    __tablename__ = "season_rooms"

    season_id: Mapped[int] = mapped_column(ForeignKey("seasons.id"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), primary_key=True, index=True)


class Closure(Model):
    """A set of rooms closed for some dates, or only their due dates postponed by `days`; one batch that can be undone.

    `subject` and `after_id` say how far the batch has come: which sort of thing is being moved, and the last id seen;
    `is_settling` that it is looking for stragglers.
    """

    __tablename__ = "closures"

    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(String(12))
    cause: Mapped[str] = mapped_column(String(40))
    first_on: Mapped[date]
    last_on: Mapped[date]
    days: Mapped[int | None]
    scope: Mapped[str] = mapped_column(String(8))
    scope_code: Mapped[str] = mapped_column(String(32), default="", server_default="")
    state: Mapped[str] = mapped_column(String(8), default="applying")
    subject: Mapped[str] = mapped_column(String(8), default="loan")
    after_id: Mapped[int] = mapped_column(default=0)
    is_settling: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint(f"kind IN {CLOSURE_KINDS}", name="kind"),
        CheckConstraint("(kind = 'postponement') = (days IS NOT NULL)", name="postponed_by_days"),
        CheckConstraint("days IS NULL OR days > 0", name="days"),
        CheckConstraint("last_on >= first_on", name="dates_in_order"),
        CheckConstraint(f"scope IN {SCOPES}", name="scope"),
        CheckConstraint(f"state IN {CLOSURE_STATES}", name="state"),
        CheckConstraint("state NOT IN ('done','undone') OR done_at IS NOT NULL", name="done"),
        CheckConstraint("(state IN ('undoing','undone')) = (undone_at IS NOT NULL)", name="undone"),
        index_where("ix_closures_working", "id", where="state IN ('applying','undoing')"),
    )


class ClosureRoom(Model):
    __tablename__ = "closure_rooms"

    closure_id: Mapped[int] = mapped_column(ForeignKey("closures.id"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), primary_key=True, index=True)


class ClosureEffect(Model):
    """One date that a batch moved: of which loan or hold, which column, from when to when, and what became of it.

    `operation_id` is that of the chunk which moved it; its event names the same. `kept_because` says why an undo left it.
    """

    __tablename__ = "closure_effects"

    id: Mapped[big_pk]
    closure_id: Mapped[int] = mapped_column(ForeignKey("closures.id"))
    subject: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[int]
    field: Mapped[str] = mapped_column(String(20))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    before_on: Mapped[date]
    after_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(8), default="moved")
    kept_because: Mapped[str | None] = mapped_column(String(20))
    operation_id: Mapped[str] = mapped_column(String(36))

    __table_args__ = (
        UniqueConstraint("closure_id", "subject", "subject_id", "field"),
        CheckConstraint(f"subject IN {SUBJECTS}", name="subject"),
        CheckConstraint(f"state IN {EFFECT_STATES}", name="state"),
        CheckConstraint("(state = 'kept') = (kept_because IS NOT NULL)", name="kept_for_a_reason"),
        CheckConstraint("before_on <> after_on", name="moved_somewhere"),
        Index("ix_closure_effects_state", "closure_id", "state", "id"),
        Index("ix_closure_effects_subject_id", "subject", "subject_id"),
    )
