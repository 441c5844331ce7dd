"""The commands of the desk: each has a key, a barcode on the desk mat, and a name.

Their codes are of type 9 with the number given here, which is printed and therefore never given to another command. So a
desk works without a mouse and without a keyboard.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from circulation.desk.kinds import Mode
from library.kernel.identifiers import CodeKind, new_code, parse_code

# So many answers to a question can be given by a barcode.
MOST_PICKS = 6


@dataclass(frozen=True)
class Command:
    """A command; `key` is its key in a browser's words, empty when it has none."""

    number: int
    name: str
    key: str
    words: LazyString
    hint: LazyString

    @property
    def code(self) -> str:
        """Return the twelve digits of its barcode."""
        return new_code(CodeKind.COMMAND, self.number)


MODES = (
    Command(1, Mode.AUTO, "", _("By itself"), _("A book alone is taken back; after a card it is lent.")),
    Command(2, Mode.LEND, "F2", _("Lend"), _("Card first, then books. Without a card nothing is done.")),
    Command(3, Mode.TAKE_BACK, "F3", _("Take back"), _("Every book is taken back, also with a reader at the desk.")),
    Command(4, Mode.RENEW, "F4", _("Renew"), _("Every book is renewed for whoever has it. No card needed.")),
    Command(5, Mode.ON_SITE, "F7", _("Reading here"), _("Every book is counted as read in the room.")),
)
ACTIONS = (
    Command(11, "finish", "Escape", _("Finish"), _("The reader has left; the next book is taken back.")),
    Command(12, "undo", "Ctrl+Z", _("Undo"), _("Undoes the last scan of today that did something.")),
    Command(13, "print", "F9", _("Print a slip"), _("What this reader has borrowed just now, with the dates.")),
    Command(14, "boxes", "F6", _("Receive a box"), _("Leads to the books on the move, where boxes are received.")),
    Command(15, "stocktake", "F8", _("Take stock"), _("Stocktaking is not there yet; it will begin here.")),
)
PICKS = tuple(
    Command(20 + number, f"pick-{number}", str(number), _("Answer %(number)s", number=number), _("To a question."))
    for number in range(1, MOST_PICKS + 1)
)
COMMANDS = (*MODES, *ACTIONS, *PICKS)
_BY_NUMBER: Mapping[int, Command] = {command.number: command for command in COMMANDS}


def command_of(code: str) -> Command | None:
    """Return the command of a scanned code, None for any other code and for a number without a command."""
    printed = parse_code(code)
    if printed is None or printed.kind is not CodeKind.COMMAND:
        return None
    return _BY_NUMBER.get(printed.serial)


def mode_named(name: str) -> Mode:
    """Return the mode of a form's field; whatever is none is `AUTO`."""
    return Mode(name) if name in set(Mode) else Mode.AUTO
