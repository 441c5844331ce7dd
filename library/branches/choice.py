"""The village a device has chosen: by the QR on the door of the room or from the list, never guessed from the network."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask import Flask, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from library.branches.models import Branch
from library.kernel.db import reading
from library.kernel.pages import VILLAGE_COOKIE, village_lookup

ROOM_KINDS = ("village", "school", "community", "mobile", "central")
MOST_CODE_CHARACTERS = 64


def register(app: Flask) -> None:
    """Let every page show the chosen village in its frame."""
    village_lookup(app, _frame_of)


def chosen_branch(session: Session) -> Branch | None:
    """Return the branch the present device has chosen, or None when there is none, or it no longer exists."""
    return find_room(session, request.cookies.get(VILLAGE_COOKIE, ""))


def find_room(session: Session, code: str) -> Branch | None:
    """Return the open or suspended branch with this code; a merged room leads to its successor."""
    if not code or len(code) > MOST_CODE_CHARACTERS:
        return None
    branch = session.scalars(select(Branch).where(Branch.code == code)).one_or_none()
    while branch is not None and branch.merged_into_id is not None:
        branch = session.get(Branch, branch.merged_into_id)
    return branch if branch is not None and branch.state != "closed" else None


def rooms_by_area(session: Session) -> list[tuple[Branch, list[Branch]]]:
    """Return every area with the rooms right below it, in the order of the tree."""
    branches = session.scalars(select(Branch).where(Branch.state != "closed").order_by(Branch.code)).all()
    by_id = {branch.id: branch for branch in branches}
    rooms: dict[int, list[Branch]] = defaultdict(list)
    for branch in branches:
        if branch.kind in ROOM_KINDS and branch.parent_id in by_id:
            rooms[branch.parent_id].append(branch)
    return [(by_id[area], below) for area, below in rooms.items()]


def _frame_of(code: str) -> Mapping[str, Any] | None:
    with reading() as session:
        branch = find_room(session, code)
        if branch is None:
            return None
        return {
            "id": branch.id,
            "code": branch.code,
            "name": branch.name,
            "name_en": branch.name_en,
            "phone": branch.phone,
            "address": branch.contact,
        }
