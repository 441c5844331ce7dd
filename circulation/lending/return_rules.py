"""What happens to a copy that comes back, and what follows from coming late. Pure functions of values.

Check-in refuses nothing but a code it cannot tell: what is wrong becomes a notice. Its steps stand in `checkin`.

Decisions taken here, where the field knows several answers:

* Being late costs nothing on loans copied from a notebook, whose real dates nobody could keep.
* Days of grace are free also for who stays longer: only the days after them are charged.
* Of several suspensions the longest holds; they are not added up.
* Children and elders are suspended only by a row that names them. From a child nothing is demanded: a charge goes to the
  guardian who is a reader, else to the household's own card, else nobody is charged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from circulation.charges.rules import yuan
from circulation.lending import reasons as own
from circulation.lending.rules import Copy, Desk
from circulation.policies import reasons
from circulation.policies.named import Terms
from circulation.policies.rules import ReturnPolicy
from library.kernel.decisions import Reason, reason

# Whoever holds the copy in his hands knows better than these.
_DISPROVED = frozenset({"lost", "missing"})
_SPARED = frozenset({"child", "elder"})
# So long after a lost copy was charged its return undoes the charge, paid or not; later only what is still owed.
GIVE_BACK_DAYS = 180


class Next(StrEnum):
    """What to do with a copy that came back."""

    SHELVE = "shelve"
    HOLD = "hold"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class CheckInPlan:
    """What follows for the copy itself, from what is known of it before the check-in."""

    moves_here: bool
    ends: frozenset[str]
    follows_transfer: bool
    asks_queue: bool
    may_go_home: bool


@dataclass(frozen=True, slots=True)
class LateReader:
    """Whom a late loan belongs to: the category, and who can be asked for money (a reader's id, None when nobody)."""

    patron_id: int
    category: str
    debtor_id: int | None


@dataclass(frozen=True, slots=True)
class Lateness:
    """What a late return costs: cents and who owes them, and the last day without borrowing."""

    days: int
    fine_cents: int = 0
    debtor_id: int | None = None
    suspended_until: date | None = None

    def told(self, patron_id: int) -> Iterator[Reason]:
        """Yield it in words; what somebody else owes is not told as the reader's."""
        if self.fine_cents:
            code = own.LATE_CHARGE if self.debtor_id == patron_id else own.GUARDIAN_CHARGED
            yield reason(code, yuan=yuan(self.fine_cents), days=self.days)
        if self.suspended_until is not None:
            yield reason(own.NOW_SUSPENDED, until=self.suspended_until.isoformat(), days=self.days)


def check_in_plan(copy: Copy, desk: Desk) -> CheckInPlan:
    """Return what to do with a copy that lies on the desk."""
    is_sound = copy.conditions <= _DISPROVED
    return CheckInPlan(
        moves_here=copy.current_branch_id != desk.branch_id,
        ends=copy.conditions & _DISPROVED,
        follows_transfer=copy.transfer_id is not None,
        asks_queue=copy.hold_id is not None or (is_sound and copy.waiting > 0),
        may_go_home=is_sound and copy.home_branch_id != desk.branch_id,
    )


def about_the_loan(copy: Copy, late: int) -> Iterator[Reason]:
    """Yield whether there was a loan, and how late it was."""
    if copy.loan_id is None:
        yield reason(reasons.NOT_ON_LOAN)
    elif late:
        yield reason(reasons.RETURNED_LATE, days=late)


def about_what_was_found(copy: Copy) -> Iterator[Reason]:
    """Yield that the copy was thought lost or missing."""
    if "lost" in copy.conditions:
        yield reason(reasons.LOST_CAME_BACK)
    if "missing" in copy.conditions:
        yield reason(reasons.MISSING_CAME_BACK)


def about_what_is_set_aside(copy: Copy) -> Iterator[Reason]:
    """Yield that the copy is not for the shelf."""
    if "withdrawn" in copy.conditions:
        yield reason(reasons.WITHDRAWN_CAME_BACK)
    if not copy.conditions.isdisjoint({"damaged", "in_processing"}):
        yield reason(reasons.SET_ASIDE)


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


def may_cost(terms: Terms) -> bool:
    """Tell whether being late has any consequence at all."""
    return terms.fine_per_day > 0 or terms.suspension_days > 0


def lateness(late: int, terms: Terms, reader: LateReader, today: date, *, suspends_by_name: bool) -> Lateness:
    """Return what follows from a loan that came back `late` days late.

    `suspends_by_name` says that the row which set `suspension_days` names the reader's category.
    """
    cents = fine(late, terms) if reader.debtor_id is not None else 0
    spared = reader.category in _SPARED and not suspends_by_name
    suspended = 0 if spared else late * terms.suspension_days
    return Lateness(
        days=late,
        fine_cents=cents,
        debtor_id=reader.debtor_id if cents else None,
        suspended_until=today + timedelta(days=suspended) if suspended else None,
    )


def fine(late: int, terms: Terms) -> int:
    """Return the charge for a late loan in cents: each day after the days of grace, up to the cap."""
    cents = max(0, late - terms.fine_grace_days) * terms.fine_per_day
    return cents if terms.fine_cap is None else min(cents, terms.fine_cap)


def is_given_back(cents: int, owed: int, charged_on: date, today: date) -> bool:
    """Tell whether a charge for a lost copy is undone now that it came back: still owed, or charged not long ago."""
    return owed >= cents or (today - charged_on).days <= GIVE_BACK_DAYS
