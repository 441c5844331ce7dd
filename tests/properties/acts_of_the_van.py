"""What may happen to a copy on its way: it is sent for, picked, packed into a box, driven and received, or not."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.logistics import boxes
from circulation.logistics import services as transfers
from circulation.logistics.rules import Action, State, allowed_actions
from circulation.models import TRANSFER_OPEN, Box, BoxLine, Transfer
from library.kernel.operations import Answer, Operation
from tests.properties.county import NOTHING, Chance, County, Do, one_of, preferred, some_place

STEPS = {
    Action.PICK: transfers.pick,
    Action.DISPATCH: transfers.dispatch,
    Action.RECEIVE: transfers.receive,
    Action.SHELVE: transfers.shelve,
    Action.CANCEL: transfers.cancel,
    Action.MISS: transfers.miss,
}


def _send(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    to = some_place(session, county, chance)
    free = select(Item.id).where(Item.is_available, Item.current_branch_id != to.id).order_by(Item.id)
    item_id = preferred(session.scalars(free).all(), county.items, chance) or county.items[0]
    return transfers.request_transfer(session, operation, item_id=item_id, to_branch_id=to.id, reason="rotation")


def _move_on(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    moving = session.execute(
        select(Transfer.id, Transfer.state).where(Transfer.state.in_(TRANSFER_OPEN)).order_by(Transfer.id)
    ).all()
    if not moving:
        return NOTHING
    transfer_id, state = moving[chance.below(len(moving))]
    fitting = [action for action in allowed_actions(State(state)) if action in STEPS]
    # The first that fits is the next on the way; the others cancel it or miss the copy.
    choices = [fitting[0], fitting[0], *STEPS] if fitting else [*STEPS]
    return STEPS[choices[chance.below(len(choices))]](session, operation, transfer_id)


def _pack(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    waiting = select(Transfer).where(Transfer.state.in_(("requested", "picked"))).order_by(Transfer.id)
    found = session.scalars(waiting).all()
    if not found:
        return NOTHING
    move = found[chance.below(len(found))]
    ends = {"from_branch_id": move.from_branch_id, "to_branch_id": move.to_branch_id}
    code = session.scalar(select(Box.code).filter_by(state="open", **ends).order_by(Box.id).limit(1))
    if code is None:
        come = session.scalar(select(Box.code).where(Box.state == "received").order_by(Box.id).limit(1))
        opened = boxes.open_box(session, operation, **ends, code=come if chance.below(2) else None)
        if opened["decision"] != "allowed":
            return opened
        code = opened["box"]["code"]
    return boxes.pack(session, operation, code, move.item_id)


def _drive(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    code = _box(session, "open", chance)
    carrier = "司机" if chance.below(2) else None
    return boxes.dispatch(session, operation, code, carrier=carrier) if code is not None else NOTHING


def _unload(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    code = _box(session, "dispatched", chance)
    if code is None:
        return NOTHING
    lines = select(BoxLine.item_id).join(Box, Box.id == BoxLine.box_id)
    inside = session.scalars(lines.where(Box.code == code, BoxLine.closed_at.is_(None)).order_by(BoxLine.id)).all()
    fault = chance.below(5)
    return boxes.receive(
        session,
        operation,
        code,
        short=inside[:1] if fault == 1 else (),
        damaged=inside[-1:] if fault == 2 else (),
        extra=[one_of(county.items, chance)] if fault == 3 else (),
    )


def _box(session: Session, state: str, chance: Chance) -> str | None:
    """Return three times out of four the code of a box in `state`, else of any box."""
    codes = select(Box.code).order_by(Box.id)
    fitting, every = session.scalars(codes.where(Box.state == state)).all(), session.scalars(codes).all()
    wanted = (fitting or every) if chance.below(4) else every
    return wanted[chance.below(len(wanted))] if wanted else None


ACTS: dict[str, Do] = {
    "request_transfer": _send,
    "move_transfer": _move_on,
    "pack_box": _pack,
    "dispatch_box": _drive,
    "receive_box": _unload,
}
