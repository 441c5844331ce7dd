"""The `library` command."""

from collections.abc import Iterable
from types import ModuleType

import click
from flask import Flask
from flask.cli import ScriptInfo

import catalog.marc.commands
import catalog.search.bench
import catalog.search.commands
import circulation.lending.bench.command
import circulation.notebook.commands
import circulation.reports.commands
import circulation.restocking.bench
import circulation.restocking.commands
import library.accounts.commands
import library.branches.commands
import library.commands
import library.kernel.commands
import library.patrons.commands
import library.sample.commands
from library import serving
from library.app import create_app
from library.kernel import console

COMMANDS = (
    library.commands,
    library.kernel.commands,
    library.accounts.commands,
    library.branches.commands,
    library.patrons.commands,
    library.sample.commands,
    catalog.marc.commands,
    catalog.search.commands,
    circulation.restocking.commands,
    circulation.notebook.commands,
    circulation.reports.commands,
)
BENCHES = (catalog.search.bench, circulation.lending.bench.command, circulation.restocking.bench)


def _application() -> Flask:
    return create_app()


@click.group(cls=console.Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="county-library")
@click.pass_context
def main(context: click.Context) -> None:
    """Run and look after a county's library federation."""
    context.obj = ScriptInfo(create_app=_application, set_debug_flag=False)


@main.group(cls=console.Group)
def bench() -> None:
    """Measure this installation on the data that is in it."""


def _add(group: click.Group, rooms: Iterable[ModuleType]) -> None:
    for room in rooms:
        for command in room.COMMANDS:
            group.add_command(command)


main.add_command(serving.command)
_add(main, COMMANDS)
_add(bench, BENCHES)
