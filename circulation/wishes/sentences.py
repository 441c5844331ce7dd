"""The sentences of this room's errors."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_wish", _("No such wish"), _("Look at the list of wishes."))
define("title_required", _("The wish names no book"), _("Write a title, or what it should be about."))
define("isbn_invalid", _("That is not an ISBN"), _("Check the number on the back of the book, or leave it out."))
define("wish_state_invalid", _("A wish cannot be answered like that"), _("Answer it, order it or decline it."))
define("answer_required", _("The answer is empty"), _("Write the reader one sentence."))
define("wish_not_your_own", _("This wish belongs to another reader"), _("You can only take back your own wishes."))
define("patron_required", _("No reader is named"), _("Scan the reader's card first."))
