"""Why a hold is not placed or changed, in words for the reader and for staff."""

from flask_babel import lazy_gettext as _

from library.kernel.decisions import Severity, define

REFUSE = Severity.REFUSE

HOLD_EXISTS = define(
    "hold_exists",
    REFUSE,
    reader=_("You have already reserved this book."),
    staff=_("The reader has already reserved this title."),
)
ALREADY_ON_LOAN_TO_PATRON = define(
    "already_on_loan_to_patron",
    REFUSE,
    reader=_("You have this book at home now."),
    staff=_("The reader has a copy of this title on loan."),
)
HOLDS_LIMIT_REACHED = define(
    "holds_limit_reached",
    REFUSE,
    reader=_("You can reserve %(limit)s books at a time. Give one up first."),
    staff=_("The reader has %(open)s reservations; %(limit)s are allowed."),
)
NOTHING_TO_HOLD = define(
    "nothing_to_hold",
    REFUSE,
    reader=_("There is no copy of this book that can be lent. You may ask for it to be bought."),
    staff=_("No copy of this title can ever be lent. Record a wish instead."),
)
PICKUP_BRANCH_CLOSED = define(
    "pickup_branch_closed",
    REFUSE,
    reader=_("That library is closed now. Choose another place to pick it up."),
    staff=_("The pickup branch is closed or suspended. Choose another one."),
)
HOLD_NOT_IN_STATE = define(
    "hold_not_in_state",
    REFUSE,
    reader=_("This reservation has already ended or changed."),
    staff=_("This reservation has ended or changed meanwhile. Look at the list."),
)
