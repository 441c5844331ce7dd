"""The rules, their values and rows in words, in both languages."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from circulation.policies.explaining import explanation, with_texts
from circulation.policies.named import RULES, Subject
from circulation.policies.rules import Because, Line, Question, resolve
from circulation.policies.value_words import CATEGORIES, parsed_words, row_words, value_words
from circulation.policies.words import RULE_WORDS, SUBJECTS
from library.patrons.rules import Category

TODAY = date(2026, 11, 23)
COUNTY, TOWNSHIP, ROOM = 1, 4, 9
NAMES = {COUNTY: "示例县", TOWNSHIP: "柳泉镇分馆", ROOM: "东洼村农家书屋", None: None}
EVERYWHERE = {"patron_category": None, "item_class": None, "branch_name": None, "set_name": None}

VALUES = [
    ("loan_days", "30", "30 天", "30 days"),
    ("loan_days", "1", "1 天", "1 day"),
    ("loan_unit", "weeks", "按周", "in weeks"),
    ("closed_day_mode", "next_open", "顺延到下一个开馆日", "moves to the next open day"),
    ("hard_due", "latest 2027-01-15", "最晚2027年1月15日", "on 15 January 2027 at the latest"),
    ("hard_due", "term_end", "学期末", "at the end of the reader's term"),
    ("hard_due", "none", "无", "none"),
    ("due_by_next_run", "yes", "是", "yes"),
    ("loan_limit", "5", "5 本", "5 books"),
    ("loan_limit_class", "none", "不限", "no limit"),
    ("age_limit", "0", "不限年龄", "any age"),
    ("age_limit", "14", "满 14 岁", "14 years"),
    ("overdue_block_days", "never", "从不停借", "never blocks"),
    ("fine_per_day", "10", "¥0.10", "CN¥0.10"),
    ("fine_cap", "none", "不限", "no limit"),
    ("lost_charge_percent", "100", "定价的 100%", "100 % of the price"),
    ("renewals_max", "0", "不可以", "not at all"),
    ("renewal_days", "same", "和借期一样长", "as long as the loan"),
    (
        "renew_blocked_by",
        "hold, overdue",
        "有人在等这本书、读者有书逾期",
        "others wait for the book or the reader has late books",
    ),
    ("renew_blocked_by", "none", "没有", "nothing"),
    ("hold_scope", "county", "全县", "from the whole county"),
    ("return_policy", "stay", "留在还到的馆", "stay where they are"),
]


@pytest.mark.parametrize(("rule", "text", "chinese", "english"), VALUES)
def test_a_value_is_told_in_words(app: Flask, rule: str, text: str, chinese: str, english: str) -> None:
    value = RULES[rule].parse(text)
    with app.app_context():
        assert parsed_words(rule, value) == chinese
        with force_locale("en"):
            assert parsed_words(rule, value) == english


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_and_each_of_its_choices_has_words(app: Flask, rule: str) -> None:
    kind = RULES[rule].kind
    with app.app_context(), force_locale("en"):
        assert all(str(text) for text in (RULE_WORDS[rule].name, RULE_WORDS[rule].does, RULE_WORDS[rule].example))
        told = {choice: parsed_words(rule, kind.parse(choice)) for choice in kind.choices}
        assert len(set(told.values())) == len(told)
        assert set(told.values()).isdisjoint(told) or kind.choices == ("yes", "no")
        assert parsed_words(rule, RULES[rule].default)


def test_nothing_is_left_without_words() -> None:
    assert list(RULE_WORDS) == list(RULES)
    assert list(SUBJECTS) == list(Subject)
    assert list(CATEGORIES) == list(Category)


ROWS = [
    ({}, "所有读者 · 全县 · 全年"),
    ({"patron_category": "elder"}, "老年读者 · 全县 · 全年"),
    ({"item_class": "disc", "branch_name": "柳泉镇分馆"}, "所有读者 · 光盘 · 柳泉镇分馆 · 全年"),
    ({"item_class": "玩具"}, "所有读者 · 玩具 · 全县 · 全年"),
    (
        {"patron_category": "child", "from_on": "2026-07-01", "to_on": "2026-08-31", "is_yearly": True},
        "少儿 · 全县 · 每年7月1日至8月31日",
    ),
    (
        {"set_name": "流转圈", "from_on": date(2026, 1, 1), "to_on": date(2026, 2, 1)},
        "所有读者 · 流转圈 · 2026年1月1日至2026年2月1日",
    ),
    ({"from_on": date(2026, 1, 1)}, "所有读者 · 全县 · 2026年1月1日起"),
    ({"to_on": date(2026, 1, 1)}, "所有读者 · 全县 · 到2026年1月1日为止"),
]


@pytest.mark.parametrize(("row", "words"), ROWS)
def test_a_row_tells_for_whom_where_and_when(app: Flask, row: dict[str, Any], words: str) -> None:
    with app.app_context():
        assert row_words({**EVERYWHERE, **row}) == words


def asked(*lines: Line) -> list[dict[str, Any]]:
    """Return the explanation for a child's book in the room, with the names that the database would add."""
    by_rule: dict[str, list[Line]] = {}
    for line in lines:
        by_rule.setdefault(line.rule, []).append(line)
    entries = resolve(by_rule, Question("book", "child", (ROOM, TOWNSHIP, COUNTY), TODAY), {}).explain()
    for entry in entries:
        for row in filter(None, (entry["row"], *entry["beat"])):
            row.update(branch_name=NAMES[row["branch_id"]], set_name=None, note=f"note {row['id']}")
    return entries


BEATEN = [
    (Line(2, "loan_days", 60, item_class="book"), Because.ITEM_CLASS, "指明书刊类别的优先"),
    (Line(2, "loan_days", 60, patron_category="child"), Because.PATRON_CATEGORY, "指明读者类型的优先"),
    (Line(2, "loan_days", 60, branch_id=TOWNSHIP), Because.PLACE, "离得近的优先"),
    (Line(2, "loan_days", 60, from_on=date(2026, 11, 1)), Because.BEGUN, "后开始实行的优先"),
    (Line(2, "loan_days", 60), Because.ENTERED, "后登记的优先"),
]


@pytest.mark.parametrize(("winner", "because", "words"), BEATEN)
def test_each_beaten_row_tells_by_what_it_was_beaten(app: Flask, winner: Line, because: Because, words: str) -> None:
    with app.app_context():
        days = next(
            entry for entry in with_texts(asked(Line(1, "loan_days", 30), winner)) if entry["rule"] == "loan_days"
        )
    assert (days["row"]["id"], days["beat"][0]["because"]) == (2, because)
    assert days["text"].startswith("借期：60 天。依据：“")
    assert days["why"] == [f"没有用“所有读者 · 全县 · 全年”（30 天）：{words}。"]


def test_the_rules_that_decided_a_reason_come_first(app: Flask) -> None:
    entries = asked(Line(1, "loan_limit", 5, branch_id=COUNTY), Line(2, "loan_limit", 10, patron_category="child"))
    with app.app_context():
        told = explanation(entries, ["loan_limit_reached"])
    assert [one.rule for one in told.first] == ["loan_limit"]
    assert told.first[0].text == "同时可借本数：10 本。依据：“少儿 · 全县 · 全年”。"
    assert (told.first[0].note, len(told.first[0].why)) == ("note 2", 1)
    assert len(told.others) == len(RULES) - 1


def test_without_a_reason_the_due_date_is_explained_and_lengths_have_the_unit_that_holds(app: Flask) -> None:
    with app.app_context():
        told = explanation(asked(Line(1, "loan_days", 2), Line(2, "loan_unit", "months")), ["no_such_code"])
    assert [one.rule for one in told.first][:2] == ["loan_days", "loan_unit"]
    assert told.first[0].value == "2 个月"
    assert told.first[2].text == "到期日遇闭馆：顺延到下一个开馆日。没有另外的规定。"


def test_readers_see_the_row_that_won_and_nothing_that_staff_noted(app: Flask) -> None:
    entries = asked(Line(1, "loan_days", 30), Line(2, "loan_days", 60, branch_id=ROOM))
    with app.app_context():
        told = explanation(entries, audience="reader")
        shown = with_texts(entries, "reader")
    assert told.first[0].text == "借期：60 天。依据：“所有读者 · 东洼村农家书屋 · 全年”。"
    assert (told.first[0].why, told.first[0].note) == ((), "")
    assert "note 2" not in str(shown)


def test_a_value_of_a_rule_that_may_be_bounded_by_none_differs_from_zero(app: Flask) -> None:
    with app.app_context():
        assert value_words("holds_per_day", None) != value_words("holds_per_day", 0)
