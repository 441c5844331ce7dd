"""Opening hours as people write them: `8:30-11:30 14:30-17:30`. Pure functions of text.

Forgiving about what makes no difference: full-width digits and signs, `8点半`, `8.30`, `0830`, `8：30～11：30`, `至`,
`下午2:30-5:30`, any separator between sessions, 24:00 as the end of the day, and the words for a closed day.
"""

import re
from collections.abc import Iterable
from datetime import time

from library.branches.rules import Session, overlapping
from library.kernel.errors import Invalid

MOST_CHARACTERS = 120
_CLOSED = frozenset({"", "-", "休", "休息", "闭馆", "不开", "不开门", "无", "closed", "none"})
_FOLDED = str.maketrans(
    {
        **{chr(ord("０") + digit): str(digit) for digit in range(10)},
        **dict.fromkeys("：点时", ":"),
        **dict.fromkeys("～－—–至到", "~"),
        **dict.fromkeys("，；、", ","),
        "．": ".",
    }
)
_SEPARATORS = re.compile(r"[,;/|+和及\s]+")
_DASH = re.compile(r"\s*[-~]+\s*")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2}|半)?|(\d{1,2})(\d{2})?")
_HALVES = re.compile(r"早上|上午|中午|下午|晚上")
_AFTER_NOON = frozenset({"下午", "晚上"})
# The last minute a session may end on: times of day end before midnight.
_MIDNIGHT = time(23, 59)


def read_hours(text: str) -> tuple[Session, ...]:
    """Return the sessions a text names, in their order; none for a closed day.

    Raises `Invalid` `hours_unreadable` (with the part that was not understood), `hours_out_of_order` or `hours_overlap`.
    """
    folded = _DASH.sub("-", text.strip().lower().translate(_FOLDED).replace("分", ""))
    if folded in _CLOSED:
        return ()
    if len(folded) > MOST_CHARACTERS:
        raise Invalid("hours_unreadable", part=text[:20])
    sessions = sorted(_session(part) for part in _SEPARATORS.split(folded) if part)
    if overlapping(sessions):
        raise Invalid("hours_overlap", hours=write_hours(sessions))
    return tuple(sessions)


def write_hours(sessions: Iterable[Session]) -> str:
    """Return sessions as `read_hours` reads them; empty for a closed day."""
    return " ".join(f"{clock_text(one.opens)}-{clock_text(one.closes)}" for one in sorted(sessions))


def clock_text(moment: time) -> str:
    """Return a time of day as `8:30`."""
    return f"{moment.hour}:{moment.minute:02}"


def _session(part: str) -> Session:
    half = _HALVES.match(part)
    ends = part[half.end() :].split("-") if half else part.split("-")
    if len(ends) != 2:
        raise Invalid("hours_unreadable", part=part[:20])
    opens, closes = (_time(end, part) for end in ends)
    if half and half[0] in _AFTER_NOON and closes.hour <= 12:
        opens, closes = (end if end.hour == 12 else end.replace(hour=end.hour + 12) for end in (opens, closes))
    if opens >= closes:
        raise Invalid("hours_out_of_order", part=part[:20])
    return Session(opens, closes)


def _time(text: str, part: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise Invalid("hours_unreadable", part=part[:20])
    hour = int(found[1] or found[3])
    minutes = found[2] or found[4] or "0"
    minute = 30 if minutes == "半" else int(minutes)
    if (hour, minute) == (24, 0):
        return _MIDNIGHT
    if hour > 23 or minute > 59:
        raise Invalid("hours_unreadable", part=part[:20])
    return time(hour, minute)
