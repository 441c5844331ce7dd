"""Which engine this county uses, by `LIBRARY_SEARCH_URL`; one per process and application."""

from pathlib import Path
from typing import cast

from flask import Flask, current_app

from catalog.search.memory_engine import MemoryEngine
from catalog.search.protocol import SearchEngine
from catalog.search.whoosh_engine import WhooshEngine
from library.settings import SettingsError

EXTENSION = "catalog.search.engine"


def open_engine(url: str) -> SearchEngine:
    """Return the engine for a URL: `whoosh:/path/of/index`, or `memory:` for an index that ends with the process.

    Raises `SettingsError` for any other.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "whoosh" and rest:
        return WhooshEngine(Path(rest))
    if scheme == "memory":
        return MemoryEngine()
    msg = "LIBRARY_SEARCH_URL: must begin with whoosh: and name a directory"
    raise SettingsError(msg)


def register(app: Flask) -> None:
    """Give `app` its engine; nothing is opened before the first search."""
    app.extensions[EXTENSION] = open_engine(app.extensions["library.settings"].search)


def engine() -> SearchEngine:
    """Return the engine of the current application."""
    return cast(SearchEngine, current_app.extensions[EXTENSION])
