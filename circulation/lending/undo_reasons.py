"""Why a scan of today is not taken back, in words that say what to do instead."""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE = Severity.REFUSE

UNDO_TOO_LATE = define(
    "undo_too_late",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Take the book back or lend it anew; both dates stay true."),
    reader=_("This can only be undone on the same day. Please ask at the desk."),
    staff=_(
        "Only what was done today can be undone. Scan the book: without a card it is taken back, with one it is lent."
    ),
)
UNDO_CHANGED_SINCE = define(
    "undo_changed_since",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Scan the book and go on from where it stands now."),
    reader=_("Something has happened with this book since. Please ask at the desk."),
    staff=_("Something has happened with this book since, so it stays as it is. Scan the book to see where it stands."),
)
UNDO_FILLED_HOLD = define(
    "undo_filled_hold",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Take the book back; reserve it anew when the reader still wants it."),
    reader=_("This book was reserved for you. Please bring it back instead."),
    staff=_(
        "The reader had reserved this book, and the reservation has ended with the loan. Take the book back instead."
    ),
)
UNDO_BORROWED_SINCE = define(
    "undo_borrowed_since",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Scan card and book to lend it again."),
    reader=_("You have borrowed another book since. Please ask at the desk."),
    staff=_("The reader has borrowed another book since. Scan the card and then the book to lend it again."),
)
UNDO_HAD_CONSEQUENCES = define(
    "undo_had_consequences",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Scan card and book to lend it again; tell the branch librarian about money."),
    reader=_("More has followed from this than can be undone. Please ask at the desk."),
    staff=_("More has followed from this return than can be undone. Scan the card and then the book to lend it again."),
)
