"""`library user`: staff accounts, their grants and their API tokens."""

import secrets
import sys
from datetime import timedelta

import click
from flask.cli import with_appcontext

from library.accounts import services
from library.accounts.rules import Role
from library.accounts.sign_in import LONGEST_SECRET
from library.kernel import clock, console, passwords
from library.kernel.db import reading, writing

SHORTEST_PASSWORD = 10
MADE_BYTES = 12


@click.group(cls=console.Group)
def user() -> None:
    """Staff accounts: who may do what, and where."""


@user.command()
@click.argument("name")
@click.option("--display-name", default="", help="Name shown on pages and slips.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Grant this role at once.")
@click.option("--branch", help="Code of the branch of that role; the whole county when left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@console.json_option
@with_appcontext
def add(
    *, name: str, display_name: str, role: str | None, branch: str | None, password_stdin: bool, as_json: bool
) -> None:
    """Add the account NAME; without --password-stdin a password is made and printed once."""
    password, is_made = _password(password_stdin)
    password_hash = passwords.hash_secret(password)  # before the transaction: it is slow on purpose
    with writing() as session:
        services.add_account(session, name, display_name=display_name, password_hash=password_hash)
        if role is not None:
            services.grant(session, services.account_by_name(session, name), role, branch)
    summary = {"name": name, "role": role, "branch": branch, **({"password": password} if is_made else {})}
    console.finish(summary, as_json, f"added {name}", *([f"password: {password}"] if is_made else []))


@user.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@console.json_option
@with_appcontext
def change_password(name: str, password_stdin: bool, as_json: bool) -> None:
    """Set a new password for NAME; every session of the account ends, and failed attempts are forgotten."""
    password, is_made = _password(password_stdin)
    password_hash = passwords.hash_secret(password)
    with writing() as session:
        services.set_password(session, services.account_by_name(session, name), password_hash)
    summary = {"name": name, **({"password": password} if is_made else {})}
    console.finish(summary, as_json, f"password of {name} changed", *([f"password: {password}"] if is_made else []))


@user.command()
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--branch", help="Code of the branch; the whole county when left out.")
@console.json_option
@with_appcontext
def grant(name: str, role: str, branch: str | None, as_json: bool) -> None:
    """Give NAME the ROLE on a branch and everything below it."""
    with writing() as session:
        is_new = services.grant(session, services.account_by_name(session, name), role, branch)
    place = branch or "the whole county"
    line = f"{name} is {role} of {place}" if is_new else f"{name} was {role} of {place} before"
    console.finish({"name": name, "role": role, "branch": branch, "new": is_new}, as_json, line)


@user.command()
@click.argument("name")
@click.option("--label", default="", help="What the token is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; never when left out.")
@console.json_option
@with_appcontext
def token(name: str, label: str, days: int | None, as_json: bool) -> None:
    """Print a new API token with the grants of NAME, alone on the last line; it cannot be shown again."""
    expires_at = clock.now() + timedelta(days=days) if days else None
    with writing() as session:
        made = services.issue_token(
            session, services.account_by_name(session, name), label=label, expires_at=expires_at
        )
    console.finish({"name": name, "token": made, "expires_at": expires_at}, as_json, *([] if as_json else [made]))


@user.command()
@click.argument("name")
@click.option("--tokens", "only_tokens", is_flag=True, help="End only the API tokens.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="End only the grants of this role.")
@console.json_option
@with_appcontext
def revoke(name: str, only_tokens: bool, role: str | None, as_json: bool) -> None:
    """Shut the account NAME with its sessions and tokens, or end only a part."""
    with writing() as session:
        account = services.account_by_name(session, name)
        if only_tokens:
            line = f"{services.revoke_tokens(session, account)} tokens of {name} ended"
        elif role is not None:
            line = f"{services.end_grants(session, account, role=role)} grants of {name} ended"
        else:
            services.revoke_account(session, account)
            line = f"{name} is shut"
    console.finish({"name": name, "done": line}, as_json, line)


@user.command("list")
@console.json_option
@with_appcontext
def list_(as_json: bool) -> None:
    """List accounts and grants."""
    with reading() as session:
        accounts = services.accounts_listed(session)
    lines = []
    for account in accounts:
        grants = account["grants"]
        assert isinstance(grants, list)
        held = ", ".join(f"{one['role']} of {one['branch']}" for one in grants) or "no role"
        lines.append(f"{account['name']}: {held}{' (shut)' if account['disabled'] else ''}")
    console.finish({"accounts": accounts}, as_json, *lines)


def _password(from_stdin: bool) -> tuple[str, bool]:
    """Return the password and whether it was made here."""
    if not from_stdin:
        return secrets.token_urlsafe(MADE_BYTES), True
    given = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST_PASSWORD <= len(given) <= LONGEST_SECRET:
        raise console.fail(f"the password needs {SHORTEST_PASSWORD} to {LONGEST_SECRET} characters")
    return given, False


COMMANDS: tuple[click.Command, ...] = (user,)
