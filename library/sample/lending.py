"""Loans of the sample county: who may have one more book, for how long, and when and where it comes back."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from circulation.policies.book import PolicyBook
from circulation.policies.rules import Terms
from library.kernel import clock
from library.sample.classes import SchoolClass
from library.sample.happened import Happened, Lent, Renewed, Settling
from library.sample.hours import Hours
from library.sample.places import CENTRAL_ID, ROOT_ID
from library.sample.readers import Reader
from library.sample.stock import Copy
from library.sample.traffic import NEVER, Traffic

_PATH = f"/{ROOT_ID}/"
_ELSEWHERE_SHARE = 0.06
_FORGOTTEN_SHARE, _NEVER_SEEN_SHARE = 0.003, 0.001
_LATE_SHARE = 0.12
_RENEWS_SHARE = 0.6
_REPLACED_SHARE = 0.3
_NIGHTLY = timedelta(hours=1, minutes=10)  # past midnight


@dataclass(slots=True)
class Hands:
    """What a reader has: when each book comes back, when it is due, and which title it is."""

    out: list[tuple[datetime, date, int]] = field(default_factory=list)

    def may_have(self, title: int, at: datetime, day: date, terms: Terms) -> bool:
        """Tell whether the rules allow one more book, a copy of `title`, at an instant of `day`."""
        self.out = out = [one for one in self.out if one[0] > at]
        if len(out) >= terms.loan_limit or any(one[2] == title for one in out):
            return False
        patience = terms.overdue_block_days
        return patience is None or all((day - due_on).days < patience for _, due_on, _ in out)


class Lending:
    """Lends by the county's own rules and writes into `happened` what of it lies before `now`."""

    def __init__(
        self,
        chance: random.Random,
        *,
        rules: PolicyBook,
        hours: Mapping[int, Hours],
        towns: Mapping[int, int | None],
        traffic: Traffic,
        happened: Happened,
        now: datetime,
    ) -> None:
        self._chance = chance
        self._rules = rules
        self._hours = hours
        self._towns = towns
        self._traffic = traffic
        self._happened = happened
        self._now = now
        self._hands: dict[int, Hands] = {}

    def terms(self, reader: Reader, day: date) -> Terms:
        """Return what the rules say for a reader on a day."""
        return self._rules.resolve(item_class="book", patron_category=reader.category, path=_PATH, on=day).terms

    def may_have(self, reader: Reader, copy: Copy, day: date, at: datetime) -> bool:
        """Tell whether a reader may have one more book, this one."""
        return self._hands_of(reader).may_have(copy.title, at, day, self.terms(reader, day))

    def lend(self, copy: Copy, reader: Reader, branch: int, day: date, at: datetime) -> Lent:
        """Lend a copy to a reader who may have it; the loan ends when it will."""
        terms = self.terms(reader, day)
        loan = self._open(copy, reader, branch, at, self._due_on(branch, day, terms))
        back = day + timedelta(days=self._kept(terms.loan_days))
        self._renew(loan, back, terms)
        self._close(loan, back)
        return loan

    def lend_for_term(self, copy: Copy, group: SchoolClass, day: date, at: datetime, term_ends_on: date) -> None:
        """Lend a copy to a school class; it is brought back in the last days of the term."""
        terms = self.terms(group.custodian, day)
        due_on = self._due_on(group.branch, day, terms, term_ends_on)
        loan = self._open(copy, group.custodian, group.branch, at, due_on)
        loan.group = group.id
        self._close(loan, due_on - timedelta(days=1 + self._chance.randrange(6)))

    def _hands_of(self, reader: Reader) -> Hands:
        found = self._hands.get(reader.id)
        if found is None:
            found = self._hands[reader.id] = Hands()
        return found

    def _due_on(self, branch: int, day: date, terms: Terms, term_ends_on: date | None = None) -> date:
        counted = self._hours[branch].due_date(day, terms.loan_days)
        return terms.hard_due.applied_to(counted, term_ends_on) if terms.hard_due else counted

    def _open(self, copy: Copy, reader: Reader, branch: int, at: datetime, due_on: date) -> Lent:
        loan = Lent(len(self._happened.loans) + 1, copy, reader, branch, at, due_on)
        self._happened.loans.append(loan)
        return loan

    def _kept(self, days: int) -> int:
        """Return for how many days a reader keeps a book that is lent for `days`."""
        chance = self._chance
        kept = max(1, round(chance.gammavariate(2.2, 7.5) * days / 30))
        if chance.random() < _LATE_SHARE:
            kept += days - kept // 2 + chance.randrange(3, 25)
        if chance.random() < _FORGOTTEN_SHARE:
            kept += days + chance.randrange(40, 200)
        return kept

    def _renew(self, loan: Lent, back: date, terms: Terms) -> None:
        """Renew shortly before the due date when the book is kept that long, as often as the rules allow."""
        renewals: list[Renewed] = []
        while (
            len(renewals) < terms.renewals_max
            and back >= loan.due_on - timedelta(days=2)
            and self._chance.random() < _RENEWS_SHARE
        ):
            at = clock.start_of_day(loan.due_on - timedelta(days=1)) + timedelta(hours=19, minutes=12)
            if at >= self._now:
                break
            after = self._due_on(loan.out_branch, loan.due_on, terms)
            renewals.append(Renewed(at, loan.due_on, after))
            loan.due_on = after
        loan.renewals = tuple(renewals)

    def _close(self, loan: Lent, back: date) -> None:
        """Let a book come back on the first open day from `back` on, here or elsewhere, unless that is still to come."""
        branch = loan.out_branch
        where = branch
        if self._chance.random() < _ELSEWHERE_SHARE:
            where = self._chance.choice((self._towns[branch] or CENTRAL_ID, CENTRAL_ID))
        back_at = self._hours[where].opening(self._chance, back)
        comes_back = back_at < self._now and self._chance.random() >= _NEVER_SEEN_SHARE
        if comes_back:
            loan.in_at, loan.in_branch = back_at, where
            self._traffic.come_back(loan.copy, branch, where, back_at)
        else:
            self._traffic.keep(loan.copy)
        if (loan.in_at or self._now) > self._given_up_at(loan):
            self._claim_lost(loan)
        self._hands_of(loan.reader).out.append((loan.in_at or NEVER, loan.due_on, loan.copy.title))

    def _given_up_at(self, loan: Lent) -> datetime:
        """Return when the nightly work claims a loan lost."""
        days = self.terms(loan.reader, loan.due_on).lost_after_days
        return NEVER if days is None else clock.start_of_day(loan.due_on + timedelta(days=days + 1)) + _NIGHTLY

    def _claim_lost(self, loan: Lent) -> None:
        """Open the case of a loan that nobody expects any more; it ends with the book, or with giving it up."""
        opened_at = self._given_up_at(loan)
        late = (clock.local_date(opened_at) - loan.due_on).days
        claim = Settling(len(self._happened.cases) + 1, "claimed_lost", loan, opened_at, late)
        self._happened.cases.append(claim)
        if loan.in_at is not None:
            claim.settled_at, claim.outcome = loan.in_at, "returned_by_reader"
            return
        on = clock.local_date(opened_at) + timedelta(days=self._chance.randrange(30, 150))
        settled_at = self._hours[loan.out_branch].opening(self._chance, on)
        if settled_at < self._now:
            claim.settled_at, claim.outcome = settled_at, "lost"
            loan.in_at, loan.in_branch, loan.is_lost = settled_at, loan.out_branch, True
            self._write_off(loan, settled_at)

    def _write_off(self, loan: Lent, lost_at: datetime) -> None:
        """Open the case of a book that is lost; some weeks later it is replaced, or mostly given up without a debt."""
        on = clock.local_date(lost_at)
        case = Settling(len(self._happened.cases) + 1, "lost", loan, lost_at, (on - loan.due_on).days)
        self._happened.cases.append(case)
        on += timedelta(days=self._chance.randrange(20, 120))
        settled_at = self._hours[loan.out_branch].opening(self._chance, on)
        if settled_at < self._now:
            case.settled_at = settled_at
            case.outcome = "replaced" if self._chance.random() < _REPLACED_SHARE else "written_off"
