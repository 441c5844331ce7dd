"""`library serve`: bring the database up to date, then become the supervisor of web and jobs (`library.supervisor`)."""

import os
import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from library import supervisor
from library.branches.models import Branch
from library.kernel import schema
from library.kernel.console import Command, CommandFailed
from library.kernel.db import database, reading
from library.settings import Settings


@click.command("serve", cls=Command)
@click.option("--host", help="Address to listen at; LIBRARY_HOST, by default this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; LIBRARY_PORT, by default 8000. 0 takes a free one.")
@click.option("--workers", type=click.IntRange(2, 64), help="Web processes; LIBRARY_WORKERS, by default 2.")
@click.option("--sample", is_flag=True, help="Load the sample county first when the database is empty.")
@click.pass_context
@with_appcontext
def command(context: click.Context, host: str | None, port: int | None, workers: int | None, *, sample: bool) -> None:
    """Bring the database up to date and serve the library: pages, API and jobs."""
    settings: Settings = current_app.extensions["library.settings"]
    schema.upgrade(database())
    if sample and _is_empty():
        assert context.parent is not None
        assert isinstance(context.parent.command, click.Group)
        context.invoke(context.parent.command.commands["demo"])
    try:
        address = supervisor.free_address(host or settings.host, settings.port if port is None else port)
    except supervisor.PortTaken as error:
        raise CommandFailed(f"{error}; choose another --port") from error
    database().dispose()
    sys.stdout.flush()
    # This process has imported all of the library and now only has to watch two others: a small one takes its place.
    arguments = [address.host, str(address.port), str(workers or settings.workers)]
    os.execv(sys.executable, [sys.executable, "-m", "library.supervisor", *arguments])  # noqa: S606  no shell wanted


def _is_empty() -> bool:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Branch)) == 0
