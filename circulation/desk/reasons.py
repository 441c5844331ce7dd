"""Why a scan leads nowhere, in words that say what to do instead."""

from flask_babel import lazy_gettext as _

from library.kernel.decisions import Severity, define

REFUSE, NOTICE = Severity.REFUSE, Severity.NOTICE

SCAN_IS_IDENTITY_NUMBER = define(
    "scan_is_identity_number",
    REFUSE,
    reader=_("We do not use identity numbers here. Use the reader’s card."),
    staff=_("Identity numbers are not used or kept here. Scan the reader’s card or type the phone number."),
)
SCAN_IS_BOX = define(
    "scan_is_box",
    REFUSE,
    reader=_("This is the label of a transport box."),
    staff=_("This is the label of a box. Boxes are received and sent under “On the move”."),
)
SCAN_NOT_FOR_DESK = define(
    "scan_not_for_desk",
    REFUSE,
    reader=_("This code is not used at the desk."),
    staff=_("This code is neither a card nor a book. Scan the card or the book."),
)
SCAN_UNKNOWN = define(
    "scan_unknown",
    REFUSE,
    reader=_("We do not know this code."),
    staff=_(
        "Neither a card nor a book has this code. Scan it again; a book of another county stays here until asked for."
    ),
)
SCAN_AMBIGUOUS_READER = define(
    "scan_ambiguous_reader",
    REFUSE,
    reader=_("More than one reader has this number. Scan the card."),
    staff=_("More than one reader has this number. Scan the card."),
)
TAKEN_BACK_FROM_ANOTHER = define(
    "taken_back_from_another",
    NOTICE,
    reader=_("The book was still in another reader’s name and was taken back first."),
    staff=_("The book was still in another reader’s name. It was taken back and then lent."),
)
NO_READER_AT_DESK = define(
    "no_reader_at_desk",
    REFUSE,
    reader=_("Scan the reader’s card first."),
    staff=_("The reader of this line has left the desk. Scan the card again, then the book."),
)
