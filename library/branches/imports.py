"""Importing a division table: every division becomes a branch, whatever the depth; the same table again changes nothing.

A table with a fault changes nothing either: all faults are returned with their lines, and the database is as it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from library.branches.divisions import Division, Fault, Room, faults_of, parents_first
from library.branches.models import KINDS, Branch, BranchChange, BranchCode, Location
from library.branches.services import DEFAULT_LOCATION, DIVISION_SCHEME, move, rename
from library.kernel import clock
from library.kernel.db import table_of
from library.kernel.events import record_many, row
from library.kernel.operations import Operation

_branches = table_of(Branch)
_KIND_OF_LEVEL = {
    **{kind: kind for kind in KINDS},
    **dict.fromkeys(("province", "prefecture", "region", "省", "市", "自治区", "地区"), "city"),
    **dict.fromkeys(("district", "banner", "县", "区", "旗"), "county"),
    **dict.fromkeys(("town", "street", "镇", "乡", "街道"), "township"),
    **dict.fromkeys(("hamlet", "group", "村", "组"), "village"),
    **dict.fromkeys(("neighbourhood", "neighborhood", "社区"), "community"),
}
_HOST_KINDS = {"school": "school", "学校": "school", "小学": "school", "community": "community", "社区": "community"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; with `faults` it did nothing."""

    records: int = 0
    new: int = 0
    changed: int = 0
    matched: int = 0
    faults: tuple[Fault, ...] = field(default=())

    def as_json(self, file: str) -> dict[str, Any]:
        """Return the counts in the form every import command prints; `offset` is a line number."""
        errors = [{"file": file, "offset": fault.line, "reason": _reason(fault)} for fault in self.faults]
        return {
            "records": self.records,
            "new": self.new,
            "changed": self.changed,
            "matched": self.matched,
            "merged": 0,
            "conflict": 0,
            "rejected": len({fault.line for fault in self.faults}),
            "errors": errors,
        }


def import_division_table(
    session: Session, operation: Operation, divisions: Sequence[Division], rooms: Iterable[Room] = ()
) -> Imported:
    """Add the divisions that are new, rename and move the ones that changed, and add further rooms of villages.

    A room is known by its village and its name. Kinds follow the level; an unknown word takes the kind of the place above.
    """
    known = {branch.code: branch for branch in session.scalars(select(Branch))}
    wanted = [*rooms, *(room for division in divisions for room in division.rooms)]
    faults = [*faults_of(divisions, known), *_room_faults(wanted, {*known, *(d.code for d in divisions)})]
    records = len(divisions) + len(wanted)
    if faults:
        return Imported(records=records, faults=tuple(sorted(faults, key=lambda fault: fault.line)))
    ordered = parents_first(divisions)
    fresh = [division for division in ordered if division.code not in known]
    added = _add(session, operation, fresh, known)
    changed = sum(_adjust(session, operation, division, added) for division in ordered if division.code in known)
    new_rooms = _add_rooms(session, operation, wanted, added)
    new = len(fresh) + new_rooms
    return Imported(records=records, new=new, changed=changed, matched=records - new - changed)


def _add(
    session: Session, operation: Operation, fresh: Sequence[Division], known: dict[str, Branch]
) -> dict[str, Branch]:
    """Insert divisions, parents first; return all branches by code."""
    if not fresh:
        return dict(known)
    kinds = {code: branch.kind for code, branch in known.items()}
    rows = []
    for division in fresh:
        kinds[division.code] = kind_of(division.level, kinds.get(division.parent_code))
        rows.append(_row(operation, division.code, division.name, kinds[division.code], division.unit_type))
    ids: dict[str, tuple[int, str]] = {code: (branch.id, branch.path) for code, branch in known.items()}
    inserted = session.execute(insert(_branches).returning(_branches.c.code, _branches.c.id), rows)
    new_ids: dict[str, int] = dict(inserted.all())
    places = []
    for division in fresh:
        parent_id, parent_path = ids.get(division.parent_code, (None, "/"))
        branch_id = new_ids[division.code]
        ids[division.code] = (branch_id, f"{parent_path}{branch_id}/")
        places.append({"the_id": branch_id, "parent_id": parent_id, "path": ids[division.code][1]})
    _place(session, places)
    _furnish(session, operation, [(new_ids[division.code], division.code, division.code) for division in fresh])
    return {branch.code: branch for branch in session.scalars(select(Branch))}


def _add_rooms(session: Session, operation: Operation, rooms: Sequence[Room], branches: dict[str, Branch]) -> int:
    """Insert the further rooms that are not there yet, below their village; return how many."""
    below: dict[int, set[str]] = {}
    for branch in branches.values():
        if branch.parent_id is not None:
            below.setdefault(branch.parent_id, set()).add(branch.name)
    rows: list[dict[str, Any]] = []
    parents: list[Branch] = []
    for room in rooms:
        village = branches[room.village_code]
        names = below.setdefault(village.id, set())
        if room.name in names:
            continue
        names.add(room.name)
        serial = 2
        while (code := f"{village.code}-{serial}") in branches or any(row["code"] == code for row in rows):
            serial += 1
        kind = _HOST_KINDS.get(room.host, "village")
        rows.append(_row(operation, code, room.name, kind, room.host))
        parents.append(village)
    if not rows:
        return 0
    inserted = session.execute(insert(_branches).returning(_branches.c.code, _branches.c.id), rows)
    new_ids: dict[str, int] = dict(inserted.all())
    places = [
        {
            "the_id": new_ids[row["code"]],
            "parent_id": village.id,
            "path": f"{village.path}{new_ids[row['code']]}/",
        }
        for row, village in zip(rows, parents, strict=True)
    ]
    _place(session, places)
    _furnish(session, operation, [(new_ids[row["code"]], row["code"], "") for row in rows])
    return len(rows)


def _adjust(session: Session, operation: Operation, division: Division, branches: dict[str, Branch]) -> bool:
    """Rename or move a branch whose line changed; tell whether it did."""
    branch = branches[division.code]
    parent = branches[division.parent_code] if division.parent_code else None
    has_moved = branch.parent_id != (parent.id if parent else None)
    has_new_name = branch.name != division.name
    if has_moved:
        move(session, operation, branch, parent)
    if has_new_name:
        rename(session, operation, branch, name=division.name)
    return has_moved or has_new_name


def kind_of(level: str, parent_kind: str | None) -> str:
    """Return the kind of a place from the level's name; an unknown word takes the kind of the place above."""
    return _KIND_OF_LEVEL.get(level, parent_kind or "city")


def _row(operation: Operation, code: str, name: str, kind: str, host: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "name_en": "",
        "kind": kind,
        "path": f"new:{code}",  # unique until the id is known
        "host_type": host or None,
        "state": "open",
        "opened_on": clock.local_date(operation.at),
    }


def _place(session: Session, places: Sequence[dict[str, Any]]) -> None:
    statement = update(_branches).where(_branches.c.id == bindparam("the_id"))
    session.execute(
        statement.values(parent_id=bindparam("parent_id"), path=bindparam("path")),
        list(places),
        execution_options={"synchronize_session": False},
    )


def _furnish(session: Session, operation: Operation, added: Sequence[tuple[int, str, str]]) -> None:
    """Give new branches (id, code, division code) a location, a dated code, a note and an event."""
    day = clock.local_date(operation.at)
    ids = [branch_id for branch_id, _, _ in added]
    shelf = {"code": DEFAULT_LOCATION, "name": "书架", "audience": "general", "is_lendable": True, "is_default": True}
    session.execute(insert(Location), [{"branch_id": branch_id, **shelf} for branch_id in ids])
    codes = [
        {"branch_id": branch_id, "scheme": DIVISION_SCHEME, "code": division, "valid_from": day}
        for branch_id, _, division in added
        if division
    ]
    if codes:
        session.execute(insert(BranchCode), codes)
    changes = [
        {"branch_id": i, "kind": "opened", "at": operation.at, "note": "", "operation_id": operation.id} for i in ids
    ]
    session.execute(insert(BranchChange), changes)
    record_many(
        session,
        [row(operation, "branch.created", branch_id=branch_id, payload={"code": code}) for branch_id, code, _ in added],
    )


def _room_faults(rooms: Iterable[Room], codes: set[str]) -> Iterable[Fault]:
    for room in rooms:
        if room.village_code not in codes:
            yield Fault(room.line, "unknown_village", room.village_code)
        if not room.name:
            yield Fault(room.line, "bad_name", room.name)


def _reason(fault: Fault) -> str:
    return f"{fault.code}: {fault.about}" if fault.about else fault.code
