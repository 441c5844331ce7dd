"""Numbered loan sheets: printing them, and entering their rows one by one, each once.

A row is entered when its loan is written, and once more when its day of return is filled in later. Whatever else is typed
into a row that was entered before is refused, with what was written then.
"""

from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from circulation.models import Loan, LoanSheet, LoanSheetLine
from circulation.notebook import reasons
from circulation.notebook.services import Entry, answer, enter
from library.branches.models import Branch
from library.kernel.counters import next_code
from library.kernel.db import table_of
from library.kernel.decisions import Reason, reason
from library.kernel.errors import NotFound
from library.kernel.events import record
from library.kernel.identifiers import CodeKind, normalise_scan
from library.kernel.operations import Answer, Operation

COUNTER = "loan_sheets"
ROWS = 25
MOST_SHEETS = 20
_sheets, _lines = table_of(LoanSheet), table_of(LoanSheetLine)


def print_sheets(session: Session, operation: Operation, branch: Branch, count: int = 1) -> Answer:
    """Give a branch numbered sheets to print; return `{outcome, sheets}`, the codes."""
    codes = [_new_code(session) for _ in range(count)]
    same = {"branch_id": branch.id, "row_count": ROWS, "printed_at": operation.at, "operation_id": operation.id}
    session.execute(insert(_sheets), [{"code": code, **same} for code in codes])
    record(session, operation, "sheets.printed", branch_id=branch.id, payload={"sheets": codes})
    return {"outcome": "done", "sheets": codes}


def sheet_by_code(session: Session, code: str, *, lock: bool = False) -> LoanSheet:
    """Return a sheet by its number. Raises `NotFound` `unknown_sheet`."""
    wanted = select(LoanSheet).where(LoanSheet.code == normalise_scan(code))
    sheet = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if sheet is None:
        raise NotFound("unknown_sheet", sheet=code[:40])
    return sheet


def enter_row(session: Session, operation: Operation, sheet: LoanSheet, number: int, entry: Entry) -> Answer:
    """Enter a row of a locked sheet; return what `enter` does, with `row`, and `earlier` for one that was entered before.

    `earlier` is `{loan, item, lent_on, returned_on}`.
    """
    if not 1 <= number <= sheet.row_count:
        return _with_row(answer([reason(reasons.NO_SUCH_ROW, rows=sheet.row_count)]), number)
    line = session.scalars(
        select(LoanSheetLine).where(LoanSheetLine.sheet_id == sheet.id, LoanSheetLine.number == number)
    ).one_or_none()
    if line is None:
        return _first_time(session, operation, sheet, number, entry)
    if not _completes(session, line, entry):
        return _again(line, number, reason(reasons.ROW_ENTERED))
    back = Entry(entry.branch, item_id=line.item_id, returned_on=entry.returned_on)
    done = enter(session, operation, back)
    if done["decision"] == "allowed":
        line.returned_on = entry.returned_on
        session.flush()
    return _with_row(done, number)


def _first_time(session: Session, operation: Operation, sheet: LoanSheet, number: int, entry: Entry) -> Answer:
    done = enter(session, operation, entry)
    if done["decision"] == "allowed":
        values = {
            "sheet_id": sheet.id,
            "number": number,
            "item_id": done["item"],
            "loan_id": done["loan"]["id"] if done["loan"] else None,
            "lent_on": entry.lent_on,
            "returned_on": entry.returned_on,
            "entered_at": operation.at,
            "operation_id": operation.id,
        }
        session.execute(insert(_lines).values(values))
    return _with_row(done, number)


def _completes(session: Session, line: LoanSheetLine, entry: Entry) -> bool:
    """Tell whether an entry only adds the day of return to a row whose loan is still open."""
    if entry.returned_on is None or entry.lent_on not in {None, line.lent_on} or line.loan_id is None:
        return False
    loan = session.get(Loan, line.loan_id, populate_existing=True)
    return loan is not None and loan.in_at is None


def _again(line: LoanSheetLine, number: int, why: Reason) -> Answer:
    earlier = {
        "loan": line.loan_id,
        "item": line.item_id,
        "lent_on": _iso(line.lent_on),
        "returned_on": _iso(line.returned_on),
    }
    return {**_with_row(answer([why], item=line.item_id), number), "earlier": earlier}


def _with_row(done: Answer, number: int) -> dict[str, Any]:
    return {"earlier": None, **done, "row": number}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _new_code(session: Session) -> str:
    def is_taken(code: str) -> bool:
        return session.scalar(select(LoanSheet.id).where(LoanSheet.code == code)) is not None

    return next_code(session, COUNTER, CodeKind.SHEET, is_taken)
