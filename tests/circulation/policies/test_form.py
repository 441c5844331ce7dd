"""The form of a row reads what people write."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from circulation.policies.form import as_written, read, read_day
from circulation.policies.named import RULES

DAYS = [
    ("2027-01-15", date(2027, 1, 15)),
    ("2027/1/15", date(2027, 1, 15)),
    (" 2027．1．15 ", date(2027, 1, 15)),
    ("2027年1月15日", date(2027, 1, 15)),
    ("２０２７０１１５", date(2027, 1, 15)),
    ("2月29日", date(2024, 2, 29)),
    ("7-1", date(2024, 7, 1)),
    ("2027-02-29", None),
    ("soon", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_a_day_is_read_in_the_ways_people_write_it(text: str, day: date | None) -> None:
    assert read_day(text) == day


VALUES = [
    ("loan_days", {"value": "30"}, "30"),
    ("loan_days", {"value": " ３０ 天"}, "30"),
    ("loan_days", {"value": "030 days"}, "30"),
    ("loan_days", {"value": "3.5"}, None),
    ("loan_days", {"value": "-3"}, None),
    ("loan_days", {"value": "0"}, None),
    ("fine_per_day", {"value": "0.1"}, "10"),
    ("fine_per_day", {"value": "￥5元"}, "500"),
    ("fine_per_day", {"value": "0.001"}, None),
    ("fine_cap", {"value": "", "value_none": "1"}, "none"),
    ("overdue_block_days", {"value": "never"}, "never"),
    ("closed_day_mode", {"value": "skip_closed"}, "skip_closed"),
    ("closed_day_mode", {"value": "sometimes"}, None),
    ("renew_blocked_by", {"value": ["hold", "restriction"]}, "hold, restriction"),
    ("renew_blocked_by", {}, "none"),
    ("hard_due", {"value_mode": "latest", "value_on": "2027年1月15日"}, "latest 2027-01-15"),
    ("hard_due", {"value_mode": "term_end", "value_on": "2027-1-1"}, "term_end"),
    ("hard_due", {"value_mode": "latest", "value_on": "soon"}, None),
]


@pytest.mark.parametrize(("rule", "fields", "text"), VALUES)
def test_a_value_is_read_kindly_and_never_guessed(
    app: Flask, rule: str, fields: dict[str, Any], text: str | None
) -> None:
    with app.app_context():
        written = read(RULES[rule], MultiDict(fields))
    assert bool(written.wrong) == (text is None)
    assert text is None or written.values["value"] == text


@pytest.mark.parametrize(
    ("from_on", "to_on", "days"),
    [
        ("2030-07-01", "2020-08-31", (date(2030, 7, 1), date(2030, 8, 31))),
        ("12-20", "1-10", (date(2024, 12, 20), date(2025, 1, 10))),
        ("12-20", "2-29", (date(2024, 12, 20), date(2025, 2, 28))),
    ],
)
def test_the_year_of_a_yearly_row_does_not_matter(
    app: Flask, from_on: str, to_on: str, days: tuple[date, date]
) -> None:
    form = MultiDict({"value": "3", "from_on": from_on, "to_on": to_on, "is_yearly": "1"})
    with app.app_context():
        written = read(RULES["loan_days"], form)
    assert (written.values["from_on"], written.values["to_on"]) == days
    assert not written.wrong


def test_a_place_is_a_branch_a_set_or_everywhere(app: Flask) -> None:
    with app.app_context():
        there, circle, everywhere = (
            read(RULES["loan_days"], MultiDict({"value": "3", "place": place}))
            for place in ("branch:east", "set:a:b", "")
        )
    assert (there.branch, there.branch_set) == ("east", None)
    assert (circle.branch, circle.branch_set) == (None, "a:b")
    assert (everywhere.branch, everywhere.branch_set) == (None, None)


@pytest.mark.parametrize("rule", RULES)
def test_what_is_stored_is_shown_so_that_it_reads_the_same(app: Flask, rule: str) -> None:
    stored = RULES[rule].kind.write(RULES[rule].default)
    shown = as_written(RULES[rule], stored)
    form = MultiDict({name: value for name, value in shown.items() if name not in {"value_none", "chosen"}})
    if shown.get("value_none"):
        form["value_none"] = "1"
    if "chosen" in shown:
        form.setlist("value", shown["chosen"])
    with app.app_context():
        assert read(RULES[rule], form).values["value"] == stored
