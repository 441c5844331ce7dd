"""Why a book is due on its day, in words: what moved the date off closed days, and what nobody knows yet of that year."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.models import Loan
from library.branches.opening import calendar_of
from library.branches.rules import LoanUnit, period_end
from library.branches.wording import due_reasons


def due_explained(
    session: Session, loan_id: int, asked: Mapping[str, Any], rules: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Return sentences about the due date of a loan that was just made; `rules` are what was explained of them.

    A loan that was renewed since, or whose date a hard date or the van decided, is told about its year only: those rules
    speak for themselves.
    """
    row = session.execute(
        select(Loan.out_branch_id, Loan.due_on, Loan.renewals).where(Loan.id == loan_id)
    ).one_or_none()
    if row is None:
        return []
    said = {entry["rule"]: entry["value"] for entry in rules}
    plain = row.due_on
    if not row.renewals and {"loan_days", "loan_unit"} <= said.keys() and not _decided_otherwise(said):
        plain = period_end(date.fromisoformat(asked["on"]), int(said["loan_days"]), LoanUnit(said["loan_unit"]))
    return due_reasons(calendar_of(session, row.out_branch_id), plain, row.due_on)


def _decided_otherwise(said: Mapping[str, Any]) -> bool:
    return any(
        str(said.get(rule, "")).lower() not in {"", "none", "false", "no"} for rule in ("hard_due", "due_by_next_run")
    )
