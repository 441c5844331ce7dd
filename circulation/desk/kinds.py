"""What the desk did with a scan; stored in the operation's answer as `did`."""

from enum import StrEnum


class Did(StrEnum):
    READER = "reader"
    LENT = "lent"
    TAKEN_BACK = "taken_back"
    RENEWED = "renewed"
    ASK = "ask"
    CHOOSE = "choose"
    NOTHING = "nothing"
