"""Which tag table a record follows, CNMARC (UNIMARC) or MARC 21, told by the record itself.

No field says it. The title stands in 200 or in 245; 100 is coded data in CNMARC (`$a` begins with a date of entry, 36
characters) and the author in MARC 21; CNMARC alone has 801, 690, 701 and 210; MARC 21 alone has 008, 260 and 650. Each sign
has a weight, the heavier side wins, and a narrow result is reported as doubtful.
"""

import re
from collections.abc import Iterable, Sequence

from catalog.marc.record import Flavour, Record

_SIGNS: dict[str, tuple[int, int]] = {  # tag: (for CNMARC, for MARC 21)
    "008": (0, 3),
    "010": (0, 0),
    "020": (0, 2),
    "040": (0, 1),
    "082": (0, 1),
    "084": (0, 1),
    "101": (2, 0),
    "102": (2, 0),
    "105": (1, 0),
    "106": (1, 0),
    "110": (0, 1),
    "200": (4, 0),
    "205": (1, 0),
    "210": (2, 0),
    "215": (2, 0),
    "225": (1, 0),
    "245": (0, 4),
    "246": (0, 1),
    "250": (0, 1),
    "260": (0, 2),
    "264": (0, 2),
    "300": (0, 1),
    "330": (1, 0),
    "336": (0, 1),
    "490": (0, 1),
    "606": (2, 0),
    "650": (0, 2),
    "651": (0, 1),
    "690": (1, 0),
    "701": (3, 0),
    "702": (2, 0),
    "712": (1, 0),
    "801": (3, 0),
    "852": (0, 1),
    "905": (1, 0),
}
_CODED_DATA = re.compile(rb"..\x1fa(\d{8}|\d{6} {2}|[ |\d]{8})[a-z |#-]")
_CODED = re.compile(r"(\d{8}|\d{6} {2}|[ |\d]{8})[a-z |#-]")
_NARROW = 2


def flavour_of(record: Record) -> tuple[Flavour, bool]:
    """Return the flavour of a parsed record and whether the signs are doubtful."""
    coded = any(_CODED.match(value) for value in record.texts("100", "a"))
    return _decide(record.leader, [field.tag for field in record.fields], coded)


def flavour_of_tags(leader: str, fields: Sequence[tuple[str, bytes]]) -> tuple[Flavour, bool]:
    """Return the same for fields that are not decoded yet, given as tag and first bytes."""
    coded = any(tag == "100" and _CODED_DATA.match(body) is not None for tag, body in fields)
    return _decide(leader, [tag for tag, _ in fields], coded)


def _decide(leader: str, tags: Iterable[str], coded: bool) -> tuple[Flavour, bool]:
    cnmarc, marc21 = (4 if coded else 0), 0
    for tag in set(tags):
        for_cnmarc, for_marc21 = _SIGNS.get(tag, (0, 0))
        cnmarc += for_cnmarc
        marc21 += for_marc21
    if leader[20:24] == "450 ":
        cnmarc += 1
    if leader[9:10] == "a":
        marc21 += 1
    flavour = Flavour.CNMARC if cnmarc > marc21 else Flavour.MARC21
    return flavour, abs(cnmarc - marc21) < _NARROW
