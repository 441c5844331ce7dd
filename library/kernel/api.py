"""The frame of the API: strict schemas, bounded numbers, paging, and the OpenAPI document.

What marshmallow lets pass and we do not: text of spaces only, NUL and lone surrogates (no database keeps them), `"1"`
and `1.0` as whole numbers, numbers beyond 63 bits, `"yes"` as a truth value, `NaN`. Unknown members of a body are
refused, of a query string ignored.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import marshmallow as ma
from flask import Flask, Request, request
from flask_babel import gettext as _
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import fields
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, ValidationError
from werkzeug.wrappers import Response

from library.kernel import problems
from library.kernel.errors import Malformed

PREFIX = "/api/v1"
LARGEST = 2**63 - 1
MOST_PER_PAGE = 100
MOST_DIGITS = 19
UPLOAD = "multipart/form-data"
DEFAULT_ERROR = ("DEFAULT_ERROR", "Any other error.")


class Text(fields.String):
    """Text without the spaces around it; empty only when `allow_blank`, never with NUL or half a character."""

    def __init__(self, *, allow_blank: bool = False, max_length: int = 2000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_blank = allow_blank
        self.max_length = max_length

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if not text and not self.allow_blank:
            raise ma.ValidationError(_("Must not be empty."))
        if len(text) > self.max_length:
            raise ma.ValidationError(_("Longer than %(most)s characters.", most=self.max_length))
        return text


class Integer(fields.Integer):
    """A whole number that a database column holds; in a body `1`, never `"1"` or `1.0`."""

    def __init__(self, *, least: int = -LARGEST, most: int = LARGEST, **kwargs: Any) -> None:
        super().__init__(strict=kwargs.pop("strict", True), **kwargs)
        self.least = least
        self.most = most

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and isinstance(self.root, QuerySchema):
            value = self._from_digits(value)
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        number = super()._validated(value)
        if not self.least <= number <= self.most:
            raise ma.ValidationError(_("Must be between %(least)s and %(most)s.", least=self.least, most=self.most))
        return int(number)

    def _from_digits(self, text: str) -> int:
        """Return the number a query string gives, where everything is text: ASCII digits, perhaps a minus."""
        digits = text.strip().removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > MOST_DIGITS:
            raise self.make_error("invalid", input=text)
        return int(text)


class Flag(fields.Boolean):
    """True or false; a query string may also say 1 or 0."""

    truthy: ClassVar[set[Any]] = {True, "true", "1"}  # type: ignore[misc]  # narrower than the library's own
    falsy: ClassVar[set[Any]] = {False, "false", "0"}  # type: ignore[misc]  # the same


class Schema(ma.Schema):
    """Base of every schema; refuses unknown members and text that cannot be stored, wherever it stands."""

    class Meta:
        unknown = ma.RAISE

    @ma.pre_load
    def _refuse_unstorable(self, data: Any, **kwargs: Any) -> Any:
        del kwargs
        if _holds_unstorable(data):
            raise ma.ValidationError(_("Holds a character that cannot be kept."))
        return data


class QuerySchema(Schema):
    """Base of schemas for query strings."""

    class Meta:
        unknown = ma.EXCLUDE


class OperationIn(Schema):
    """Base of every state-changing body; the id may also come in the header `Idempotency-Key`."""

    operation_id = Text(max_length=64, metadata={"description": "UUID of this operation; sent again, same answer."})


class PageIn(QuerySchema):
    """Which page of a list."""

    page = Integer(least=1, most=1_000_000, load_default=1)
    per_page = Integer(least=1, most=MOST_PER_PAGE, load_default=20)


class ProblemOut(ma.Schema):
    """RFC 9457 problem; `code` is stable, the texts are in the caller's language."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String()
    request_id = fields.String()
    errors = fields.Dict(metadata={"description": "Per location and field, what is wrong with it."})


class JsonParser(FlaskParser):
    """Reads bodies strictly: UTF-8 JSON with its content type, or nothing at all."""

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Return the body, or `missing` for an empty one.

        Raises `Malformed` `unsupported_media_type` or `invalid_json`.
        """
        del schema
        body = req.get_data(cache=True)
        if not body.strip():
            return missing
        if not req.is_json:
            raise Malformed("unsupported_media_type")
        try:
            return json.loads(body.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:  # also bad UTF-8 and numbers of thousands of digits
            raise Malformed("invalid_json") from error


class ApiBlueprint(SmorestBlueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A room's part of the API, at `/api/v1`; every answer may also be a problem."""

    ARGUMENTS_PARSER = JsonParser()

    def __init__(self, name: str, import_name: str, *, description: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("url_prefix", PREFIX)
        super().__init__(name, import_name, description=description, **kwargs)


class Api(SmorestApi):  # type: ignore[misc]  # flask-smorest has no types
    """Flask-smorest with our problems as its errors."""

    ERROR_SCHEMA = ProblemOut

    def _register_responses(self) -> None:
        """Document every error as what it is sent as; the library would say application/json."""
        for name, text in [*((status.name, status.phrase) for status in HTTPStatus if status >= 400), DEFAULT_ERROR]:
            content = {problems.MEDIA_TYPE: {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(name, {"description": text, "content": content}, lazy=True)

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer like the rest of the application."""
        return problems.answer_http_error(error)


class BoundedIntegerConverter(IntegerConverter):
    """`<int:…>` of an address: more digits than a database id has are an unknown address, not an error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max", LARGEST)
        super().__init__(*args, **kwargs)

    def to_python(self, value: str) -> int:
        if len(value) > MOST_DIGITS:
            raise ValidationError
        number: int = super().to_python(value)
        return number


def register(app: Flask) -> Api:
    """Prepare `app` for API blueprints; they are then registered on what this returns."""
    app.url_map.converters["int"] = BoundedIntegerConverter
    app.config.update(
        API_TITLE="County library",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
        },
    )
    api = Api(app)
    for field, base in ((Text, fields.String), (Integer, fields.Integer)):
        api.register_field(field, base)
    return api


def limit_body(largest: int) -> None:
    """Hold the present request to `largest` bytes when it is an API call; uploads keep the application's limit."""
    if request.path.startswith("/api/") and request.mimetype != UPLOAD:
        request.max_content_length = largest


def page_of(items: Sequence[Any], total: int, page: int, per_page: int) -> dict[str, Any]:
    """Return a list as the API answers it."""
    return {"items": list(items), "total": total, "page": page, "per_page": per_page}


def page_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    """Return the schema of a list of `item`."""
    listed = fields.List(fields.Nested(item))
    counts = {name: fields.Integer() for name in ("total", "page", "per_page")}
    return type(f"{item.__name__.removesuffix('Out')}Page", (ma.Schema,), {"items": listed, **counts})


def is_uuid(text: str) -> bool:
    """Tell whether `text` is a UUID."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _holds_unstorable(data: Any) -> bool:
    if isinstance(data, str):
        return "\0" in data or any("\ud800" <= character <= "\udfff" for character in data)
    if isinstance(data, Mapping):
        return any(_holds_unstorable(part) for pair in data.items() for part in pair)
    if isinstance(data, list | tuple):
        return any(_holds_unstorable(part) for part in data)
    return False
