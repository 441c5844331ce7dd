"""Why each book a reader has is due on its day, in the reader's words: how it was counted, and by which row of the rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from catalog.items.models import Item
from circulation.lending.asking import Question
from circulation.lending.moved_why import Move, moves_of
from circulation.models import Loan, LoanRenewal
from circulation.policies.book import book
from circulation.policies.due_rules import renewal_begins_on
from circulation.policies.explaining import Entry, Told, all_told, explained_all
from library.branches.models import Branch
from library.branches.opening import calendars_of
from library.branches.rules import Calendar, LoanUnit, period_end
from library.branches.wording import due_reasons
from library.kernel import clock
from library.kernel.days import day_words
from library.patrons.models import Patron


@dataclass(frozen=True, slots=True)
class DueWhy:
    """How a due date came about: `sentences` in the order of what happened, and the `rules` that had a part in it."""

    sentences: tuple[str, ...]
    rules: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The last time the rules found the due date of a loan: when, and from which due date a renewal went on."""

    question: Question
    at: datetime
    due_before: date | None = None


def why_due(session: Session, loans: Sequence[Loan], audience: str = "reader") -> dict[int, DueWhy]:
    """Return the reasons of the due dates of a reader's open loans; as many queries for many as for one.

    Staff (`audience`) see the rows that were beaten too.
    """
    if not loans:
        return {}
    asked = _asked(session, loans)
    questions = [asked[loan.id].question.stored(asked[loan.id].at) for loan in loans]
    recalled = [loan for loan in loans if loan.recalled_at is not None]
    explained = explained_all(session, [*questions, *(_of_recall(loan, asked[loan.id]) for loan in recalled)])
    of_recall = {loan.id: entries for loan, entries in zip(recalled, explained[len(loans) :], strict=True)}
    calendars = calendars_of(session, {loan.out_branch_id for loan in loans})
    moves = moves_of(session, loans)
    why = {}
    for loan, entries in zip(loans, explained[: len(loans)], strict=True):
        told = _sentences(loan, asked[loan.id], entries, calendars[loan.out_branch_id], moves.get(loan.id, ()))
        rules = _named(entries, told.rules, audience) + _named(of_recall.get(loan.id, ()), {"recall_days"}, audience)
        why[loan.id] = DueWhy(told.sentences, rules)
    return why


def _named(entries: Sequence[Entry], names: frozenset[str] | set[str], audience: str) -> tuple[Told, ...]:
    return tuple(told for told in all_told(entries, audience) if told.rule in names)


def _of_recall(loan: Loan, asked: "_Asked") -> dict[str, Any]:
    """Return what the rules were asked when a loan was called back."""
    assert loan.recalled_at is not None
    return replace(asked.question, on=clock.local_date(loan.recalled_at)).stored(loan.recalled_at)


def _asked(session: Session, loans: Sequence[Loan]) -> dict[int, _Asked]:
    """Return what the rules were asked when each due date was found: at the last renewal, else at the lending."""
    ids = [loan.id for loan in loans]
    places = {row.id: row for row in session.execute(_PLACES.where(Loan.id.in_(ids)))}
    renewals = select(LoanRenewal).where(LoanRenewal.loan_id.in_(ids), LoanRenewal.undone_at.is_(None))
    last = {renewal.loan_id: renewal for renewal in session.scalars(renewals.order_by(LoanRenewal.id))}
    rules = book(session)
    found = {}
    for loan in loans:
        place, renewal = places[loan.id], last.get(loan.id)
        path = rules.deciding_path(lending=place.lending, item_home=place.item_home, patron_home=place.patron_home)
        at = renewal.at if renewal else loan.out_at
        question = Question(path, loan.item_class, loan.patron_category, clock.local_date(at))
        found[loan.id] = _Asked(question, at, renewal.due_before if renewal else None)
    return found


_lending, _item_home, _patron_home = aliased(Branch), aliased(Branch), aliased(Branch)
_PLACES = (
    select(
        Loan.id,
        _lending.path.label("lending"),
        _item_home.path.label("item_home"),
        _patron_home.path.label("patron_home"),
    )
    .join(_lending, _lending.id == Loan.out_branch_id)
    .join(Item, Item.id == Loan.item_id)
    .join(_item_home, _item_home.id == Item.home_branch_id)
    .join(Patron, Patron.id == Loan.patron_id)
    .join(_patron_home, _patron_home.id == Patron.home_branch_id)
)


@dataclass(frozen=True, slots=True)
class _Counted:
    """How a due date was counted: from which day, and to which before anything moved it."""

    begins_on: date
    plain: date | None

    @classmethod
    def of(cls, asked: _Asked, said: Mapping[str, Any]) -> "_Counted":
        """Return the count; the plain day is None where a fixed date or the van decides."""
        begins_on, length, unit = asked.question.on, int(said["loan_days"]), str(said["loan_unit"])
        if asked.due_before is not None:
            begins_on = renewal_begins_on(str(said["renew_from"]), asked.due_before, begins_on)
            length = int(said["renewal_days"] or length)
        is_plain = said["hard_due"] is None and not said["due_by_next_run"]
        return cls(begins_on, period_end(begins_on, length, LoanUnit(unit)) if is_plain else None)


@dataclass(frozen=True, slots=True)
class _Sentences:
    """What happened, and the names of the rules that had a part in it."""

    sentences: tuple[str, ...]
    rules: frozenset[str]


def _sentences(
    loan: Loan, asked: _Asked, entries: Iterable[Entry], calendar: Calendar, moves: Iterable[Move]
) -> _Sentences:
    said = {entry["rule"]: entry["value"] for entry in entries}
    counted = _Counted.of(asked, said)
    since = [move for move in moves if move.at >= asked.at]
    found = _found_by_rules(loan, since)
    moved = due_reasons(calendar, counted.plain, found) if counted.plain is not None else []
    matters = {"loan_days"}
    matters |= {"closed_day_mode"} if counted.plain not in {None, found} else set()
    matters |= {rule for rule in ("hard_due", "due_by_next_run") if said[rule]}
    matters |= {rule for rule in ("renewal_days", "renew_from") if asked.due_before is not None and said[rule]}
    return _Sentences((*_history(asked, counted), *moved, *_happened_since(loan, since)), frozenset(matters))


def _found_by_rules(loan: Loan, since: Sequence[Move]) -> date:
    """Return the due date as the rules found it, before anything that happened since moved it."""
    before_recall = [move for move in since if loan.recalled_at is None or move.at < loan.recalled_at]
    return before_recall[0].before if before_recall else loan.recalled_from_on or loan.due_on


def _happened_since(loan: Loan, since: Sequence[Move]) -> list[str]:
    told = [(move.at, move.words()) for move in since]
    if loan.recalled_at is not None:
        told += [(loan.recalled_at, sentence) for sentence in _recall(loan)]
    return [sentence for _at, sentence in sorted(told, key=lambda one: one[0])]


def _history(asked: _Asked, counted: _Counted) -> Iterator[str]:
    today = clock.today()
    if asked.due_before is not None:
        yield _(
            "Renewed on %(day)s; until then it was due on %(before)s.",
            day=day_words(asked.question.on, today),
            before=day_words(asked.due_before, today),
        )
    yield _("Counted from %(day)s.", day=day_words(counted.begins_on, today))


def _recall(loan: Loan) -> Iterator[str]:
    if loan.recalled_at is not None and loan.recalled_from_on is not None:
        today = clock.today()
        yield _(
            "Called back on %(day)s; before that it was due on %(before)s.",
            day=day_words(clock.local_date(loan.recalled_at), today),
            before=day_words(loan.recalled_from_on, today),
        )
