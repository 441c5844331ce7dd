"""What cases and their outcomes are called on pages."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from circulation.cases.rules import Kind, Outcome

KINDS: Mapping[Kind, LazyString] = {
    Kind.CLAIMED_RETURNED: _("The reader says it came back"),
    Kind.CLAIMED_LOST: _("Late for so long that nobody expects it"),
    Kind.LOST: _("Lost"),
    Kind.DAMAGED: _("Damaged"),
    Kind.MISSING: _("Not on its shelf"),
    Kind.MISSING_IN_TRANSFER: _("Did not come with the van"),
    Kind.BOX_DAMAGED: _("Came damaged in a box"),
    Kind.BOX_EXTRA: _("Was in a box, not on its list"),
}
# Icons of the pages; the colour says how much it hurries.
LOOKS: Mapping[Kind, tuple[str, str]] = {
    Kind.CLAIMED_RETURNED: ("warn", "search"),
    Kind.CLAIMED_LOST: ("bad", "clock"),
    Kind.LOST: ("bad", "cross"),
    Kind.DAMAGED: ("warn", "alert"),
    Kind.MISSING: ("warn", "search"),
    Kind.MISSING_IN_TRANSFER: ("warn", "truck"),
    Kind.BOX_DAMAGED: ("warn", "box"),
    Kind.BOX_EXTRA: ("info", "box"),
}
OUTCOMES: Mapping[Outcome, LazyString] = {
    Outcome.FOUND_ON_SHELF: _("Found, it is here"),
    Outcome.RETURNED_BY_READER: _("The reader brought it"),
    Outcome.STILL_WITH_READER: _("The reader still has it"),
    Outcome.LOST: _("It is lost"),
    Outcome.PAID: _("Paid for"),
    Outcome.REPLACED: _("The same or a newer edition was given instead"),
    Outcome.WAIVED: _("Let go, nothing to pay"),
    Outcome.WRITTEN_OFF: _("Written off"),
    Outcome.REPAIRED: _("Mended"),
    Outcome.USABLE: _("Good enough to lend"),
    Outcome.TO_WITHDRAW: _("To be taken out of the stock"),
    Outcome.DAMAGED: _("Damaged, set aside"),
    Outcome.NOTED: _("Taken note"),
}
