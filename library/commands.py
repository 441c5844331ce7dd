"""Commands of the whole house: the database's versions and its check."""

import click
from flask.cli import with_appcontext

from library import checks
from library.kernel import console, schema
from library.kernel.checks import run
from library.kernel.db import database, reading


@click.group(cls=console.Group)
def db() -> None:
    """Look after the database."""


@db.command()
@console.json_option
@with_appcontext
def upgrade(as_json: bool) -> None:
    """Bring the schema to the newest version."""
    schema.upgrade(database())
    console.finish({"revision": schema.current(database())}, as_json, f"schema at {schema.current(database())}")


@db.command()
@click.argument("revision")
@console.json_option
@with_appcontext
def downgrade(revision: str, as_json: bool) -> None:
    """Bring the schema down to REVISION; `base` empties the database."""
    schema.downgrade(database(), revision)
    console.finish({"revision": schema.current(database())}, as_json, f"schema at {schema.current(database())}")


@db.command()
@console.json_option
@with_appcontext
def check(as_json: bool) -> None:
    """Verify every invariant and print what is broken; exits 1 when something is."""
    known = len(checks.register_all())
    if not schema.is_at_head(database()):
        raise console.fail("the schema is not at the newest version: run `library db upgrade`")
    with reading() as session:
        breaches = run(session)
    lines = [
        f"BROKEN {breach.invariant.name}: {breach.invariant.sentence} {breach.count} rows, first {breach.first[0]}"
        for breach in breaches
    ]
    summary = {
        "invariants": known,
        "broken": [{"name": breach.invariant.name, "count": breach.count} for breach in breaches],
    }
    console.finish(summary, as_json, *lines, f"{known} invariants checked, {len(breaches)} broken")
    if breaches:
        raise SystemExit(1)


COMMANDS: tuple[click.Command, ...] = (db,)
