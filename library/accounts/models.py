"""Staff accounts and grants, API tokens, signed-in sessions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, name_text, pk, unique_where

ROLES = ("county_administrator", "cataloguer", "distribution", "branch_librarian", "room_keeper", "supervisor")


class StaffAccount(Model):
    __tablename__ = "staff_accounts"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(60))
    display_name: Mapped[name_text] = mapped_column(default="")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("name"),)


class RoleGrant(Model):
    """A role on a branch and everything below it; ended, never deleted."""

    __tablename__ = "role_grants"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(24))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    granted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        unique_where("uq_role_grants_open", "account_id", "role", "branch_id", where="ended_at IS NULL"),
    )


class ApiToken(Model):
    """A token another program signs its requests with; only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("token_hash"),)


class SignInSession(Model):
    """A signed-in browser: staff or reader. The cookie holds the secret, the row its SHA-256; revoked by its row."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[pk]
    secret_hash: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    patron_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (
        UniqueConstraint("secret_hash"),
        CheckConstraint("(account_id IS NULL) <> (patron_id IS NULL)", name="one_person"),
    )
