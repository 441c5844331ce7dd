from datetime import date, timedelta

import pytest
from flask import Flask

from library.kernel.days import day_words, due_words

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "kind", "words"),
    [
        (-2, "bad", "已过期 2 天"),
        (0, "warn", "今天到期"),
        (3, "warn", "还有 3 天，11月26日前还"),
        (20, "ok", "还有 20 天，12月13日前还"),
        (60, "ok", "还有 60 天，2027年1月22日前还"),
    ],
)
def test_a_due_date_is_told_in_days_left(app: Flask, days: int, kind: str, words: str) -> None:
    with app.test_request_context("/"):
        assert due_words(TODAY + timedelta(days=days), TODAY) == (kind, words)


def test_a_date_is_written_in_the_readers_language(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert day_words(date(2026, 12, 3), TODAY) == "3 December"
        assert due_words(TODAY - timedelta(days=1), TODAY) == ("bad", "1 day overdue")
