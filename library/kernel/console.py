"""How every `library` command speaks: a progress bar on long work, one line on failure, `--json` for programs.

```python
@group.command("import", cls=Command)
@json_option
def import_(files: tuple[Path, ...], as_json: bool) -> None:
    with progress(_("Records"), total) as step:
        step(1)
    finish({"records": n}, as_json, _("%(count)d records read.", count=n))
```

Text goes to stdout, the bar and failures to stderr, so that the last line of `--json` is always the one JSON object.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from library.kernel.errors import DomainError
from library.kernel.problem_texts import in_english
from library.settings import SettingsError

FAILED = 1


class CommandFailed(click.ClickException):
    """The command cannot go on; the message is one line and says what to do."""

    exit_code = FAILED

    def show(self, file: Any = None) -> None:
        click.echo(f"{click.style('library:', fg='red')} {one_line(self.message)}", file=file or sys.stderr)


class _Guarded:
    """Turns what a person can mend into one line; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)  # type: ignore[misc]  # mixed into a click command, which has invoke
        except DomainError as error:
            raise CommandFailed(_explain(error)) from error
        except SettingsError as error:
            raise CommandFailed(str(error)) from error
        except DBAPIError as error:
            raise CommandFailed(_explain_database(error)) from error
        except KeyboardInterrupt as error:
            raise CommandFailed("interrupted; what was committed stays, run the command again to go on") from error
        except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
            raise CommandFailed(f"{error.filename}: {error.strerror}") from error


class Command(_Guarded, click.Command):
    """A command whose failures are one line and exit code 1."""


class Group(_Guarded, click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`, passed as `as_json`."""
    decorated: Callable[..., Any] = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object as the last line."
    )(command)
    return decorated


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Yield `step(n)`, which moves a bar on stderr by `n`; silent when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield _no_step
        return
    with click.progressbar(length=total or 0, label=label, file=sys.stderr, show_pos=True) as bar:

        def step(count: int) -> None:
            if total is None:
                bar.length = max(bar.length or 0, bar.pos + count + 1)
            bar.update(count)

        yield step


def finish(summary: Mapping[str, Any], as_json: bool, *lines: str) -> None:
    """End a command: its lines for people, or the summary as one JSON object on the last line."""
    for line in lines:
        click.echo(line, err=as_json)
    if as_json:
        click.echo(json.dumps(dict(summary), ensure_ascii=False, default=_plain, separators=(", ", ": ")))


def fail(message: str) -> CommandFailed:
    """Return the error to raise when the command cannot go on."""
    return CommandFailed(message)


def one_line(text: str) -> str:
    """Return `text` without line breaks."""
    return " ".join(text.split())


def _no_step(count: int) -> None:
    del count


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def _explain(error: DomainError) -> str:
    details = ", ".join(f"{name}={value}" for name, value in error.params.items())
    named = f"{error.code} ({details})" if details else error.code
    advice = in_english(error.code, error.params)
    return f"{named}: {advice}" if advice else named


def _explain_database(error: DBAPIError) -> str:
    reason = one_line(str(error.orig))
    if "no such table" in reason or "does not exist" in reason:
        return f"the database is not ready ({reason}); run `library db upgrade`"
    return f"the database refused: {reason}"
