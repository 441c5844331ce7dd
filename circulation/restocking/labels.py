"""Short names of the planning classes, for column heads and sentences."""

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from circulation.restocking.rules import CHILDREN, OTHER

CLASS_NAMES: Final[Mapping[str, LazyString]] = {
    CHILDREN: _("Children"),
    "A": _("A Theory"),
    "B": _("B Philosophy"),
    "C": _("C Society"),
    "D": _("D Law"),
    "E": _("E Military"),
    "F": _("F Economy"),
    "G": _("G Education"),
    "H": _("H Language"),
    "I": _("I Literature"),
    "J": _("J Art"),
    "K": _("K History"),
    "N": _("N Science"),
    "O": _("O Mathematics"),
    "P": _("P Earth"),
    "Q": _("Q Life"),
    "R": _("R Health"),
    "S": _("S Farming"),
    "T": _("T Crafts"),
    "U": _("U Transport"),
    "V": _("V Aviation"),
    "X": _("X Environment"),
    "Z": _("Z General"),
    OTHER: _("Other"),
}
