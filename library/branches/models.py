"""Places: the tree of branches, its dated codes and named sets, and the locations inside a branch."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, code_text, name_text, pk, unique_where

KINDS = ("city", "county", "central", "township", "village", "school", "community", "mobile")
STATES = ("open", "suspended", "merged", "closed")


class Branch(Model):
    """A node of the federation's tree, of any depth: a library, a reading room, or an area that only groups them.

    `path` is the ids from the root down to this node, `/1/4/9/`, so that a subtree is a prefix. Opened, suspended, moved,
    merged, closed, never deleted. `code` is ours and stable; official division codes are dated attributes.
    """

    __tablename__ = "branches"

    id: Mapped[pk]
    code: Mapped[code_text]
    name: Mapped[name_text]
    name_en: Mapped[name_text] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(String(12))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"), index=True)
    path: Mapped[str] = mapped_column(String(200))
    host_type: Mapped[str | None] = mapped_column(String(40))
    grade: Mapped[str | None] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12), default="open")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    population: Mapped[int | None]
    shelf_capacity: Mapped[int | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    phone: Mapped[str | None] = mapped_column(String(30))
    contact: Mapped[str | None] = mapped_column(String(80))

    __table_args__ = (
        UniqueConstraint("code"),
        Index("uq_branches_path", "path", unique=True),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_names_its_successor"),
        CheckConstraint("id <> parent_id", name="not_its_own_parent"),
    )


class BranchCode(Model):
    """An official code of a branch while it was in force, such as the 12-digit division code of a year."""

    __tablename__ = "branch_codes"

    id: Mapped[pk]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    scheme: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(32))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("scheme", "code", "valid_from", "branch_id"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates_in_order"),
    )


class BranchSet(Model):
    """A named set of branches that is no subtree: a rotation circle, the rooms on a harvest timetable."""

    __tablename__ = "branch_sets"

    id: Mapped[pk]
    code: Mapped[code_text]
    name: Mapped[name_text]

    __table_args__ = (UniqueConstraint("code"),)


class BranchSetMember(Model):
    __tablename__ = "branch_set_members"

    set_id: Mapped[int] = mapped_column(ForeignKey("branch_sets.id"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), primary_key=True)


class Location(Model):
    """A place inside a branch where copies stand; every item has one."""

    __tablename__ = "locations"

    id: Mapped[pk]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    code: Mapped[code_text]
    name: Mapped[name_text]
    audience: Mapped[str] = mapped_column(String(12), default="general")
    is_lendable: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("branch_id", "code"),
        CheckConstraint(
            "audience IN ('general','children','elders','disabled','family','new','rare')", name="audience"
        ),
        unique_where("uq_locations_default", "branch_id", where="is_default"),
    )


class BranchChange(Model):
    """What happened to a branch and when: opened, moved, suspended, merged, closed."""

    __tablename__ = "branch_changes"

    id: Mapped[pk]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), default="")
    operation_id: Mapped[str | None] = mapped_column(String(36))
