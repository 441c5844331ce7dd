"""Where a list comes in: opened in chunks, each a transaction with an operation of its own made from the request's.

A request that was cut off is sent again with its operation id: the chunks that were done answer what they answered before,
the others are done now. The same id with another list is refused, as everywhere.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from circulation.groups import services
from circulation.groups.rules import MOST_LINES, chunks, codes_in
from library.accounts.access import permits, require
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.actors import current_actor
from library.kernel.db import reading, trying, writing
from library.kernel.errors import Invalid
from library.kernel.operations import Answer, Operation, begin, once, recall
from library.patrons.groups import group_by_card, group_by_id
from library.patrons.models import PatronGroup

Act = Callable[[Session, Operation, PatronGroup, Branch, Sequence[str]], list[Answer]]


def lend_list(group_id: int, content: Mapping[str, Any], *, dry_run: bool = False) -> Answer:
    """Lend a list of barcodes to a group; return `{decision, group, lines}`; a dry run decides only.

    `content` has `operation_id`, `branch`, `codes` or `barcodes`, `overrides`, and `card`, for a group of another branch.
    Raises `NotFound` `unknown_group`, `NotAllowed` `outside_grant`, `Invalid` `no_codes` or `too_many_codes`.
    """

    def act(
        session: Session, part: Operation, group: PatronGroup, branch: Branch, codes: Sequence[str]
    ) -> list[Answer]:
        return services.lend_lines(
            session,
            part,
            group,
            codes,
            branch=branch,
            overrides=content.get("overrides") or (),
            may_override=permits(part.actor, "override", branch),
            dry_run=dry_run,
        )

    operation = begin("lend_list", content)
    if dry_run:
        with trying() as session:
            group, branch = _place(session, group_id, content)
            return _whole(group_id, act(session, operation, group, branch, _codes(content)))
    return _in_chunks(operation, group_id, content, act)


def return_list(group_id: int, content: Mapping[str, Any]) -> Answer:
    """Take back a list of barcodes from a group; return `{decision, group, lines}`. Raises what `lend_list` does."""

    def act(
        session: Session, part: Operation, _group: PatronGroup, branch: Branch, codes: Sequence[str]
    ) -> list[Answer]:
        return services.return_lines(session, part, codes, branch=branch)

    return _in_chunks(begin("return_list", content), group_id, content, act)


def group_shown(session: Session, group_id: int, card: str | None) -> PatronGroup:
    """Return a group of a branch where the actor lends, or the one whose card was scanned; an id alone opens no other.

    Raises `NotFound` `unknown_group` or `unknown_card`, `NotAllowed` `outside_grant`.
    """
    group = group_by_id(session, group_id)
    home = branch_by_id(session, group.branch_id)
    if not permits(current_actor(), "lend", home) and card and group_by_card(session, card).id == group.id:
        return group
    require("lend", home)
    return group


def _in_chunks(operation: Operation, group_id: int, content: Mapping[str, Any], act: Act) -> Answer:
    codes = _codes(content)
    whole = {**content, "codes": codes, "barcodes": None, "group": group_id}
    with reading() as session:
        _place(session, group_id, content)
        known = recall(session, operation, whole)
    if known is not None:
        return known
    lines: list[Answer] = []
    for number, part in enumerate(chunks(codes)):
        lines += _one_chunk(operation, group_id, {**whole, "codes": part}, number, act)
    with writing() as session:
        return once(session, operation, whole, lambda: _whole(group_id, lines))


def _one_chunk(operation: Operation, group_id: int, content: Mapping[str, Any], number: int, act: Act) -> list[Answer]:
    part = replace(operation, id=str(uuid.uuid5(uuid.UUID(operation.id), str(number))), kind=f"{operation.kind}_part")
    with writing() as session:
        group, branch = _place(session, group_id, content)
        part = replace(part, branch_id=branch.id)
        answer = once(
            session,
            part,
            content,
            lambda: {"decision": "allowed", "lines": act(session, part, group, branch, content["codes"])},
        )
    lines: list[Answer] = answer["lines"]
    return lines


def _place(session: Session, group_id: int, content: Mapping[str, Any]) -> tuple[PatronGroup, Branch]:
    """Return the group and where it is lent to, its own branch unless another is named, where the actor may lend."""
    group = group_shown(session, group_id, content.get("card"))
    code = content.get("branch")
    branch = branch_by_code(session, code) if code else branch_by_id(session, group.branch_id)
    require("lend", branch)
    return group, branch


def _codes(content: Mapping[str, Any]) -> list[str]:
    given = content.get("barcodes")
    codes = list(dict.fromkeys(given)) if given else codes_in(content.get("codes") or "")
    if not codes:
        raise Invalid("no_codes")
    if len(codes) > MOST_LINES:
        raise Invalid("too_many_codes", codes=len(codes), most=MOST_LINES)
    return codes


def _whole(group_id: int, lines: Sequence[Answer]) -> Answer:
    done = sum(line["decision"] == "allowed" for line in lines)
    outcome = "allowed" if done == len(lines) else "partly" if done else "refused"
    return {"decision": outcome, "group": group_id, "done": done, "lines": list(lines)}
