"""Wishes: taken down, limited, answered, taken back; over HTTP and as rules."""

from itertools import product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from circulation.models import Wish
from circulation.wishes.rules import MOST_WISHES_A_DAY, TABLE, Asked, State, allowed_answers, may_become, may_wish
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.db import Database
from library.kernel.models import EventRow
from library.kernel.operations import new_id
from tests.acting import Api
from tests.factories import a_bib, a_county, a_patron


class World:
    """A county with one title and two readers of the east room."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self.database = app, database
        with app.app_context(), database.writing() as session:
            self.branches: dict[str, Branch] = a_county(session)
            self.bib = a_bib(session).id
            self.readers = tuple(a_patron(session, branch=self.branches["east"]).id for _ in range(2))

    def wishes(self) -> list[tuple[str, str | None]]:
        with self.app.app_context(), self.database.reading() as session:
            return [(wish.title, wish.isbn13) for wish in session.scalars(select(Wish).order_by(Wish.id))]

    def kinds(self) -> list[str]:
        with self.app.app_context(), self.database.reading() as session:
            wanted = select(EventRow.kind).where(EventRow.kind.like("wish.%")).order_by(EventRow.id)
            return list(session.scalars(wanted))


@pytest.fixture
def world(app: Flask, database: Database) -> World:
    return World(app, database)


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    made = Api(app)
    made.become_reader(world.readers[0])
    return made


def codes(answer: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def test_a_wish_is_taken_down_answered_and_shown_to_its_reader(api: Api, world: World) -> None:
    status, answer = api.post("/wishes", title="梨树嫁接", creator="某农艺师", note="给父亲看的")
    assert (status, answer["decision"], answer["wish"]["state"]) == (200, "allowed", "open")
    wish_id = answer["wish"]["id"]
    api.become(Role.BRANCH_LIBRARIAN, world.branches["township"])
    listed = api.get("/wishes?branch=township&state=open")[1]["items"]
    assert [(wish["id"], wish["branch"]) for wish in listed] == [(wish_id, "east")]
    said = api.post(f"/wishes/{wish_id}/answer", state="answered", answer="县馆有这本书。", bib=world.bib)[1]
    assert said["wish"] == {"id": wish_id, "state": "answered", "bib": world.bib}
    api.become_reader(world.readers[0])
    mine = api.get("/wishes")[1]["items"]
    assert [(wish["answer"], wish["bib"]) for wish in mine] == [("县馆有这本书。", world.bib)]
    assert world.kinds() == ["wish.recorded", "wish.answered"]


def test_the_same_request_twice_is_one_wish_and_the_same_title_is_refused(api: Api, world: World) -> None:
    operation_id = new_id()
    first = api.post("/wishes", title="梨树嫁接", operation_id=operation_id)
    assert api.post("/wishes", title="梨树嫁接", operation_id=operation_id) == first
    assert codes(api.post("/wishes", title=" 梨樹嫁接")[1]) == ["wish_exists"]
    api.become_reader(world.readers[1])
    assert api.post("/wishes", title="梨树嫁接")[1]["decision"] == "allowed"
    assert len(world.wishes()) == 2


def test_a_reader_has_so_many_wishes_a_day(api: Api, world: World) -> None:
    for number in range(MOST_WISHES_A_DAY):
        assert api.post("/wishes", title=f"想看的书 {number}")[1]["decision"] == "allowed"
    answer = api.post("/wishes", title="再来一本")[1]
    assert codes(answer) == ["wishes_per_day_reached"]
    assert str(MOST_WISHES_A_DAY) in answer["reasons"][0]["text"]
    assert len(world.wishes()) == MOST_WISHES_A_DAY


def test_a_number_typed_as_the_title_is_understood(api: Api, world: World) -> None:
    api.post("/wishes", title="978-7-00-000000-1")
    assert world.wishes() == [("978-7-00-000000-1", "9787000000001")]
    assert codes(api.post("/wishes", title="梨树嫁接", isbn="9787000000001")[1]) == ["wish_exists"]


def test_a_reader_takes_back_their_own_wish_until_it_is_answered(api: Api, world: World) -> None:
    wish_id = api.post("/wishes", title="梨树嫁接")[1]["wish"]["id"]
    api.become_reader(world.readers[1])
    assert api.post(f"/wishes/{wish_id}/cancel")[1]["code"] == "wish_not_your_own"
    api.become_reader(world.readers[0])
    assert api.post(f"/wishes/{wish_id}/cancel")[1]["wish"]["state"] == "cancelled"
    assert codes(api.post(f"/wishes/{wish_id}/cancel")[1]) == ["wish_not_in_state"]
    api.become(Role.BRANCH_LIBRARIAN, world.branches["east"])
    assert codes(api.post(f"/wishes/{wish_id}/answer", state="declined", answer="没有。")[1]) == ["wish_not_in_state"]


def test_a_keeper_answers_for_their_own_room_only(api: Api, world: World) -> None:
    wish_id = api.post("/wishes", title="梨树嫁接")[1]["wish"]["id"]
    api.become(Role.ROOM_KEEPER, world.branches["west"])
    status, problem = api.post(f"/wishes/{wish_id}/answer", state="ordered", answer="已订。")
    assert (status, problem["code"]) == (403, "outside_grant")
    assert api.get("/wishes?branch=east")[0] == 403


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/wishes", {"title": "  "}, (422, "invalid_request")),
        ("/wishes", {"title": "书", "isbn": "123"}, (422, "isbn_invalid")),
        ("/wishes", {"title": "书", "branch": "nowhere"}, (404, "unknown_branch")),
        ("/wishes", {"title": "书\0"}, (422, "invalid_request")),
        ("/wishes/99999/cancel", {}, (404, "unknown_wish")),
        ("/wishes/1/answer", {"state": "open", "answer": "好"}, (422, "invalid_request")),
        ("/wishes/1/answer", {"state": "ordered", "answer": "好"}, (403, "not_allowed")),
    ],
)
def test_bad_requests_have_a_code(api: Api, path: str, body: dict[str, Any], problem: tuple[int, str]) -> None:
    status, answer = api.post(path, **body)
    assert (status, answer["code"]) == problem


def test_every_edge_of_the_table_and_nothing_else_is_allowed() -> None:
    allowed = {(now, wanted) for now, wanted in product(State, State) if may_become(now, wanted)}
    assert allowed == {(now, wanted) for now, after in TABLE.items() for wanted in after}
    assert all(State.OPEN not in after for after in TABLE.values())
    assert allowed_answers(State.ORDERED) == (State.ARRIVED, State.DECLINED)
    assert allowed_answers(State.CANCELLED) == ()


def test_every_obstacle_is_named() -> None:
    decision = may_wish(Asked(open_wishes=10, wishes_today=MOST_WISHES_A_DAY, same_wish_id=3))
    assert [reason.code for reason in decision.reasons] == ["wish_exists", "too_many_wishes", "wishes_per_day_reached"]
    assert may_wish(Asked()).is_allowed
