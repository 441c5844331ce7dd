"""Readers: persons, cards, households, guardians, groups, consents and blocks.

A reader and a card are separate: cards are lost, replaced and expire, and loans stay with the person. The PIN is kept as an
argon2 hash; an identity number, where a county allows one, only as a keyed hash with a key of its own, and is never shown.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, name_text, pk, unique_where

CATEGORIES = ("adult", "child", "elder", "disabled", "family", "group", "staff")
CARD_STATES = ("active", "lost", "replaced", "closed")


class Household(Model):
    __tablename__ = "households"

    id: Mapped[pk]
    name: Mapped[name_text]
    village_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))


class Patron(Model):
    """A reader. `home_branch_id` is the room they belong to; `village_id` the village they live in, for the figures."""

    __tablename__ = "patrons"

    id: Mapped[pk]
    name: Mapped[name_text]
    name_initials: Mapped[str] = mapped_column(String(40), default="", index=True)
    category: Mapped[str] = mapped_column(String(20))
    born_in: Mapped[int | None]
    home_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    village_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"), index=True)
    phone: Mapped[str | None] = mapped_column(String(30), index=True)
    identity_hash: Mapped[str | None] = mapped_column(String(64))
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    pin_set_at: Mapped[datetime | None]
    registered_on: Mapped[date]
    expires_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    erased_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        UniqueConstraint("identity_hash"),
        CheckConstraint(f"category IN {CATEGORIES}", name="category"),
        CheckConstraint("born_in IS NULL OR born_in BETWEEN 1900 AND 2200", name="born_in"),
    )


class PatronCard(Model):
    """A card number while it belonged to a reader. At most one active card per number in the county."""

    __tablename__ = "patron_cards"

    id: Mapped[pk]
    patron_id: Mapped[int] = mapped_column(ForeignKey("patrons.id"), index=True)
    number: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(12), default="active")
    issued_on: Mapped[date]
    ended_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint(f"state IN {CARD_STATES}", name="state"),
        CheckConstraint("(state = 'active') = (ended_on IS NULL)", name="ended_when_not_active"),
        unique_where("uq_patron_cards_active_number", "number", where="state = 'active'"),
    )


class Guardian(Model):
    """Who answers for a child: another reader, or a person known by name and phone, with the consent that was given."""

    __tablename__ = "guardians"

    id: Mapped[pk]
    patron_id: Mapped[int] = mapped_column(ForeignKey("patrons.id"), index=True)
    guardian_patron_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"), index=True)
    name: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(30))
    relation: Mapped[str] = mapped_column(String(20), default="parent")
    consent_version: Mapped[str | None] = mapped_column(String(20))
    consented_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("guardian_patron_id IS NOT NULL OR name IS NOT NULL", name="somebody"),
        CheckConstraint("guardian_patron_id <> patron_id", name="not_oneself"),
    )


class Consent(Model):
    """A consent a reader gave or withdrew, by kind and version of the text."""

    __tablename__ = "consents"

    id: Mapped[pk]
    patron_id: Mapped[int] = mapped_column(ForeignKey("patrons.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class PatronGroup(Model):
    """A class or a group that borrows together; its custodian is a reader of category `group`, and of this group only."""

    __tablename__ = "patron_groups"

    id: Mapped[pk]
    name: Mapped[name_text]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    custodian_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"))
    term_ends_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    __table_args__ = (
        unique_where("uq_patron_groups_custodian_id", "custodian_id", where="custodian_id IS NOT NULL"),
        Index("ix_patron_groups_branch_id", "branch_id"),
    )


class PatronGroupMember(Model):
    __tablename__ = "patron_group_members"

    group_id: Mapped[int] = mapped_column(ForeignKey("patron_groups.id"), primary_key=True)
    patron_id: Mapped[int] = mapped_column(ForeignKey("patrons.id"), primary_key=True)


class PatronBlock(Model):
    """A block set by staff, with its reason; blocks that follow from rules are computed, never stored."""

    __tablename__ = "patron_blocks"

    id: Mapped[pk]
    patron_id: Mapped[int] = mapped_column(ForeignKey("patrons.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(200), default="")
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    lifted_at: Mapped[datetime | None]
    operation_id: Mapped[str | None] = mapped_column(String(36))
