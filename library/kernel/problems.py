"""Errors as answers: the one place that knows status codes.

| from                                   | status                      | code                                  |
|----------------------------------------|-----------------------------|---------------------------------------|
| `Malformed`                            | 400                         | the error's own                       |
| `SignInRequired` · `NotAllowed`        | 401 · 403                   | the error's own                       |
| `NotFound` · `Conflict` · `Invalid`    | 404 · 409 · 422             | the error's own                       |
| `TooManyAttempts` · `Busy`             | 429 · 503, with Retry-After | the error's own                       |
| Werkzeug's HTTP errors, webargs        | theirs                      | `_HTTP_CODES`                         |
| the database refuses a row · a value   | 409 · 422                   | conflict · invalid_request            |
| the database is locked · cannot be had | 503, with Retry-After       | busy · database_unreachable           |
| anything else                          | 500                         | internal_error, with the request's id |

Programs get RFC 9457 `application/problem+json`, people a page that says what to do. A reader who must sign in first is
led there and back again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, json, make_response, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import escape
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from library.kernel.db import waited_in_vain
from library.kernel.errors import (
    Busy,
    Conflict,
    DomainError,
    Invalid,
    Malformed,
    NotAllowed,
    NotFound,
    SignInRequired,
    TooManyAttempts,
)
from library.kernel.problem_texts import Parameters, sentence

log = structlog.get_logger()

RETRY_SECONDS = 2
SIGN_IN = "/sign-in"
MEDIA_TYPE = "application/problem+json"

_CLASSES: Mapping[type[DomainError], tuple[int, str]] = {
    Malformed: (400, "bad_request"),
    SignInRequired: (401, "sign_in_required"),
    NotAllowed: (403, "not_allowed"),
    NotFound: (404, "not_found"),
    Conflict: (409, "conflict"),
    Invalid: (422, "invalid_request"),
    TooManyAttempts: (429, "too_many_attempts"),
    Busy: (503, "busy"),
}
_STATUS_OF_CODE = {"body_too_large": 413, "unsupported_media_type": 415}
_HTTP_CODES = {
    401: "sign_in_required",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "body_too_large",
    414: "address_too_long",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_attempts",
    500: "internal_error",
    503: "busy",
}


@dataclass(frozen=True)
class Problem:
    """What goes out: `code` is stable, `extra` are further members, `headers` go beside them."""

    status: int
    code: str
    general: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def register(app: Flask) -> None:
    """Answer every error of `app` with a problem."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(IntegrityError, _integrity)
    app.register_error_handler(DataError, _value)
    app.register_error_handler(OperationalError, _operational)
    # A number or a text the database cannot hold reaches us as these two: the client's fault, not ours.
    app.register_error_handler(OverflowError, _value)
    app.register_error_handler(UnicodeEncodeError, _value)
    app.before_request(refuse_unreadable)


def refuse_unreadable() -> None:
    """Refuse what no route can use: a body over the limit, and NUL in the address or a form (PostgreSQL keeps none).

    Raises `Malformed` `body_too_large` and `Invalid` `nul_character`.
    """
    limit = request.max_content_length
    if limit is not None and (request.content_length or 0) > limit:
        raise Malformed("body_too_large", limit=limit)
    texts = [request.path, *(value for _name, value in request.args.items(multi=True))]
    if request.mimetype == "application/x-www-form-urlencoded":
        # Parsing the form would eat the body, and an API route could not tell that there was one.
        request.get_data(cache=True)
        texts += [value for _name, value in request.form.items(multi=True)]
    if any("\0" in text for text in texts):
        raise Invalid("nul_character")


def problem_of(error: DomainError) -> Problem:
    """Return the problem of a domain error."""
    status, general = next(entry for kind, entry in _CLASSES.items() if isinstance(error, kind))
    retry_after = error.params.get("retry_after", RETRY_SECONDS if isinstance(error, Busy) else None)
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if isinstance(error, SignInRequired):
        headers["WWW-Authenticate"] = 'Bearer realm="library"'
    return Problem(_STATUS_OF_CODE.get(error.code, status), error.code, general, error.params, headers)


def _domain(error: DomainError) -> AnyResponse:
    problem = problem_of(error)
    if isinstance(error, SignInRequired) and request.method == "GET" and not wants_json():
        return redirect(f"{SIGN_IN}?next={quote(request.full_path.rstrip('?'))}", code=303)
    return answer(problem)


def answer_http_error(error: HTTPException) -> AnyResponse:
    """Answer an error raised by Werkzeug or by webargs; a redirect or a ready response passes."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    extra = {"errors": data["messages"]} if "messages" in data else {}
    if isinstance(error, RequestEntityTooLarge):
        extra = {"limit": request.max_content_length}
    code = _HTTP_CODES.get(status, "bad_request" if status < 500 else "internal_error")
    if code == "invalid_request" and "json" in data.get("messages", {}) and not request.get_data(cache=True):
        code = "empty_body"
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    if status == 503:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return answer(Problem(status, code, _HTTP_CODES.get(status, code), extra, headers))


def _integrity(error: IntegrityError) -> AnyResponse:
    # Services decide before they write, so this is a race lost (or a bug); the constraint's name tells which.
    log.warning("constraint_refused", reason=str(error.orig).splitlines()[0][:200])
    return answer(Problem(409, "conflict", "conflict"))


def _value(error: Exception) -> AnyResponse:
    log.warning("value_refused", error=type(error).__name__)
    return answer(Problem(422, "invalid_request", "invalid_request"))


def _operational(error: OperationalError) -> AnyResponse:
    if waited_in_vain(error):
        return _domain(Busy("busy", retry_after=RETRY_SECONDS))
    log.error("database_unreachable", reason=str(error.orig).splitlines()[0][:200])
    return answer(Problem(503, "database_unreachable", "busy", {}, {"Retry-After": "30"}))


def wants_json() -> bool:
    """Tell whether a program asks: under /api/, with a token, or by an Accept header that prefers JSON to HTML."""
    if request.path.startswith("/api/") or "Authorization" in request.headers:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best not in {None, "text/html"}


def answer(problem: Problem) -> Response:
    """Return the problem as problem+json or as a page."""
    response = _as_json(problem) if wants_json() else _as_page(problem)
    response.headers.extend(dict(problem.headers))
    return response


def words(problem: Problem) -> tuple[str, str]:
    """Return title and advice in the language of whoever asks, parameters filled in."""
    texts = sentence(problem.code, problem.general)
    values = Parameters(problem.extra)
    values.setdefault("minutes", -(-int(problem.headers.get("Retry-After", "60")) // 60))
    return str(texts.title) % values, str(texts.advice) % values


def _as_json(problem: Problem) -> Response:
    title, advice = words(problem)
    body = {
        **problem.extra,
        "type": f"urn:library:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": advice,
        "code": problem.code,
        "request_id": g.get("request_id"),
    }
    text = json.dumps(body, ensure_ascii=False, default=str)
    return Response(text, problem.status, mimetype=MEDIA_TYPE)


def _as_page(problem: Problem) -> Response:
    title, advice = words(problem)
    values = {"problem": problem, "title": title, "advice": advice, "request_id": g.get("request_id")}
    try:
        return make_response(render_template("errors/problem.html", **values), problem.status)
    except Exception:  # the page frame reads the database, which may be what failed
        log.exception("error_page_failed")
        back = _("To the first page")
        heading = f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1>"
        return make_response(f'{heading}<p>{escape(advice)}</p><a href="/">{escape(back)}</a>', problem.status)
