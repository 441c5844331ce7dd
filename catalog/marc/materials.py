"""What kind of thing a leader says a record describes; both flavours use the same letters, with two exceptions noted."""

_BY_TYPE = {
    "b": "manuscript",  # MARC 21 dropped the code, CNMARC keeps it
    "c": "score",
    "d": "score",
    "e": "map",
    "f": "map",
    "g": "video",
    "i": "audio",
    "j": "music",
    "k": "picture",
    "l": "electronic",  # CNMARC; MARC 21 says m
    "m": "electronic",
    "o": "kit",
    "p": "kit",
    "r": "object",
}


def material_of(leader: str, designation: str = "") -> str:
    """Return `book`, `serial`, or another kind, from leader/06-07 and the general material designation of the title.

    The designation matters because many libraries describe the e-book of a book as leader `a`: same ISBN, another thing.
    """
    if "电子" in designation or "electronic" in designation.lower():
        return "electronic"
    kind, level = leader[6:7], leader[7:8]
    if kind in {"a", "t"}:
        return "serial" if level in {"s", "b", "i"} else "book"
    return _BY_TYPE.get(kind, "other")
