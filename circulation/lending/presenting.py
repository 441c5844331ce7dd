"""Stored answers as the API shows them: sentences, codes of branches, titles of candidates. Made after the transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.lending.due_words import due_explained
from circulation.policies.explaining import explained_all, with_texts
from library.branches.models import Branch
from library.branches.places import Place
from library.kernel.actors import current_actor
from library.kernel.db import reading
from library.kernel.decisions import render
from library.kernel.operations import Answer


def present(answer: Answer, *, here: Place | None = None, explain: bool = False) -> dict[str, Any]:
    """Return an answer with its sentences for whoever asks; the database is read only where it has to be.

    A copy mostly stays at the desk it was scanned at, `here`, whose code is known.
    """
    shown = {**answer, "reasons": render(answer.get("reasons", ()), current_actor().audience)}
    candidates, destination = answer.get("candidates"), answer.get("destination")
    if here is not None and destination == here.id:
        shown["destination"], destination = here.code, None
    asked = answer.get("policy") if explain else None
    if not candidates and destination is None and not asked:
        return shown
    with reading() as session:
        shown["candidates"] = candidates_of(session, candidates or ())
        if destination is not None:
            shown["destination"] = session.scalar(select(Branch.code).where(Branch.id == destination))
        if asked:
            explained = _explained(session, asked)
            shown["explain"] = with_texts(explained, current_actor().audience)
            loan_id = (answer.get("loan") or {}).get("id")
            if loan_id is not None:
                shown["due_explained"] = due_explained(session, loan_id, asked[0], explained)
    return shown


def candidates_of(session: Session, item_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return what tells copies with one barcode apart."""
    if not item_ids:
        return []
    owner, current = aliased(Branch), aliased(Branch)
    rows = session.execute(
        select(Item.id, Item.barcode, Bib.title, owner.code.label("owner_code"), current.code.label("current_code"))
        .join(Bib, Bib.id == Item.bib_id)
        .join(owner, owner.id == Item.owner_branch_id)
        .join(current, current.id == Item.current_branch_id)
        .where(Item.id.in_(item_ids))
        .order_by(Item.id)
    )
    return [
        {
            "item": row.id,
            "barcode": row.barcode,
            "title": row.title,
            "owner_branch": row.owner_code,
            "current_branch": row.current_code,
        }
        for row in rows
    ]


def _explained(session: Session, questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the rules said that mattered, as they stood when the answer was given."""
    answered = zip(questions, explained_all(session, questions), strict=True)
    return [
        entry
        for asked, entries in answered
        for entry in entries
        if entry["rule"] in asked.get("rules", [entry["rule"]])
    ]
