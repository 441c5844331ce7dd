"""Small repairs that both readers share; each is reported with the record."""

import unicodedata

from catalog.marc.encodings import GETA

# A field whose tag is spoilt is kept, out of the way of everything that reads tags.
UNKNOWN_TAG = "999"


def repaired_code(part: str) -> tuple[str, str]:
    """Return code and value of a subfield whose first character cannot be a code.

    An accented letter lost its accent on the way in (`á` for `a`). Behind a spoilt byte the true code follows
    when it is a small letter or a digit; else the text is taken as `a`, the code that most fields begin with.
    """
    plain = unicodedata.normalize("NFD", part[0])[0]
    if plain.isascii() and plain.isalnum():
        return plain, part[1:]
    rest = part[1:].lstrip(GETA)
    if rest and rest[0].isascii() and (rest[0].islower() or rest[0].isdigit()):
        return rest[0], rest[1:]
    return "a", rest


def repaired_leader(leader: str) -> str:
    """Return a leader of 24 printable ASCII characters: other characters become blanks, missing ones are added."""
    text = "".join(character if " " <= character <= "~" else " " for character in leader)
    return text.ljust(24)[:24]
