"""The application for a WSGI server: `gunicorn library.wsgi:application`; `library serve` does this and more.

Static files are answered before Flask sees the request: WhiteNoise knows ranges and not-modified answers, and a page's
pictures then cost no session and no log line. Vendored files carry their version in the path and are kept for ever.
"""

from wsgiref.headers import Headers

from whitenoise import WhiteNoise

from library.app import create_app
from library.kernel.assets import static_folder

STATIC_SECONDS = 3600


def _armour(headers: Headers, path: str, url: str) -> None:
    del path, url
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


application = WhiteNoise(
    create_app(),
    root=str(static_folder()),
    prefix="static/",
    max_age=STATIC_SECONDS,
    allow_all_origins=False,
    immutable_file_test=r"/vendor/[^/]+-\d[^/]*/",
    add_headers_function=_armour,
)
