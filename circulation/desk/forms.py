"""A form of the desk read into values, whoever sent it; what must not be kept is dropped here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from circulation.desk.commands import Command, command_of, mode_named
from circulation.desk.kinds import Mode
from circulation.desk.registering import NewReader
from circulation.desk.rules import Scan, ScanKind, classify, holds_identity_number

LONGEST_GAP_S = 24 * 3600
LONGEST_REASON = 200
MOST_DIGITS = 9
UNDO, REGISTER = "undo", "register"
_TEXTS = ("operation_id", "branch", "after", "target", "wish", "mode", "confirmed", "because", "title")
_NEW_READER = ("card", "name", "phone", "category", "guardian", "guardian_phone", "consents")


@dataclass(frozen=True)
class Asked:
    """What a form of the desk asks for; `content` is what a repeated form is compared by."""

    branch: str
    scan: Scan
    after: str
    target: str
    gap_s: int | None
    mode: Mode
    wish: str
    item_id: int | None
    pick: int | None
    because: str
    title: str
    new_reader: NewReader | None
    names_identity: bool
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> Command | None:
        """Return the command whose barcode was scanned."""
        return command_of(self.scan.code) if self.scan.kind is ScanKind.COMMAND else None


def read(form: Mapping[str, str]) -> Asked:
    """Return what a form asks for; a command that does something is read as what it does."""
    given = {name: form.get(name, "")[:LONGEST_REASON] for name in (*_TEXTS, *_NEW_READER)}
    names_identity = any(holds_identity_number(given[name]) for name in ("because", "title", *_NEW_READER))
    if names_identity:
        given |= dict.fromkeys(("because", "title", *_NEW_READER), "")
    scan = classify(form.get("code", ""))
    numbers = {name: _number(form.get(name, "")) for name in ("item", "pick", "gap")}
    new_reader = _new_reader(given) if given["wish"] == REGISTER else None
    asked = Asked(
        branch=given["branch"],
        scan=Scan(ScanKind.IDENTITY, "") if names_identity else scan,
        after=given["after"],
        target=given["target"],
        gap_s=min(numbers["gap"], LONGEST_GAP_S) if numbers["gap"] is not None else None,
        mode=mode_named(given["mode"]),
        wish=given["wish"],
        item_id=numbers["item"],
        pick=numbers["pick"],
        because=given["because"].strip(),
        title=given["title"].strip(),
        new_reader=new_reader,
        names_identity=names_identity,
        content={"code": scan.code, **{name: value or None for name, value in (given | numbers).items()}},
    )
    return _commanded(asked)


def _commanded(asked: Asked) -> Asked:
    """Return a form with the barcode of a command as the button that does the same would have sent it."""
    command = asked.command
    if command is None:
        return asked
    if command.name == UNDO:
        return replace(asked, wish=UNDO)
    if command.name.startswith("pick-"):
        return replace(asked, pick=int(command.name.removeprefix("pick-")), target=asked.target or asked.after)
    return asked


def _new_reader(given: Mapping[str, str]) -> NewReader:
    words = {name: given[name].strip() for name in _NEW_READER if name != "consents"}
    return NewReader(**words, consents=bool(given["consents"]))


def _number(text: str) -> int | None:
    """Return a number of a form; whatever is none is taken as not given."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
