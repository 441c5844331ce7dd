"""Style sheets and scripts: bundled from small files, addressed by the hash of their content.

A first visit carries the style sheet inside the page, so that a phone on a bad line paints after one answer; later visits
link a file that never changes under its address and is kept for a year. A cookie tells the two apart.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, g, request, send_from_directory, url_for
from markupsafe import Markup

STYLES = {
    "app": ("tokens.css", "base.css", "parts.css", "books.css", "print.css"),
    "desk": ("data.css", "desk.css", "paper.css"),
    "planner": ("data.css", "planner.css"),
    "hours": ("data.css", "hours.css"),
    "rules": ("data.css", "rules.css"),
}
SCRIPTS = {
    "desk": (
        "desk-codes.js",
        "desk-queue.js",
        "desk-sender.js",
        "desk-sound.js",
        "desk-log.js",
        "desk-state.js",
        "desk-keys.js",
        "desk.js",
    ),
}
SEEN_COOKIE = "css"
YEAR_S = 365 * 24 * 3600

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Bundle:
    """Several source files served as one text."""

    name: str
    kind: str
    paths: tuple[Path, ...]

    @cached_property
    def text(self) -> str:
        joined = "\n".join(path.read_text(encoding="utf-8") for path in self.paths)
        return _squeeze(joined) if self.kind == "css" else joined

    @cached_property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()[:12]


def _squeeze(css: str) -> str:
    """Drop comments and the blanks that mean nothing; a third of the weight of every first visit."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r"\s*([{};,>])\s*", r"\1", css).replace(";}", "}").strip()


def static_folder() -> Path:
    """Beside the packages in a working tree, inside the `library` package once installed from a wheel."""
    package = Path(__file__).resolve().parent.parent
    return next(folder for folder in (package / "static", package.parent / "static") if folder.is_dir())


def register_assets(app: Flask) -> None:
    """Serve the bundles and give templates `stylesheet(name)` and `script(name)`."""
    root = static_folder()
    bundles = {
        (name, "css"): Bundle(name, "css", tuple(root / "css" / part for part in parts))
        for name, parts in STYLES.items()
    }
    bundles |= {
        (name, "js"): Bundle(name, "js", tuple(root / "js" / part for part in parts)) for name, parts in SCRIPTS.items()
    }
    app.extensions["library.assets"] = bundles
    app.add_url_rule("/static/<path:filename>", "static", _static_file)
    app.register_blueprint(blueprint)
    app.after_request(_remember_the_sheet)
    app.jinja_env.globals.update(stylesheet=stylesheet, script=script)


def stylesheet(name: str) -> Markup:
    """Return the sheet itself on a first visit and after a change of it, else a link to it."""
    bundle = _bundle(name, "css")
    if name == "app" and request.cookies.get(SEEN_COOKIE) != bundle.digest:
        g.sheet_sent = bundle.digest
        sheet = Markup(bundle.text)  # noqa: S704  our own file
        return Markup('<style nonce="{}">{}</style>').format(g.get("csp_nonce", ""), sheet)
    return Markup('<link rel="stylesheet" href="{}">').format(_address(bundle))


def script(name: str) -> Markup:
    return Markup('<script defer src="{}"></script>').format(_address(_bundle(name, "js")))


@blueprint.get("/assets/<digest>/<name>.<any(css, js):kind>")
def bundle(digest: str, name: str, kind: str) -> Response:
    """Answer with a bundle; an outdated hash is 404, since the answer is kept for a year."""
    found = _bundles().get((name, kind))
    if found is None or found.digest != digest:
        abort(404)
    answer = Response(found.text, mimetype="text/css" if kind == "css" else "text/javascript")
    answer.cache_control.public = True
    answer.cache_control.max_age = YEAR_S
    answer.cache_control.immutable = True
    return answer


def _static_file(filename: str) -> Response:
    return send_from_directory(static_folder(), filename, max_age=3600)


def _bundles() -> dict[tuple[str, str], Bundle]:
    bundles: dict[tuple[str, str], Bundle] = current_app.extensions["library.assets"]
    return bundles


def _bundle(name: str, kind: str) -> Bundle:
    return _bundles()[name, kind]


def _address(bundle: Bundle) -> str:
    return url_for("assets.bundle", digest=bundle.digest, name=bundle.name, kind=bundle.kind)


def _remember_the_sheet(response: Response) -> Response:
    digest = g.pop("sheet_sent", None)
    if digest:
        response.set_cookie(
            SEEN_COOKIE,
            digest,
            max_age=YEAR_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response
