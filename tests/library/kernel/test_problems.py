"""Problems: every error has a status, a code and words in both languages."""

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from marshmallow import fields
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from library.kernel import errors
from library.kernel.api import Api, ApiBlueprint, Flag, Integer, PageIn, Schema, Text


class WishIn(Schema):
    title = Text(required=True, max_length=20)
    count = Integer(least=1, most=9)
    urgent = Flag()
    tags = fields.List(fields.String())


RAISED = [
    (errors.Malformed("invalid_json"), 400, "invalid_json"),
    (errors.SignInRequired("sign_in_required"), 401, "sign_in_required"),
    (errors.NotAllowed("outside_grant"), 403, "outside_grant"),
    (errors.NotFound("unknown_branch", branch="X"), 404, "unknown_branch"),
    (errors.Conflict("operation_reused"), 409, "operation_reused"),
    (errors.Malformed("unsupported_media_type"), 415, "unsupported_media_type"),
    (errors.Invalid("never_heard_of"), 422, "never_heard_of"),
    (errors.TooManyAttempts("too_many_attempts", retry_after=120), 429, "too_many_attempts"),
    (errors.Busy("busy", retry_after=2), 503, "busy"),
    (IntegrityError("INSERT", None, Exception("UNIQUE constraint failed")), 409, "conflict"),
    (DataError("INSERT", None, Exception("out of range")), 422, "invalid_request"),
    (OperationalError("BEGIN", None, Exception("database is locked")), 503, "busy"),
    (OperationalError("BEGIN", None, Exception("connection refused")), 503, "database_unreachable"),
    (OverflowError("Python int too large"), 422, "invalid_request"),
]


@pytest.fixture
def browser(bare: Flask, api: Api, browser: FlaskClient) -> FlaskClient:
    blueprint = ApiBlueprint("wishes", __name__, description="Wishes.")

    @blueprint.route("/wishes", methods=["POST"])
    @blueprint.arguments(WishIn)
    @blueprint.response(200)
    def wish(body: dict[str, object]) -> dict[str, object]:
        return {"got": body}

    @blueprint.route("/wishes")
    @blueprint.arguments(PageIn, location="query")
    @blueprint.response(200)
    def wishes(query: dict[str, object]) -> dict[str, object]:
        return {"got": query}

    @blueprint.route("/wishes/<int:wish_id>")
    @blueprint.response(200)
    def one(wish_id: int) -> dict[str, object]:
        return {"got": wish_id}

    api.register_blueprint(blueprint)
    for number, (error, _status, _code) in enumerate(RAISED):

        def fail(error: Exception = error) -> str:
            raise error

        bare.add_url_rule(f"/api/v1/fail/{number}", f"fail_{number}", fail)
        bare.add_url_rule(f"/fail/{number}", f"page_{number}", fail)
    bare.add_url_rule("/bug", "bug", lambda: abort(500))
    return browser


@pytest.mark.parametrize(
    ("number", "status", "code"), [(number, status, code) for number, (_, status, code) in enumerate(RAISED)]
)
def test_a_program_gets_a_problem_and_a_person_a_page(
    number: int, status: int, code: str, browser: FlaskClient
) -> None:
    answer = browser.get(f"/api/v1/fail/{number}")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == code
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]
    page = browser.get(f"/fail/{number}", headers={"Accept": "text/html"})
    assert page.status_code == (303 if status == 401 else status)
    assert page.mimetype == "text/html"


def test_the_words_are_chinese_unless_english_is_asked_for(browser: FlaskClient) -> None:
    assert "找不到" in (browser.get("/api/v1/none").json or {})["title"]
    assert (browser.get("/api/v1/none?lang=en").json or {})["title"] == "There is nothing at this address"


@pytest.mark.parametrize("number", [7, 8, 11, 12])
def test_who_must_wait_is_told_how_long(number: int, browser: FlaskClient) -> None:
    assert int(browser.get(f"/api/v1/fail/{number}").headers["Retry-After"]) > 0


def test_a_reader_who_must_sign_in_is_led_there_and_back(browser: FlaskClient) -> None:
    assert browser.get("/fail/1?a=1").headers["Location"] == "/sign-in?next=/fail/1%3Fa%3D1"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 422, "empty_body"),
        (b"", "", 422, "empty_body"),
        (b"{", "application/json", 400, "invalid_json"),
        (b"\xff\xfe", "application/json", 400, "invalid_json"),
        (b"[" * 1800, "application/json", 400, "invalid_json"),
        (b'{"count": ' + b"9" * 1900 + b"}", "application/json", 422, "invalid_request"),
        (b'{"count": NaN}', "application/json", 400, "invalid_json"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b'"x"', "application/json", 422, "invalid_request"),
        (b"{}", "application/json", 422, "invalid_request"),
        (b'{"title": "   "}', "application/json", 422, "invalid_request"),
        (b'{"title": "a\\u0000b"}', "application/json", 422, "invalid_request"),
        (b'{"title": "a", "tags": ["\\u0000"]}', "application/json", 422, "invalid_request"),
        (b'{"title": "\\ud800"}', "application/json", 422, "invalid_request"),
        (b'{"title": "a", "unheard": 1}', "application/json", 422, "invalid_request"),
        (b'{"title": "a", "count": "1"}', "application/json", 422, "invalid_request"),
        (b'{"title": "a", "count": 1.5}', "application/json", 422, "invalid_request"),
        (b'{"title": "a", "count": true}', "application/json", 422, "invalid_request"),
        (b'{"title": "a", "count": 10}', "application/json", 422, "invalid_request"),
        (b'{"title": "a", "urgent": "yes"}', "application/json", 422, "invalid_request"),
        (b'{"title": "' + b"x" * 21 + b'"}', "application/json", 422, "invalid_request"),
        (b'{"title": "' + b"x" * 3000 + b'"}', "application/json", 413, "body_too_large"),
    ],
)
def test_a_bad_body_is_refused_with_a_code(
    body: bytes, content_type: str, status: int, code: str, browser: FlaskClient
) -> None:
    answer = browser.post("/api/v1/wishes", data=body, content_type=content_type)
    assert (answer.status_code, (answer.json or {})["code"]) == (status, code)


def test_a_good_body_arrives_trimmed(browser: FlaskClient) -> None:
    answer = browser.post("/api/v1/wishes", json={"title": "  红楼梦 📚 ", "count": 2, "urgent": True})
    assert answer.json == {"got": {"title": "红楼梦 📚", "count": 2, "urgent": True}}


def test_a_refused_field_is_named(browser: FlaskClient) -> None:
    answer = browser.post("/api/v1/wishes", json={"title": "", "count": 0})
    assert set((answer.json or {})["errors"]["json"]) == {"title", "count"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/wishes?page=2&per_page=5&unheard=1", 200),
        ("/api/v1/wishes?page=-1", 422),
        ("/api/v1/wishes?page=0", 422),
        ("/api/v1/wishes?page=1.0", 422),
        ("/api/v1/wishes?page=%EF%BC%91", 422),
        ("/api/v1/wishes?per_page=" + "9" * 30, 422),
        ("/api/v1/wishes?x=%00", 422),
        ("/api/v1/wishes/7", 200),
        ("/api/v1/wishes/" + "9" * 19, 404),
        ("/api/v1/wishes/" + "9" * 5000, 404),
        ("/api/v1/%00", 422),
        ("/api/v1/none", 404),
    ],
)
def test_an_address_is_never_an_error_of_ours(path: str, status: int, browser: FlaskClient) -> None:
    assert browser.get(path).status_code == status


def test_a_wrong_method_says_which_are_right(browser: FlaskClient) -> None:
    answer = browser.delete("/api/v1/wishes")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert (answer.json or {})["code"] == "method_not_allowed"


def test_a_bug_shows_only_the_number_of_the_request(browser: FlaskClient) -> None:
    answer = browser.get("/bug", headers={"X-Request-ID": "request-4711"})
    assert answer.status_code == 500
    assert "request-4711" in answer.text


def test_a_page_that_cannot_be_drawn_still_answers_words(bare: Flask, browser: FlaskClient) -> None:
    def broken() -> dict[str, object]:
        raise RuntimeError

    bare.context_processor(broken)
    answer = browser.get("/nowhere")
    assert answer.status_code == 404
    assert "找不到" in answer.text


def test_the_openapi_document_is_3_1_and_documents_problems(browser: FlaskClient) -> None:
    document = browser.get("/api/v1/openapi.json").json or {}
    assert document["openapi"] == "3.1.0"
    assert "code" in document["components"]["schemas"]["ProblemOut"]["properties"]
    assert list(document["components"]["responses"]["DEFAULT_ERROR"]["content"]) == ["application/problem+json"]
    assert "/api/v1/wishes" in document["paths"]
