"""`library stats rebuild`: make the daily figures again from the events."""

import click
from flask.cli import with_appcontext

from circulation.reports import rollups
from library.kernel import console
from library.kernel.db import writing


@click.group(cls=console.Group)
def stats() -> None:
    """Daily figures of the branches."""


@stats.command()
@console.json_option
@with_appcontext
def rebuild(*, as_json: bool) -> None:
    """Count every event again, a few thousand at a time, while the library goes on working."""
    with writing() as session:
        rollups.clear(session)
    after: int | None = 0
    steps = 0
    with console.progress("Events") as step:
        while after is not None:
            with writing() as session:
                after = rollups.rebuild_step(session, after)
            steps += 1
            step(rollups.AT_ONCE)
    console.finish({"steps": steps}, as_json, f"figures made again in {steps} steps")


COMMANDS = (stats,)
