"""The shape in which this room answers: a decision with its reasons, and the ids of what it is about."""

from collections.abc import Iterable
from typing import Any

from circulation.lending.scans import stored
from circulation.models import Loan
from library.kernel.decisions import Reason
from library.kernel.operations import Answer

_EMPTY = {"case": None, "loan": None, "item": None, "patron": None, "next": None, "destination": None, "hold": None}


def answer(found: Iterable[Reason], **members: Any) -> Answer:
    """Return an answer; `case` is `{id, kind, outcome}`, the other members are ids."""
    return stored(found, **{**_EMPTY, "candidates": [], **members})


def about(loan: Loan) -> dict[str, Any]:
    """Return the members that name a loan."""
    return {"loan": {"id": loan.id, "due_on": loan.due_on.isoformat()}, "item": loan.item_id, "patron": loan.patron_id}


def case_ref(case_id: int, kind: str, outcome: str | None = None) -> dict[str, Any]:
    """Return how an answer names a case."""
    return {"id": case_id, "kind": str(kind), "outcome": outcome}
