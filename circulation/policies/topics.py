"""What a reason is about: the groups in which the help page shows the codes of all rooms, in this order."""

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Topic(StrEnum):
    """The group of a reason code."""

    SCAN = "scan"
    READER = "reader"
    LIMITS = "limits"
    COPY = "copy"
    PLACE = "place"
    LATENESS = "lateness"
    RETURN = "return"
    RENEWAL = "renewal"
    HOLD = "hold"
    CLAIMS = "claims"
    MOVING = "moving"
    BOXES = "boxes"
    WISH = "wish"
    UNDO = "undo"
    NOTEBOOK = "notebook"


TOPIC_WORDS: Mapping[Topic, LazyString] = {
    Topic.SCAN: _("Scanned codes"),
    Topic.READER: _("The reader and the card"),
    Topic.LIMITS: _("How much, and for whom"),
    Topic.COPY: _("About the copy"),
    Topic.PLACE: _("The place, and exceptions"),
    Topic.LATENESS: _("Late books"),
    Topic.RETURN: _("What comes back"),
    Topic.RENEWAL: _("Renewing, calling back, due dates"),
    Topic.HOLD: _("Reservations"),
    Topic.CLAIMS: _("Lost, damaged, said to be returned"),
    Topic.MOVING: _("Books on their way"),
    Topic.BOXES: _("Boxes"),
    Topic.WISH: _("Wishes for books"),
    Topic.UNDO: _("Undoing"),
    Topic.NOTEBOOK: _("Entering from the notebook"),
}
