"""One test for each edge of the table of wishes, driven by what staff and reader do, and one for each pair that is none."""

from collections.abc import Callable
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.models import Wish
from circulation.wishes import services
from circulation.wishes.rules import TABLE, State
from library.kernel.errors import Invalid
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation
from tests.factories import a_county, a_patron

ANSWERED, ORDERED, ARRIVED, DECLINED = State.ANSWERED, State.ORDERED, State.ARRIVED, State.DECLINED


class Asking:
    """A reader's wish, and the answers of staff."""

    def __init__(self, session: Session, make: Callable[..., Operation]) -> None:
        self.session, self.make = session, make
        east = a_county(session)["east"]
        asked = services.record_wish(
            session, make(), patron_id=a_patron(session, branch=east).id, branch_id=east.id, title="梨树嫁接"
        )
        self.id: int = asked["wish"]["id"]

    @property
    def state(self) -> str:
        return self.session.scalars(select(Wish.state).where(Wish.id == self.id)).one()

    def told(self) -> list[tuple[str, str]]:
        rows = self.session.scalars(select(EventRow).where(EventRow.kind.like("wish.%")).order_by(EventRow.id))
        return [(row.kind, row.payload["state"]) for row in rows]

    def become(self, state: State) -> Answer:
        if state is State.CANCELLED:
            return services.cancel_wish(self.session, self.make(), self.id)
        return services.answer_wish(self.session, self.make(), wish_id=self.id, state=state, answer="说过了。")


# What is done, in turn, to a wish that has just been made.
BEGINNINGS: dict[State, tuple[State, ...]] = {
    State.OPEN: (),
    ANSWERED: (ANSWERED,),
    ORDERED: (ORDERED,),
    ARRIVED: (ORDERED, ARRIVED),
    DECLINED: (DECLINED,),
    State.CANCELLED: (State.CANCELLED,),
}
EVENTS = dict.fromkeys((ANSWERED, ORDERED, ARRIVED, DECLINED), "wish.answered") | {State.CANCELLED: "wish.cancelled"}
ACTS: tuple[tuple[State, State], ...] = (
    *((State.OPEN, after) for after in (ANSWERED, ORDERED, ARRIVED, DECLINED, State.CANCELLED)),
    *((ANSWERED, after) for after in (ORDERED, ARRIVED, DECLINED)),
    *((ORDERED, after) for after in (ARRIVED, DECLINED)),
)
FORBIDDEN = [pair for pair in product(State, set(State) - {State.OPEN}) if pair not in ACTS]


@pytest.fixture
def asking(session: Session, operation: Callable[..., Operation], clock: object) -> Asking:
    del clock
    return Asking(session, operation)


def begin(asking: Asking, state: State) -> None:
    for step in BEGINNINGS[state]:
        assert asking.become(step)["decision"] == "allowed"
    assert asking.state == state


def test_every_edge_has_an_act_and_no_other_pair() -> None:
    assert set(ACTS) == {(now, after) for now, possible in TABLE.items() for after in possible}


@pytest.mark.parametrize(("now", "after"), ACTS)
def test_an_edge_is_taken_and_told(asking: Asking, now: State, after: State) -> None:
    begin(asking, now)
    before = len(asking.told())
    answer = asking.become(after)
    assert (answer["decision"], answer["reasons"], answer["wish"]["state"]) == ("allowed", [], after)
    assert asking.state == after
    assert asking.told()[before:] == [(EVENTS[after], after)]


@pytest.mark.parametrize(("now", "after"), sorted(FORBIDDEN))
def test_no_other_pair_is_ever_written(asking: Asking, now: State, after: State) -> None:
    begin(asking, now)
    before = asking.told()
    answer = asking.become(after)
    assert (answer["decision"], [one["code"] for one in answer["reasons"]]) == ("refused", ["wish_not_in_state"])
    assert (asking.state, asking.told()) == (now, before)


@pytest.mark.parametrize("now", State)
def test_no_wish_is_opened_again(asking: Asking, now: State) -> None:
    begin(asking, now)
    with pytest.raises(Invalid, match="wish_state_invalid"):
        asking.become(State.OPEN)
    assert asking.state == now
