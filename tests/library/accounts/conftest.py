"""A county with two rooms, staff, and a reader who has a PIN."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, jsonify

from library.accounts import access, services
from library.app import create_app
from library.branches.models import Branch
from library.kernel import passwords
from library.kernel.db import Database
from library.kernel.errors import NotFound
from library.settings import Settings
from tests.factories import a_branch, a_patron, staff

PIN = "502813"
PASSWORD = "long enough to be one"


@dataclass(frozen=True)
class People:
    """Ids and names of those who sign in."""

    reader_id: int
    card: str
    keeper_token: str
    admin_token: str


@pytest.fixture(scope="session")
def hashes() -> dict[str, str]:
    """Hashing once is slow enough."""
    return {"pin": passwords.hash_secret(PIN), "password": passwords.hash_secret(PASSWORD)}


@pytest.fixture
def people(app: Flask, database: Database, hashes: dict[str, str]) -> People:
    with database.writing() as session:
        county = a_branch(session, code="county")
        town = a_branch(session, parent=county, code="town")
        east, west = a_branch(session, parent=town, code="east"), a_branch(session, parent=town, code="west")
        reader = a_patron(session, branch=east, card="200000000123", pin_hash=hashes["pin"])
        a_patron(session, branch=west, card="200000000456")
        keeper = staff(session, "keeper", ("room_keeper", east), ("supervisor", town))
        admin = staff(session, "admin", ("county_administrator", county))
        keeper.password_hash = admin.password_hash = hashes["password"]
        return People(
            reader.id, "200000000123", services.issue_token(session, keeper), services.issue_token(session, admin)
        )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """An application with addresses that only ask for access."""
    app = create_app(settings)
    app.testing = True
    database: Database = app.extensions["library.database"]

    def may(permission: str, code: str = "") -> object:
        with database.reading() as session:
            branch = session.query(Branch).where(Branch.code == code).one_or_none() if code else None
            if code and branch is None:
                raise NotFound("unknown_branch", branch=code)
            actor = access.require(permission, branch)
        return jsonify(actor=actor.key, by_token=actor.by_token)

    app.add_url_rule("/api/v1/may/<permission>", "may_anywhere", may)
    app.add_url_rule("/api/v1/may/<permission>/<code>", "may", may, methods=["GET", "POST"])
    app.add_url_rule("/api/v1/reader", "reader", lambda: jsonify(actor=access.require_reader().key))
    app.add_url_rule("/api/v1/staff", "staff", lambda: jsonify(actor=access.require_staff().key))
    yield app
    database.dispose()
