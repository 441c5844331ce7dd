"""The headers of every answer: what a page may load, who may frame it, and how long it may be kept.

Scripts and styles are our own files, or inline with the nonce of this answer; never `unsafe-inline`, never `eval`.
Written here because Flask-Talisman has had no release since 2023 and would force its own view of https on village
networks.
"""

import secrets
from typing import Final

from flask import Flask, Response, g, request

from library.kernel.guard import COOKIE

NONCE_BYTES: Final = 16
HSTS_SECONDS: Final = 31_536_000
_FIXED: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}


def register(app: Flask) -> None:
    """Make a nonce before every request of `app` and set the headers after it."""
    app.before_request(_make_nonce)
    app.after_request(apply)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """Return the nonce of the present answer; made on the first use when the request failed early."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(NONCE_BYTES)
    nonce: str = g.csp_nonce
    return nonce


def _make_nonce() -> None:
    csp_nonce()


def policy(nonce: str) -> str:
    """Return the Content-Security-Policy of a page."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def apply(response: Response) -> Response:
    """Set the headers; what a route has set itself stays."""
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", policy(csp_nonce()))
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = _cache_rule(response)
    if response.mimetype == "text/html":
        response.vary.update(("Cookie", "Accept"))
    return response


def _cache_rule(response: Response) -> str:
    """Return how long an answer may be kept: what belongs to a person, never; a public page, until asked again."""
    personal = COOKIE in request.cookies or "Authorization" in request.headers or "Set-Cookie" in response.headers
    if personal or request.path.startswith("/api/") or response.status_code >= 400 or request.method != "GET":
        return "no-store"
    return "no-cache"
