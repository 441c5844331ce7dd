"""`library branches`: the tree from a division table."""

import csv
from pathlib import Path

import click
from flask.cli import with_appcontext

from library.branches.divisions import Room, read_divisions, read_rooms
from library.branches.imports import Imported, import_division_table
from library.kernel import console
from library.kernel.db import Database, database
from library.kernel.operations import remember, system_operation


@click.group(cls=console.Group)
def branches() -> None:
    """Look after the tree of places."""


@branches.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--rooms",
    "rooms_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table of further rooms of villages: village_code, name, host.",
)
@console.json_option
@with_appcontext
def import_(file: Path, rooms_file: Path | None, as_json: bool) -> None:
    """Make the tree from a division table: code, name, level, parent_code; any depth.

    The same table again changes nothing; a table with a fault changes nothing either.
    """
    rooms = _rooms_in(rooms_file) if rooms_file else ()
    done = _import(database(), file.read_bytes(), rooms)
    lines = [f"line {fault.line}: {fault.code} {fault.about}".rstrip() for fault in done.faults]
    if done.faults:
        lines.append(f"{file}: nothing was imported, mend the {len(done.faults)} faults above first")
    else:
        lines.append(f"{done.records} places: {done.new} new, {done.changed} changed, {done.matched} as before")
    console.finish(done.as_json(file.name), as_json, *lines)
    if done.faults:
        raise SystemExit(1)


def _rooms_in(file: Path) -> tuple[Room, ...]:
    try:
        return read_rooms(file.read_bytes())
    except (UnicodeDecodeError, csv.Error) as error:
        raise console.fail(f"{file} is not a table in UTF-8 or GB18030 ({type(error).__name__})") from error


def _import(target: Database, data: bytes, rooms: tuple[Room, ...]) -> Imported:
    table = read_divisions(data)
    if table.faults:
        return Imported(faults=table.faults)
    operation = system_operation("import_branches")
    with target.writing() as session:
        done = import_division_table(session, operation, table.divisions, rooms)
        if not done.faults:
            remember(session, operation, "done")
    return done


COMMANDS: tuple[click.Command, ...] = (branches,)
