"""Division tables: encodings, separators, depth, and every fault with its line."""

from pathlib import Path

import pytest

from library.branches.divisions import Fault, faults_of, parents_first, read_divisions, read_rooms

FIXTURE = Path(__file__).parents[2] / "data" / "divisions" / "county.tsv"
HEAD = "code\tname\tlevel\tparent_code\n"


def table(*lines: str, head: str = HEAD) -> bytes:
    return (head + "".join(f"{line}\n" for line in lines)).encode()


def test_a_real_table_is_read_whole() -> None:
    divisions = read_divisions(FIXTURE.read_bytes()).divisions
    assert len(divisions) == 344
    assert not list(faults_of(divisions))
    assert {division.level for division in divisions} == {"province", "prefecture", "county", "township", "village"}
    assert divisions[3].unit_type == "镇"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030"],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_the_same_table_is_read_whatever_it_was_saved_with(encoding: str, line_end: str, separator: str) -> None:
    lines = ["code,name,level,parent_code", "01,禾安县,county,", "0101,柳泉镇,township,01"]
    data = line_end.join(lines).replace(",", separator).encode(encoding)
    divisions = read_divisions(data).divisions
    assert [(division.code, division.name, division.line) for division in divisions] == [
        ("01", "禾安县", 2),
        ("0101", "柳泉镇", 3),
    ]


def test_a_file_that_is_no_text_has_one_fault() -> None:
    assert read_divisions(b"\xff\xff\x00\xff").faults[0].code == "unknown_encoding"


def test_an_empty_file_and_one_without_its_columns_have_one_fault() -> None:
    assert read_divisions(b"").faults[0].code == "missing_column"
    assert read_divisions(b"code\tname\n1\ta\n").faults == (Fault(1, "missing_column", "level, parent_code"),)


def test_each_fault_names_its_line() -> None:
    data = table(
        "1\tA\tcounty\t", "1\tB\ttownship\t", "3\t\ttownship\t1", "4\tD\t\t1", "5\tE\tvillage\t9", "a b\tF\tx\t1"
    )
    faults = list(faults_of(read_divisions(data).divisions))
    assert [(fault.line, fault.code) for fault in faults] == [
        (3, "duplicate_code"),
        (4, "bad_name"),
        (5, "missing_level"),
        (6, "unknown_parent"),
        (7, "bad_code"),
    ]


def test_a_parent_that_exists_already_is_known() -> None:
    divisions = read_divisions(table("5\tE\tvillage\t9")).divisions
    assert not list(faults_of(divisions, known={"9"}))


def test_divisions_that_are_above_each_other_are_found() -> None:
    divisions = read_divisions(table("1\tA\tx\t2", "2\tB\tx\t3", "3\tC\tx\t1", "4\tD\tx\t1", "5\tE\tx\t")).divisions
    assert [fault.about for fault in faults_of(divisions)] == ["1", "2", "3", "4"]
    assert all(fault.code == "circle" for fault in faults_of(divisions))


def test_a_division_above_itself_is_found() -> None:
    assert [fault.code for fault in faults_of(read_divisions(table("1\tA\tx\t1")).divisions)] == ["circle"]


def test_parents_come_first_however_deep_the_tree_and_whatever_the_order() -> None:
    deep = [f"{depth}\tN{depth}\tx\t{depth - 1 or ''}" for depth in range(1, 200)]
    divisions = read_divisions(table(*reversed(deep))).divisions
    assert not list(faults_of(divisions))
    assert [division.code for division in parents_first(divisions)] == [str(depth) for depth in range(1, 200)]


def test_further_rooms_stand_in_a_column_of_the_village() -> None:
    data = table("1\tA村\tvillage\t\t小学书屋:school|东头书屋", head="code\tname\tlevel\tparent_code\trooms\n")
    rooms = read_divisions(data).divisions[0].rooms
    assert [(room.name, room.host) for room in rooms] == [("小学书屋", "school"), ("东头书屋", "")]


def test_further_rooms_may_stand_in_a_table_of_their_own() -> None:
    rooms = read_rooms("village_code,name,host\r\n1,小学书屋,school\r\n".encode("gb18030"))
    assert [(room.village_code, room.name, room.host, room.line) for room in rooms] == [("1", "小学书屋", "school", 2)]
