"""The table of cases is whole, and their rows open and close once, each time with an event."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from circulation.cases.rules import ABOUT_OPEN_LOANS, BY_ITSELF, EDGES, Effect, Kind, Outcome, effect_of, outcomes_of
from circulation.cases.services import open_case, open_cases_of, settle_on_return, settle_row
from circulation.models import Case
from circulation.models.cases import CASE_KINDS
from library.kernel.models import EventRow
from library.kernel.operations import Operation
from tests.factories import a_county, a_loan, a_patron, an_item

pytestmark = pytest.mark.usefixtures("clock")
Make = Callable[..., Operation]


def test_every_kind_is_known_to_table_and_database_and_ends_in_different_ways() -> None:
    assert set(EDGES) == set(Kind) == set(CASE_KINDS)
    for edges in EDGES.values():
        outcomes = [edge.outcome for edge in edges]
        assert len(outcomes) == len(set(outcomes)) > 0


@pytest.mark.parametrize("kind", sorted(BY_ITSELF))
def test_what_settles_by_itself_is_what_somebody_could_have_settled_so(kind: Kind) -> None:
    assert effect_of(kind, BY_ITSELF[kind]) is Effect.TAKE_BACK


def test_only_claims_about_open_loans_can_end_a_loan() -> None:
    ending = {kind for kind, edges in EDGES.items() if any(edge.effect is Effect.END_LOAN_AS_LOST for edge in edges)}
    assert ending == ABOUT_OPEN_LOANS


def test_a_case_ends_only_as_its_kind_may() -> None:
    assert effect_of("lost", "waived") is Effect.FORGIVE
    assert effect_of("lost", "repaired") is None
    assert effect_of("no_such_kind", "lost") is None
    assert outcomes_of("box_extra") == (Outcome.NOTED,)


@pytest.mark.parametrize("kind", sorted(Kind))
def test_a_copy_in_hand_settles_what_it_disproves_and_leaves_the_rest(
    session: Session, operation: Make, kind: Kind
) -> None:
    east = a_county(session)["east"]
    item, other = an_item(session, branch=east), an_item(session, branch=east)
    case_id = open_case(session, operation(), kind, east.id, item_id=item.id)
    open_case(session, operation(), kind, east.id, item_id=other.id)
    settled = settle_on_return(session, operation(), item.id, branch_id=east.id)
    if kind in BY_ITSELF:
        assert [(one.id, one.kind, one.outcome) for one in settled] == [(case_id, kind, BY_ITSELF[kind])]
        assert settle_on_return(session, operation(), item.id, branch_id=east.id) == []
        assert open_cases_of(session, item.id) == []
    else:
        assert settled == []
        assert [case.id for case in open_cases_of(session, item.id)] == [case_id]
    assert len(open_cases_of(session, other.id)) == 1


def test_opening_and_settling_leave_events_of_ids_and_codes(session: Session, operation: Make) -> None:
    east = a_county(session)["east"]
    item, reader = an_item(session, branch=east), a_patron(session, branch=east)
    loan = a_loan(session, item=item, patron=reader)
    subject = {"item_id": item.id, "loan_id": loan.id, "patron_id": reader.id}
    case_id = open_case(session, operation(), Kind.CLAIMED_RETURNED, east.id, note="放在门口了", **subject)
    [case] = open_cases_of(session, item.id)
    by = operation()
    assert settle_row(session, by, case, Outcome.STILL_WITH_READER, branch_id=east.id)
    assert not settle_row(session, operation(), case, Outcome.LOST, branch_id=east.id)
    row = session.get_one(Case, case_id, populate_existing=True)
    assert (row.outcome, row.settled_operation_id) == ("still_with_reader", by.id)
    events = session.execute(
        select(EventRow.kind, EventRow.patron_id, EventRow.payload)
        .where(EventRow.kind.like("case.%"))
        .order_by(EventRow.id)
    ).all()
    about = {"case_id": case_id, "case": "claimed_returned", "loan_id": loan.id}
    assert [tuple(event) for event in events] == [
        ("case.opened", reader.id, about),
        ("case.settled", reader.id, {**about, "outcome": "still_with_reader"}),
    ]


def test_a_loan_has_one_open_case_of_a_kind_and_is_claimed_lost_once(session: Session, operation: Make) -> None:
    east = a_county(session)["east"]
    item = an_item(session, branch=east)
    loan = a_loan(session, item=item, patron=a_patron(session, branch=east))
    subject = {"item_id": item.id, "loan_id": loan.id}
    open_case(session, operation(), Kind.CLAIMED_LOST, east.id, **subject)
    [case] = open_cases_of(session, item.id)
    settle_row(session, operation(), case, Outcome.STILL_WITH_READER, branch_id=east.id)
    open_case(session, operation(), Kind.CLAIMED_RETURNED, east.id, **subject)
    for kind in ABOUT_OPEN_LOANS:
        with pytest.raises(IntegrityError), session.begin_nested():
            open_case(session, operation(), kind, east.id, **subject)
