"""`library patrons import`."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from library.kernel.db import Database
from library.patrons.commands import patrons
from library.patrons.models import Patron
from tests.factories import a_county, a_patron


@pytest.fixture
def county(app: Flask, database: Database) -> Flask:
    with app.app_context(), database.writing() as session:
        a_patron(session, branch=a_county(session)["east"], card="A1")
    return app


def readers(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Patron)) or 0


def test_readers_come_from_a_windows_file_with_chinese_heads(county: Flask, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    rows = [
        "姓名,馆代码,卡号,类别,出生年,电话,监护人",
        "王二,east,B1,成人,1970,,",
        "王小二,east,B2,少儿,2017,,王二",
        "张,east,A1,,,,",
    ]
    file.write_bytes("\r\n".join(rows).encode("gbk"))
    first = county.test_cli_runner().invoke(patrons, ["import", str(file), "--json"])
    again = county.test_cli_runner().invoke(patrons, ["import", str(file), "--json"])
    counts = json.loads(first.stdout.splitlines()[-1])
    assert (counts["records"], counts["new"], counts["matched"], counts["errors"]) == (3, 2, 1, [])
    assert json.loads(again.stdout.splitlines()[-1])["matched"] == 3
    assert readers(database) == 3


def test_one_bad_line_and_nobody_is_registered(county: Flask, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    rows = [
        "name,home_branch,card,category,born_in",
        "王二,east,B1,,1970",
        "李四,nowhere,B2,,1970",
        ",east,B3,,",
        "赵五,east,B1,,",
        "小六,east,B4,child,2018",
        "钱七,east,B5,wizard,19xx",
    ]
    file.write_text("\ufeff" + "\n".join(rows), "utf-8")
    done = county.test_cli_runner().invoke(patrons, ["import", str(file), "--json"])
    errors = json.loads(done.stdout.splitlines()[-1])["errors"]
    assert done.exit_code == 1
    assert [(error["offset"], error["reason"].split(":")[0]) for error in errors] == [
        (3, "unknown_branch"),
        (4, "missing_name"),
        (5, "duplicate_card"),
        (6, "guardian_required"),
        (7, "bad_birth_year"),
    ]
    assert readers(database) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("王二,east,---,1970,", "bad_card"),
        (f"王二,east,{'1' * 200},1970,", "bad_card"),
        (f"{'王' * 201},east,B1,1970,", "name_too_long"),
        (f"王二,east,B1,2018,{'王' * 201}", "name_too_long"),
        (f"王二,east,B1,{'9' * 5000},", "bad_birth_year"),
        ("王二,east,B1,70,", "bad_birth_year"),
    ],
)
def test_what_does_not_fit_is_named_and_never_cut(county: Flask, tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "readers.csv"
    file.write_text(f"name,home_branch,card,born_in,guardian\n{line}\n", "utf-8")
    done = county.test_cli_runner().invoke(patrons, ["import", str(file), "--json"])
    (error,) = json.loads(done.stdout.splitlines()[-1])["errors"]
    assert error["reason"].startswith(reason)


def test_a_file_that_is_no_table_is_refused(county: Flask, tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    file.write_bytes(b"\xff\xff\x00")
    assert county.test_cli_runner().invoke(patrons, ["import", str(file)]).exit_code == 1
    file.write_text("card\nA9\n", "utf-8")
    done = county.test_cli_runner().invoke(patrons, ["import", str(file), "--json"])
    assert "missing_column: name, home_branch" in done.stdout
