"""Where lines of a notebook come in: each is a transaction and an operation of its own, so that none is written twice.

A form of many rows that was cut off is sent again as it is: the rows that were done answer what they answered before.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from circulation.notebook.services import Entry, enter
from circulation.notebook.sheets import enter_row, sheet_by_code
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.db import reading, trying, writing
from library.kernel.errors import Invalid
from library.kernel.operations import Answer, Operation, begin, once, recall

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Typed:
    """A row as it was typed."""

    number: int
    card: str = ""
    barcode: str = ""
    lent_on: date | None = None
    returned_on: date | None = None
    is_still_out: bool = False

    def content(self) -> dict[str, Any]:
        """Return what the digest of the operation is made of."""
        return {
            "row": self.number,
            "card": self.card,
            "barcode": self.barcode,
            "lent_on": self.lent_on,
            "returned_on": self.returned_on,
            "still_out": self.is_still_out or None,
        }

    def entry(self, branch: Branch) -> Entry:
        return Entry(
            branch,
            barcode=self.barcode,
            card=self.card,
            lent_on=self.lent_on,
            returned_on=self.returned_on,
            is_still_out=self.is_still_out,
        )


def enter_one(content: Content, *, dry_run: bool = False) -> Answer:
    """Enter one line that stands on no sheet; `content` is that of `POST /loans/backdated`."""
    operation = begin("enter_notebook", content)
    with trying() if dry_run else writing() as session:
        branch = branch_by_code(session, content["branch"])
        require("lend", branch)
        entry = Entry(
            branch,
            barcode=content.get("barcode"),
            item_id=content.get("item"),
            card=content.get("card") or "",
            lent_on=content.get("lent_on"),
            returned_on=content.get("returned_on"),
            is_still_out=content.get("still_out", False),
        )
        if dry_run:
            return enter(session, operation, entry, dry_run=True)
        return once(session, operation, content, lambda: enter(session, operation, entry))


def enter_sheet_row(code: str, number: int, content: Content) -> Answer:
    """Enter one row of a sheet. Raises `NotFound` `unknown_sheet`."""
    typed = Typed(
        number,
        content.get("card") or "",
        content.get("barcode") or "",
        content.get("lent_on"),
        content.get("returned_on"),
        is_still_out=content.get("still_out", False),
    )
    operation = begin("enter_notebook", content)
    return _row(operation, code, None, typed, {**content, "sheet": code, "row": number})


def enter_rows(operation_id: str | None, code: str | None, branch_code: str, typed: Sequence[Typed]) -> Answer:
    """Enter the rows of a form, of a sheet or (`code` None) of any notebook; return `{decision, sheet, lines}`.

    Raises `Invalid` `no_rows`, `NotFound` `unknown_sheet` or `unknown_branch`.
    """
    if not typed:
        raise Invalid("no_rows")
    content = {
        "operation_id": operation_id,
        "sheet": code,
        "branch": branch_code,
        "rows": [row.content() for row in typed],
    }
    operation = begin("enter_notebook_rows", content, channel="desk")
    with reading() as session:
        _place(session, code, branch_code)
        known = recall(session, operation, content)
    if known is not None:
        return known
    lines = [_row(_part(operation, row.number), code, branch_code, row, row.content()) for row in typed]
    with writing() as session:
        return once(session, operation, content, lambda: _whole(code, lines))


def _part(operation: Operation, number: int) -> Operation:
    part = uuid.uuid5(uuid.UUID(operation.id), str(number))
    return replace(operation, id=str(part), kind="enter_notebook")


def _row(operation: Operation, code: str | None, branch_code: str | None, typed: Typed, content: Content) -> Answer:
    with writing() as session:
        branch = _place(session, code, branch_code)
        operation = replace(operation, branch_id=branch.id)

        def act() -> Answer:
            if code is None:
                return {**enter(session, operation, typed.entry(branch)), "row": typed.number, "earlier": None}
            sheet = sheet_by_code(session, code, lock=True)
            return enter_row(session, operation, sheet, typed.number, typed.entry(branch))

        return once(session, operation, content, act)


def _place(session: Session, code: str | None, branch_code: str | None) -> Branch:
    """Return the branch a sheet was printed for, or the one named, where the actor may lend."""
    if code is not None:
        branch = branch_by_id(session, sheet_by_code(session, code).branch_id)
    else:
        branch = branch_by_code(session, branch_code or "")
    require("lend", branch)
    return branch


def _whole(code: str | None, lines: Sequence[Answer]) -> Answer:
    done = sum(line["decision"] == "allowed" for line in lines)
    outcome = "allowed" if done == len(lines) else "partly" if done else "refused"
    return {"decision": outcome, "sheet": code, "done": done, "lines": list(lines)}
