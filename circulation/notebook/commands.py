"""`library loans`: loans from a table."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from circulation.notebook.imports import import_loans, read_lines
from library.kernel import console
from library.kernel.db import database


@click.group(cls=console.Group)
def loans() -> None:
    """Look after the loans."""


@loans.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Decide every line and write nothing.")
@console.json_option
@with_appcontext
def import_(file: Path, dry_run: bool, as_json: bool) -> None:
    """Take over the loans of a table: card, barcode, lent_on, returned_on, branch.

    Loans and returns count on their real days. Nothing newer is overturned, a line imported before changes nothing, and one
    that cannot be taken does not hold up the others.
    """
    lines, fault = read_lines(file.read_bytes())
    if fault is not None:
        raise console.fail(f"{file}: {fault}")
    with console.progress("Loans", len(lines)) as step:
        done = import_loans(database(), lines, dry_run=dry_run, step=step)
    said = [f"line {number}: {why}" for number, why in sorted(done.errors)]
    verb = "would be" if dry_run else "were"
    said.append(f"{done.records} lines: {done.new} {verb} written, {done.matched} known, {len(done.errors)} rejected")
    console.finish(done.as_json(file.name), as_json, *said)
    if done.errors:
        raise SystemExit(1)


COMMANDS: tuple[click.Command, ...] = (loans,)
