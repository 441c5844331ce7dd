"""Importing a division table into the tree."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from library import checks
from library.branches.divisions import Division, Room, read_divisions
from library.branches.imports import import_division_table
from library.branches.models import Branch, BranchCode
from library.branches.services import branch_by_code, subtree_ids
from library.kernel.checks import run
from library.kernel.operations import Operation

Make = Callable[..., Operation]
FIXTURE = Path(__file__).parents[2] / "data" / "divisions" / "county.tsv"


@pytest.fixture(scope="module")
def divisions() -> tuple[Division, ...]:
    return read_divisions(FIXTURE.read_bytes()).divisions


def test_a_whole_county_is_imported_as_one_tree(
    session: Session, operation: Make, divisions: tuple[Division, ...]
) -> None:
    done = import_division_table(session, operation("import_branches"), divisions)
    assert (done.records, done.new, done.matched, done.faults) == (344, 344, 0, ())
    county = branch_by_code(session, "410923000000")
    assert (county.kind, county.name) == ("county", "南乐县")
    assert len(subtree_ids(session, county.id)) == 342
    assert session.scalar(select(func.count()).where(Branch.kind == "township")) == 12
    assert session.scalar(select(func.count()).select_from(BranchCode)) == 344
    checks.register_all()
    assert not run(session)


def test_the_same_table_again_changes_nothing(
    session: Session, operation: Make, divisions: tuple[Division, ...]
) -> None:
    import_division_table(session, operation(), divisions)
    again = import_division_table(session, operation(), divisions)
    assert (again.new, again.changed, again.matched) == (0, 0, 344)


def test_a_changed_table_renames_and_moves(session: Session, operation: Make) -> None:
    before = [
        Division("1", "县", "county", line=2),
        Division("11", "东镇", "township", "1", line=3),
        Division("12", "西镇", "township", "1", line=4),
        Division("111", "柳村", "village", "11", line=5),
    ]
    import_division_table(session, operation(), before)
    after = [*before[:3], Division("111", "柳泉村", "village", "12", line=5)]
    done = import_division_table(session, operation(), after)
    village = branch_by_code(session, "111")
    assert (done.changed, done.matched) == (1, 3)
    assert (village.name, village.path) == ("柳泉村", f"{branch_by_code(session, '12').path}{village.id}/")


def test_a_later_table_hangs_below_places_that_exist(session: Session, operation: Make) -> None:
    import_division_table(session, operation(), [Division("1", "县", "county", line=2)])
    done = import_division_table(session, operation(), [Division("11", "东镇", "township", "1", line=2)])
    assert (done.new, branch_by_code(session, "11").path.count("/")) == (1, 3)


def test_one_fault_and_nothing_is_done(session: Session, operation: Make) -> None:
    table = [Division("1", "县", "county", line=2), Division("2", "镇", "township", "9", line=3)]
    done = import_division_table(session, operation(), table, [Room("7", "书屋", line=4)])
    assert [(fault.line, fault.code) for fault in done.faults] == [(3, "unknown_parent"), (4, "unknown_village")]
    assert session.scalar(select(func.count()).select_from(Branch)) == 0
    errors = done.as_json("a.tsv")["errors"]
    assert errors[0] == {"file": "a.tsv", "offset": 3, "reason": "unknown_parent: 9"}


def test_a_village_may_have_several_rooms(session: Session, operation: Make) -> None:
    table = [Division("1", "柳村", "village", rooms=(Room("1", "小学书屋", "school", 2),), line=2)]
    rooms = [Room("1", "东头书屋", "", 2), Room("1", "西头书屋", "", 3)]
    assert import_division_table(session, operation(), table, rooms).new == 4
    assert import_division_table(session, operation(), table, rooms).new == 0
    village = branch_by_code(session, "1")
    assert len(subtree_ids(session, village.id)) == 4
    assert {branch_by_code(session, f"1-{serial}").kind for serial in (2, 3, 4)} == {"village", "school"}


def test_a_tree_of_any_depth_and_unknown_level_names_is_taken(session: Session, operation: Make) -> None:
    deep = [
        Division(str(depth), f"N{depth}", f"level{depth}", str(depth - 1) if depth else "", line=depth + 2)
        for depth in range(20)
    ]
    done = import_division_table(session, operation(), list(reversed(deep)))
    assert done.new == 20
    assert branch_by_code(session, "19").path.count("/") == 21
    assert branch_by_code(session, "19").kind == "city"
