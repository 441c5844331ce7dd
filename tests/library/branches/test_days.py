"""Why a day has its hours: closure, exception, holiday, worked weekend, season, week, or the keeper being home."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.branches.hours_text import read_hours, write_hours
from library.branches.national import Arrangement, Festival, NationalDay, arrangement, national_day
from library.branches.real_openings import first_opening, kept_open_until
from library.branches.redating import Dated, Kind, Span, change_of, why_kept
from library.branches.rules import (
    Calendar,
    ClosedSpan,
    Exceptional,
    HolidayMode,
    HolidayRule,
    OpeningMode,
    Session,
    WeekPattern,
    Why,
    due_date,
)
from library.kernel import clock
from library.kernel.errors import Invalid

MORNING = Session(time(8, 30), time(11, 30))
EVENING = Session(time(19), time(21))
WEEKDAYS = WeekPattern({**dict.fromkeys(range(5), (MORNING,)), 4: (EVENING,)})
NATIONAL_DAY = date(2026, 10, 1)
WORKED_SATURDAY = date(2026, 10, 10)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 17), NationalDay(Festival.SPRING)),
        # A weekend inside the week off, and one that touches it.
        (date(2026, 2, 21), NationalDay(Festival.SPRING)),
        (date(2026, 6, 21), NationalDay(Festival.DRAGON_BOAT)),
        # Days off in exchange are named after their neighbours.
        (date(2026, 10, 7), NationalDay(Festival.NATIONAL_DAY)),
        (WORKED_SATURDAY, NationalDay(Festival.NATIONAL_DAY, is_workday=True)),
        (date(2026, 2, 14), NationalDay(Festival.SPRING, is_workday=True)),
        (date(2026, 10, 8), None),
        (date(2026, 10, 11), None),
        (date(2027, 2, 6), NationalDay(Festival.SPRING)),
        (date(2101, 1, 1), None),
    ],
)
def test_national_holidays_and_the_weekends_worked_for_them(day: date, expected: NationalDay | None) -> None:
    assert national_day(day) == expected


def test_a_year_nobody_has_published_says_so() -> None:
    assert [arrangement(year) for year in (2026, 2040, 2150)] == [
        Arrangement.PUBLISHED,
        Arrangement.ESTIMATED,
        Arrangement.UNKNOWN,
    ]
    assert not any(
        found.is_workday for day in range(365) if (found := national_day(date(2040, 1, 1) + timedelta(days=day)))
    )


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_every_date_has_an_answer(day: date) -> None:
    found = national_day(day)
    assert found is None or arrangement(day.year) is not Arrangement.UNKNOWN
    assert found is None or not found.is_workday or day.weekday() >= 5


def rule(mode: HolidayMode, *sessions: Session, makeup: bool = False) -> HolidayRule:
    return HolidayRule(mode, sessions, makeup_as_weekday=makeup)


@pytest.mark.parametrize(
    ("holidays", "day", "sessions", "why"),
    [
        (rule(HolidayMode.AS_USUAL), NATIONAL_DAY, (MORNING,), Why.WEEK),
        (rule(HolidayMode.CLOSED), NATIONAL_DAY, (), Why.HOLIDAY),
        (rule(HolidayMode.OWN_HOURS, EVENING), NATIONAL_DAY, (EVENING,), Why.HOLIDAY),
        (rule(HolidayMode.OWN_HOURS, EVENING), date(2026, 10, 3), (EVENING,), Why.HOLIDAY),
        (rule(HolidayMode.CLOSED), WORKED_SATURDAY, (), Why.WEEK),
        # The hours of Friday, the last weekday before.
        (rule(HolidayMode.CLOSED, makeup=True), WORKED_SATURDAY, (EVENING,), Why.MAKEUP),
        (rule(HolidayMode.CLOSED), date(2027, 2, 6), (), Why.HOLIDAY),
        # Beyond all data only the week counts.
        (rule(HolidayMode.CLOSED), date(2151, 10, 1), (EVENING,), Why.WEEK),
    ],
)
def test_each_place_chooses_what_a_holiday_means(
    holidays: HolidayRule, day: date, sessions: tuple[Session, ...], why: Why
) -> None:
    found = Calendar((WEEKDAYS,), holidays=holidays).day(day)
    assert (found.sessions, found.why) == (sessions, why)


def test_a_closure_goes_before_an_exception_and_that_before_a_holiday_and_a_season_before_the_week() -> None:
    season = WeekPattern(dict.fromkeys(range(7), (EVENING,)), date(2026, 9, 1), date(2026, 12, 31), "秋收")
    later = WeekPattern(dict.fromkeys(range(7), (MORNING,)), date(2026, 10, 5))
    closed = ClosedSpan(NATIONAL_DAY, NATIONAL_DAY, "停电")
    special = {NATIONAL_DAY: Exceptional((MORNING,), "庙会"), date(2026, 10, 2): Exceptional((MORNING,), "庙会")}
    calendar = Calendar((WEEKDAYS, season, later), special, (closed,), rule(HolidayMode.CLOSED))
    days = [calendar.day(date(2026, 10, day)) for day in (1, 2, 3, 8)]
    assert [(day.why, day.about) for day in days] == [
        (Why.CLOSURE, "停电"),
        (Why.EXCEPTION, "庙会"),
        (Why.HOLIDAY, ""),
        (Why.SEASON, "秋收"),
    ]
    assert Calendar((WEEKDAYS, season)).day(date(2027, 1, 1)).why is Why.WEEK


def test_a_room_that_opens_when_the_keeper_is_home_moves_nothing_but_what_falls_on_a_closed_day() -> None:
    closed = ClosedSpan(date(2026, 11, 25), date(2026, 11, 28), "农忙")
    room = Calendar((WEEKDAYS,), {}, (closed,), mode=OpeningMode.KEEPER_HOME)
    assert (room.has_timetable, room.day(date(2026, 11, 23)).why) == (False, Why.KEEPER_HOME)
    # A Sunday stays a Sunday; a day of the closure moves behind it.
    assert due_date(room, date(2026, 11, 15), 7) == date(2026, 11, 22)
    assert due_date(room, date(2026, 11, 15), 11) == date(2026, 11, 29)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8:30-11:30 14:30-17:30", "8:30-11:30 14:30-17:30"),
        ("８：３０～１１：３０，14点30分—17点半", "8:30-11:30 14:30-17:30"),
        ("14:30-17:30、8-12", "8:00-12:00 14:30-17:30"),
        ("0830-1130; 9.00 - 9.00", None),
        ("上午8:30-11:30 下午2:30-5:30", "8:30-11:30 14:30-17:30"),
        ("晚上7点到9点", "19:00-21:00"),
        ("18:00-24:00", "18:00-23:59"),
        ("休息", ""),
        ("", ""),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(Invalid):
            read_hours(text)
    else:
        assert write_hours(read_hours(text)) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("早上开门", "hours_unreadable"),
        ("8:30", "hours_unreadable"),
        ("8:70-9:00", "hours_unreadable"),
        ("25-26", "hours_unreadable"),
        ("11:30-8:30", "hours_out_of_order"),
        ("8-12 11-13", "hours_overlap"),
        ("8-9 " * 60, "hours_unreadable"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_hours(text)


TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@settings(deadline=None)
@given(st.lists(TIMES, min_size=2, max_size=6, unique=True).map(sorted))
def test_hours_written_down_are_read_again(times: list[time]) -> None:
    sessions = tuple(Session(opens, closes) for opens, closes in zip(times[::2], times[1::2], strict=False))
    assert read_hours(write_hours(sessions)) == sessions


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(Invalid):
        assert read_hours(text) == tuple(sorted(read_hours(text)))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=clock.timezone())


HOME = Calendar((), mode=OpeningMode.KEEPER_HOME)
SCHEDULED = Calendar((WEEKDAYS,))


@pytest.mark.parametrize(
    ("calendar", "log", "moment", "expected"),
    [
        # Nobody has opened yet.
        (HOME, [], local(23, 12), None),
        (HOME, [(local(22, 9), local(22, 11))], local(23, 12), None),
        (HOME, [(local(25, 19), local(25, 20)), (local(26, 9), None)], local(23, 12), (local(25, 19), True)),
        # Open at that moment.
        (HOME, [(local(23, 11), None)], local(23, 12), (local(23, 12), True)),
        (SCHEDULED, [], local(23, 9), (local(23, 9), False)),
        (SCHEDULED, [], local(23, 12), (local(24, 8, 30), False)),
        (SCHEDULED, [(local(23, 18), local(23, 19))], local(23, 12), (local(23, 18), True)),
        (SCHEDULED, [(local(25, 9), None)], local(23, 12), (local(24, 8, 30), False)),
        # Nobody said when it opens: it counts as open at once.
        (Calendar(), [], local(23, 12), (local(23, 12), False)),
    ],
)
def test_the_first_opening_is_the_logged_one_or_the_promised_one(
    calendar: Calendar, log: list[tuple[datetime, datetime | None]], moment: datetime, expected: object
) -> None:
    found = first_opening(calendar, log, moment)
    assert (found and (found.at, found.is_logged)) == expected


def test_nobody_is_late_at_a_door_that_was_shut() -> None:
    due = date(2026, 11, 20)
    assert kept_open_until(due, []) is None
    assert kept_open_until(due, [date(2026, 11, 19)]) is None
    assert kept_open_until(due, [date(2026, 11, 25), date(2026, 11, 23)]) == date(2026, 11, 23)
    assert kept_open_until(due, [due]) == due


DATES = st.integers(0, 60).map(lambda days: date(2026, 11, 1) + timedelta(days=days))


@settings(deadline=None)
@given(
    st.sampled_from(["due_on", "promised_on", "pickup_until_on"]),
    DATES,
    DATES,
    DATES,
    st.integers(0, 30),
    st.one_of(st.none(), st.integers(1, 30)),
)
def test_a_batch_moves_dates_forward_only_and_never_onto_a_closed_day(  # noqa: PLR0917  hypothesis gives them in order
    field: str, on: date, begun: date, first: date, length: int, days: int | None
) -> None:
    span = Span(Kind.POSTPONEMENT if days else Kind.CLOSURE, first, first + timedelta(days=length), days)
    closures = (ClosedSpan(span.first_on, span.last_on),) if span.kind is Kind.CLOSURE else ()
    calendar = Calendar((WEEKDAYS,), {}, closures)
    change = change_of(span, Dated(1, 1, field, on, min(begun, on)), calendar)
    if change is None:
        assert (field == "promised_on" if days else field == "pickup_until_on") or not span.covers(on)
    else:
        assert change.after > change.before
        assert calendar.is_open_on(change.after)
        assert days is None or field != "promised_on"


@pytest.mark.parametrize(
    ("current", "today", "expected"),
    [
        (date(2026, 11, 30), date(2026, 11, 24), None),
        (None, date(2026, 11, 24), "ended"),
        (date(2026, 12, 15), date(2026, 11, 24), "changed_since"),
        (date(2026, 11, 30), date(2026, 11, 27), "passed_since"),
    ],
)
def test_an_undo_leaves_what_would_do_harm(current: date | None, today: date, expected: str | None) -> None:
    span = Span(Kind.CLOSURE, date(2026, 11, 25), date(2026, 11, 28))
    known = {"before": date(2026, 11, 26), "after": date(2026, 11, 30), "confirmed_on": date(2026, 11, 23)}
    calendar = Calendar((WEEKDAYS,))
    assert why_kept(**known, current=current, span=span, calendar=calendar, today=today) == expected
    closed = Calendar((WEEKDAYS,), {}, (ClosedSpan(date(2026, 11, 26), date(2026, 11, 26)),))
    if expected is None:
        assert why_kept(**known, current=current, span=span, calendar=closed, today=today) == "closed_anyway"
