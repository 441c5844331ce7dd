"""Commands of the kernel: the jobs process, backup and restore."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from library.kernel import backup as copies
from library.kernel import console, jobs, processes
from library.kernel.db import database


@click.group("jobs", cls=console.Group)
def jobs_group() -> None:
    """Work beside the requests: outbox, notices, nightly work."""


@jobs_group.command("run")
@click.option("--once", is_flag=True, help="Work through everything there is, then end.")
@console.json_option
@with_appcontext
def run(once: bool, as_json: bool) -> None:
    """Work until stopped; only one process works at a time, a second one waits."""
    worked = jobs.run(processes.stop_on_signals(), once=once)
    line = "nothing is left to do" if worked else "another jobs process is working; nothing was done here"
    console.finish({"worked": worked}, as_json, line)


@click.command(cls=console.Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@console.json_option
@with_appcontext
def backup(file: Path, as_json: bool) -> None:
    """Copy the database to FILE while the library goes on working; the copy is verified before FILE appears."""
    summary = copies.backup(database(), file)
    console.finish(
        summary,
        as_json,
        f"{summary['rows']} rows in {summary['tables']} tables copied to {file} and verified",
        "keep the keys in the data folder (secret.key, identity.key) beside it",
    )


@click.command(cls=console.Command)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace what the database holds.")
@console.json_option
@with_appcontext
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Fill the database from FILE, wholly or not at all; refuses one that holds anything, unless forced.

    Everybody has to sign in again. Passwords, PINs and API tokens are those of the backup.
    """
    summary = copies.restore(database(), file, force=force)
    copies.clean_restored(current_app, database())
    console.finish(
        summary,
        as_json,
        f"{summary['rows']} rows in {summary['tables']} tables restored from {file}",
        "everybody has to sign in again; passwords, PINs and API tokens are those of the backup",
        "run `library db upgrade`, then `library search rebuild`",
    )


COMMANDS: tuple[click.Command, ...] = (jobs_group, backup, restore)
