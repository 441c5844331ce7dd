"""The way of one form of the desk: search first, then one transaction in which it is taken once."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from circulation.desk import finding, reasons, services
from circulation.desk.at_desk import AtDesk, refused
from circulation.desk.chain import DESK_KIND, line_of, standing_after
from circulation.desk.forms import UNDO, Asked
from circulation.desk.registering import register_reader
from circulation.desk.rules import ScanKind
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel.db import reading, writing
from library.kernel.decisions import Outcome, reason
from library.kernel.operations import Answer, Operation, begin, once

_SEARCHED = frozenset({ScanKind.INITIALS, ScanKind.WORDS})


@dataclass(frozen=True)
class Taken:
    """A form that was taken: its operation, the branch, and the answer."""

    operation: Operation
    branch: Branch
    answer: Answer


def take_form(asked: Asked) -> Taken:
    """Take a form once, however often it is sent.

    Raises `NotFound` `unknown_branch`, `unknown_scan` or `unknown_item`, and what `begin`, `once` and `require` raise.
    """
    titles = _titles(asked)
    with writing() as session:
        branch = branch_by_code(session, asked.branch)
        require("lend", branch)
        operation = begin(DESK_KIND, asked.content, branch_id=branch.id, channel="desk")
        answer = once(session, operation, asked.content, lambda: act(session, operation, branch, asked, titles=titles))
    return Taken(operation, branch, answer)


def _titles(asked: Asked) -> tuple[int, ...]:
    """Return the titles that typed words may mean; the index is not asked while the writer's turn is ours."""
    if asked.scan.kind not in _SEARCHED or asked.wish or asked.pick is not None:
        return ()
    with reading() as session:
        branch = branch_by_code(session, asked.branch)
        require("lend", branch)
        return finding.titles_meant(session, asked.scan.code, branch)


def act(session: Session, operation: Operation, branch: Branch, asked: Asked, *, titles: tuple[int, ...]) -> Answer:
    """Do what a form asks for; return what is stored as its answer."""
    desk = AtDesk(
        branch=branch,
        scan=asked.scan,
        standing=standing_after(session, operation, asked.after, asked.gap_s),
        mode=asked.mode,
        gap_s=asked.gap_s,
        titles=titles,
        item_id=asked.item_id,
        wish=asked.wish,
        because=asked.because,
        title=asked.title,
    )
    if asked.names_identity:
        return refused(desk, reason(reasons.SCAN_IS_IDENTITY_NUMBER))
    if asked.wish == UNDO:
        return services.undo(session, operation, desk, asked.target or None)
    if asked.pick is not None:
        return _settling(asked, _picked(session, operation, desk, asked, asked.pick))
    if asked.new_reader is not None:
        return _settling(asked, register_reader(session, operation, branch, desk.standing, asked.new_reader))
    return services.take(session, operation, desk)


def _picked(session: Session, operation: Operation, desk: AtDesk, asked: Asked, number: int) -> Answer:
    # The desk's clock tells how long ago the scan before was, which need not be the line that is answered.
    gap_s = asked.gap_s if asked.target == asked.after else None
    line = line_of(session, operation, asked.target)
    return services.pick(session, operation, replace(desk, gap_s=gap_s), line, number)


def _settling(asked: Asked, answer: Answer) -> Answer:
    """Return an answer with the line whose question it settles; a refusal leaves the question open."""
    is_settled = asked.target and answer["decision"] != Outcome.REFUSED
    return {**answer, "answers": asked.target} if is_settled else answer
