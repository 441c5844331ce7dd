"""National holidays of China and the weekend days worked in exchange for them (调休): what is special about a date.

The dates come from the library `holidays`. It was compared with `chinesecalendar` on every day from 2004 to 2026: both know
the State Council's arrangements and agree on all working days but one (31 December 2005). `chinesecalendar` ends with the
last arrangement and raises beyond it; `holidays` is released about monthly and goes on to compute fixed dates and lunar
festivals to 2100, which is why it was chosen although it is larger (14 MB) and brings `python-dateutil`.

The arrangement for a year is published in the November before it. A year without one is *estimated*: festivals are computed,
nobody knows yet which weekends will be worked. A year beyond all data is *unknown*: only the week counts. Whoever shows a
day says which it is. Pure functions of dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from holidays import HolidayBase, country_holidays

_DAY = timedelta(days=1)
# The library computes 1950 to 2100; a year is read together with its neighbours.
_FIRST_YEAR, _LAST_YEAR = 1951, 2099


class Festival(StrEnum):
    """What a national holiday is for."""

    NEW_YEAR = "new_year"
    SPRING = "spring"
    TOMB_SWEEPING = "tomb_sweeping"
    LABOUR = "labour"
    DRAGON_BOAT = "dragon_boat"
    MID_AUTUMN = "mid_autumn"
    NATIONAL_DAY = "national_day"
    OTHER = "other"


class Arrangement(StrEnum):
    """How well the holidays of a year are known."""

    PUBLISHED = "published"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NationalDay:
    """What is special about a date: a day off for `festival`, or with `is_workday` a weekend day worked in exchange."""

    festival: Festival
    is_workday: bool = False


# The names the library uses; the lunar New Year's eve belongs to the Spring Festival. National Day comes first because
# Mid-Autumn may fall into its week.
_NAMES = (
    ("国庆节", Festival.NATIONAL_DAY),
    ("春节", Festival.SPRING),
    ("农历除夕", Festival.SPRING),
    ("元旦", Festival.NEW_YEAR),
    ("清明节", Festival.TOMB_SWEEPING),
    ("劳动节", Festival.LABOUR),
    ("端午节", Festival.DRAGON_BOAT),
    ("中秋节", Festival.MID_AUTUMN),
)


def national_day(day: date) -> NationalDay | None:
    """Return what is special about `day` in the whole country, if anything is known."""
    return _year(day.year).get(day)


@lru_cache(maxsize=64)
def arrangement(year: int) -> Arrangement:
    """Tell how well the holidays of a year are known.

    Every arrangement since 2001 names weekend days to work, so a year without any has not been published yet.
    """
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return Arrangement.UNKNOWN
    worked = any(day.year == year for day in _china(year).weekend_workdays)
    return Arrangement.PUBLISHED if worked else Arrangement.ESTIMATED


@lru_cache(maxsize=64)
def _year(year: int) -> Mapping[date, NationalDay]:
    """Return the special days of a year; weekends that touch a holiday belong to it, as in the State Council's notices."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return {}
    known = _china(year - 1, year, year + 1)
    worked = set(known.weekend_workdays)
    days_off = {day: _festival(name) for day, name in known.items()}
    for day in sorted(days_off):
        _stretch(days_off, worked, day)
    named = {day: NationalDay(_named(days_off, day)) for day in days_off if day.year == year}
    for day in worked:
        if day.year == year:
            # The day off it pays for is named after it: 休息日（由 2026-02-14 调休）.
            gained = next((off for off, name in known.items() if day.isoformat() in name), day)
            named[day] = NationalDay(_named(days_off, gained), is_workday=True)
    return named


def _china(*years: int) -> HolidayBase:
    return country_holidays("CN", years=years, language="zh_CN")


def _festival(name: str) -> Festival | None:
    """Return the festival a day is named after; None for a day off in exchange, which is named by its neighbours."""
    found = next((festival for part, festival in _NAMES if part in name), None)
    return found if found is not None or "调休" in name else Festival.OTHER


def _stretch(days_off: dict[date, Festival | None], worked: set[date], day: date) -> None:
    for step in (-_DAY, _DAY):
        near = day + step
        while near.weekday() >= 5 and near not in worked and near not in days_off:
            days_off[near] = None
            near += step


def _named(days_off: Mapping[date, Festival | None], day: date) -> Festival:
    """Return the festival of a day off, its own or that of the nearest named day in the same unbroken stretch."""
    before, after = day, day
    while before in days_off or after in days_off:
        for candidate in (before, after):
            if found := days_off.get(candidate):
                return found
        before = before - _DAY if before in days_off else before
        after = after + _DAY if after in days_off else after
    return Festival.OTHER
