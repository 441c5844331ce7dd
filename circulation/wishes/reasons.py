"""Why a wish is not taken down or not answered."""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

TOO_MANY_WISHES = define(
    "too_many_wishes",
    Severity.REFUSE,
    about=Topic.WISH,
    todo=_("Wait for an answer, or take back a wish that is no longer needed."),
    reader=_("You have %(open)s wishes without an answer. Please wait for one first."),
    staff=_("The reader has %(open)s wishes without an answer."),
)
WISH_NOT_IN_STATE = define(
    "wish_not_in_state",
    Severity.REFUSE,
    about=Topic.WISH,
    todo=_("Load the list again and read the answer."),
    reader=_("This wish has already been answered."),
    staff=_("This wish has been answered or taken back meanwhile. Load the list again."),
)
WISHES_PER_DAY_REACHED = define(
    "wishes_per_day_reached",
    Severity.REFUSE,
    about=Topic.WISH,
    todo=_("Come back tomorrow; what was asked for today is kept."),
    reader=_("You can ask for %(limit)s books a day. Please come back tomorrow."),
    staff=_("The reader has asked for %(limit)s books today; more are taken tomorrow."),
)
WISH_EXISTS = define(
    "wish_exists",
    Severity.REFUSE,
    about=Topic.WISH,
    todo=_("Nothing: the answer comes to the reader's page."),
    reader=_("You have already asked for this book. We will answer."),
    staff=_("The reader has already asked for this book and waits for an answer."),
)
