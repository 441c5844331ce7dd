"""Why something at the desk is refused, has to be confirmed, or is worth knowing: the codes that several rooms share.

`refuse` forbids, `confirm` waits for a yes that is stored with the loan, `notice` only tells. Parameters are numbers, dates
(ISO) and codes.
"""

from flask_babel import lazy_gettext as _

from library.kernel.decisions import Severity, define

REFUSE, CONFIRM, NOTICE = Severity.REFUSE, Severity.CONFIRM, Severity.NOTICE

# What was scanned.
UNKNOWN_CARD = define(
    "unknown_card",
    REFUSE,
    reader=_("This card is not known. Please ask at the desk."),
    staff=_("No reader has this card. Look for the reader by name, or register one."),
)
UNKNOWN_BARCODE = define(
    "unknown_barcode",
    REFUSE,
    reader=_("This barcode is not known. Please ask at the desk."),
    staff=_("No copy has this barcode. Look at the label and scan again, or add the copy first."),
)
AMBIGUOUS_BARCODE = define(
    "ambiguous_barcode",
    REFUSE,
    reader=_("Several books have this barcode. Please ask at the desk."),
    staff=_("%(copies)s copies have this barcode. Choose the one in your hand."),
)
ISBN_NOT_A_BARCODE = define(
    "isbn_not_a_barcode",
    REFUSE,
    reader=_("That is the number printed by the publisher. Scan the library's own label."),
    staff=_("That is the ISBN, it names the book and not the copy. Scan the library's own label."),
)
CODE_MISREAD = define(
    "code_misread",
    REFUSE,
    reader=_("The code was not read right. Please scan it again."),
    staff=_("One digit of the code is wrong. Scan again, or type it carefully."),
)
# The reader.
CARD_NOT_ACTIVE = define(
    "card_not_active",
    REFUSE,
    reader=_("This card is no longer valid. Please ask at the desk."),
    staff=_("This card is not valid any more: %(state)s. Ask for the new card."),
)
CARD_EXPIRED = define(
    "card_expired",
    REFUSE,
    reader=_("Your card expired on %(expired_on)s. Please have it extended at the desk."),
    staff=_("The card expired on %(expired_on)s. Extend it first."),
)
PATRON_BLOCKED = define(
    "patron_blocked",
    REFUSE,
    reader=_("You cannot borrow at the moment. Please ask at the desk."),
    staff=_("The reader is blocked: %(block)s. Whoever may lift the block can do so."),
)
LOAN_LIMIT_REACHED = define(
    "loan_limit_reached",
    REFUSE,
    reader=_("You have %(loans)s books; %(limit)s are allowed. Please bring one back first."),
    staff=_("The reader has %(loans)s books; %(limit)s are allowed."),
    rules=("loan_limit",),
)
OVERDUE_BLOCK = define(
    "overdue_block",
    REFUSE,
    reader=_("A book of yours is %(days)s days late. Please bring it back first."),
    staff=_("A loan of the reader is %(days)s days late; after more than %(allowed)s days nothing more is lent."),
    rules=("overdue_block_days",),
)
SUSPENDED_LATE = define(
    "suspended_late",
    REFUSE,
    reader=_("A book of yours came back late; you can borrow again after %(until)s."),
    staff=_("The reader brought a book back late and borrows nothing until %(until)s."),
    rules=("suspension_days",),
)
TOO_YOUNG = define(
    "too_young",
    REFUSE,
    reader=_("This book is for readers from %(age)s years on."),
    staff=_("This copy is for readers from %(age)s years on; the reader is younger."),
    rules=("age_limit",),
)
AGE_UNKNOWN = define(
    "age_unknown",
    CONFIRM,
    reader=_("This book is for readers from %(age)s years on. Please ask at the desk."),
    staff=_(
        "This copy is for readers from %(age)s years on, and the reader's year of birth is not known. Look and confirm."
    ),
    rules=("age_limit",),
)
NEW_BOOK_PROTECTED = define(
    "new_book_protected",
    REFUSE,
    reader=_("This new book is for the readers of its own township until %(until)s."),
    staff=_("This copy is new: until %(until)s it is for readers of its own township only."),
    rules=("new_book_protect_days",),
)
# The copy.
CAPTURED_FOR_ANOTHER = define(
    "captured_for_another",
    REFUSE,
    reader=_("This book is kept for another reader."),
    staff=_("This copy is kept for another reader. Put it on the pickup shelf."),
)
ITEM_WITHDRAWN = define(
    "item_withdrawn",
    REFUSE,
    reader=_("This book has been taken out of the library's stock."),
    staff=_("This copy was withdrawn. Put it aside."),
)
NOT_LENDABLE = define(
    "not_lendable",
    REFUSE,
    reader=_("This book can only be read here."),
    staff=_("This copy is for reading in the room: its class or its place is not lent."),
)
ITEM_IN_TRANSIT = define(
    "item_in_transit",
    CONFIRM,
    reader=_("This book is about to go to another library. Please ask at the desk."),
    staff=_("This copy should go to another branch. Lending it stops the transfer."),
)
ITEM_LOST = define(
    "item_lost",
    CONFIRM,
    reader=_("This book was reported lost. Please ask at the desk."),
    staff=_("This copy was reported lost. Lending it ends that; see whether it was paid for."),
)
ITEM_DAMAGED = define(
    "item_damaged",
    CONFIRM,
    reader=_("This book is damaged. Please ask at the desk."),
    staff=_("This copy is noted as too damaged to lend."),
)
ITEM_IN_PROCESSING = define(
    "item_in_processing",
    CONFIRM,
    reader=_("This book is not ready yet. Please ask at the desk."),
    staff=_("This copy is still being processed. Lending it ends that."),
)
MISSING_CAME_BACK = define(
    "missing_came_back",
    NOTICE,
    reader=_("This book was missing and is found again. Thank you."),
    staff=_("This copy was noted as missing. It is found again."),
)
LOST_CAME_BACK = define(
    "lost_came_back",
    NOTICE,
    reader=_("This book was reported lost and is found again. Thank you."),
    staff=_("This copy was reported lost and is found again. If it was paid for, settle that with the reader."),
)
WITHDRAWN_CAME_BACK = define(
    "withdrawn_came_back",
    NOTICE,
    reader=_("This book no longer belongs to the stock. Please leave it at the desk."),
    staff=_("This copy was withdrawn. Put it aside, not on the shelf."),
)
SET_ASIDE = define(
    "set_aside",
    NOTICE,
    reader=_("This book is not ready for the shelf. Please leave it at the desk."),
    staff=_("This copy is noted as damaged or in processing. Put it aside, not on the shelf."),
)
SEEN_ELSEWHERE = define(
    "seen_elsewhere",
    NOTICE,
    reader=_("This book was thought to be at another library."),
    staff=_("This copy was last seen at another branch. It is now recorded here."),
)
OTHERS_WAITING = define(
    "others_waiting",
    NOTICE,
    reader=_("Other readers are waiting for this book; it cannot be renewed."),
    staff=_("%(waiting)s readers are waiting for this title; it cannot be renewed."),
)
# The place and the act.
BRANCH_NOT_OPEN = define(
    "branch_not_open",
    REFUSE,
    reader=_("Nothing is lent here at the moment."),
    staff=_("This branch is closed, suspended, or only an area. Lend at another one."),
)
OVERRIDE_NOT_PERMITTED = define(
    "override_not_permitted",
    REFUSE,
    reader=_("Please ask at the desk."),
    staff=_("You may not make this exception (%(override)s). Ask the branch librarian."),
)
OVERRIDE_NEEDS_REASON = define(
    "override_needs_reason",
    REFUSE,
    reader=_("Please ask at the desk."),
    staff=_("Say why you make this exception (%(override)s). It is kept with the loan."),
)
# Coming back.
NOT_ON_LOAN = define(
    "not_on_loan",
    NOTICE,
    reader=_("This book was not on loan."),
    staff=_("This copy was not on loan. It is now recorded here."),
)
RETURNED_LATE = define(
    "returned_late",
    NOTICE,
    reader=_("This book came back %(days)s days late."),
    staff=_("This loan was %(days)s days late."),
)
# Renewing.
LOAN_ENDED = define(
    "loan_ended",
    REFUSE,
    reader=_("This book has already been returned."),
    staff=_("This loan has already ended."),
)
RENEWALS_EXHAUSTED = define(
    "renewals_exhausted",
    REFUSE,
    reader=_("This book has been renewed %(renewals)s times; more is not possible."),
    staff=_("This loan has been renewed %(renewals)s times; %(limit)s are allowed."),
    rules=("renewals_max",),
)
HOLD_WAITING = define(
    "hold_waiting",
    REFUSE,
    reader=_("Another reader is waiting for this book, so it cannot be renewed."),
    staff=_("%(waiting)s readers are waiting for this title."),
    rules=("renew_blocked_by",),
)
RENEWED_LATE = define(
    "renewed_late",
    NOTICE,
    reader=_("This book was %(days)s days late. The new time counts from today."),
    staff=_("This loan was %(days)s days late. The new time counts from today."),
)

# A refusal that whoever has the permission `override` may set aside, with a reason that is stored with the loan.
OVERRIDABLE = frozenset(
    {
        CARD_EXPIRED,
        LOAN_LIMIT_REACHED,
        OVERDUE_BLOCK,
        SUSPENDED_LATE,
        TOO_YOUNG,
        NEW_BOOK_PROTECTED,
        NOT_LENDABLE,
        RENEWALS_EXHAUSTED,
        HOLD_WAITING,
    }
)
