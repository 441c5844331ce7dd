"""Tables of time and roads: opening sessions, exceptions, the opening log, routes with stops and dates."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, code_text, name_text, pk, unique_where


class OpeningSession(Model):
    """One weekly session of a branch, local time; several a day are allowed. `weekday` 0 is Monday."""

    __tablename__ = "opening_sessions"

    id: Mapped[pk]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("closes > opens", name="hours_in_order"),
        UniqueConstraint("branch_id", "weekday", "opens", "valid_from"),
    )


class OpeningException(Model):
    """A date that differs from the week: closed, or open at other hours (`opens` and `closes` both set)."""

    __tablename__ = "opening_exceptions"

    id: Mapped[pk]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    on: Mapped[date]
    is_closed: Mapped[bool]
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    cause: Mapped[str] = mapped_column(String(40), default="")

    __table_args__ = (
        CheckConstraint("is_closed = (opens IS NULL)", name="closed_has_no_hours"),
        CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="hours_come_in_pairs"),
        CheckConstraint("closes IS NULL OR closes > opens", name="hours_in_order"),
        Index("ix_opening_exceptions_on", "branch_id", "on"),
    )


class OpeningLog(Model):
    """What really happened: the room was opened, and closed again. At most one open entry per branch.

    `reason` says why an entry was written later, from memory.
    """

    __tablename__ = "opening_log"

    id: Mapped[pk]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(20), default="desk")
    reason: Mapped[str] = mapped_column(String(120), default="", server_default="")
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="times_in_order"),
        Index("ix_opening_log_branch_id", "branch_id", "opened_at"),
        unique_where("uq_opening_log_open", "branch_id", where="closed_at IS NULL"),
    )


class Route(Model):
    """A round of the van."""

    __tablename__ = "routes"

    id: Mapped[pk]
    code: Mapped[code_text]
    name: Mapped[name_text]
    van: Mapped[str] = mapped_column(String(40), default="")
    capacity_boxes: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("code"),)


class RouteStop(Model):
    """A branch on a round, in the order of driving; `minutes` after departure."""

    __tablename__ = "route_stops"

    id: Mapped[pk]
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    position: Mapped[int]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    minutes: Mapped[int | None]

    __table_args__ = (UniqueConstraint("route_id", "position"), UniqueConstraint("route_id", "branch_id"))


class RouteDate(Model):
    """A day on which a round is driven."""

    __tablename__ = "route_dates"

    id: Mapped[pk]
    route_id: Mapped[int] = mapped_column(ForeignKey("routes.id"))
    on: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="planned")
    note: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        UniqueConstraint("route_id", "on"),
        CheckConstraint("state IN ('planned','driven','cancelled')", name="state"),
    )
