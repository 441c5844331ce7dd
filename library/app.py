"""The one module that assembles all three packages into an application."""

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

from library import tables
from library.kernel import clock, web
from library.kernel.db import EXTENSION, Database
from library.settings import Settings, load_settings

# Each room may have an `api.py` with `blp`, a `pages.py` with `bp`, and a `wiring.py` with `register(app)`.
ROOMS = (
    "library.kernel",
    "library.accounts",
    "library.branches",
    "library.patrons",
    "catalog.bibs",
    "catalog.items",
    "catalog.marc",
    "catalog.search",
    "catalog.classification",
    "circulation.policies",
    "circulation.whereabouts",
    "circulation.lending",
    "circulation.holds",
    "circulation.wishes",
    "circulation.charges",
    "circulation.logistics",
    "circulation.restocking",
    "circulation.desk",
    "circulation.reports",
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the whole application; `settings` default to the environment."""
    settings = settings or load_settings()
    assert tables.metadata.tables
    clock.set_timezone(settings.timezone)
    app = Flask("library", static_folder=None, template_folder="templates")
    app.extensions["library.settings"] = settings
    app.extensions[EXTENSION] = Database(settings.database, busy_seconds=settings.busy_seconds)
    smorest = web.register(app, settings)
    for room in ROOMS:
        for part in ("wiring", "api", "pages"):
            name = f"{room}.{part}"
            if room == "library.kernel" or find_spec(name) is None:
                continue
            try:
                module = import_module(name)
            except ImportError:
                continue
            if part == "wiring":
                module.register(app)
            elif part == "api":
                smorest.register_blueprint(module.blp)
            else:
                app.register_blueprint(module.bp)
    return app
