"""One application for many tests: to make one takes a tenth of a second, nearly all of it the description of the API.

Each test gets a copy with its own database, index, settings and hooks. Addresses and templates are shared, so a test that
adds an address, or that needs other settings than the usual, gets an application that is made for it (`create_app`).
"""

import tempfile
from copy import copy
from functools import cache
from typing import Any

from flask import Flask

from catalog.search.engines import register as give_engine
from library.app import create_app
from library.kernel import clock
from library.kernel.db import EXTENSION, Database
from library.settings import Settings

_SECRET = "a secret for tests, long enough to sign with"
# What a test may add to without the next one seeing it.
_HOOKS = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs", "template_context_processors")


def settings_for(database_url: str, folder: object) -> Settings:
    """Return the usual settings of a test, whose files lie in `folder`."""
    return Settings(database_url=database_url, data_dir=folder, search_url=f"whoosh:{folder}/index", secret_key=_SECRET)


def application(settings: Settings) -> Flask:
    """Return an application of one test; whoever asks for it disposes of its database."""
    usual = settings_for(settings.database_url, settings.data_dir)
    if settings.model_copy(update={"search_url": usual.search_url}) != usual:
        return create_app(settings)
    clock.set_timezone(settings.timezone)
    app = copy(_assembled())
    app.config = copy(app.config)
    app.extensions = {name: _apart(known) for name, known in app.extensions.items()}
    app.view_functions = dict(app.view_functions)
    for hooks in _HOOKS:
        setattr(app, hooks, type(getattr(app, hooks))(list, {key: list(of) for key, of in getattr(app, hooks).items()}))
    app.extensions["library.settings"] = settings
    app.extensions[EXTENSION] = Database(settings.database, busy_seconds=settings.busy_seconds)
    give_engine(app)
    return app


@cache
def _assembled() -> Flask:
    folder = tempfile.mkdtemp(prefix="county-app-")
    return create_app(settings_for(f"sqlite:///{folder}/county.sqlite", folder))


def _apart(known: Any) -> Any:
    return copy(known) if isinstance(known, dict | list) else known
