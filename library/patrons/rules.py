"""What is true of readers and cards whatever the database holds: ages, categories, cards, PINs, names on a screen.

Pure functions of values. Only the year of birth is kept, so an age may be one too high before the birthday; what protects
children therefore lasts to the end of the year.
"""

import re
from datetime import date
from enum import StrEnum
from itertools import pairwise

GUARDIAN_UNTIL_AGE = 14  # Personal Information Protection Law of China, article 31: consent of a guardian below 14
ADULT_FROM_AGE = 18
ELDER_FROM_AGE = 60
PIN_LENGTH = 6

# Two-character surnames in use; a masked name shows the whole surname.
COMPOUND_SURNAMES = frozenset(
    re.findall("..", "欧阳司马上官诸葛东方皇甫尉迟公孙令狐慕容司徒夏侯端木闻人长孙宇文轩辕南宫")
)
# Chosen far more often than chance would: double rows of the keypad and lucky or loving numbers.
_POPULAR_PINS = frozenset(
    ("112233", "332211", "147258", "258369", "147369", "159357", "520131", "131452", "168168", "888666")
)
_PHONE = re.compile(r"(?:\+?86)?(1\d{10}|0\d{2,3}\d{7,8}|\d{7,8})")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"


class Category(StrEnum):
    """Whom a loan rule means; one reader has one category."""

    ADULT = "adult"
    CHILD = "child"
    ELDER = "elder"
    DISABLED = "disabled"
    FAMILY = "family"
    GROUP = "group"
    STAFF = "staff"


class AgeBand(StrEnum):
    """How age is kept in statistics, coarse enough that nobody in a village is recognised by it."""

    CHILD = "0-13"
    YOUTH = "14-17"
    ADULT = "18-59"
    ELDER = "60+"
    UNKNOWN = "unknown"


class CardState(StrEnum):
    ACTIVE = "active"
    LOST = "lost"
    REPLACED = "replaced"
    CLOSED = "closed"


def age_on(born_in: int, day: date) -> int:
    """Return the age reached in the year of `day` by somebody born in the year `born_in`."""
    return day.year - born_in


def age_band(born_in: int | None, day: date) -> AgeBand:
    """Return the statistical age band on `day`."""
    if born_in is None:
        return AgeBand.UNKNOWN
    age = age_on(born_in, day)
    if age < GUARDIAN_UNTIL_AGE:
        return AgeBand.CHILD
    if age < ADULT_FROM_AGE:
        return AgeBand.YOUTH
    return AgeBand.ELDER if age >= ELDER_FROM_AGE else AgeBand.ADULT


def needs_guardian(category: Category, born_in: int | None, day: date) -> bool:
    """Tell whether a guardian has to consent: everybody who may still be under 14, and a child of unknown age."""
    if born_in is None:
        return category is Category.CHILD
    return age_on(born_in, day) <= GUARDIAN_UNTIL_AGE


def card_fault(state: CardState, expires_on: date | None, day: date) -> str | None:
    """Return why a card is not good on `day`, or None.

    The codes are `card_lost`, `card_replaced`, `card_closed` and `card_expired`; `expires_on` is the last good day of the
    reader's registration, None when it has no end.
    """
    if state is not CardState.ACTIVE:
        return f"card_{state}"
    if expires_on is not None and expires_on < day:
        return "card_expired"
    return None


def pin_fault(pin: str, card_number: str = "") -> str | None:
    """Return why a PIN is refused (`pin_shape`, `pin_trivial`), or None.

    Six digits hold only while guesses are counted, so the ones that are guessed first are not given out: runs, repeats,
    keypad patterns and the end of the card that the thief is holding.
    """
    if len(pin) != PIN_LENGTH or not (pin.isascii() and pin.isdigit()):
        return "pin_shape"
    steps = {(int(later) - int(earlier)) % 10 for earlier, later in pairwise(pin)}
    is_run = len(steps) == 1 and steps <= {0, 1, 9}
    is_repeat = pin == pin[:2] * 3 or pin == pin[:3] * 2
    if is_run or is_repeat or pin in _POPULAR_PINS or (card_number and card_number.endswith(pin)):
        return "pin_trivial"
    return None


def masked_name(name: str) -> str:
    """Return a name as strangers may see it: the surname and stars, `张**`; at most two stars, so length tells nothing."""
    bare = name.strip()
    if not bare:
        return "**"
    shown = bare[:2] if bare[:2] in COMPOUND_SURNAMES and len(bare) > 2 else bare[0]
    return f"{shown}**"


def normalise_phone(text: str) -> str | None:
    """Return a phone number as digits, without the country code, or None when it cannot be one in China."""
    compact = re.sub(r"[\s\-()（）\u2010-\u2015]", "", text)
    matched = _PHONE.fullmatch(compact)
    return matched[1] if matched else None


def is_identity_number(text: str) -> bool:
    """Tell whether a text is a resident identity number: 18 characters, check by MOD 11-2 (GB 11643-1999)."""
    if not re.fullmatch(r"\d{17}[\dX]", text, re.ASCII):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _IDENTITY_WEIGHTS, strict=False))
    return _IDENTITY_CHECKS[total % 11] == text[17]
