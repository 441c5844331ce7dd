"""A small application with the whole web kernel and none of the rooms."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from library.kernel import db, web
from library.kernel.api import Api
from library.settings import Settings

TEMPLATES = Path(db.__file__).parent.parent / "templates"
FRAME = "<!doctype html><title>{% block title %}{% endblock %}</title>{{ page.lang }}{% block main %}{% endblock %}"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Flask]:
    """An application with an empty database and no rooms."""
    app = Flask("bare", static_folder=None)
    app.testing = True
    loader = ChoiceLoader([DictLoader({"base.html": FRAME}), FileSystemLoader(TEMPLATES)])
    app.jinja_loader = loader
    settings = Settings(data_dir=tmp_path, log_level="error", api_body_bytes=2048)
    app.extensions["bare.api"] = web.register(app, settings)
    database = db.Database("sqlite://")
    app.extensions[db.EXTENSION] = database
    yield app
    database.dispose()


@pytest.fixture
def api(bare: Flask) -> Api:
    found: Api = bare.extensions["bare.api"]
    return found


@pytest.fixture
def browser(bare: Flask) -> FlaskClient:
    """A client that says, as browsers do, that its requests come from our own pages."""
    client = bare.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client
