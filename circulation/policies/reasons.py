"""Why something at the desk is refused, has to be confirmed, or is worth knowing: the codes that several rooms share.

`refuse` forbids, `confirm` waits for a yes that is stored with the loan, `notice` only tells. Parameters are numbers, dates
(ISO) and codes.
"""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE, CONFIRM, NOTICE = Severity.REFUSE, Severity.CONFIRM, Severity.NOTICE

# What was scanned.
UNKNOWN_CARD = define(
    "unknown_card",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Scan once more, or type the digits. Whoever has no card yet gets one at the desk."),
    reader=_("This card is not known. Please ask at the desk."),
    staff=_("No reader has this card. Look for the reader by name, or register one."),
)
UNKNOWN_BARCODE = define(
    "unknown_barcode",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Look for a second label inside the book. A book that is not in the catalogue is added first."),
    reader=_("This barcode is not known. Please ask at the desk."),
    staff=_("No copy has this barcode. Look at the label and scan again, or add the copy first."),
)
AMBIGUOUS_BARCODE = define(
    "ambiguous_barcode",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Two libraries once used the same number. Look at the stamp in the book and choose that copy."),
    reader=_("Several books have this barcode. Please ask at the desk."),
    staff=_("%(copies)s copies have this barcode. Choose the one in your hand."),
)
ISBN_NOT_A_BARCODE = define(
    "isbn_not_a_barcode",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Look for the label the library stuck on, mostly on the back cover or the title page."),
    reader=_("That is the number printed by the publisher. Scan the library's own label."),
    staff=_("That is the ISBN, it names the book and not the copy. Scan the library's own label."),
)
CODE_MISREAD = define(
    "code_misread",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Wipe the label and scan again. If it stays unreadable, type the digits and have a new label printed."),
    reader=_("The code was not read right. Please scan it again."),
    staff=_("One digit of the code is wrong. Scan again, or type it carefully."),
)
# The reader.
CARD_NOT_ACTIVE = define(
    "card_not_active",
    REFUSE,
    about=Topic.READER,
    todo=_("Ask for the new card. Without one, replace the card at the desk; loans and reservations stay."),
    reader=_("This card is no longer valid. Please ask at the desk."),
    staff=_("This card is not valid any more: %(state)s. Ask for the new card."),
)
CARD_EXPIRED = define(
    "card_expired",
    REFUSE,
    about=Topic.READER,
    todo=_("Ask whether name and phone still hold and extend the card; that takes a moment."),
    is_overridable=True,
    reader=_("Your card expired on %(expired_on)s. Please have it extended at the desk."),
    staff=_("The card expired on %(expired_on)s. Extend it first."),
)
PATRON_BLOCKED = define(
    "patron_blocked",
    REFUSE,
    about=Topic.READER,
    todo=_("Look on the reader's page who set the block and why. Reading in the room is always allowed."),
    reader=_("You cannot borrow at the moment. Please ask at the desk."),
    staff=_("The reader is blocked: %(block)s. Whoever may lift the block can do so."),
)
LOAN_LIMIT_REACHED = define(
    "loan_limit_reached",
    REFUSE,
    about=Topic.LIMITS,
    todo=_("Take one book back first. A branch librarian may make an exception and say why."),
    is_overridable=True,
    reader=_("You have %(loans)s books; %(limit)s are allowed. Please bring one back first."),
    staff=_("The reader has %(loans)s books; %(limit)s are allowed."),
    rules=("loan_limit",),
)
OVERDUE_BLOCK = define(
    "overdue_block",
    REFUSE,
    about=Topic.LATENESS,
    todo=_("Take the late book back first. If it is at home, a branch librarian may make an exception and say why."),
    is_overridable=True,
    reader=_("A book of yours is %(days)s days late. Please bring it back first."),
    staff=_("A loan of the reader is %(days)s days late; after more than %(allowed)s days nothing more is lent."),
    rules=("overdue_block_days",),
)
SUSPENDED_LATE = define(
    "suspended_late",
    REFUSE,
    about=Topic.LATENESS,
    todo=_("The reader may read here meanwhile. A branch librarian may make an exception and say why."),
    is_overridable=True,
    reader=_("A book of yours came back late; you can borrow again after %(until)s."),
    staff=_("The reader brought a book back late and borrows nothing until %(until)s."),
    rules=("suspension_days",),
)
TOO_YOUNG = define(
    "too_young",
    REFUSE,
    about=Topic.LIMITS,
    todo=_("Offer a book for the reader's age. A grown-up of the family may borrow this one."),
    is_overridable=True,
    reader=_("This book is for readers from %(age)s years on."),
    staff=_("This copy is for readers from %(age)s years on; the reader is younger."),
    rules=("age_limit",),
)
AGE_UNKNOWN = define(
    "age_unknown",
    CONFIRM,
    about=Topic.LIMITS,
    todo=_("Ask for the year of birth and write it down, then nobody asks again."),
    reader=_("This book is for readers from %(age)s years on. Please ask at the desk."),
    staff=_(
        "This copy is for readers from %(age)s years on, and the reader's year of birth is not known. Look and confirm."
    ),
    rules=("age_limit",),
)
NEW_BOOK_PROTECTED = define(
    "new_book_protected",
    REFUSE,
    about=Topic.LIMITS,
    todo=_("Reserve it for the reader; after that day it may travel."),
    is_overridable=True,
    reader=_("This new book is for the readers of its own township until %(until)s."),
    staff=_("This copy is new: until %(until)s it is for readers of its own township only."),
    rules=("new_book_protect_days",),
)
# The copy.
CAPTURED_FOR_ANOTHER = define(
    "captured_for_another",
    REFUSE,
    about=Topic.COPY,
    todo=_("Put it on the pickup shelf; the name stands on the slip. The reader may reserve it too."),
    reader=_("This book is kept for another reader."),
    staff=_("This copy is kept for another reader. Put it on the pickup shelf."),
)
ITEM_WITHDRAWN = define(
    "item_withdrawn",
    REFUSE,
    about=Topic.COPY,
    todo=_("Put it aside for the county library; it is neither lent nor shelved."),
    reader=_("This book has been taken out of the library's stock."),
    staff=_("This copy was withdrawn. Put it aside."),
)
NOT_LENDABLE = define(
    "not_lendable",
    REFUSE,
    about=Topic.COPY,
    todo=_("Note it as read in the room. A branch librarian may make an exception and say why."),
    is_overridable=True,
    reader=_("This book can only be read here."),
    staff=_("This copy is for reading in the room: its class or its place is not lent."),
)
ITEM_IN_TRANSIT = define(
    "item_in_transit",
    CONFIRM,
    about=Topic.COPY,
    todo=_("Lend it when the reader is here and needs it; the transfer then ends. Otherwise leave it for the van."),
    reader=_("This book is about to go to another library. Please ask at the desk."),
    staff=_("This copy should go to another branch. Lending it stops the transfer."),
)
ITEM_LOST = define(
    "item_lost",
    CONFIRM,
    about=Topic.COPY,
    todo=_("Confirm: the copy is found. See on the reader's page whether somebody paid for it."),
    reader=_("This book was reported lost. Please ask at the desk."),
    staff=_("This copy was reported lost. Lending it ends that; see whether it was paid for."),
)
ITEM_DAMAGED = define(
    "item_damaged",
    CONFIRM,
    about=Topic.COPY,
    todo=_("Look at the book. Lend it when it can still be read, otherwise put it aside for mending."),
    reader=_("This book is damaged. Please ask at the desk."),
    staff=_("This copy is noted as too damaged to lend."),
)
ITEM_IN_PROCESSING = define(
    "item_in_processing",
    CONFIRM,
    about=Topic.COPY,
    todo=_("See that it has label and stamp, then lend it."),
    reader=_("This book is not ready yet. Please ask at the desk."),
    staff=_("This copy is still being processed. Lending it ends that."),
)
MISSING_CAME_BACK = define(
    "missing_came_back",
    NOTICE,
    about=Topic.COPY,
    todo=_("Nothing: it counts as found from now on."),
    reader=_("This book was missing and is found again. Thank you."),
    staff=_("This copy was noted as missing. It is found again."),
)
LOST_CAME_BACK = define(
    "lost_came_back",
    NOTICE,
    about=Topic.COPY,
    todo=_("Thank the reader. If it was paid for, the line below tells what becomes of the money."),
    reader=_("This book was reported lost and is found again. Thank you."),
    staff=_("This copy was reported lost and is found again. If it was paid for, settle that with the reader."),
)
WITHDRAWN_CAME_BACK = define(
    "withdrawn_came_back",
    NOTICE,
    about=Topic.COPY,
    todo=_("Put it aside for the county library."),
    reader=_("This book no longer belongs to the stock. Please leave it at the desk."),
    staff=_("This copy was withdrawn. Put it aside, not on the shelf."),
)
SET_ASIDE = define(
    "set_aside",
    NOTICE,
    about=Topic.COPY,
    todo=_("Put it into the box for mending, not on the shelf."),
    reader=_("This book is not ready for the shelf. Please leave it at the desk."),
    staff=_("This copy is noted as damaged or in processing. Put it aside, not on the shelf."),
)
SEEN_ELSEWHERE = define(
    "seen_elsewhere",
    NOTICE,
    about=Topic.COPY,
    todo=_("Nothing: where it stands has been noted."),
    reader=_("This book was thought to be at another library."),
    staff=_("This copy was last seen at another branch. It is now recorded here."),
)
OTHERS_WAITING = define(
    "others_waiting",
    NOTICE,
    about=Topic.COPY,
    todo=_("Tell the reader to bring it back in time, because somebody waits."),
    reader=_("Other readers are waiting for this book; it cannot be renewed."),
    staff=_("%(waiting)s readers are waiting for this title; it cannot be renewed."),
)
# The place and the act.
BRANCH_NOT_OPEN = define(
    "branch_not_open",
    REFUSE,
    about=Topic.PLACE,
    todo=_("Choose another desk at the top of the page. If the room is open, tell the county library."),
    reader=_("Nothing is lent here at the moment."),
    staff=_("This branch is closed, suspended, or only an area. Lend at another one."),
)
OVERRIDE_NOT_PERMITTED = define(
    "override_not_permitted",
    REFUSE,
    about=Topic.PLACE,
    todo=_("Ask a branch librarian, or keep to the rule."),
    reader=_("Please ask at the desk."),
    staff=_("You may not make this exception (%(override)s). Ask the branch librarian."),
)
OVERRIDE_NEEDS_REASON = define(
    "override_needs_reason",
    REFUSE,
    about=Topic.PLACE,
    todo=_("Write a few words: for whom and why. Whoever asks later reads them."),
    reader=_("Please ask at the desk."),
    staff=_("Say why you make this exception (%(override)s). It is kept with the loan."),
)
# Coming back.
NOT_ON_LOAN = define(
    "not_on_loan",
    NOTICE,
    about=Topic.RETURN,
    todo=_("Shelve it. Somebody may have lent it without scanning."),
    reader=_("This book was not on loan."),
    staff=_("This copy was not on loan. It is now recorded here."),
)
RETURNED_LATE = define(
    "returned_late",
    NOTICE,
    about=Topic.LATENESS,
    todo=_("Nothing: a friendly word is enough."),
    reader=_("This book came back %(days)s days late."),
    staff=_("This loan was %(days)s days late."),
)
# Renewing.
LOAN_ENDED = define(
    "loan_ended",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Nothing: look at the list again."),
    reader=_("This book has already been returned."),
    staff=_("This loan has already ended."),
)
RENEWALS_EXHAUSTED = define(
    "renewals_exhausted",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Take the book back and lend it again when nobody waits, or make an exception and say why."),
    is_overridable=True,
    reader=_("This book has been renewed %(renewals)s times; more is not possible."),
    staff=_("This loan has been renewed %(renewals)s times; %(limit)s are allowed."),
    rules=("renewals_max",),
)
HOLD_WAITING = define(
    "hold_waiting",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Ask the reader to bring it in time. An exception makes somebody else wait longer."),
    is_overridable=True,
    reader=_("Another reader is waiting for this book, so it cannot be renewed."),
    staff=_("%(waiting)s readers are waiting for this title."),
    rules=("renew_blocked_by",),
)
RENEWED_LATE = define(
    "renewed_late",
    NOTICE,
    about=Topic.RENEWAL,
    todo=_("Nothing: the new date is on the line."),
    reader=_("This book was %(days)s days late. The new time counts from today."),
    staff=_("This loan was %(days)s days late. The new time counts from today."),
)
