"""Daily figures per branch, rebuildable from the events and equal to them."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import BigId, Model, pk


class DailyRollup(Model):
    """Counts of one local day at one branch for one class and age band (`""` when unknown).

    `uses` are copies read in the room; `loans` are those taken home.
    """

    __tablename__ = "daily_rollups"

    id: Mapped[pk]
    on: Mapped[date]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    clc: Mapped[str] = mapped_column(String(20), default="")
    age_band: Mapped[str] = mapped_column(String(12), default="")
    loans: Mapped[int] = mapped_column(default=0)
    returns: Mapped[int] = mapped_column(default=0)
    renewals: Mapped[int] = mapped_column(default=0)
    holds: Mapped[int] = mapped_column(default=0)
    wishes: Mapped[int] = mapped_column(default=0)
    visits: Mapped[int] = mapped_column(default=0)
    uses: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        Index("uq_daily_rollups", "on", "branch_id", "clc", "age_band", unique=True),
        Index("ix_daily_rollups_branch_id", "branch_id", "on"),
    )


class RolledUpEvent(Model):
    """An event that is already in the rollups, so that counting it twice is impossible."""

    __tablename__ = "rolled_up_events"

    event_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
