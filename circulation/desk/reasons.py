"""Why a scan leads nowhere, in words that say what to do instead."""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE, NOTICE = Severity.REFUSE, Severity.NOTICE

# What was scanned.
SCAN_IS_IDENTITY_NUMBER = define(
    "scan_is_identity_number",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Give the identity card back. The number was not kept."),
    reader=_("We do not use identity numbers here. Use the reader’s card."),
    staff=_("Identity numbers are not used or kept here. Scan the reader’s card or type the phone number."),
)
SCAN_IS_BOX = define(
    "scan_is_box",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Open “On the move” and scan the box there."),
    reader=_("This is the label of a transport box."),
    staff=_("This is the label of a box. Boxes are received and sent under “On the move”."),
)
SCAN_IS_SHEET = define(
    "scan_is_sheet",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Open the page of the notebook and scan the number there."),
    reader=_("This is the number of a loan sheet."),
    staff=_("This is the number of a loan sheet. Its rows are entered under “Notebook”."),
)
SCAN_NOT_FOR_DESK = define(
    "scan_not_for_desk",
    REFUSE,
    about=Topic.SCAN,
    todo=_("A card begins with 2, a book with 3. Scan one of them."),
    reader=_("This code is not used at the desk."),
    staff=_("This code is neither a card nor a book. Scan the card or the book."),
)
SCAN_UNKNOWN = define(
    "scan_unknown",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Scan it again. With a reader at the desk, a book that no record knows is lent first and registered later."),
    reader=_("We do not know this code."),
    staff=_(
        "No card and no book has this code. Scan it again. Is it the label of a book that is not in the catalogue yet? "
        "Scan the reader’s card, then the book, and choose “Lend first, register later”."
    ),
)
INITIALS_UNKNOWN = define(
    "initials_unknown",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Ask for the card or the phone number; the letters find readers of this room only."),
    reader=_("Nobody here has a name that begins so."),
    staff=_(
        "No reader of this room has a name that begins with these letters, and no title here either. Scan the card, or "
        "type the phone number of a reader of another room."
    ),
)
TITLE_UNKNOWN = define(
    "title_unknown",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Try one word of the title, or scan the label of the book."),
    reader=_("No book here has this title."),
    staff=_("No copy in this room has these words in its title. Type fewer words, or scan the label."),
)
PHONE_UNKNOWN = define(
    "phone_unknown",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Ask whether the number is that of a husband, wife or parent; otherwise register the reader."),
    reader=_("No reader has this phone number."),
    staff=_("No reader has this phone number. Scan the card, or scan a blank card to register."),
)
ISBN_NO_COPY_HERE = define(
    "isbn_no_copy_here",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Choose “Write it down as a wish” when the reader wants the book."),
    reader=_("There is no copy of this book here."),
    staff=_(
        "That is the number printed by the publisher, and no copy of the book belongs here. With a reader at the desk you "
        "can write it down as a wish. A book in your hand that no room knows can be lent first and registered later."
    ),
)
KNOWN_BY_ISBN = define(
    "known_by_isbn",
    NOTICE,
    about=Topic.SCAN,
    todo=_("Compare the barcode on the label with the one shown; undo the scan when they differ."),
    reader=_("The book was known by its printed number."),
    staff=_("The only copy here was taken by the ISBN. See whether its barcode is the one shown."),
)
LENT_FIRST = define(
    "lent_first",
    NOTICE,
    about=Topic.SCAN,
    todo=_("When the book comes back, put it aside until it is catalogued. “To be catalogued” lists it."),
    reader=_("The book is lent to you. We write it into the catalogue later."),
    staff=_("Lent first: the book has no record yet. It is listed under “To be catalogued”."),
)
# Who stands at the desk.
TAKEN_BACK_FROM_ANOTHER = define(
    "taken_back_from_another",
    NOTICE,
    about=Topic.RETURN,
    todo=_("Nothing. If the other reader asks: the loan ended today."),
    reader=_("The book was still in another reader’s name and was taken back first."),
    staff=_("The book was still in another reader’s name, so it was taken back first."),
)
NO_READER_AT_DESK = define(
    "no_reader_at_desk",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Scan the reader's card, then the book."),
    reader=_("Scan the reader’s card first."),
    staff=_("The reader of this line has left the desk. Scan the card again, then the book."),
)
READER_NOT_SETTLED = define(
    "reader_not_settled",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Scan the card again, or look for the reader by name. To take books back, choose “Finish” first."),
    reader=_("Scan the reader’s card first."),
    staff=_(
        "It is not clear who stands here: the last card opened nobody. This book was neither lent nor taken back. Settle "
        "the card, then scan the book again; to take books back, finish first."
    ),
)
CARD_FIRST = define(
    "card_first",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Scan the card. To take books back, switch to returning."),
    reader=_("Scan the reader’s card first."),
    staff=_("The desk is set to lending: scan the reader’s card first, then the book."),
)
RENEW_NOT_ON_LOAN = define(
    "renew_not_on_loan",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Scan the reader's card and lend the book."),
    reader=_("This book is not on loan, so there is nothing to renew."),
    staff=_("This book is in nobody’s name, so there is nothing to renew."),
)
NOTHING_TO_CHOOSE = define(
    "nothing_to_choose",
    REFUSE,
    about=Topic.SCAN,
    todo=_("Scan the book again; choose only when the line offers a choice."),
    reader=_("There is nothing to choose."),
    staff=_("The scan before asks nothing, so there is nothing to choose."),
)
# Undoing.
UNDO_NOTHING = define(
    "undo_nothing",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Nothing has to be put right."),
    reader=_("There is nothing to undo."),
    staff=_("There is nothing to undo: this scan changed nothing, or nothing was done here today."),
)
UNDO_TWICE = define(
    "undo_twice",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Look at the line: it says what was done."),
    reader=_("This has been undone already."),
    staff=_("This has been undone already."),
)
UNDO_REGISTRATION = define(
    "undo_registration",
    REFUSE,
    about=Topic.UNDO,
    todo=_("Write down what is wrong and give it to the county library; the card works meanwhile."),
    reader=_("A registration is not undone. Please ask at the desk."),
    staff=_(
        "A registration is not undone: the card stays this reader’s. What is written wrong is put right by the county "
        "library."
    ),
)
# Registering a reader.
REGISTER_NOT_ALLOWED = define(
    "register_not_allowed",
    REFUSE,
    about=Topic.READER,
    todo=_("Ask whoever runs the room to register the reader, or to give you the permission."),
    reader=_("Please register at the desk of your village."),
    staff=_("You may not register readers here. Ask whoever runs this room."),
)
REGISTER_NOT_HERE = define(
    "register_not_here",
    REFUSE,
    about=Topic.READER,
    todo=_("Send the reader to the nearest room that is open."),
    reader=_("Nobody can be registered here at the moment."),
    staff=_("This room is closed or suspended; readers are registered at an open one."),
)
REGISTER_INCOMPLETE = define(
    "register_incomplete",
    REFUSE,
    about=Topic.READER,
    todo=_("Scan the blank card again; what was written before is not kept."),
    reader=_("Please fill in the form again."),
    staff=_("Something in the form is not right. Scan the card again and fill it in once more."),
)
CARD_NOT_NEW = define(
    "card_not_new",
    REFUSE,
    about=Topic.READER,
    todo=_("Take another blank card. If this one is the reader's own, simply scan it."),
    reader=_("This card is already somebody’s."),
    staff=_("This card was given out before. Take another blank card."),
)
NAME_MISSING = define(
    "name_missing",
    REFUSE,
    about=Topic.READER,
    todo=_("Write the name as the reader gives it; nothing else is needed."),
    reader=_("Please tell us your name."),
    staff=_("The name is missing. Scan the card again and write the name."),
)
PHONE_WRONG = define(
    "phone_wrong",
    REFUSE,
    about=Topic.READER,
    todo=_("Write 11 digits, or leave the phone empty."),
    reader=_("This is not a phone number."),
    staff=_("This is not a phone number. Scan the card again; the phone may be left empty."),
)
GUARDIAN_MISSING = define(
    "guardian_missing",
    REFUSE,
    about=Topic.READER,
    todo=_("Write the name of a parent or grandparent and ask whether they agree. Below 14 the law wants it."),
    reader=_("A child needs a guardian who agrees."),
    staff=_("A child needs the name of a guardian and the tick that the guardian agrees. Scan the card again."),
)
SAME_NAME_AND_PHONE = define(
    "same_name_and_phone",
    NOTICE,
    about=Topic.READER,
    todo=_("Open the reader found and replace the card there. Two people of one name: change the phone."),
    reader=_("A reader with this name and phone number was registered before."),
    staff=_("A reader with this name and phone number was registered before. A lost card is replaced, not given anew."),
)
