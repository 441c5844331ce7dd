"""`library branches import`."""

import json
from pathlib import Path

import pytest
from flask import Flask

from library.branches.commands import branches

FIXTURE = Path(__file__).parents[2] / "data" / "divisions" / "county.tsv"


def test_a_table_is_imported_twice_with_the_same_tree(app: Flask) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(branches, ["import", str(FIXTURE), "--json"])
    again = runner.invoke(branches, ["import", str(FIXTURE), "--json"])
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    counts = json.loads(first.stdout.splitlines()[-1])
    assert (counts["records"], counts["new"], counts["errors"]) == (344, 344, [])
    assert json.loads(again.stdout.splitlines()[-1])["matched"] == 344


def test_a_windows_file_in_gbk_with_rooms_is_imported(app: Flask, tmp_path: Path) -> None:
    table, rooms = tmp_path / "t.csv", tmp_path / "r.csv"
    table.write_bytes("code,name,level,parent_code\r\n1,柳泉镇,township,\r\n11,柳村,village,1\r\n".encode("gbk"))
    rooms.write_bytes("village_code,name,host\r\n11,小学书屋,school\r\n".encode("gbk"))
    done = app.test_cli_runner().invoke(branches, ["import", str(table), "--rooms", str(rooms)])
    assert (done.exit_code, done.stdout.strip()) == (0, "3 places: 3 new, 0 changed, 0 as before")


def test_a_bad_table_exits_1_lists_its_lines_and_changes_nothing(app: Flask, tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text(
        "code\tname\tlevel\tparent_code\n1\t县\tcounty\t\n2\t镇\ttownship\t9\n2\t乡\ttownship\t1\n", "utf-8"
    )
    done = app.test_cli_runner().invoke(branches, ["import", str(table), "--json"])
    errors = json.loads(done.stdout.splitlines()[-1])["errors"]
    assert done.exit_code == 1
    assert [(error["offset"], error["reason"]) for error in errors] == [
        (3, "unknown_parent: 9"),
        (4, "duplicate_code: 2"),
    ]
    assert app.test_client().get("/api/v1/branches").get_json()["total"] == 0


@pytest.mark.parametrize("raw", [b"\xff\xff\x00", b"village_code,name\n1," + b"x" * 200_000])
def test_a_file_of_rooms_that_is_no_table_is_refused_in_one_line(app: Flask, tmp_path: Path, raw: bytes) -> None:
    rooms = tmp_path / "rooms.csv"
    rooms.write_bytes(raw)
    done = app.test_cli_runner().invoke(branches, ["import", str(FIXTURE), "--rooms", str(rooms)])
    assert done.exit_code == 1
    assert "not a table" in done.stderr


def test_what_cannot_be_seen_is_left_out_of_names(app: Flask, tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("code\tname\tlevel\tparent_code\n1\t\u200b柳泉\0县\ufeff\tcounty\t\n", "utf-8")
    assert app.test_cli_runner().invoke(branches, ["import", str(table)]).exit_code == 0
    assert app.test_client().get("/api/v1/branches/1").get_json()["name"] == "柳泉县"
