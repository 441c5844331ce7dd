"""`library patrons`: readers from a table."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from library.kernel import console
from library.kernel.db import Database, database
from library.kernel.operations import remember, system_operation
from library.patrons.imports import Imported, NothingImported, import_patrons, read_lines


@click.group(cls=console.Group)
def patrons() -> None:
    """Look after the readers."""


@patrons.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@console.json_option
@with_appcontext
def import_(file: Path, as_json: bool) -> None:
    """Register the readers of a table: name, home_branch, card, category, born_in, phone, guardian.

    Readers whose card is known are left as they are; one bad line and nothing is imported.
    """
    done = _import(database(), file.read_bytes())
    lines = [f"line {bad.number}: {bad.reason}" for bad in done.bad]
    if done.bad:
        lines.append(f"{file}: nobody was registered, mend the {len(done.bad)} lines above first")
    else:
        lines.append(f"{done.records} readers: {done.new} new, {done.matched} as before")
    console.finish(done.as_json(file.name), as_json, *lines)
    if done.bad:
        raise SystemExit(1)


def _import(target: Database, data: bytes) -> Imported:
    lines, bad = read_lines(data)
    if bad:
        return Imported(records=len(lines), bad=bad)
    operation = system_operation("import_patrons")
    try:
        with target.writing() as session:
            done = import_patrons(session, operation, lines)
            remember(session, operation, "done")
    except NothingImported as nothing:
        return nothing.done
    return done


COMMANDS: tuple[click.Command, ...] = (patrons,)
