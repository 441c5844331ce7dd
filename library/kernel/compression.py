"""Gzip for text on its way to a phone on a bad line; a village page is three times smaller with it.

The usual objection, that compression lets an attacker guess a secret repeated in the page, does not hold: no page carries a
secret (the session is in a cookie, operation ids are new each time). A proxy that compresses sees it done already.
"""

import gzip
from typing import Final

from flask import Flask, Response, request

WORTH_BYTES: Final = 1_000
LEVEL: Final = 5
_TEXTS: Final = ("text/", "application/json", "application/problem+json", "application/xml", "image/svg+xml")


def register(app: Flask) -> None:
    """Compress the text `app` answers, for clients that take gzip."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Compress an answer when it is text, whole, long enough, and the client can read it."""
    if not (response.mimetype or "").startswith(_TEXTS) or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    is_plain = "Content-Encoding" not in response.headers and response.status_code == 200
    if not is_plain or request.accept_encodings["gzip"] <= 0 or (response.content_length or 0) < WORTH_BYTES:
        return response
    response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
