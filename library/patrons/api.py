"""Readers over HTTP: for staff, and for readers what concerns themselves."""

from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

import library.patrons.sentences  # noqa: F401  defines the words of this room's problems
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.actors import ActorKind, current_actor
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, writing
from library.kernel.operations import Answer, Operation, begin, once
from library.patrons import services
from library.patrons.cards import active_card
from library.patrons.models import Patron
from library.patrons.pins import hash_pin
from library.patrons.schemas import PatronIn, PatronOut, PatronPage, PatronQuery
from library.patrons.standing import standing

blp = ApiBlueprint("patrons", __name__, description="Readers and their cards")

# A digest of six digits is undone in a second, so what is secret stays out of the stored content of an operation.
_SECRETS = frozenset({"pin", "identity_number"})


@dataclass(frozen=True, slots=True)
class _Hashes:
    pin: str | None
    identity: str | None


@blp.route("/patrons", methods=["POST"])
@blp.arguments(PatronIn)
@blp.response(201, PatronOut)
def register(body: dict[str, Any]) -> dict[str, Any]:
    """Register a reader with a card."""
    operation = begin("register_patron", body)
    require("register_patrons")  # before hashing, which is slow: strangers shall not keep the processor busy
    hashes = _hashed(body)
    content = {name: value for name, value in body.items() if name not in _SECRETS}
    with writing() as session:
        branch = branch_by_code(session, body["home_branch"])
        require("register_patrons", branch)
        answer = once(session, operation, content, lambda: _register(session, operation, branch, body, hashes))
        return _shown(session, services.patron_by_id(session, answer["patron"]))


@blp.route("/patrons")
@blp.arguments(PatronQuery, location="query")
@blp.response(200, PatronPage)
def find(query: dict[str, Any]) -> dict[str, Any]:
    """Find the reader whose active card has this number; the list has one member."""
    require("lend")
    with reading() as session:
        patron = services.patron_by_card(session, query["card"])
        return page_of([_shown(session, patron)], 1, query["page"], query["per_page"])


@blp.route("/patrons/<int:patron_id>")
@blp.response(200, PatronOut)
def show(patron_id: int) -> dict[str, Any]:
    """Show one reader."""
    actor = current_actor()
    if actor.kind != ActorKind.PATRON or actor.id != patron_id:
        require("lend")
    with reading() as session:
        return _shown(session, services.patron_by_id(session, patron_id))


def _register(session: Session, operation: Operation, branch: Branch, body: dict[str, Any], hashes: _Hashes) -> Answer:
    given = body.get("guardian")
    patron = services.register(
        session,
        operation,
        name=body["name"],
        category=body["category"],
        home_branch=branch,
        born_in=body.get("born_in"),
        phone=body.get("phone", ""),
        card=body.get("card"),
        guardian=_guardian(given) if given and given["consents"] else None,
        pin_hash=hashes.pin,
        identity_hash=hashes.identity,
    )
    return {"patron": patron.id}


def _guardian(given: dict[str, Any]) -> services.GuardianIn:
    return services.GuardianIn(
        patron_id=given.get("patron"),
        name=given.get("name", ""),
        phone=given.get("phone", ""),
        relation=given["relation"],
    )


def _hashed(body: dict[str, Any]) -> _Hashes:
    """Hash what is secret before the transaction begins: argon2 is slow on purpose."""
    key = current_app.extensions["library.settings"].identity_hash_key() if "identity_number" in body else ""
    return _Hashes(
        pin=hash_pin(body["pin"], body.get("card", "")) if "pin" in body else None,
        identity=services.hash_identity(body["identity_number"], key) if key else None,
    )


def _shown(session: Session, patron: Patron) -> dict[str, Any]:
    now = standing().of_patron(session, patron.id)
    return {
        "id": patron.id,
        "card": active_card(session, patron.id),
        "name": patron.name,
        "category": patron.category,
        "home_branch": branch_by_id(session, patron.home_branch_id).code,
        "loans": list(now.loans),
        "holds": list(now.holds),
        "blocks": list(now.blocks),
        "balance": now.balance_cents,
    }
