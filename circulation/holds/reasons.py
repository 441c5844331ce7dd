"""Why a hold is not placed or changed, in words for the reader and for staff."""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE = Severity.REFUSE

HOLD_EXISTS = define(
    "hold_exists",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Nothing: the reader's page shows how it stands."),
    reader=_("You have already reserved this book."),
    staff=_("The reader has already reserved this title."),
)
ALREADY_ON_LOAN_TO_PATRON = define(
    "already_on_loan_to_patron",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Renew the loan instead."),
    reader=_("You have this book at home now."),
    staff=_("The reader has a copy of this title on loan."),
)
HOLDS_LIMIT_REACHED = define(
    "holds_limit_reached",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Cancel a reservation that is no longer needed."),
    reader=_("You can reserve %(limit)s books at a time. Give one up first."),
    staff=_("The reader has %(open)s reservations; %(limit)s are allowed."),
    rules=("holds_max",),
)
COPY_ALREADY_RESERVED = define(
    "copy_already_reserved",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Nothing: the reservation of this copy stands."),
    reader=_("You have already reserved this very copy."),
    staff=_("The reader has already reserved this very copy."),
)
HOLDS_PER_DAY_REACHED = define(
    "holds_per_day_reached",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Write the title down and reserve it tomorrow."),
    reader=_("You can reserve %(limit)s books a day. Come back tomorrow."),
    staff=_("The reader has reserved %(limit)s books today; more are not allowed in one day."),
    rules=("holds_per_day",),
)
NOTHING_TO_HOLD = define(
    "nothing_to_hold",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Write it down as a wish; the county library may buy it."),
    reader=_("There is no copy of this book that can be lent. You may ask for it to be bought."),
    staff=_("No copy of this title can ever be lent. Record a wish instead."),
)
PICKUP_BRANCH_CLOSED = define(
    "pickup_branch_closed",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Choose another place for the pickup."),
    reader=_("That library is closed now. Choose another place to pick it up."),
    staff=_("The pickup branch is closed or suspended. Choose another one."),
)
NOT_A_PICKUP_PLACE = define(
    "not_a_pickup_place",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Choose a room or a library from the list."),
    reader=_("Books cannot be collected there. Choose a library or a reading room."),
    staff=_("That is an area and no place with a shelf. Choose one of the branches below it."),
)
PICKUP_OUT_OF_REACH = define(
    "pickup_out_of_reach",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Choose a place nearer to where the copy stands."),
    reader=_("You cannot have books brought to that place. Choose one nearer to your own."),
    staff=_("The rule pickup_scope does not let this reader collect books at that branch."),
    rules=("pickup_scope",),
)
COPY_OUT_OF_REACH = define(
    "copy_out_of_reach",
    REFUSE,
    about=Topic.HOLD,
    todo=_("The reader may borrow it where it stands, or ask for it to be bought."),
    reader=_("This book is not sent that far. You can borrow it where it stands."),
    staff=_("The rule hold_scope does not let a copy of this title travel to that branch."),
    rules=("hold_scope",),
)
HOLD_HAS_ITS_COPY = define(
    "hold_has_its_copy",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Give the book out, or cancel the reservation."),
    reader=_("The book is already being brought to you or waits for you. Fetch it, or cancel the reservation."),
    staff=_("A copy is already kept for this reservation (%(state)s). It can only be given out or cancelled."),
)
ENDS_BEFORE_IT_RESUMES = define(
    "ends_before_it_resumes",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Choose an earlier day, or make a new reservation later."),
    reader=_("The reservation ends on %(expires_on)s, before that day. Choose an earlier day."),
    staff=_("The reservation expires on %(expires_on)s, before the day on which it would go on."),
    rules=("hold_expiry_days",),
)
HOLD_NOT_IN_STATE = define(
    "hold_not_in_state",
    REFUSE,
    about=Topic.HOLD,
    todo=_("Load the list again and look."),
    reader=_("This reservation has already ended or changed."),
    staff=_("This reservation has ended or changed meanwhile. Look at the list."),
)
