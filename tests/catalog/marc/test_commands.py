"""`library catalog` as an operator and a program see it."""

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from catalog.bibs.models import Bib
from catalog.marc.commands import catalog
from library.kernel.db import Database
from tests.catalog.marc.files import FOLDER
from tests.factories import a_county

GOOD = str(FOLDER / "cnmarc_bnu_gbk.iso")


class Operator:
    """Somebody at the console."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def run(self, *words: str) -> Result:
        with self.app.app_context():
            return CliRunner().invoke(catalog, list(words), obj=None)

    def asked(self, *words: str) -> dict[str, Any]:
        result = self.run(*words, "--json")
        found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return found


@pytest.fixture
def operator(app: Flask, database: Database) -> Operator:
    with app.app_context(), database.writing() as session:
        a_county(session)
    return Operator(app)


def test_import_tells_what_it_did_in_one_json_object(operator: Operator) -> None:
    summary = operator.asked("import", GOOD, str(FOLDER / "sample_dc.xml"))
    assert (summary["records"], summary["new"], summary["rejected"]) == (10, 10, 0)
    assert summary["errors"] == [{"file": "sample_dc.xml", "offset": 0, "reason": "not_marc"}]


def test_a_file_whose_name_is_no_utf_8_is_imported(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xca\xe9.iso")
    shutil.copy(GOOD, file)
    assert operator.asked("import", str(file))["new"] == 10


def test_a_picture_is_one_refused_file_and_not_thousands_of_bad_records(operator: Operator, tmp_path: Path) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(random.Random(1).randbytes(200_000))
    summary = operator.asked("import", GOOD, str(picture))
    assert (summary["records"], summary["rejected"], summary["refused_files"]) == (10, 0, ["photo.jpg"])


def test_import_of_nothing_but_other_files_fails_in_one_line(operator: Operator) -> None:
    result = operator.run("import", str(FOLDER / "sample_dc.xml"))
    assert result.exit_code == 1
    assert "sample_dc.xml" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("words", [("--branch", "nowhere"), ("--profile", "none")])
def test_an_unknown_branch_or_profile_fails_before_anything_is_read(operator: Operator, words: tuple[str, str]) -> None:
    assert operator.run("import", GOOD, *words).exit_code == 1


def test_a_dry_run_leaves_the_catalogue_as_it_is(operator: Operator, database: Database) -> None:
    assert operator.asked("import", GOOD, "--dry-run")["new"] == 10
    with database.reading() as session:
        assert session.scalar(select(func.count(Bib.id))) == 0


def test_a_batch_is_taken_back_by_its_number(operator: Operator) -> None:
    batch = operator.asked("import", GOOD, "--branch", "central")["batch"]
    assert operator.asked("revert", str(batch))["bibs"] == 10
    assert operator.run("revert", str(batch)).exit_code == 1


@pytest.mark.parametrize("form", ["iso2709", "marcxml"])
@pytest.mark.parametrize("flavour", ["cnmarc", "marc21"])
def test_what_is_exported_can_be_imported_and_is_known(
    operator: Operator, tmp_path: Path, form: str, flavour: str
) -> None:
    operator.asked("import", GOOD)
    file = tmp_path / "export"
    options = ("--format", form, "--flavour", flavour, "--output", str(file))
    assert operator.asked("export", *options)["records"] == 10
    again = operator.asked("import", str(file))
    assert (again["new"], again["matched"] + again["merged"]) == (0, 10)


def test_export_as_json_writes_a_record_a_line(operator: Operator, tmp_path: Path) -> None:
    operator.asked("import", GOOD)
    file = tmp_path / "export.json"
    operator.asked("export", "--format", "json", "--output", str(file))
    assert [sorted(json.loads(line)) for line in file.read_text().splitlines()] == [["fields", "leader"]] * 10
