"""Why a loan ends when it does, is not renewed, or has consequences when it comes back: the codes of lending alone.

What several rooms say stands in `circulation.policies.reasons`. Money is in yuan, days are whole, dates ISO.
"""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE, CONFIRM, NOTICE = Severity.REFUSE, Severity.CONFIRM, Severity.NOTICE

# How much a reader may have at once.
CLASS_LIMIT_REACHED = define(
    "class_limit_reached",
    REFUSE,
    about=Topic.LIMITS,
    todo=_("Take one of this kind back first, or lend another kind."),
    is_overridable=True,
    reader=_("You have %(loans)s of this kind; %(limit)s are allowed. Please bring one back first."),
    staff=_("The reader has %(loans)s loans of the class %(item_class)s; %(limit)s are allowed."),
    rules=("loan_limit_class",),
)
TITLE_LIMIT_REACHED = define(
    "title_limit_reached",
    REFUSE,
    about=Topic.LIMITS,
    todo=_("Lend another book. A class that reads together borrows as a group."),
    is_overridable=True,
    reader=_("You have a copy of this book at home already."),
    staff=_("The reader has %(loans)s copies of this title; %(limit)s are allowed."),
    rules=("loan_limit_title",),
)
DEPOSIT_MISSING = define(
    "deposit_missing",
    REFUSE,
    about=Topic.READER,
    todo=_(
        "Take no money. The reader pays at the township or county library, or asks whether the deposit can be waived."
    ),
    is_overridable=True,
    reader=_(
        "A deposit of %(deposit)s yuan is needed; %(held)s are paid. Please pay it at the township or county library."
    ),
    staff=_(
        "The deposit is %(deposit)s yuan, the reader has paid %(held)s. Send the reader to the township or central library."
    ),
    rules=("deposit",),
)
# Until when.
CARD_ENDS_FIRST = define(
    "card_ends_first",
    NOTICE,
    about=Topic.READER,
    todo=_("Extend the card now, then the next visit needs no talk about it."),
    reader=_("Your card is valid until %(expires_on)s only. Please have it extended before the book is due."),
    staff=_("The card ends on %(expires_on)s, before the book is due. Offer to extend it."),
)
NO_RUN_PLANNED = define(
    "no_run_planned",
    NOTICE,
    about=Topic.RENEWAL,
    todo=_("Ask the county library to plan the van's next round."),
    reader=_("No visit of the van is planned yet; the book is due on %(due_on)s."),
    staff=_("No run of the van past this branch is planned; the counted date %(due_on)s holds."),
    rules=("due_by_next_run",),
)
# Renewing.
LOAN_RECALLED = define(
    "loan_recalled",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Ask the reader to bring it by that day; somebody needs it."),
    is_overridable=True,
    reader=_("This book has been called back, so it cannot be renewed. Please bring it by %(due_on)s."),
    staff=_("This loan was recalled and is due on %(due_on)s."),
)
ON_SITE_NOT_RENEWED = define(
    "on_site_not_renewed",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Take it back, then lend it with the card."),
    reader=_("This book is for reading here today; it is not renewed."),
    staff=_("This is a loan for reading in the room. Take it back, and lend it if the reader wants it at home."),
)
CLAIMED_NOT_RENEWED = define(
    "claimed_not_renewed",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Look for the book on the shelf first; settle the case, then the loan is gone or goes on."),
    reader=_("You have told us that this book came back. It is being looked for, so it is not renewed."),
    staff=_("The reader says that this copy came back, or it counts as lost. Settle that case first."),
)
LATE_NOT_RENEWED = define(
    "late_not_renewed",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Take it back and lend it again when nobody waits."),
    is_overridable=True,
    reader=_("This book is %(days)s days late, so it cannot be renewed. Please bring it back."),
    staff=_("This loan is %(days)s days late; late loans are not renewed here."),
    rules=("renew_blocked_by",),
)
NOTHING_GAINED = define(
    "nothing_gained",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Renew nearer to the due date."),
    reader=_("Renewing now would not give you more time: the book stays due on %(due_on)s."),
    staff=_("A renewal today would end on %(until)s and not later than the present due date %(due_on)s."),
    rules=("renew_from", "renewal_days", "loan_days", "hard_due"),
)
OTHER_COPIES_FREE = define(
    "other_copies_free",
    NOTICE,
    about=Topic.RENEWAL,
    todo=_("Nothing: the others are served by other copies."),
    reader=_("Another reader is waiting too, but there are copies enough."),
    staff=_("%(waiting)s readers are waiting; %(free)s other copies stand on the shelf for them."),
    rules=("renew_blocked_by",),
)
# What follows from coming back.
LATE_CHARGE = define(
    "late_charge",
    NOTICE,
    about=Topic.LATENESS,
    todo=_("Take no money in the room; it is paid at the township or county library."),
    reader=_("%(yuan)s yuan are noted for %(days)s days. They are paid at the township or county library, not here."),
    staff=_("%(yuan)s yuan were written into the account for %(days)s days. Take no money in the room."),
    rules=("fine_per_day", "fine_grace_days", "fine_cap"),
)
GUARDIAN_CHARGED = define(
    "guardian_charged",
    NOTICE,
    about=Topic.LATENESS,
    todo=_("Say nothing of money to the child. The family is told."),
    reader=_("The book was late. Nothing is asked of a child; the grown-ups of the family are told."),
    staff=_(
        "%(yuan)s yuan for %(days)s days were written into the account of the guardian or household, not the child's."
    ),
    rules=("fine_per_day", "fine_grace_days", "fine_cap"),
)
NOW_SUSPENDED = define(
    "now_suspended",
    NOTICE,
    about=Topic.LATENESS,
    todo=_("Tell the reader from which day borrowing is possible again."),
    reader=_("Because the book was late you can borrow again after %(until)s."),
    staff=_("The reader borrows nothing until %(until)s because this loan was %(days)s days late."),
    rules=("suspension_days",),
)
CLAIM_SETTLED = define(
    "claim_settled",
    NOTICE,
    about=Topic.RETURN,
    todo=_("Tell the reader that the matter is closed."),
    reader=_("This book was being looked for. It is here; the matter is closed."),
    staff=_("A case was open about this loan. The copy is here; the case was closed."),
)
RECALL_FULFILLED = define(
    "recall_fulfilled",
    NOTICE,
    about=Topic.RETURN,
    todo=_("Look at the next line for whom it is kept."),
    reader=_("This book had been called back. Thank you for bringing it."),
    staff=_("This copy had been recalled. See below who is waiting for it."),
)
COMPENSATION_TAKEN_BACK = define(
    "compensation_taken_back",
    NOTICE,
    about=Topic.RETURN,
    todo=_("Send the reader to the township or county library for the money."),
    reader=_("%(yuan)s yuan had been charged for this book. That has been taken back."),
    staff=_("The charge of %(yuan)s yuan for this lost copy was undone. What was paid is given back at a cash desk."),
)
COMPENSATION_KEPT = define(
    "compensation_kept",
    NOTICE,
    about=Topic.RETURN,
    todo=_("Ask the branch librarian, who decides about the money."),
    reader=_("This book was paid for long ago. Please ask the librarian."),
    staff=_(
        "%(yuan)s yuan were paid for this copy more than %(days)s days ago; a librarian decides whether to give them back."
    ),
)
