"""The words of the desk that are stored: what it did with a scan (`did`), and in which mode it was (`mode`)."""

from enum import StrEnum


class Did(StrEnum):
    READER = "reader"
    REGISTERED = "registered"
    BLANK_CARD = "blank_card"
    LENT = "lent"
    TAKEN_BACK = "taken_back"
    RENEWED = "renewed"
    USED = "used"
    WISHED = "wished"
    UNDONE = "undone"
    ASK = "ask"
    CHOOSE = "choose"
    NOTHING = "nothing"


class Mode(StrEnum):
    """What a scanned copy is meant for. `AUTO` follows from whether a reader is at the desk."""

    AUTO = "auto"
    LEND = "lend"
    TAKE_BACK = "take_back"
    RENEW = "renew"
    ON_SITE = "on_site"
