"""The cross-site guard: a browser's cookie must not let another site act for its owner.

No tokens in forms: the browser itself says where a request comes from. Decided in this order for methods that change
something:

1. a bearer token: no cookie is looked at, so nothing can be borrowed → pass
2. `/api/` without our cookie: nobody is signed in, the route answers 401 → pass
3. `Sec-Fetch-Site`: `same-origin` or `none` (typed, reloaded) → pass, else refuse
4. `Origin`, else `Referer`: host and port are ours → pass, else refuse (the scheme is not compared: TLS may end
   before us)
5. none of them → refuse

The old browsers of reading rooms send no `Sec-Fetch-Site`, and no browser sends it over plain http on a village
network: they fall to rule 4. Flask-WTF would work too, but needs a token in every form, page cache and htmx call.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask, request

from library.kernel.errors import NotAllowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
COOKIE = "library_session"


def register(app: Flask) -> None:
    """Put the guard before every request of `app`."""
    app.before_request(_guard)


def _guard() -> None:
    if not is_from_here(
        request.method, request.path, dict(request.headers), host=request.host, has_cookie=COOKIE in request.cookies
    ):
        raise NotAllowed("cross_site_refused")


def is_from_here(method: str, path: str, headers: Mapping[str, str], *, host: str, has_cookie: bool) -> bool:
    """Tell whether a request may use the cookie it carries; the rules are those of the module."""
    if method in SAFE_METHODS or headers.get("Authorization", "").lower().startswith("bearer "):
        return True
    if path.startswith("/api/") and not has_cookie:
        return True
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    source = headers.get("Origin") or headers.get("Referer")
    return source is not None and _host_of(source) == _without_default_port(host)


def _host_of(url: str) -> str | None:
    """Return host and port of an origin; None for `null` and for what is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return _without_default_port(parts.netloc) if parts.scheme in {"http", "https"} and parts.netloc else None


def _without_default_port(host: str) -> str:
    lowered = host.lower()
    return lowered.removesuffix(":80").removesuffix(":443")
