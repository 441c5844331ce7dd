"""May this copy be lent to this reader, and what of a refusal may be set aside. Pure functions of values.

Decisions taken here, where the field knows several answers:

* A copy noted as missing that lies on the desk has been found: it is lent, with a notice. One reported lost may have been
  paid for, so somebody has to confirm.
* A copy on the way to this branch has arrived by being here. One that should go elsewhere is lent after a confirmation, which
  stops its transfer; for the reader it was being sent to, without one.
* Loans for reading in the room end where they begin and fill no limit. A group's loans are its custodian's and fill theirs.
* A reader is as old as they become this year, since only the year of birth is kept: who may still be too young by some
  months is let through.
* A new copy is lent to readers of the township of its home; copies of the central library are everybody's.
* What is owed is set against the deposit: only the rest of it counts.

Renewals, returns and due dates have modules of their own beside this one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from circulation.charges.rules import yuan
from circulation.holds.reasons import ALREADY_ON_LOAN_TO_PATRON
from circulation.holds.targeting import protected_until
from circulation.lending import reasons as own
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.policies import reasons
from circulation.policies.lateness import Block, block_reasons, overdue_reasons
from circulation.policies.named import Terms
from circulation.whereabouts.rules import is_reading_only, neighbourhood
from library.kernel.decisions import Decision, Reason, Severity, is_overridable, reason
from library.patrons.rules import age_on

# Areas of the tree group branches; nobody stands at a desk there.
AREAS = frozenset({"city", "county"})


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of a reader.

    `loans` are those that fill the limit, `loans_of_class` and `loans_of_title` the ones among them like the copy that is
    asked for; `oldest_due_on` is the first due of all open ones that can block; `deposit_held` is in cents.
    """

    id: int
    card_state: str = "active"
    expires_on: date | None = None
    is_closed: bool = False
    loans: int = 0
    loans_of_class: int = 0
    loans_of_title: int = 0
    oldest_due_on: date | None = None
    blocks: tuple[Block, ...] = ()
    born_in: int | None = None
    home_path: str = "/"
    deposit_held: int = 0


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of a copy: its places, its open rows, its open blocking conditions; all ids.

    `waiting` counts the other readers who wait for it; `is_wanted_by_reader` says that this one has an open hold on it;
    `open_cases` counts what a person has still to settle about it.
    """

    id: int
    bib_id: int
    current_branch_id: int
    home_branch_id: int
    home_path: str = "/"
    home_kind: str = "village"
    acquired_on: date | None = None
    item_class: str = "book"
    is_location_lendable: bool = True
    loan_id: int | None = None
    loan_patron_id: int | None = None
    transfer_id: int | None = None
    transfer_to_id: int | None = None
    hold_id: int | None = None
    hold_patron_id: int | None = None
    hold_pickup_id: int | None = None
    is_in_box: bool = False
    conditions: frozenset[str] = frozenset()
    waiting: int = 0
    is_wanted_by_reader: bool = False
    open_cases: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it happens."""

    branch_id: int
    kind: str = "village"
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Override:
    """A reason set aside, and why: `reason` is in the words of whoever does it."""

    code: str
    reason: str


def may_borrow(reader: Reader, copy: Copy, desk: Desk, terms: Terms, today: date) -> Decision:
    """Decide about a loan; every reason is named, not only the first."""
    about_reader = [*about_the_card(reader, today), *about_the_reader(reader, terms, today)]
    if copy.loan_patron_id != reader.id:
        # A reader who has this very copy needs no room within a limit.
        about_reader += _about_the_limits(reader, copy, terms)
    about_both = _about_reader_and_copy(reader, copy, terms, today)
    return Decision.of([*_about_the_place(desk), *about_reader, *about_both, *_about_the_copy(reader, copy, desk)])


def standing_reasons(reader: Reader, terms: Terms, today: date) -> list[Reason]:
    """Return what keeps a reader from borrowing anything: card, blocks, lateness, a full limit, a missing deposit."""
    return [
        *about_the_card(reader, today),
        *about_the_reader(reader, terms, today),
        *_about_the_total(reader, terms),
    ]


def about_the_card(reader: Reader, today: date) -> Iterator[Reason]:
    """Yield why the card is not good, if it is not."""
    if reader.card_state != "active" or reader.is_closed:
        state = reader.card_state if reader.card_state != "active" else "closed"
        yield reason(reasons.CARD_NOT_ACTIVE, state=state)
    elif reader.expires_on is not None and reader.expires_on < today:
        yield reason(reasons.CARD_EXPIRED, expired_on=reader.expires_on.isoformat())


def about_the_reader(reader: Reader, terms: Terms, today: date) -> Iterator[Reason]:
    """Yield the blocks of the reader and what follows from a loan that is too late."""
    yield from block_reasons(reader.blocks)
    yield from overdue_reasons(reader.oldest_due_on, today, terms.overdue_block_days)


def settle(decision: Decision, overrides: Sequence[Override], *, may_override: bool) -> tuple[Decision, list[Override]]:
    """Return the decision after overrides, and the overrides that were needed.

    A reason to confirm is settled by naming it, which whoever may lend may do; a refusal only where it is overridable, the
    actor `may_override` and says why. What was settled stays among the reasons, as a notice. Overrides of other reasons are
    left out.
    """
    if not overrides or decision.is_allowed:
        return decision, []
    given = {override.code: override for override in overrides}
    settled: list[Reason] = []
    used: list[Override] = []
    for found in decision.reasons:
        override = given.get(found.code)
        if override is None or found.severity is Severity.NOTICE:
            settled.append(found)
            continue
        objection = _objection(found, override, may_override=may_override)
        if objection is None:
            settled.append(replace(found, severity=Severity.NOTICE))
            used.append(override)
        else:
            settled += [found, objection]
    return Decision.of(settled), used


def _objection(found: Reason, override: Override, *, may_override: bool) -> Reason | None:
    if found.severity is Severity.CONFIRM:
        return None
    if not is_overridable(found.code) or not may_override:
        return reason(reasons.OVERRIDE_NOT_PERMITTED, override=found.code)
    return None if override.reason.strip() else reason(reasons.OVERRIDE_NEEDS_REASON, override=found.code)


def _about_the_place(desk: Desk) -> Iterator[Reason]:
    if desk.state != "open" or desk.kind in AREAS:
        yield reason(reasons.BRANCH_NOT_OPEN)


def _about_the_total(reader: Reader, terms: Terms) -> Iterator[Reason]:
    if reader.loans >= terms.loan_limit:
        yield reason(reasons.LOAN_LIMIT_REACHED, loans=reader.loans, limit=terms.loan_limit)
    if reader.deposit_held < terms.deposit:
        yield reason(own.DEPOSIT_MISSING, deposit=yuan(terms.deposit), held=yuan(reader.deposit_held))


def _about_the_limits(reader: Reader, copy: Copy, terms: Terms) -> Iterator[Reason]:
    yield from _about_the_total(reader, terms)
    of_class, of_title = terms.loan_limit_class, terms.loan_limit_title
    if of_class is not None and reader.loans_of_class >= of_class:
        counted = {"loans": reader.loans_of_class, "limit": of_class}
        yield reason(own.CLASS_LIMIT_REACHED, **counted, item_class=copy.item_class)
    if of_title is not None and reader.loans_of_title >= of_title:
        yield reason(own.TITLE_LIMIT_REACHED, loans=reader.loans_of_title, limit=of_title)


def _about_reader_and_copy(reader: Reader, copy: Copy, terms: Terms, today: date) -> Iterator[Reason]:
    """Yield what keeps this copy from this reader though others may have it: age, and new copies of another township."""
    if terms.age_limit and reader.born_in is None:
        yield reason(reasons.AGE_UNKNOWN, age=terms.age_limit)
    elif terms.age_limit and reader.born_in is not None and age_on(reader.born_in, today) < terms.age_limit:
        yield reason(reasons.TOO_YOUNG, age=terms.age_limit)
    until = protected_until(copy.acquired_on, terms.new_book_protect_days)
    is_neighbour = reader.home_path.startswith(neighbourhood(copy.home_path, copy.home_kind))
    if until is not None and until >= today and not is_neighbour:
        yield reason(reasons.NEW_BOOK_PROTECTED, until=until.isoformat())


def _about_the_copy(reader: Reader, copy: Copy, desk: Desk) -> Iterator[Reason]:
    if copy.loan_id is not None:
        yield reason(ALREADY_ON_LOAN_TO_PATRON if copy.loan_patron_id == reader.id else ITEM_ON_LOAN)
        return
    if "withdrawn" in copy.conditions:
        yield reason(reasons.ITEM_WITHDRAWN)
    if is_reading_only(copy.item_class, copy.is_location_lendable):
        of_its_kind = {"item_class": copy.item_class} if copy.is_location_lendable else {"by_place": True}
        yield reason(reasons.NOT_LENDABLE, **of_its_kind)
    yield from _about_its_conditions(copy.conditions)
    yield from _about_its_rows(reader, copy, desk)
    if copy.current_branch_id != desk.branch_id:
        yield reason(reasons.SEEN_ELSEWHERE)
    if copy.waiting:
        yield reason(reasons.OTHERS_WAITING, waiting=copy.waiting)


_CONDITION_CODES = {
    "lost": reasons.ITEM_LOST,
    "missing": reasons.MISSING_CAME_BACK,
    "damaged": reasons.ITEM_DAMAGED,
    "in_processing": reasons.ITEM_IN_PROCESSING,
}


def _about_its_conditions(conditions: Iterable[str]) -> Iterator[Reason]:
    held = frozenset(conditions)
    return (reason(code) for kind, code in _CONDITION_CODES.items() if kind in held)


def _about_its_rows(reader: Reader, copy: Copy, desk: Desk) -> Iterator[Reason]:
    if copy.hold_id is not None and copy.hold_patron_id != reader.id:
        yield reason(reasons.CAPTURED_FOR_ANOTHER)
    elif copy.hold_id is None and _is_bound_elsewhere(copy, desk):
        yield reason(reasons.ITEM_IN_TRANSIT)


def _is_bound_elsewhere(copy: Copy, desk: Desk) -> bool:
    if copy.transfer_id is None:
        return copy.is_in_box
    return copy.transfer_to_id != desk.branch_id
