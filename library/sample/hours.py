"""When the sample county's places open, and the van's rounds between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from library.branches.rules import Calendar, Exceptional, Session, WeekPattern
from library.kernel import clock
from library.sample.places import CENTRAL_ID, LIVELY, MODEL, QUIET, STEADY, Place

ROUTES = 4
_FIRST_VAN_WEEKDAY = 0
_PAST_WEEKS, _COMING_WEEKS = 10, 10
# First day of the lunar year; the county's own table, because no calendar library is needed for six lines.
_SPRING_FESTIVAL = {
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
}
_MORNING = Session(time(8, 30), time(11, 30))
_AFTERNOON = Session(time(14, 30), time(17, 30))
_AFTER_SCHOOL = Session(time(15), time(18))
_LONG_AFTERNOON = Session(time(15), time(20))
_EVENING = Session(time(18, 30), time(20, 30))
_DAY = Session(time(8, 30), time(17, 30))
_LONG_AGO = date(2020, 1, 1)
_LOGGED_DAYS = 120


@dataclass(frozen=True, slots=True)
class Round:
    """A round of the van: driven every week on `weekday`, past `stops` in this order."""

    id: int
    code: str
    name: str
    weekday: int
    stops: tuple[int, ...]


def calendar_for(place: Place, today: date) -> Calendar:
    """Return when a place is open."""
    patterns = [WeekPattern(_week(place), _LONG_AGO)]
    if place.kind == "village" and place.activity != QUIET:
        for year in (today.year - 1, today.year, today.year + 1):
            week = dict.fromkeys(range(7), (_MORNING, _LONG_AFTERNOON))
            patterns.append(WeekPattern(week, date(year, 7, 5), date(year, 8, 31)))
    return Calendar(tuple(patterns), {day: Exceptional((), reason) for day, reason in _closed_days(today)})


def _week(place: Place) -> dict[int, tuple[Session, ...]]:
    """Return the sessions of an ordinary week by weekday; 0 is Monday."""
    weeks: dict[str, dict[int, tuple[Session, ...]]] = {
        "central": {
            0: (_AFTERNOON,),
            **dict.fromkeys((1, 2, 3, 6), (_DAY,)),
            **dict.fromkeys((4, 5), (_DAY, _EVENING)),
        },
        "township": dict.fromkeys(range(1, 7), (_MORNING, _AFTERNOON)),
        "school": dict.fromkeys(range(5), (Session(time(12), time(13, 30)), Session(time(15, 30), time(17, 30)))),
        "mobile": dict.fromkeys(range(1, 5), (Session(time(9), time(16)),)),
        QUIET: {5: (Session(time(9), time(11)),)},
        LIVELY: dict.fromkeys(range(7), (_MORNING, _LONG_AFTERNOON)),
        MODEL: dict.fromkeys(range(7), (_MORNING, _LONG_AFTERNOON)),
        STEADY: {
            **dict.fromkeys((2, 3, 4), (_AFTER_SCHOOL,)),
            **dict.fromkeys((5, 6), (_MORNING, _AFTER_SCHOOL)),
        },
    }
    return weeks.get(place.kind, weeks[place.activity])


def _closed_days(today: date) -> Iterator[tuple[date, str]]:
    for year in (today.year - 1, today.year, today.year + 1):
        festival = _SPRING_FESTIVAL.get(year)
        if festival is not None:
            for offset in range(-1, 4):
                yield festival + timedelta(days=offset), "春节"
        yield date(year, 10, 1), "国庆节"


def session_rows(places: Sequence[Place], calendars: dict[int, Calendar]) -> list[dict[str, Any]]:
    """Return the rows of the opening sessions."""
    return [
        {
            "branch_id": place.id,
            "weekday": weekday,
            "opens": span.opens,
            "closes": span.closes,
            "valid_from": pattern.valid_from,
            "valid_to": pattern.valid_until,
        }
        for place in places
        if place.has_books
        for pattern in calendars[place.id].patterns
        for weekday, spans in pattern.sessions.items()
        for span in spans
    ]


def exception_rows(places: Sequence[Place], calendars: dict[int, Calendar]) -> list[dict[str, Any]]:
    """Return the rows of the opening exceptions; all of them are closed days."""
    return [
        {"branch_id": place.id, "on": day, "is_closed": True, "opens": None, "closes": None, "cause": exception.reason}
        for place in places
        if place.has_books
        for day, exception in calendars[place.id].exceptions.items()
    ]


def opening_log_rows(
    places: Sequence[Place], calendars: dict[int, Calendar], now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield when places were really open in the last months; a locked room leaves no trace."""
    today = clock.local_date(now)
    for place in places:
        if not place.has_books or place.activity == QUIET:
            continue
        for offset in range(_LOGGED_DAYS, 0, -1):
            day = today - timedelta(days=offset)
            for span in calendars[place.id].sessions_on(day):
                yield {
                    "branch_id": place.id,
                    "opened_at": datetime.combine(day, span.opens, clock.timezone()),
                    "closed_at": datetime.combine(day, span.closes, clock.timezone()),
                    "source": "desk",
                }


def make_rounds(places: Sequence[Place]) -> list[Round]:
    """Return the rounds: three townships with their rooms each, on a weekday of their own."""
    townships = [place for place in places if place.kind == "township"]
    names = ("北线", "东线", "南线", "西线")
    rounds = []
    for number in range(ROUTES):
        towns = townships[number::ROUTES]
        stops = [
            place.id
            for town in towns
            for place in places
            if place.path.startswith(town.path) and place.kind in {"township", "village", "school"}
        ]
        weekday = _FIRST_VAN_WEEKDAY + number
        rounds.append(Round(number + 1, f"V{number + 1}", names[number], weekday, tuple(stops)))
    return rounds


def round_dates(round_: Round, today: date) -> Iterator[tuple[date, str]]:
    """Yield the dates of a round with their state, from ten weeks ago to ten weeks ahead."""
    first = today - timedelta(weeks=_PAST_WEEKS)
    first += timedelta(days=(round_.weekday - first.weekday()) % 7)
    for week in range(_PAST_WEEKS + _COMING_WEEKS):
        day = first + timedelta(weeks=week)
        yield day, "driven" if day < today else "planned"


class Van:
    """Tells on which days the van takes a copy from one place to another."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        self._weekday = {stop: round_.weekday for round_ in rounds for stop in round_.stops}

    def journey(self, from_id: int, to_id: int, ready: date) -> tuple[date, date]:
        """Return the days of leaving and arriving for a copy that is ready on `ready`.

        Everything goes by the central library, where the boxes of a round are sorted the day after; what crosses to another
        round waits there for its day.
        """
        leaving = self._next(from_id if from_id in self._weekday else to_id, ready + timedelta(days=1))
        if to_id == CENTRAL_ID:
            return leaving, leaving + timedelta(days=1)
        if from_id == CENTRAL_ID or self._weekday.get(from_id) == self._weekday.get(to_id):
            return leaving, leaving
        return leaving, self._next(to_id, leaving + timedelta(days=1))

    def _next(self, stop: int, day: date) -> date:
        weekday = self._weekday.get(stop, _FIRST_VAN_WEEKDAY)
        return day + timedelta(days=(weekday - day.weekday()) % 7)
