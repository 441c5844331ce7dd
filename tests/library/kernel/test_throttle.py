"""How pauses grow."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from library.kernel.throttle import ADDRESS, PERSON, Limit, Record, address_subject, after_failure, pause_after

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "limit", "minutes"),
    [
        (1, PERSON, 0),
        (4, PERSON, 0),
        (5, PERSON, 1),
        (6, PERSON, 2),
        (10, PERSON, 32),
        (15, PERSON, 1024),
        (16, PERSON, 1440),
        (10_000, PERSON, 1440),
        (29, ADDRESS, 0),
        (30, ADDRESS, 1),
        (36, ADDRESS, 60),
    ],
)
def test_a_pause_doubles_up_to_its_longest(failures: int, limit: Limit, minutes: int) -> None:
    assert pause_after(failures, limit) == timedelta(minutes=minutes)


def test_a_year_of_guessing_finds_a_six_digit_pin_once_in_two_thousand() -> None:
    record, now, guesses = Record(0, NOON, None), NOON, 0
    while now < NOON + timedelta(days=365):
        record = after_failure(record, PERSON, now)
        guesses += 1
        now = max(now, record.locked_until or now) + timedelta(seconds=1)
    assert guesses / 1_000_000 < 1 / 2000


def test_after_a_quiet_time_the_count_starts_again() -> None:
    record = Record(12, NOON, NOON + timedelta(hours=2))
    assert after_failure(record, PERSON, NOON + PERSON.quiet + timedelta(days=1)).failures == 1


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        (None, None, True),
        ("not an address", None, False),
    ],
)
def test_a_household_is_one_address(first: str | None, second: str | None, same: bool, bare: Flask) -> None:
    with bare.app_context():
        assert (address_subject(first) == address_subject(second)) is same
