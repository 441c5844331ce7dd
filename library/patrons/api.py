"""Readers over HTTP: for staff, and for readers what concerns themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

import library.patrons.sentences  # noqa: F401  defines the words of this room's problems
from library.accounts.access import permits, require
from library.accounts.services import end_sessions
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.actors import ActorKind, current_actor
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading, writing
from library.kernel.errors import NotAllowed
from library.kernel.operations import Answer, Operation, begin, once
from library.kernel.throttle import forgive, subject
from library.patrons import services
from library.patrons.cards import active_card, replace_card
from library.patrons.models import Patron
from library.patrons.pins import hash_pin
from library.patrons.schemas import (
    CardIn,
    PatronChangedOut,
    PatronChangeIn,
    PatronIn,
    PatronOut,
    PatronPage,
    PatronQuery,
    PinIn,
)
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
    """Show one reader to the staff of their room; elsewhere whoever holds the card in hand looks it up by its number."""
    actor = current_actor()
    is_own = actor.kind == ActorKind.PATRON and actor.id == patron_id
    if not is_own:
        require("lend")
    with reading() as session:
        patron = services.patron_by_id(session, patron_id)
        if not is_own:
            require("lend", branch_by_id(session, patron.home_branch_id))
        return _shown(session, patron)


@blp.route("/patrons/<int:patron_id>", methods=["PATCH"])
@blp.arguments(PatronChangeIn)
@blp.response(200, PatronChangedOut)
def change(body: dict[str, Any], patron_id: int) -> dict[str, Any]:
    """Note that a reader moved house; the holds that wait at the old home are collected at the new one.

    Staff of either home may do it, since the reader may come to either; at the new one with the reader's card in hand.
    """
    operation = begin("move_house", body)
    require("register_patrons")
    with writing() as session:
        patron = services.patron_by_id(session, patron_id)
        home = branch_by_code(session, body["home_branch"])
        _require_move(session, patron, home, body.get("card"))

        def act() -> Answer:
            moved = services.move_house(session, operation, patron, home)
            return {"outcome": "done", "moved": list(moved.holds_moved), "staying": list(moved.holds_staying)}

        answer = once(session, operation, {**body, "patron": patron_id}, act)
        shown = _shown(session, patron)
    return {**shown, "holds_moved": answer["moved"], "holds_staying": answer["staying"]}


@blp.route("/patrons/<int:patron_id>/pin", methods=["POST"])
@blp.arguments(PinIn)
@blp.response(200, PatronOut)
def reset_pin(body: dict[str, Any], patron_id: int) -> dict[str, Any]:
    """Set a new PIN at the desk; the reader is signed out everywhere and may sign in at once, whatever was guessed before."""
    operation = begin("reset_pin", body)
    require("register_patrons")
    with reading() as session:
        number = active_card(session, services.patron_by_id(session, patron_id).id) or ""
    pin_hash = hash_pin(body["pin"], number)

    def reset(session: Session, patron: Patron) -> None:
        services.set_pin(session, operation, patron, pin_hash)
        forgive(session, subject("card", number))

    return _changed(operation, patron_id, {"patron": patron_id}, reset)


@blp.route("/patrons/<int:patron_id>/card", methods=["POST"])
@blp.arguments(CardIn)
@blp.response(200, PatronOut)
def change_card(body: dict[str, Any], patron_id: int) -> dict[str, Any]:
    """Give a new card for a lost or worn one; the old ones stop working and their history stays."""
    operation = begin("replace_card", body)
    return _changed(
        operation,
        patron_id,
        {**body, "patron": patron_id},
        lambda session, patron: replace_card(session, operation, patron, body.get("card")),
    )


def _require_move(session: Session, patron: Patron, home: Branch, card: str | None) -> None:
    """Raise unless the actor may let a reader move: a number alone draws nobody, and what they borrow, into another room."""
    if permits(current_actor(), "register_patrons", branch_by_id(session, patron.home_branch_id)):
        return
    require("register_patrons", home)
    if card is None or services.patron_by_card(session, card).id != patron.id:
        raise NotAllowed("reader_card_required", patron=patron.id)


def _changed(
    operation: Operation, patron_id: int, content: Mapping[str, Any], change: Callable[[Session, Patron], object]
) -> dict[str, Any]:
    """Change what a reader signs in with, once, and end what was signed in with the old."""
    with writing() as session:
        patron = services.patron_by_id(session, patron_id)
        require("register_patrons", branch_by_id(session, patron.home_branch_id))

        def act() -> Answer:
            change(session, patron)
            end_sessions(session, patron_id=patron.id)
            return {"outcome": "done", "patron": patron.id}

        once(session, operation, content, act)
        session.flush()
        return _shown(session, patron)


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
