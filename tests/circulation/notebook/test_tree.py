"""The table of the notebook, line by line, on real rows, and what must hold whatever is copied from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items import checks as items
from catalog.items.models import Item, ItemCondition
from circulation.cases import checks as cases
from circulation.models import Loan
from circulation.models import checks as moving
from circulation.notebook import checks as notebook
from circulation.notebook.rules import Facts, Known, Line, Seen, Step, plan
from circulation.notebook.services import Entry, enter
from circulation.whereabouts import checks as whereabouts
from library.kernel import clock as kernel_clock
from library.kernel.decisions import Outcome
from library.kernel.operations import Answer
from library.patrons.models import Patron
from tests.circulation.decision_trees import Leaf, Tree
from tests.circulation.lending.desk import Desk, available, codes
from tests.factories import a_loan, patron_card

TODAY = date(2026, 11, 23)
D = TODAY - timedelta(days=20)
R = TODAY - timedelta(days=8)
LAWS = (
    *items.INVARIANTS,
    *moving.INVARIANTS,
    *cases.INVARIANTS,
    *whereabouts.INVARIANTS,
    *notebook.INVARIANTS,
)
# After the outcome stands what was written; the codes are those of the answer.
TREE: Tree[Callable[["Paper"], Answer]] = Tree("""
1 The days
  1.1 A day has not come => refused nothing: notebook_day_to_come
  1.2 Back before it was lent => refused nothing: notebook_back_before_out
  1.3 Lent before the reader was registered => refused nothing: notebook_before_reader
  1.4 Lent before the library had the copy => refused nothing: notebook_before_copy
  1.5 No day is written => refused nothing: notebook_no_day
2 The loan is in the computer
  2.1 It is open and the paper has the day of return => allowed close
  2.2 The paper has nothing new => refused nothing: notebook_written_already
  2.3 The reader has the book since an earlier day => refused nothing: notebook_has_it_since
3 Lent, and not back
  3.1 Nothing was seen of the copy since => allowed open
  3.2 It was scanned on the same day => needs_confirmation nothing: notebook_seen_that_day
  3.3 It was, and the keeper says that it is out => allowed open
  3.4 It was scanned later => allowed history: notebook_seen_since
  3.5 It has been withdrawn => refused nothing: item_withdrawn
  3.6 Another reader still had it from an earlier day => allowed open: notebook_ended_unseen
4 Lent, and back
  4.1 Nothing was seen of the copy between => allowed history
  4.2 It was scanned between => allowed history: notebook_seen_before
  4.3 Another reader still had it from an earlier day => allowed history: notebook_ended_unseen
5 Back, and nothing else
  5.1 A loan that began before => allowed close
  5.2 A loan that began later => refused nothing: notebook_lent_since
  5.3 It is not on loan => allowed nothing: not_on_loan
  5.4 It was in another reader's name => allowed close: notebook_other_reader
6 Who and what it is about
  6.1 Nobody has the card or the name => refused nothing: unknown_card
  6.2 Two readers of the room have the name => refused nothing: notebook_name_not_clear
  6.3 No copy has the barcode => refused nothing: unknown_barcode
  6.4 Two copies have the barcode => refused nothing: ambiguous_barcode
""")


@dataclass
class Paper:
    """A keeper copies a notebook at a desk."""

    desk: Desk
    item: Item = field(init=False)

    def __post_init__(self) -> None:
        self.item = self.desk.item()

    @property
    def session(self) -> Session:
        return self.desk.session

    @property
    def card(self) -> str:
        return patron_card(self.session, self.desk.reader)

    def write(self, lent_on: date | None = D, returned_on: date | None = None, **more: Any) -> Answer:
        values: dict[str, Any] = {"card": self.card, "barcode": self.item.barcode, "branch": self.desk.here, **more}
        entry = Entry(lent_on=lent_on, returned_on=returned_on, **values)
        return enter(self.session, self.desk.operation("enter_notebook"), entry)

    def scanned(self, day: date, where: str = "west") -> None:
        """Let a desk take the copy back on a day."""
        at = kernel_clock.start_of_day(day) + timedelta(hours=15)
        self.desk.session.flush()
        with kernel_clock.using(kernel_clock.FixedClock(at)):
            self.desk.take_back(self.item, where=where)

    def lent_by_desk(self, reader: Patron, day: date) -> Loan:
        at = kernel_clock.start_of_day(day) + timedelta(hours=10)
        return a_loan(self.session, item=self.item, patron=reader, out_at=at)

    def loans(self) -> list[Loan]:
        """Return the loans of the copy, after looking that nothing contradicts anything."""
        self.session.flush()
        for law in LAWS:
            found = law.broken(self.session) if callable(law.broken) else self.session.execute(law.broken)
            assert list(found) == [], law.name
        wanted = select(Loan).where(Loan.item_id == self.item.id).order_by(Loan.out_at, Loan.id)
        return list(self.session.scalars(wanted.execution_options(populate_existing=True)))


def days(loan: Loan) -> tuple[date, date | None, str | None]:
    back = kernel_clock.local_date(loan.in_at) if loan.in_at is not None else None
    return kernel_clock.local_date(loan.out_at), back, loan.closed_as


@TREE.case("6.1")
def nobody(paper: Paper) -> Answer:
    return paper.write(card="王二麻子")


@TREE.case("6.2")
def two_of_that_name(paper: Paper) -> Answer:
    for _ in range(2):
        paper.desk.patron(name="刘小燕")
    return paper.write(card="刘小燕")


@TREE.case("6.3")
def no_copy(paper: Paper) -> Answer:
    return paper.write(barcode="NOBODY7")


@TREE.case("6.4")
def two_copies(paper: Paper) -> Answer:
    for where in ("east", "west"):
        paper.desk.item(where, barcode="TWIN")
    return paper.write(barcode="TWIN")


@TREE.case("1.5")
def no_day(paper: Paper) -> Answer:
    return paper.write(None, None)


@TREE.case("1.1")
def tomorrow(paper: Paper) -> Answer:
    return paper.write(D, TODAY + timedelta(days=1))


@TREE.case("1.2")
def the_wrong_way_round(paper: Paper) -> Answer:
    return paper.write(R, D)


@TREE.case("1.3")
def an_unborn_reader(paper: Paper) -> Answer:
    paper.desk.reader.registered_on = D + timedelta(days=1)
    return paper.write()


@TREE.case("1.4")
def an_unbought_copy(paper: Paper) -> Answer:
    paper.item.acquired_on = D + timedelta(days=1)
    return paper.write()


@TREE.case("2.1")
def it_came_back(paper: Paper) -> Answer:
    paper.write()
    answer = paper.write(D, R)
    assert [days(loan) for loan in paper.loans()] == [(D, R, "returned")]
    assert available(paper.desk, paper.item)
    return answer


@TREE.case("2.2")
def written_twice(paper: Paper) -> Answer:
    first = paper.write(D, R)
    answer = paper.write(D, R)
    assert answer["loan"]["id"] == first["loan"]["id"]
    assert len(paper.loans()) == 1
    return answer


@TREE.case("2.3")
def it_was_never_back(paper: Paper) -> Answer:
    paper.lent_by_desk(paper.desk.reader, D - timedelta(days=3))
    return paper.write()


@TREE.case("3.1")
def still_out(paper: Paper) -> Answer:
    answer = paper.write()
    [loan] = paper.loans()
    assert days(loan) == (D, None, None)
    assert (loan.is_backdated, loan.due_on) == (True, D + timedelta(days=30))
    assert not available(paper.desk, paper.item)
    return answer


@TREE.case("3.2")
def scanned_the_same_day(paper: Paper) -> Answer:
    paper.scanned(D)
    answer = paper.write()
    assert paper.loans() == []
    return answer


@TREE.case("3.3")
def out_after_the_scan(paper: Paper) -> Answer:
    paper.scanned(D)
    answer = paper.write(is_still_out=True)
    assert [days(loan) for loan in paper.loans()] == [(D, None, None)]
    return answer


@TREE.case("3.4")
def scanned_since(paper: Paper) -> Answer:
    paper.scanned(R)
    answer = paper.write()
    assert [days(loan) for loan in paper.loans()] == [(D, R, "forced")]
    place = paper.session.scalar(select(Item.current_branch_id).where(Item.id == paper.item.id))
    assert place == paper.desk.places["west"].id
    return answer


@TREE.case("3.5")
def withdrawn(paper: Paper) -> Answer:
    paper.session.add(ItemCondition(item_id=paper.item.id, kind="withdrawn", since=kernel_clock.now()))
    paper.item.is_available = False
    paper.session.flush()
    return paper.write()


@TREE.case("3.6")
def another_had_it(paper: Paper) -> Answer:
    before = D - timedelta(days=9)
    paper.lent_by_desk(paper.desk.patron(), before)
    answer = paper.write()
    assert [days(loan) for loan in paper.loans()] == [(before, D, "forced"), (D, None, None)]
    return answer


@TREE.case("4.1")
def out_and_back(paper: Paper) -> Answer:
    answer = paper.write(D, R)
    assert [days(loan) for loan in paper.loans()] == [(D, R, "returned")]
    assert available(paper.desk, paper.item)
    return answer


@TREE.case("4.2")
def scanned_between(paper: Paper) -> Answer:
    between = D + timedelta(days=4)
    paper.scanned(between)
    answer = paper.write(D, R)
    assert [days(loan) for loan in paper.loans()] == [(D, between, "forced")]
    return answer


@TREE.case("4.3")
def out_and_back_after_another(paper: Paper) -> Answer:
    before = D - timedelta(days=9)
    paper.lent_by_desk(paper.desk.patron(), before)
    answer = paper.write(D, R)
    assert [days(loan) for loan in paper.loans()] == [(before, D, "forced"), (D, R, "returned")]
    assert available(paper.desk, paper.item)
    return answer


@TREE.case("5.1")
def only_back(paper: Paper) -> Answer:
    paper.lent_by_desk(paper.desk.reader, D)
    answer = paper.write(None, R, card="")
    [loan] = paper.loans()
    assert (days(loan), loan.is_backdated) == ((D, R, "returned"), False)
    return answer


@TREE.case("5.2")
def lent_again_since(paper: Paper) -> Answer:
    paper.lent_by_desk(paper.desk.reader, R + timedelta(days=2))
    answer = paper.write(None, R, card="")
    assert paper.loans()[0].in_at is None
    return answer


@TREE.case("5.3")
def long_on_its_shelf(paper: Paper) -> Answer:
    return paper.write(None, R, card="")


@TREE.case("5.4")
def in_another_name(paper: Paper) -> Answer:
    paper.lent_by_desk(paper.desk.patron(), D)
    return paper.write(None, R)


def test_every_line_of_the_table_has_its_case() -> None:
    TREE.assert_whole()


@pytest.mark.parametrize("leaf", TREE.parameters())
def test_a_line_of_the_notebook_is_written_as_the_table_says(desk: Desk, leaf: Leaf) -> None:
    paper = Paper(desk)
    answer = TREE.cases[leaf.number](paper)
    assert (answer["decision"], (answer["step"],), tuple(codes(answer))) == (leaf.outcome, leaf.also, leaf.codes)
    paper.loans()


def test_a_newer_loan_at_the_desk_stays_as_it_is(desk: Desk) -> None:
    paper = Paper(desk)
    newer = paper.lent_by_desk(desk.patron(), R)
    assert codes(paper.write()) == ["notebook_seen_since"]
    assert [days(loan) for loan in paper.loans()] == [(D, R, "forced"), (R, None, None)]
    assert paper.loans()[1].id == newer.id


def test_two_lines_of_one_day_are_taken_in_their_order_without_a_question(desk: Desk) -> None:
    paper, other = Paper(desk), desk.patron(name="周桂兰")
    assert paper.write(D - timedelta(days=5), D)["decision"] == "allowed"
    answer = paper.write(D, card="周桂兰")
    assert (answer["decision"], answer["step"], answer["patron"]) == ("allowed", "open", other.id)
    third = desk.patron(name="何世忠")
    assert paper.write(D, card="何世忠")["patron"] == third.id
    assert [days(loan)[2] for loan in paper.loans()] == ["returned", "forced", None]


some_days = st.integers(-40, 3).map(lambda ahead: TODAY + timedelta(days=ahead))
some_loan = st.none() | st.builds(Known, st.integers(1, 3), st.none() | st.integers(1, 3), some_days, st.booleans())
some_seen = st.none() | some_days.map(
    lambda day: Seen(datetime.combine(day, datetime.min.time(), kernel_clock.timezone()), day, 1)
)


@given(
    st.tuples(st.none() | some_days, st.none() | some_days),
    st.tuples(some_loan, some_loan),
    some_seen,
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_no_line_reopens_what_is_newer(
    days_written: tuple[date | None, date | None],
    loans: tuple[Known | None, Known | None],
    seen: Seen | None,
    flags: tuple[bool, bool, bool],
) -> None:
    (lent_on, returned_on), (open_loan, same) = days_written, loans
    is_withdrawn, was_seen, is_still_out = flags
    facts = Facts(
        TODAY,
        is_withdrawn=is_withdrawn,
        open_loan=open_loan,
        same_loan=same,
        was_seen_that_day=was_seen,
        seen_after=seen if lent_on is None or seen is None or seen.on > lent_on else None,
    )
    decided = plan(Line(lent_on, returned_on, 1), facts, is_still_out=is_still_out)
    if decided.decision.outcome is not Outcome.ALLOWED:
        assert decided.step is Step.NOTHING
    if decided.step is Step.OPEN:
        assert facts.seen_after is None
        assert not is_withdrawn
        assert open_loan is None or decided.forced_id == open_loan.id
    if decided.step is Step.HISTORY and decided.ended is not None and returned_on is not None:
        assert decided.ended.on < returned_on
    assert all(day <= TODAY for day in (lent_on, returned_on) if day is not None) or decided.step is Step.NOTHING
