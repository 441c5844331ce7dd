"""Commands: what goes to which stream, and how a failure looks."""

import json
from datetime import date

import click
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from library.kernel.console import Group, fail, finish, json_option, progress
from library.kernel.errors import NotFound
from library.settings import SettingsError


@click.group(cls=Group)
def tool() -> None:
    """A tool."""


@tool.command("count")
@json_option
def count_command(as_json: bool) -> None:
    """Count to three."""
    with progress("Counting", 3) as step:
        step(3)
    finish({"counted": 3, "on": date(2026, 1, 2), "name": "书屋"}, as_json, "Counted 3.", "Done.")


@tool.command("break")
@click.argument("how")
def break_command(how: str) -> None:
    """Fail in one of several ways."""
    raise {
        "domain": NotFound("unknown_branch", branch="X"),
        "settings": SettingsError("LIBRARY_PORT: must be a number"),
        "tables": OperationalError("SELECT 1", None, Exception("no such table: bibs")),
        "said": fail("two\nlines"),
        "file": FileNotFoundError(2, "No such file or directory", "missing.mrc"),
    }[how]


def test_the_last_line_of_json_is_one_object_and_the_words_go_to_stderr() -> None:
    result = CliRunner().invoke(tool, ["count", "--json"])
    assert json.loads(result.stdout.splitlines()[-1]) == {"counted": 3, "on": "2026-01-02", "name": "书屋"}
    assert len(result.stdout.splitlines()) == 1
    assert "Counted 3." in result.stderr


def test_without_json_the_words_go_to_stdout() -> None:
    assert CliRunner().invoke(tool, ["count"]).stdout == "Counted 3.\nDone.\n"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("domain", "unknown_branch (branch=X): No such branch. There is no branch X. Check its code."),
        ("settings", "LIBRARY_PORT: must be a number"),
        ("tables", "library db upgrade"),
        ("said", "two lines"),
        ("file", "missing.mrc: No such file or directory"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_one(how: str, says: str) -> None:
    result = CliRunner().invoke(tool, ["break", how])
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert says in result.stderr


def test_a_bug_keeps_its_traceback() -> None:
    assert isinstance(CliRunner().invoke(tool, ["break", "unheard"]).exception, KeyError)
