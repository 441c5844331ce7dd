"""Searching over HTTP: what is found, what it costs nobody, and what bad questions get."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.search.engines import engine
from catalog.search.rebuild import rebuild
from circulation.whereabouts.services import refresh_availability
from library.kernel import events
from library.kernel.db import Database
from library.kernel.errors import Busy
from library.kernel.models import EventRow
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item

Search = Callable[..., Any]


@pytest.fixture
def county(app: Flask, database: Database) -> None:
    """Four titles: one stands in `east`, one is lent there, one stands in `west`, one has no copy."""
    with app.app_context():
        with database.writing() as session:
            places = a_county(session)
            peach = a_bib(session, title="桃树嫁接图解", year=2021, isbn13="9787110000014", clc="S662.1")
            lent = a_bib(session, title="梨树嫁接图解", year=1985, clc="S661.2")
            far = a_bib(session, title="嫁接的故事", year=2021, clc="I287.5", clc_top="I", audience="children")
            a_bib(session, title="嫁接理论", year=None, clc="")
            an_item(session, branch=places["east"], bib=peach, barcode="LQ00017")
            item = an_item(session, branch=places["east"], bib=lent)
            a_loan(session, item=item, patron=a_patron(session, branch=places["east"]))
            an_item(session, branch=places["west"], bib=far)
            refresh_availability(session, [item.id])
        rebuild(database, engine())


@pytest.fixture
def ask(county: None, client: FlaskClient) -> Search:
    def asked(status: int = 200, **query: object) -> Any:
        answer = client.get("/api/v1/bibs", query_string={k: str(v) for k, v in query.items()})
        assert answer.status_code == status, answer.text
        return answer.get_json()

    return asked


def titles(answer: Any) -> set[str]:
    return {item["title"] for item in answer["items"]}


def test_a_hit_tells_what_the_book_is_and_where_it_stands(ask: Search) -> None:
    answer = ask(q="桃树嫁接")
    (book,) = answer["items"]
    assert set(book) == {
        "id", "title", "creators", "publisher", "year", "isbn", "clc", "summary", "availability",
    }  # fmt: skip
    assert (book["title"], book["year"], book["isbn"]) == ("桃树嫁接图解", 2021, "9787110000014")
    (place,) = book["availability"]
    assert (place["branch"], place["total"], place["available"], place["due_on"]) == ("east", 1, 1, None)
    assert (answer["total"], answer["page"], answer["per_page"], answer["did_you_mean"]) == (1, 1, 20, None)
    assert answer["took_ms"] >= 0


def test_a_branch_limits_to_what_stands_there_or_below(ask: Search) -> None:
    assert titles(ask(q="嫁接", branch="east")) == {"桃树嫁接图解", "梨树嫁接图解"}
    assert titles(ask(q="嫁接", branch="township")) == {"桃树嫁接图解", "梨树嫁接图解", "嫁接的故事"}


def test_available_asks_the_database_and_not_the_index(ask: Search) -> None:
    assert titles(ask(q="嫁接", branch="east", available="true")) == {"桃树嫁接图解"}
    assert titles(ask(q="嫁接", available="true")) == {"桃树嫁接图解", "嫁接的故事"}
    assert ask(q="嫁接", available="false")["total"] == 4


def test_filters_narrow_by_class_year_and_audience(ask: Search) -> None:
    assert titles(ask(q="嫁接", clc="S66")) == {"桃树嫁接图解", "梨树嫁接图解"}
    assert titles(ask(q="嫁接", clc="s662")) == {"桃树嫁接图解"}
    assert titles(ask(q="嫁接", year="-1989")) == {"梨树嫁接图解"}
    assert titles(ask(q="嫁接", year="2020-2024", audience="children")) == {"嫁接的故事"}


def test_facets_have_names_and_are_values_of_their_parameters(ask: Search) -> None:
    facets = ask(q="嫁接")["facets"]
    assert facets["clc"] == [
        {"value": "S", "label": "农业科学", "count": 2},
        {"value": "I", "label": "文学", "count": 1},
    ]
    assert [(one["value"], one["count"]) for one in facets["year"]] == [("2020-2024", 2), ("-1989", 1)]
    assert {one["value"]: one["count"] for one in facets["branch"]} == {"east": 2, "west": 1}
    for name, found in facets.items():
        for facet in found:
            assert ask(q="嫁接", **{name: facet["value"]})["total"] == facet["count"]


def test_what_stands_near_comes_first(ask: Search) -> None:
    assert ask(q="嫁接", near="west")["items"][0]["title"] == "嫁接的故事"
    assert ask(q="图解", near="east")["items"][0]["availability"][0]["branch"] == "east"


def test_newest_first_on_demand(ask: Search) -> None:
    years = [item["year"] for item in ask(q="嫁接", sort="newest")["items"]]
    assert years == [2021, 2021, 1985, None]


def test_a_homophone_is_found_and_the_right_spelling_offered(ask: Search) -> None:
    answer = ask(q="桃树稼接")
    assert titles(answer) == {"桃树嫁接图解"} or "桃树嫁接图解" in titles(answer)
    assert answer["did_you_mean"] == "桃树嫁接"


def test_the_printed_number_of_a_copy_finds_its_book(ask: Search) -> None:
    assert titles(ask(q="LQ00017")) == {"桃树嫁接图解"}


def test_the_printed_number_of_a_copy_keeps_the_other_conditions(ask: Search) -> None:
    assert titles(ask(q="LQ00017", branch="west")) == set()
    assert titles(ask(q="LQ00017", available=1, branch="west")) == set()
    assert titles(ask(q="LQ00017", available=1, branch="east")) == {"桃树嫁接图解"}
    second = ask(q="LQ00017", page=2)
    assert (second["items"], second["total"]) == ([], 1)


def test_no_words_list_everything_page_by_page(ask: Search) -> None:
    first, second = ask(per_page=3), ask(per_page=3, page=2)
    assert (len(first["items"]), len(second["items"]), first["total"]) == (3, 1, 4)
    assert not titles(first) & titles(second)
    assert ask(page=50)["items"] == []


BAD: list[tuple[dict[str, object], int, str]] = [
    ({"page": -1}, 422, "invalid_page"),
    ({"page": 0}, 422, "invalid_page"),
    ({"page": 10**9}, 422, "invalid_page"),
    ({"per_page": 0}, 422, "invalid_per_page"),
    ({"per_page": 101}, 422, "invalid_per_page"),
    ({"page": "x"}, 422, "invalid_request"),
    ({"year": "今年"}, 422, "invalid_year"),
    ({"branch": "nowhere"}, 404, "unknown_branch"),
    ({"near": "nowhere"}, 404, "unknown_branch"),
    ({"sort": "random"}, 422, "invalid_request"),
    ({"q": "a\0b"}, 422, "nul_character"),
    ({"q": "长" * 2_100}, 422, "invalid_request"),
]


def test_a_bad_question_gets_a_code(ask: Search) -> None:
    for query, status, code in BAD:
        assert ask(status, **query)["code"] == code


def test_odd_texts_are_answered(ask: Search) -> None:
    for q in ("🐟🐟🐟", "％％", "'; DROP TABLE bibs; --", "嫁接" * 400, '((("', "  "):
        assert ask(q=q)["total"] >= 0


def test_a_search_in_vain_is_noted_without_a_person(ask: Search, database: Database) -> None:
    ask(q="養鵝技術", near="east")
    with database.reading() as session:
        (event,) = session.scalars(select(EventRow).where(EventRow.kind == "search.empty"))
        assert event.payload == {"q": "养鹅技术"}
        assert (event.patron_id, event.actor_id) == (None, None)
        assert event.branch_id is not None


def test_other_searches_leave_no_trace(ask: Search, database: Database) -> None:
    others: tuple[dict[str, object], ...] = (
        {"q": "嫁接"},
        {"q": "养鹅", "year": "2020"},
        {"q": "13800001234"},
        {"q": "养鹅", "page": 2},
        {"q": ""},
    )
    for query in others:
        ask(**query)
    with database.reading() as session:
        assert session.scalars(select(EventRow).where(EventRow.kind == "search.empty")).all() == []


def test_a_note_that_cannot_be_written_does_not_cost_the_answer(ask: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> int:
        raise Busy("busy")

    monkeypatch.setattr(events, "record", busy)
    assert ask(q="养鹅技术")["total"] == 0
