"""What readers are told about a door: open, shut and why, the next opening, the last one, and what nobody knows yet."""

from collections.abc import Iterator
from datetime import date, datetime, time

import pytest
from flask import Flask

from library.branches.rules import (
    Calendar,
    ClosedSpan,
    Exceptional,
    HolidayMode,
    HolidayRule,
    OpeningMode,
    Session,
    WeekPattern,
)
from library.branches.wording import Door, arrangement_words, day_reason, due_reasons, hours_words
from library.kernel import clock

MORNING = Session(time(8, 30), time(11, 30))
WEEK = WeekPattern(dict.fromkeys(range(5), (MORNING,)))
MONDAY = date(2026, 11, 23)
KEEPER = Calendar((), mode=OpeningMode.KEEPER_HOME)
CLOSED = (ClosedSpan(MONDAY, MONDAY, "停电"),)
SNOW = {MONDAY: Exceptional((), "大雪")}
NO_TIMETABLE = "这个书屋管理员在家就开门，没有固定时间。"


def at(hour: int, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=clock.timezone())


@pytest.fixture(autouse=True)
def chinese(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("calendar", "moment", "door", "expected"),
    [
        (Calendar((WEEK,)), at(9), None, ("ok", "现在开门，到 11:30")),
        (Calendar((WEEK,)), at(7), None, ("info", "今天 8:30 开门")),
        (Calendar((WEEK,)), at(12), None, ("warn", "现在关门了，11月24日（周二）8:30 再开")),
        (Calendar((WEEK,), {}, CLOSED), at(9), None, ("warn", "现在不开：停电。11月24日（周二）8:30 再开")),
        (
            Calendar((WEEK,), SNOW),
            at(9),
            None,
            ("warn", "现在不开：大雪。11月24日（周二）8:30 再开"),
        ),
        (Calendar((), {}, CLOSED, mode=OpeningMode.KEEPER_HOME), at(9), None, ("warn", "现在不开：停电。")),
        (Calendar(), at(9), None, None),
        (KEEPER, at(9), None, ("info", NO_TIMETABLE)),
        (KEEPER, at(9), Door(at(8), at(8)), ("ok", "现在开着，8:00 开的门")),
        (
            KEEPER,
            at(9),
            Door(None, at(19, 22)),
            ("info", f"{NO_TIMETABLE} 最近一次开门：昨天 19:00。"),
        ),
    ],
)
def test_a_reader_sees_whether_the_room_is_open_and_why_not(
    calendar: Calendar, moment: datetime, door: Door | None, expected: tuple[str, str] | None
) -> None:
    assert hours_words(calendar, moment.replace(tzinfo=None), door) == expected


def test_a_holiday_is_named() -> None:
    calendar = Calendar((WEEK,), holidays=HolidayRule(HolidayMode.CLOSED))
    shut = hours_words(calendar, datetime(2026, 10, 1, 9, tzinfo=clock.timezone()).replace(tzinfo=None))
    assert shut == ("warn", "现在不开：国庆节。10月8日（周四）8:30 再开")
    usual = Calendar((WEEK,))
    assert day_reason(usual.day(date(2026, 10, 1))) == "平常时间（国庆节）"
    assert day_reason(usual.day(date(2026, 10, 10))) == "每周六不开（国庆节调休上班）"


def test_what_nobody_knows_yet_is_said() -> None:
    assert arrangement_words(2026) == ""
    assert "2045 年的放假安排还没有公布" in arrangement_words(2045)
    assert "2150 年的节假日不知道" in arrangement_words(2150)


def test_a_moved_due_date_is_explained() -> None:
    calendar = Calendar((WEEK,), holidays=HolidayRule(HolidayMode.CLOSED))
    assert due_reasons(calendar, date(2026, 10, 1), date(2026, 10, 8)) == [
        "2026-10-01：国庆节：不开。应还日改为 2026-10-08。"
    ]
    assert due_reasons(calendar, MONDAY, MONDAY) == []
    assert len(due_reasons(calendar, date(2045, 10, 2), date(2045, 10, 9))) == 2
    assert due_reasons(Calendar((WEEK,)), date(2045, 10, 7), date(2045, 10, 9)) == [
        "2045-10-07：每周六不开。应还日改为 2045-10-09。"
    ]


def test_every_reason_has_words() -> None:
    days = [
        Calendar().day(MONDAY),
        KEEPER.day(MONDAY),
        Calendar((WEEK,), {}, (ClosedSpan(MONDAY, MONDAY),)).day(MONDAY),
        Calendar((WEEK,), {MONDAY: Exceptional((MORNING,), "庙会")}).day(MONDAY),
        Calendar((WeekPattern({0: (MORNING,)}, season="秋收"),)).day(MONDAY),
    ]
    assert [day_reason(day) for day in days] == [
        "没有登记开放时间",
        "管理员在家就开",
        "不开：没有写原因",
        "这天时间有变：庙会",
        "秋收",
    ]
