"""When the sample county's places open, and the van's rounds between them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from library.branches.rules import Calendar, Exceptional, Session, WeekPattern, due_date, next_open_day
from library.kernel import clock
from library.sample.places import CENTRAL_ID, LIVELY, MODEL, QUIET, STEADY, Place

ROUTES = 4
_FIRST_VAN_WEEKDAY = 0
_PAST_WEEKS, _COMING_WEEKS = 10, 10
# First day of the lunar year; the county's own table, because no calendar library is needed for six lines.
_SPRING_FESTIVAL = {
    2023: date(2023, 1, 22),
    2024: date(2024, 2, 10),
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


def make_calendars(places: Sequence[Place], years: range) -> dict[int, Calendar]:
    """Return when each place is open; places that open alike share one calendar."""
    made: dict[tuple[str, str], Calendar] = {}
    calendars = {}
    for place in places:
        alike = (place.kind, place.activity)
        if alike not in made:
            made[alike] = _calendar(place, years)
        calendars[place.id] = made[alike]
    return calendars


def _calendar(place: Place, years: range) -> Calendar:
    patterns = [WeekPattern(_week(place), _LONG_AGO)]
    if place.kind == "village" and place.activity != QUIET:
        for year in years:
            week = dict.fromkeys(range(7), (_MORNING, _LONG_AFTERNOON))
            patterns.append(WeekPattern(week, date(year, 7, 5), date(year, 8, 31)))
    return Calendar(tuple(patterns), {day: Exceptional((), reason) for day, reason in _closed_days(years)})


class Hours:
    """A calendar whose answers are worked out once: every visit asks it for the same days again."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._spans: dict[date, tuple[tuple[int, int], ...]] = {}
        self._next: dict[date, date] = {}
        self._due: dict[tuple[date, int], date] = {}
        self._starts: dict[date, datetime] = {}

    def spans_on(self, day: date) -> tuple[tuple[int, int], ...]:
        """Return the sessions of a day as (minute it begins, minutes it lasts); empty when closed."""
        found = self._spans.get(day)
        if found is None:
            found = self._spans[day] = tuple(map(_minutes, self._calendar.sessions_on(day)))
        return found

    def open_days_a_week(self, day: date) -> int:
        """Return on how many days the week opens that `day` follows; 7 where nobody knows."""
        pattern = self._calendar.pattern_on(day)
        return sum(bool(spans) for spans in pattern.sessions.values()) if pattern else 7

    def next_open_day(self, day: date) -> date:
        """Return the first open day from `day` on, or `day` itself when there is none."""
        found = self._next.get(day)
        if found is None:
            found = self._next[day] = next_open_day(self._calendar, day) or day
        return found

    def moment(self, chance: random.Random, day: date) -> datetime:
        """Return an instant of a day at which the place is open; mid-morning where it is closed."""
        start = self._starts.get(day)
        if start is None:
            start = self._starts[day] = clock.start_of_day(day)
        spans = self.spans_on(day)
        if not spans:
            return start + timedelta(hours=10)
        opens, lasts = spans[int(chance.random() * len(spans))]
        return start + timedelta(minutes=opens + int(chance.random() * lasts))

    def opening(self, chance: random.Random, day: date) -> datetime:
        """Return an instant of the first open day from `day` on."""
        return self.moment(chance, self.next_open_day(day))

    def due_date(self, begins_on: date, days: int) -> date:
        """Return when a loan of so many days is due, as `library.branches.rules` says."""
        asked = (begins_on, days)
        found = self._due.get(asked)
        if found is None:
            found = self._due[asked] = due_date(self._calendar, begins_on, days)
        return found


def _minutes(session: Session) -> tuple[int, int]:
    opens = session.opens.hour * 60 + session.opens.minute
    return opens, session.closes.hour * 60 + session.closes.minute - opens


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


def _closed_days(years: range) -> Iterator[tuple[date, str]]:
    for year in years:
        festival = _SPRING_FESTIVAL.get(year)
        if festival is not None:
            for offset in range(-1, 4):
                yield festival + timedelta(days=offset), "春节"
        yield date(year, 10, 1), "国庆节"


def session_rows(places: Sequence[Place], calendars: Mapping[int, Calendar]) -> list[dict[str, Any]]:
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


def exception_rows(places: Sequence[Place], calendars: Mapping[int, Calendar]) -> list[dict[str, Any]]:
    """Return the rows of the opening exceptions; all of them are closed days."""
    return [
        {"branch_id": place.id, "on": day, "is_closed": True, "opens": None, "closes": None, "cause": exception.reason}
        for place in places
        if place.has_books
        for day, exception in calendars[place.id].exceptions.items()
    ]


def opening_log_rows(
    places: Sequence[Place], calendars: Mapping[int, Calendar], now: datetime
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
