"""The `library` command."""

from importlib import import_module
from importlib.util import find_spec

import click
from flask import Flask
from flask.cli import ScriptInfo

from library import serving
from library.app import ROOMS, create_app
from library.kernel import console


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


main.add_command(serving.command)

for _room in (*ROOMS, "library.sample", "library"):
    _name = f"{_room}.commands"
    if find_spec(_name) is not None:
        try:
            _module = import_module(_name)
        except ImportError:
            continue
        for _command in _module.COMMANDS:
            main.add_command(_command)

# A room that can be measured has a `bench.py` with its commands.
for _room in ROOMS:
    _name = f"{_room}.bench"
    if find_spec(_name) is not None:
        for _command in import_module(_name).COMMANDS:
            bench.add_command(_command)
