"""Division tables: reading them from a file and checking that they make one tree.

A table has a head line and one line per division, separated by tabs, commas or semicolons, in UTF-8 (with or without a byte
order mark) or GB18030:

| column | |
|---|---|
| `code` | official code, unique in the table |
| `name` | as it is printed on signs |
| `level` | free word such as `county`, `township`, `village`; decides the kind of the place |
| `parent_code` | code of the division above, in the table or imported before; empty for a root |
| `unit_type` | optional, kept as host type (村委会, 居委会) |
| `rooms` | optional, further rooms of a village: `name` or `name:host`, separated by `|` |

The tree may have any depth and the lines any order. All faults are found before anything is done, each with its line.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

REQUIRED = ("code", "name", "level", "parent_code")
CODE_LENGTH = 32
NAME_LENGTH = 200
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._\-]*")


@dataclass(frozen=True, slots=True)
class Room:
    """A further room of a village, beside the one that every village stands for."""

    village_code: str
    name: str
    host: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Division:
    """One line of a division table; `parent_code` is empty for a root."""

    code: str
    name: str
    level: str
    parent_code: str = ""
    unit_type: str = ""
    rooms: tuple[Room, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line cannot be taken: its number in the file (the head line is 1), a stable code, and what it is about."""

    line: int
    code: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What was read, or why the file is no division table."""

    divisions: tuple[Division, ...]
    faults: tuple[Fault, ...] = field(default=())


def decode(data: bytes) -> str:
    """Return a text file as text: UTF-8 with or without byte order mark, else GB18030.

    Raises `UnicodeDecodeError` when it is neither.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def rows_of(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the lines of a table as (line number, values by lower-case column name); empty lines are left out.

    Values come without what cannot be seen: line breaks, zero-width marks of spreadsheets, NUL, which PostgreSQL refuses.
    """
    head = text.split("\n", 1)[0]
    separator = max("\t,;", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [name.strip().lower() for name in next(reader, [])]
    for values in reader:
        if any(value.strip() for value in values):
            cells = [_clean(value) for value in values] + [""] * (len(names) - len(values))
            yield reader.line_num, dict(zip(names, cells, strict=False))


def _clean(value: str) -> str:
    return "".join(character for character in " ".join(value.split()) if character.isprintable())


def read_divisions(data: bytes) -> Table:
    """Read the lines of a division table; whether they make a tree, `faults_of` tells. Nothing is raised."""
    try:
        rows = list(rows_of(decode(data)))
    except UnicodeDecodeError:
        return Table((), (Fault(1, "unknown_encoding"),))
    except csv.Error as error:
        return Table((), (Fault(1, "not_a_table", str(error)),))
    missing = [name for name in REQUIRED if not rows or name not in rows[0][1]]
    if missing:
        return Table((), (Fault(1, "missing_column", ", ".join(missing)),))
    return Table(tuple(_division(line, row) for line, row in rows))


def read_rooms(data: bytes) -> tuple[Room, ...]:
    """Read a table of further rooms with the columns `village_code`, `name` and optionally `host`.

    Raises `UnicodeDecodeError` or `csv.Error` when it is no table.
    """
    return tuple(
        Room(row.get("village_code", ""), row.get("name", ""), row.get("host", ""), line)
        for line, row in rows_of(decode(data))
    )


def faults_of(divisions: Sequence[Division], known: Collection[str] = ()) -> Iterator[Fault]:
    """Yield what keeps a table from being a tree: bad or repeated codes, no name, no parent, a circle.

    `known` are the codes of places that exist already and may be parents.
    """
    seen: set[str] = set()
    codes = {division.code for division in divisions} | set(known)
    for division in divisions:
        if not _CODE.fullmatch(division.code) or len(division.code) > CODE_LENGTH:
            yield Fault(division.line, "bad_code", division.code[:CODE_LENGTH])
        elif division.code in seen:
            yield Fault(division.line, "duplicate_code", division.code)
        if not division.name or len(division.name) > NAME_LENGTH:
            yield Fault(division.line, "bad_name", division.name[:NAME_LENGTH])
        if not division.level:
            yield Fault(division.line, "missing_level", division.code)
        if division.parent_code and division.parent_code not in codes:
            yield Fault(division.line, "unknown_parent", division.parent_code)
        seen.add(division.code)
    yield from (Fault(division.line, "circle", division.code) for division in _in_circles(divisions))


def parents_first(divisions: Iterable[Division]) -> list[Division]:
    """Return the divisions of a table without faults so that each comes after its parent, else in their order."""
    table = list(divisions)
    codes = {division.code for division in table}
    waiting: dict[str, list[Division]] = {}
    for division in table:
        waiting.setdefault(division.parent_code if division.parent_code in codes else "", []).append(division)
    ordered: list[Division] = []
    level = waiting.pop("", [])
    while level:
        ordered.extend(level)
        level = [child for parent in level for child in waiting.pop(parent.code, [])]
    return ordered


def _in_circles(divisions: Sequence[Division]) -> list[Division]:
    """Return the divisions from which no root can be reached although every parent is there."""
    parents = {division.code: division.parent_code for division in divisions}
    grounded: dict[str, bool] = {"": True}
    for code in parents:
        path: list[str] = []
        on_path: set[str] = set()
        here = code
        while here not in grounded and here in parents and here not in on_path:
            path.append(here)
            on_path.add(here)
            here = parents[here]
        reached = here not in on_path and grounded.get(here, True)
        grounded.update(dict.fromkeys(path, reached))
    return [division for division in divisions if not grounded[division.code]]


def _division(line: int, row: dict[str, str]) -> Division:
    code = row["code"]
    return Division(
        code=code,
        name=row["name"],
        level=row["level"].lower(),
        parent_code=row["parent_code"],
        unit_type=row.get("unit_type", ""),
        rooms=tuple(_rooms(line, code, row.get("rooms", ""))),
        line=line,
    )


def _rooms(line: int, village_code: str, text: str) -> Iterator[Room]:
    for part in re.split(r"[|｜]", text):
        name, _, host = part.replace("：", ":").partition(":")
        if name.strip():
            yield Room(village_code, name.strip(), host.strip(), line)
