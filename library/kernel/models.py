"""Tables of the kernel: operations, events and their deliveries, jobs, counters, county settings, failed sign-ins."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import BigId, Model, UtcDateTime, big_pk, index_where


class OperationRow(Model):
    """A request that changed something, or was refused, with the answer it got.

    `digest` is of the content, so that the same id with another content is noticed. After 90 days `answer` shrinks to NULL
    and only the outcome is left. `actor_id` of a reader is set to NULL when the reader is de-linked.
    """

    __tablename__ = "operations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[int | None]
    channel: Mapped[str] = mapped_column(String(12))
    device: Mapped[str | None] = mapped_column(String(80))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(40))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("channel IN ('desk','page','api','offline','sip2','job')", name="channel"),
        Index("ix_operations_at", "at"),
    )


class EventRow(Model):
    """One change: audit trail, outbox and source of the statistics. Immutable but for the de-linking of a reader.

    `statistics` columns stand beside the nullable `patron_id`, so that figures survive when the person is forgotten.
    """

    __tablename__ = "events"

    id: Mapped[big_pk]
    kind: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    operation_id: Mapped[str | None] = mapped_column(String(36))
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[int | None]
    branch_id: Mapped[int | None]
    bib_id: Mapped[int | None]
    item_id: Mapped[int | None]
    patron_id: Mapped[int | None]
    age_band: Mapped[str | None] = mapped_column(String(12))
    patron_category: Mapped[str | None] = mapped_column(String(20))
    village_id: Mapped[int | None]
    clc: Mapped[str | None] = mapped_column(String(20))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        Index("ix_events_kind_at", "kind", "at"),
        Index("ix_events_item_id", "item_id"),
        index_where("ix_events_patron_id", "patron_id", where="patron_id IS NOT NULL"),
    )


class EventDelivery(Model):
    """What one consumer has to do with one event; `handled_at` NULL while it is still to do."""

    __tablename__ = "event_deliveries"

    consumer: Mapped[str] = mapped_column(String(40), primary_key=True)
    event_id: Mapped[int] = mapped_column(BigId, ForeignKey("events.id"), primary_key=True)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (index_where("ix_event_deliveries_pending", "consumer", "event_id", where="handled_at IS NULL"),)


class JobLease(Model):
    """The one jobs process that may work; whoever finds it expired may take it."""

    __tablename__ = "job_leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobSchedule(Model):
    """Work that comes again; `every_seconds` after the last start, or once a day after `daily_at` local time (HH:MM)."""

    __tablename__ = "job_schedules"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    every_seconds: Mapped[int | None]
    daily_at: Mapped[str | None] = mapped_column(String(5))
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)


class Counter(Model):
    """A number that is given out once, such as the serial of printed codes."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[int] = mapped_column(Integer, default=0)


class CountySetting(Model):
    """A choice the county makes once, such as whose rule applies and which loans are counted."""

    __tablename__ = "county_settings"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class CacheVersion(Model):
    """A version number of something cached in every process, raised by each change (for example the policies)."""

    __tablename__ = "cache_versions"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)


class SignInThrottle(Model):
    """Failed sign-ins of one subject (`card:…`, `name:…`, `address:…`, as a keyed hash) and until when it is locked."""

    __tablename__ = "sign_in_throttles"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
