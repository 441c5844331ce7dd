"""What every page shares: the frame's values, language and display preferences, paging, and the way on after a form.

`register(app)` gives templates `page` (see `Frame`), `operation_field()`, `new_operation_id()` and `page_locale()`. The
chosen village is remembered in a cookie; what it means is told by whoever calls `village_lookup`, because the kernel
knows no branches.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from babel import Locale
from flask import (
    Blueprint,
    Flask,
    current_app,
    get_flashed_messages,
    has_request_context,
    redirect,
    render_template,
    request,
)
from flask_babel import Babel, get_locale
from markupsafe import Markup
from werkzeug.wrappers import Response

from library.kernel.actors import ANONYMOUS, Actor, current_actor
from library.kernel.errors import Invalid
from library.kernel.headers import csp_nonce
from library.kernel.operations import new_id
from library.kernel.translations import MergedDomain

YEAR_SECONDS = 365 * 24 * 3600
VILLAGE_COOKIE = "village"
PER_PAGE = 20
MOST_DIGITS = 9
LANGUAGES = {"zh": "zh_Hans", "zh_Hans": "zh_Hans", "zh-CN": "zh_Hans", "en": "en"}
PREFERENCES = {
    "size": frozenset({"normal", "elder"}),
    "theme": frozenset({"light", "contrast", "dark"}),
    "lang": frozenset(LANGUAGES),
}
_NEUTRAL = frozenset({"normal", "light"})
_VILLAGES = "library.village_lookup"

blueprint = Blueprint("preferences", __name__)

VillageLookup = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Frame:
    """The values `base.html` shows around every page."""

    locale: str
    lang: str
    size: str
    theme: str
    nonce: str
    path: str
    actor: Actor | None
    village: Mapping[str, Any] | None
    notices: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Paging:
    """One page of a list; `page` counts from 1."""

    page: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / self.per_page))

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    def url(self, page: int) -> str:
        """Return the present address with another page number."""
        values = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        return f"{request.path}?{urlencode([*values, ('page', str(page))])}"


def register(app: Flask, *, locale: str, timezone: str) -> None:
    """Prepare language and templates of `app`."""
    app.config["BABEL_DEFAULT_LOCALE"] = locale
    app.config["BABEL_DEFAULT_TIMEZONE"] = timezone
    babel = Babel()
    babel.init_app(app, locale_selector=selected_locale)
    # The instance looks its domain up lazily and keeps it, so this replaces the one-file domain for this app only.
    babel.__dict__["domain_instance"] = MergedDomain()
    app.context_processor(_frame)
    app.jinja_env.globals.update(operation_field=operation_field, new_operation_id=new_id, page_locale=page_locale)
    app.register_blueprint(blueprint)
    app.after_request(_keep_preferences)


def village_lookup(app: Flask, lookup: VillageLookup) -> None:
    """Say how the code in the village cookie becomes the village shown in the frame."""
    app.extensions[_VILLAGES] = lookup


def selected_locale() -> str:
    """Return the language of the present request: `?lang=`, else the cookie, else the county's."""
    chosen = (request.args.get("lang") or request.cookies.get("lang", "")) if has_request_context() else ""
    return LANGUAGES.get(chosen) or str(current_app.config["BABEL_DEFAULT_LOCALE"])


def preference(name: str) -> str:
    """Return a display preference of the present request, empty when it is the neutral one."""
    for chosen in (request.args.get(name), request.cookies.get(name)):
        if chosen in PREFERENCES[name]:
            return "" if chosen in _NEUTRAL else str(chosen)
    return ""


@blueprint.get("/prefs")
def change() -> Response:
    """Keep the preferences in the address (size, theme, lang) and go back to `next`."""
    return redirect_after_post(local_path(request.args.get("next")))


def _keep_preferences(response: Response) -> Response:
    for name, allowed in PREFERENCES.items():
        value = request.args.get(name)
        if value in allowed and value != request.cookies.get(name):
            remember(response, name, value)
    return response


def remember(response: Response, name: str, value: str) -> None:
    """Keep a choice that tells nothing about a person for a year."""
    response.set_cookie(name, value, max_age=YEAR_SECONDS, secure=request.is_secure, httponly=True, samesite="Lax")


def remember_village(response: Response, code: str) -> Response:
    """Keep the village's code for the next visit."""
    remember(response, VILLAGE_COOKIE, code)
    return response


def _frame() -> dict[str, Any]:
    if not has_request_context():
        return {}
    locale = get_locale() or Locale.parse(str(current_app.config["BABEL_DEFAULT_LOCALE"]))
    actor = current_actor()
    lookup: VillageLookup | None = current_app.extensions.get(_VILLAGES)
    code = request.cookies.get(VILLAGE_COOKIE, "")
    frame = Frame(
        locale=str(locale),
        lang="zh-CN" if locale.language == "zh" else locale.language,
        size=preference("size"),
        theme=preference("theme"),
        nonce=csp_nonce(),
        path=request.full_path.rstrip("?"),
        actor=None if actor == ANONYMOUS else actor,
        village=lookup(code) if lookup and code else None,
        notices=_notices(),
    )
    return {"page": frame}


def _notices() -> list[tuple[str, str]]:
    flashed: list[tuple[str, str]] = get_flashed_messages(with_categories=True)  # type: ignore[assignment]  # pairs so
    return [("info" if kind == "message" else kind, text) for kind, text in flashed]


def page_locale() -> str:
    """Return the language of the present page, `zh_Hans` or `en`."""
    return str(get_locale() or current_app.config["BABEL_DEFAULT_LOCALE"])


def operation_field() -> Markup:
    """Return the hidden field with a fresh operation id, which makes a double click harmless."""
    return Markup('<input type="hidden" name="operation_id" value="{}">').format(new_id())


def render(template: str, **context: Any) -> str:
    """Return a page."""
    return render_template(template, **context)


def redirect_after_post(location: str) -> Response:
    """Return the 303 that follows a form, so that reloading the next page sends nothing again."""
    return redirect(location, code=303)


def local_path(target: str | None, otherwise: str = "/") -> str:
    """Return `target` when it is a path on this site, else `otherwise`; never leads a reader to another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return otherwise
    if any(ord(character) < 32 for character in target):  # browsers drop tabs and line breaks, then see //
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target


def paging(total: int, *, per_page: int = PER_PAGE) -> Paging:
    """Return the page asked for by `?page=`, at most the last one.

    Raises `Invalid` `page_invalid` when it is no number or below 1.
    """
    given = request.args.get("page", "1")
    if len(given) > MOST_DIGITS or not (given.isascii() and given.isdigit()) or int(given) < 1:
        raise Invalid("page_invalid", page=given[:20])
    whole = Paging(1, per_page, total)
    return Paging(min(int(given), whole.pages), per_page, total)
