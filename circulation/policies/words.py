"""The lending rules in words: what each is called, what it does, and an example.

The words of values and of rows are in `value_words`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from circulation.policies.named import Subject


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule as a person reads it; `example` shows one value at work."""

    name: LazyString
    does: LazyString
    example: LazyString


@dataclass(frozen=True, slots=True)
class SettingWords:
    """A county setting as a person reads it, with the words of its choices."""

    name: LazyString
    does: LazyString
    choices: Mapping[str, LazyString]


SETTING_WORDS: Mapping[str, SettingWords] = {
    "policy_place": SettingWords(
        _("Whose rules decide a loan"),
        _(
            "When a book of one village is lent in another to a reader of a third, the rows of one of them have to count."
        ),
        {
            "lending_branch": _("Those of the place where the book is lent"),
            "item_home": _("Those of the place the book belongs to"),
            "patron_home": _("Those of the place the reader belongs to"),
        },
    ),
    "loans_counted": SettingWords(
        _("Which loans fill the limit"),
        _("Whether a reader's books from all over the county count together, or only those of the same place."),
        {
            "county": _("All books of the county together"),
            "branch": _("Only the books from the same place"),
        },
    ),
}
SUBJECTS: Mapping[Subject, LazyString] = {
    Subject.PERIOD: _("How long a loan lasts"),
    Subject.LIMITS: _("Who may borrow how much"),
    Subject.LATENESS: _("When a book is late or lost"),
    Subject.RENEWALS: _("Renewing and calling back"),
    Subject.HOLDS: _("Reserving"),
    Subject.RETURNS: _("Where returned books go"),
}

RULE_WORDS: Mapping[str, RuleWords] = {
    "loan_days": RuleWords(
        _("Loan period"),
        _("How long a reader may keep a book. The last day counts to its end."),
        _("30: a book lent on 1 May is due on 31 May."),
    ),
    "loan_unit": RuleWords(
        _("Unit of the loan period"),
        _("Whether loan periods and renewals are counted in days, weeks or months."),
        _("months, with a loan period of 2: lent on 15 May, due on 15 July."),
    ),
    "closed_day_mode": RuleWords(
        _("Due on a closed day"),
        _("What becomes of a due date when the reading room is closed that day."),
        _("next open day: due on Monday, closed on Monday, so Tuesday."),
    ),
    "hard_due": RuleWords(
        _("Fixed due date"),
        _("A date that overrules the counted one: not later than it, not earlier, exactly then, or the end of term."),
        _("latest 2027-01-15: all books are back before the holidays."),
    ),
    "due_by_next_run": RuleWords(
        _("Due when the van comes"),
        _("Moves the due date on to the van's next planned visit, so that the reader can hand the book to the van."),
        _("yes: due on the 3rd, the van comes on the 8th, so the 8th."),
    ),
    "loan_limit": RuleWords(
        _("Books at a time"),
        _("How many books a reader may have on loan at the same time."),
        _("5: with five books at home, the sixth has to wait."),
    ),
    "loan_limit_class": RuleWords(
        _("Books of one kind at a time"),
        _("Of these, how many may be of the same kind of copy, such as discs or magazines."),
        _("2 for discs: five loans in all, at most two of them discs."),
    ),
    "loan_limit_title": RuleWords(
        _("Copies of one title at a time"),
        _("How many copies of the same title one reader may have; school classes need many."),
        _("60 for a school class: the whole class reads the same book."),
    ),
    "age_limit": RuleWords(
        _("Lowest age"),
        _("How old a reader must be to borrow; 0 is any age."),
        _("14 for one kind of copy: younger readers cannot take it home."),
    ),
    "new_book_protect_days": RuleWords(
        _("New books stay in the township"),
        _("For how many days a new copy is lent only to readers of its own township, and not sent elsewhere."),
        _("30: in the first month the village reads its new books first."),
    ),
    "deposit": RuleWords(
        _("Deposit"),
        _("The deposit a reader must have paid at the central library before borrowing; 0 is none."),
        _("0: no deposit, which is what we recommend."),
    ),
    "overdue_block_days": RuleWords(
        _("Late for too long to borrow"),
        _("A reader with a book that is late by more days than this borrows nothing more until it is back."),
        _("30: no harm up to 30 days late, from the 31st on nothing more is lent."),
    ),
    "suspension_days": RuleWords(
        _("Days without borrowing per day late"),
        _("Instead of money: after a late return, so many days without borrowing for each day late."),
        _("1: ten days late, then ten days without borrowing."),
    ),
    "fine_per_day": RuleWords(
        _("Late fee per day"),
        _("What one late day of one book costs; paid at the central library, never in a village."),
        _("0: no late fees, which is what we recommend."),
    ),
    "fine_grace_days": RuleWords(
        _("Days of grace"),
        _("So many late days cost nothing."),
        _("3: whoever comes three days late pays nothing."),
    ),
    "fine_cap": RuleWords(
        _("Highest late fee"),
        _("The most that one late book can cost."),
        _("500: never more than 5 yuan for one book."),
    ),
    "lost_after_days": RuleWords(
        _("Late for so long that it counts as lost"),
        _("After so many late days a case is opened, and somebody asks the reader. It is not a debt."),
        _("90: after three months somebody calls."),
    ),
    "lost_charge_percent": RuleWords(
        _("Compensation for a lost book"),
        _("How much of the price a lost book costs; 0 is nothing, a replacement copy always does."),
        _("100: the price printed on the book."),
    ),
    "renewals_max": RuleWords(
        _("Renewals"),
        _("How often one loan may be renewed."),
        _("1: once, then the book has to come back."),
    ),
    "renewal_days": RuleWords(
        _("Length of a renewal"),
        _("How much time a renewal gives."),
        _("same: as long as the loan itself."),
    ),
    "renew_from": RuleWords(
        _("A renewal counts from"),
        _("From which day the new time is counted."),
        _("the later of both: nobody loses days by renewing early."),
    ),
    "renew_blocked_by": RuleWords(
        _("What stands against a renewal"),
        _("When a loan cannot be renewed: others wait for it, the reader has late books, or the reader is blocked."),
        _("hold: whoever waits comes first."),
    ),
    "recall_days": RuleWords(
        _("Time to bring back a recalled book"),
        _("How many days a reader still has when a book is called back."),
        _("7: a week from the day of the call."),
    ),
    "holds_max": RuleWords(
        _("Reservations at a time"),
        _("How many books a reader may have reserved at the same time."),
        _("5: the sixth reservation has to wait."),
    ),
    "holds_per_day": RuleWords(
        _("Reservations a day"),
        _("How many reservations a reader may make on one day."),
        _("10: nobody reserves a whole shelf at once."),
    ),
    "hold_scope": RuleWords(
        _("From where books are brought"),
        _("How far away a copy may stand to be brought to the reader: the same room, the township, or the county."),
        _("the whole county: any copy that is free may travel."),
    ),
    "hold_expiry_days": RuleWords(
        _("A reservation ends by itself"),
        _("After how many days of waiting a reservation ends; the reader is told."),
        _("never: it waits until the book comes."),
    ),
    "pickup_scope": RuleWords(
        _("Where reserved books may be picked up"),
        _(
            "Where a reader may have reserved books brought: to their own room, its township, or anywhere in the county."
        ),
        _("the whole county: every reading room is a pickup place."),
    ),
    "pickup_days": RuleWords(
        _("Kept for pickup"),
        _("How many days a reserved book is kept, counted from the first time the room really opens after it came."),
        _("14: two weeks from the first opening."),
    ),
    "return_policy": RuleWords(
        _("Books returned elsewhere"),
        _("Whether a copy that comes back away from home is sent home or stays where it is."),
        _("home: the next van takes it back."),
    ),
}
