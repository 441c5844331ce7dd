"""May this copy be lent to this reader, may a loan be renewed, what happens to a copy that comes back. Pure functions.

Decisions taken here, where the field knows several answers:

* A copy noted as missing that lies on the desk has been found: it is lent, with a notice. One reported lost may have been
  paid for, so somebody has to confirm.
* A copy on the way to this branch has arrived by being here. One that should go elsewhere is lent after a confirmation, which
  stops its transfer; for the reader it was being sent to, without one.
* A late loan may be renewed, from today, unless it is so late that it blocks.
* Check-in refuses nothing: what is wrong becomes a notice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from circulation.holds.reasons import ALREADY_ON_LOAN_TO_PATRON
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.policies import reasons
from circulation.policies.rules import ReturnPolicy
from circulation.whereabouts.rules import is_reading_only
from library.branches.rules import Calendar, due_date
from library.kernel.decisions import Decision, Reason, Severity, reason

# Areas of the tree group branches; nobody stands at a desk there.
AREAS = frozenset({"city", "county"})
# Whoever holds the copy in his hands knows better than these.
_DISPROVED = frozenset({"lost", "missing"})


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of a reader. `loans` are those the county counts, `oldest_due_on` the first due of all open ones."""

    id: int
    card_state: str = "active"
    expires_on: date | None = None
    is_closed: bool = False
    loans: int = 0
    oldest_due_on: date | None = None
    block: str | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of a copy: its places, its open rows, its open blocking conditions; all ids.

    `waiting` counts the other readers who wait for it; `is_wanted_by_reader` says that this one has an open hold on it.
    """

    id: int
    bib_id: int
    current_branch_id: int
    home_branch_id: int
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


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it happens."""

    branch_id: int
    kind: str = "village"
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules that hold for this loan; None days never block."""

    loan_limit: int
    overdue_block_days: int | None
    renewals_max: int = 0


@dataclass(frozen=True, slots=True)
class Override:
    """A reason set aside, and why: `reason` is in the words of whoever does it."""

    code: str
    reason: str


def may_borrow(reader: Reader, copy: Copy, desk: Desk, terms: Terms, today: date) -> Decision:
    """Decide about a loan; every reason is named, not only the first."""
    about_reader = standing_reasons(reader, terms, today)
    if copy.loan_patron_id == reader.id:
        # The reader has this very copy: it needs no room within the limit.
        about_reader = [found for found in about_reader if found.code != reasons.LOAN_LIMIT_REACHED]
    return Decision.of([*_about_the_place(desk), *about_reader, *_about_the_copy(reader, copy, desk)])


def may_renew(reader: Reader, *, due_on: date, renewals: int, waiting: int, terms: Terms, today: date) -> Decision:
    """Decide about the renewal of an open loan; `waiting` counts the other readers who wait for the title."""
    found = [*_about_the_card(reader, today), *_about_the_reader(reader, terms, today)]
    if renewals >= terms.renewals_max:
        found.append(reason(reasons.RENEWALS_EXHAUSTED, renewals=renewals, limit=terms.renewals_max))
    if waiting:
        found.append(reason(reasons.HOLD_WAITING, waiting=waiting))
    if due_on < today:
        found.append(reason(reasons.RENEWED_LATE, days=(today - due_on).days))
    return Decision.of(found)


def standing_reasons(reader: Reader, terms: Terms, today: date) -> list[Reason]:
    """Return what keeps a reader from borrowing anything: card, blocks, lateness, and a full limit."""
    found = [*_about_the_card(reader, today), *_about_the_reader(reader, terms, today)]
    if reader.loans >= terms.loan_limit:
        found.append(reason(reasons.LOAN_LIMIT_REACHED, loans=reader.loans, limit=terms.loan_limit))
    return found


def due_on(calendar: Calendar, begins_on: date, loan_days: int) -> date:
    """Return the last day of a loan of `loan_days` days; on a closed day the next open one."""
    return due_date(calendar, begins_on, loan_days)


def renewed_until(calendar: Calendar, *, due: date, today: date, loan_days: int) -> date:
    """Return the new due date: a whole loan from today or from the old due date, whichever is later."""
    return due_on(calendar, max(due, today), loan_days)


def settle(decision: Decision, overrides: Sequence[Override], *, may_override: bool) -> tuple[Decision, list[Override]]:
    """Return the decision after overrides, and the overrides that were needed.

    A reason to confirm is settled by naming it, which whoever may lend may do; a refusal only where it is overridable, the
    actor `may_override` and says why. What was settled stays among the reasons, as a notice. Overrides of other reasons are
    left out.
    """
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
    if found.code not in reasons.OVERRIDABLE or not may_override:
        return reason(reasons.OVERRIDE_NOT_PERMITTED, override=found.code)
    return None if override.reason.strip() else reason(reasons.OVERRIDE_NEEDS_REASON, override=found.code)


class Next(StrEnum):
    """What to do with a copy that came back."""

    SHELVE = "shelve"
    HOLD = "hold"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class CheckInPlan:
    """What a check-in does, in this order.

    Close the loan, move the copy here, end the conditions that being here disproves, let its transfer follow, ask the queue
    (which also brings on a hold the copy is kept for), else perhaps send it home.
    """

    closes_loan: bool
    moves_here: bool
    ends: frozenset[str]
    follows_transfer: bool
    asks_queue: bool
    may_go_home: bool
    reasons: tuple[Reason, ...]


def check_in_plan(copy: Copy, desk: Desk, *, due: date | None, today: date) -> CheckInPlan:
    """Return what to do with a copy that lies on the desk; `due` is the due date of its open loan."""
    ends = copy.conditions & _DISPROVED
    is_sound = copy.conditions <= _DISPROVED
    return CheckInPlan(
        closes_loan=copy.loan_id is not None,
        moves_here=copy.current_branch_id != desk.branch_id,
        ends=ends,
        follows_transfer=copy.transfer_id is not None,
        asks_queue=copy.hold_id is not None or (is_sound and copy.waiting > 0),
        may_go_home=is_sound and copy.home_branch_id != desk.branch_id,
        reasons=tuple(_about_the_return(copy, due, today)),
    )


def goes_home(plan: CheckInPlan, return_policy: ReturnPolicy) -> bool:
    """Tell whether a copy that nobody waits for is sent home."""
    return plan.may_go_home and return_policy is ReturnPolicy.HOME


def next_step(here: int, *, transfer_to: int | None, hold_pickup: int | None) -> tuple[Next, int]:
    """Return what to do with the copy and its destination (branch id), from the open rows it has after the check-in."""
    if transfer_to is not None and transfer_to != here:
        return Next.TRANSFER, transfer_to
    if hold_pickup is not None and hold_pickup != here:
        return Next.TRANSFER, hold_pickup
    return (Next.HOLD if hold_pickup == here else Next.SHELVE), here


def _about_the_place(desk: Desk) -> Iterator[Reason]:
    if desk.state != "open" or desk.kind in AREAS:
        yield reason(reasons.BRANCH_NOT_OPEN)


def _about_the_card(reader: Reader, today: date) -> Iterator[Reason]:
    if reader.card_state != "active" or reader.is_closed:
        state = reader.card_state if reader.card_state != "active" else "closed"
        yield reason(reasons.CARD_NOT_ACTIVE, state=state)
    elif reader.expires_on is not None and reader.expires_on < today:
        yield reason(reasons.CARD_EXPIRED, expired_on=reader.expires_on.isoformat())


def _about_the_reader(reader: Reader, terms: Terms, today: date) -> Iterator[Reason]:
    if reader.block is not None:
        yield reason(reasons.PATRON_BLOCKED, block=reader.block)
    late = days_late(reader.oldest_due_on, today)
    if terms.overdue_block_days is not None and late > 0 and late >= terms.overdue_block_days:
        yield reason(reasons.OVERDUE_BLOCK, days=late, allowed=terms.overdue_block_days)


def _about_the_copy(reader: Reader, copy: Copy, desk: Desk) -> Iterator[Reason]:
    if copy.loan_id is not None:
        yield reason(ALREADY_ON_LOAN_TO_PATRON if copy.loan_patron_id == reader.id else ITEM_ON_LOAN)
        return
    if "withdrawn" in copy.conditions:
        yield reason(reasons.ITEM_WITHDRAWN)
    if is_reading_only(copy.item_class, copy.is_location_lendable):
        yield reason(reasons.NOT_LENDABLE)
    yield from _about_its_conditions(copy.conditions)
    yield from _about_its_rows(reader, copy, desk)
    if copy.current_branch_id != desk.branch_id:
        yield reason(reasons.SEEN_ELSEWHERE)
    if copy.waiting:
        yield reason(reasons.OTHERS_WAITING, waiting=copy.waiting)


def _about_its_conditions(conditions: Iterable[str]) -> Iterator[Reason]:
    codes = {
        "lost": reasons.ITEM_LOST,
        "missing": reasons.MISSING_CAME_BACK,
        "damaged": reasons.ITEM_DAMAGED,
        "in_processing": reasons.ITEM_IN_PROCESSING,
    }
    held = frozenset(conditions)
    return (reason(code) for kind, code in codes.items() if kind in held)


def _about_its_rows(reader: Reader, copy: Copy, desk: Desk) -> Iterator[Reason]:
    if copy.hold_id is not None and copy.hold_patron_id != reader.id:
        yield reason(reasons.CAPTURED_FOR_ANOTHER)
    elif copy.hold_id is None and _is_bound_elsewhere(copy, desk):
        yield reason(reasons.ITEM_IN_TRANSIT)


def _is_bound_elsewhere(copy: Copy, desk: Desk) -> bool:
    if copy.transfer_id is None:
        return copy.is_in_box
    return copy.transfer_to_id != desk.branch_id


def _about_the_return(copy: Copy, due: date | None, today: date) -> Iterator[Reason]:
    if copy.loan_id is None:
        yield reason(reasons.NOT_ON_LOAN)
    elif days_late(due, today) > 0:
        yield reason(reasons.RETURNED_LATE, days=days_late(due, today))
    codes = {
        "lost": reasons.LOST_CAME_BACK,
        "missing": reasons.MISSING_CAME_BACK,
        "withdrawn": reasons.WITHDRAWN_CAME_BACK,
    }
    yield from (reason(code) for kind, code in codes.items() if kind in copy.conditions)
    if not copy.conditions.isdisjoint({"damaged", "in_processing"}):
        yield reason(reasons.SET_ASIDE)


def days_late(due: date | None, today: date) -> int:
    """Return how many days a loan is late, 0 on its last day and before."""
    return max(0, (today - due).days) if due is not None else 0
