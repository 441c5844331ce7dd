"""`library db check`: a sound database passes, and every invariant is found broken when it is broken on purpose."""

from collections.abc import Iterator

import pytest
from flask import Flask

from library import checks
from library.commands import db
from library.kernel.checks import Breach, run
from library.kernel.db import Database
from tests import breakage


@pytest.fixture
def sound(app: Flask, database: Database) -> Iterator[Database]:
    """A county in which a little of everything has happened."""
    with app.app_context():
        with database.writing() as session:
            breakage.a_little_of_everything(session)
        yield database


def breaches(database: Database) -> list[Breach]:
    checks.register_all()
    with database.reading() as session:
        return run(session)


def test_a_sound_county_passes(sound: Database) -> None:
    assert breaches(sound) == []


@pytest.mark.parametrize("name", sorted(invariant.name for invariant in checks.register_all()))
def test_every_invariant_is_found_broken(sound: Database, name: str) -> None:
    breakage.forget_constraints(sound)
    with sound.writing() as session:
        breakage.BREAKS[name](session)
    assert name in {breach.invariant.name for breach in breaches(sound)}


def test_there_is_a_break_for_every_invariant_and_no_other() -> None:
    assert set(breakage.BREAKS) == {invariant.name for invariant in checks.register_all()}


def test_the_command_prints_what_is_broken_and_fails(app: Flask, sound: Database) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(db, ["check"]).exit_code == 0
    breakage.forget_constraints(sound)
    with sound.writing() as session:
        breakage.BREAKS["one_open_loan"](session)
    result = runner.invoke(db, ["check", "--json"])
    assert result.exit_code == 1
    assert '"name": "one_open_loan"' in result.stdout.splitlines()[-1]
