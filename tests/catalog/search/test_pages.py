"""The page of results: the village first, a way on from every state, nothing that needs JavaScript."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from catalog.search.engines import engine
from catalog.search.rebuild import rebuild
from circulation.whereabouts.services import refresh_availability
from library.kernel.actors import Actor, ActorKind
from library.kernel.db import Database
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item

Page = Callable[..., str]


@pytest.fixture
def show(app: Flask, database: Database, client: FlaskClient) -> Page:
    with app.app_context():
        with database.writing() as session:
            places = a_county(session)
            here = a_bib(session, title="桃树嫁接图解", clc="S662.1", year=2021)
            lent = a_bib(session, title="梨树嫁接图解", clc="S661.2", year=1985)
            far = a_bib(session, title="嫁接的故事", clc="I287.5", clc_top="I", audience="children", year=2020)
            an_item(session, branch=places["east"], bib=here)
            item = an_item(session, branch=places["west"], bib=lent)
            a_loan(session, item=item, patron=a_patron(session, branch=places["west"]))
            an_item(session, branch=places["west"], bib=far)
            for number in range(25):
                a_bib(session, title=f"养蜂第{number}课", clc="S89")
            refresh_availability(session, [item.id])
        rebuild(database, engine())

    def shown(status: int = 200, village: str = "east", **query: object) -> str:
        if village:
            client.set_cookie("village", village)
        answer = client.get("/s", query_string={k: str(v) for k, v in query.items()})
        assert answer.status_code == status
        return unescape(answer.get_data(as_text=True))

    return shown


def headings(page: str) -> list[str]:
    return re.findall(r'class="title"><a[^>]*>([^<]+)</a>', page)


def links(page: str, words: str) -> list[str]:
    return re.findall(rf'href="([^"]+)"[^>]*>\s*{words}', page)


def test_the_village_comes_first_and_every_row_says_where(show: Page) -> None:
    page = show(q="嫁接")
    assert headings(page)[0] == "桃树嫁接图解"
    assert "“嫁接”找到 3 种，本村能借 1 种" in page
    assert "这里有 1 本" in page or "1 本" in page
    assert "西岭村农家书屋" in page


def test_the_choices_are_links_that_keep_the_words(show: Page) -> None:
    page = show(q="嫁接")
    (here,) = links(page, "本村能借")
    (kids,) = links(page, "少儿")
    assert headings(
        show(**dict(part.split("=") for part in here.removeprefix("/s?").split("&") if "q=" not in part), q="嫁接")
    )
    assert "here=1" in here
    assert "kids=1" in kids
    assert headings(show(q="嫁接", here=1)) == ["桃树嫁接图解"]
    assert headings(show(q="嫁接", kids=1)) == ["嫁接的故事"]


def test_facets_narrow_and_can_be_taken_away(show: Page) -> None:
    assert links(show(q="嫁接"), "农业科学") == ["/s?q=%E5%AB%81%E6%8E%A5&clc=S"]
    narrowed = show(q="嫁接", clc="S")
    assert set(headings(narrowed)) == {"桃树嫁接图解", "梨树嫁接图解"}
    assert re.search(r'href="/s\?q=%E5%AB%81%E6%8E%A5"\s+aria-current="true">\s*农业科学', narrowed)


def test_no_number_beside_the_list_is_larger_than_what_it_leads_to(show: Page) -> None:
    page = show(q="嫁接", clc="I")
    assert headings(page) == ["嫁接的故事"]
    assert "本村" not in re.findall(r"<h1>([^<]*)</h1>", page)[0], "what stands here is of another class"
    (address,) = links(show(q="嫁接", kids=1), "本村能借")
    assert "kids=1" in address, "the number counts children's books, so the link leads to them"


def test_a_stranger_is_led_to_sign_in_by_a_link_with_a_name_of_its_own(show: Page) -> None:
    page = show(q="嫁接")
    assert re.search(r'href="/holds/new\?bib=\d+">.*?送到我们村.*?嫁接的故事', page, re.DOTALL)
    assert re.search(r'href="/holds/new\?bib=\d+">.*?预约.*?梨树嫁接图解', page, re.DOTALL)
    assert 'action="/holds"' not in page


def test_a_reader_who_is_signed_in_sends_the_book_to_the_village_with_one_tap(show: Page, app: Flask) -> None:
    def sign_in() -> None:
        g.actor = Actor(ActorKind.PATRON, 1, "张秀英", ())

    app.before_request_funcs.setdefault(None, []).append(sign_in)
    page = show(q="嫁接")
    forms = re.findall(r'<form method="post" action="/holds">.*?</form>', page, re.DOTALL)
    assert len(forms) == 2
    assert all('name="pickup" value="east"' in form for form in forms)
    ids = [re.search(r'name="operation_id" value="([^"]+)"', form) for form in forms]
    assert len({found[1] for found in ids if found}) == 2
    names = [re.sub(r"<[^>]+>", "", form).split() for form in forms]
    assert names[0] != names[1]


def test_many_hits_are_paged(show: Page) -> None:
    first = show(q="养蜂")
    assert len(headings(first)) == 20
    (onward,) = re.findall(r'rel="next"\s+href="([^"]+)"', first)
    assert onward == "/s?q=%E5%85%BB%E8%9C%82&page=2"
    assert len(headings(show(q="养蜂", page=2))) == 5


def test_nothing_found_leads_to_a_wish_with_the_same_words(show: Page) -> None:
    page = show(q="魑魅魍魉")
    assert 'href="/wish?q=%E9%AD%91%E9%AD%85%E9%AD%8D%E9%AD%89"' in page
    assert headings(page) == []


def test_nothing_in_the_village_leads_to_the_whole_county(show: Page) -> None:
    assert links(show(q="嫁接的故事", here=1), "在全县找") == ["/s?q=%E5%AB%81%E6%8E%A5%E7%9A%84%E6%95%85%E4%BA%8B"]


def test_a_slip_of_the_pen_is_put_right_by_a_link(show: Page) -> None:
    page = show(q="桃树稼接")
    assert "您要找的是不是" in page
    assert "<b>桃树嫁接</b>" in page


def test_without_a_village_nothing_is_said_of_it(show: Page) -> None:
    page = show(village="", q="嫁接")
    assert "本村" not in page
    assert len(headings(page)) == 3


def test_without_words_everything_is_listed(show: Page) -> None:
    assert "共 28 种书" in show()


def test_the_page_needs_no_script_and_no_inline_style(show: Page) -> None:
    main = show(q="嫁接").partition("<main")[2].partition("</main>")[0]
    assert "<script" not in main
    assert "style=" not in main
    assert "onclick" not in main


ODD: list[tuple[dict[str, str], int]] = [
    ({"page": "-1"}, 422),
    ({"page": "x"}, 422),
    ({"page": "999999999"}, 422),
    ({"year": "今年"}, 422),
    ({"q": "🐟🐟"}, 200),
    ({"q": "长" * 3_000}, 200),
    ({"sort": "random"}, 200),
    ({"clc": "%%%"}, 200),
]


def test_odd_addresses_are_answered_and_never_break(show: Page) -> None:
    for query, status in ODD:
        assert "<h1>" in show(status, **query)


def test_what_was_typed_is_never_markup(show: Page, client: FlaskClient) -> None:
    show()
    answer = client.get("/s", query_string={"q": "<script>alert(1)</script>"}).get_data(as_text=True)
    assert "<script>alert" not in answer


def test_english_speaks_english(show: Page) -> None:
    assert "“嫁接”: 3 titles, 1 of them in your village" in show(q="嫁接", lang="en")
