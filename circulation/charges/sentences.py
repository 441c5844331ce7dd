"""The words of this room's problems."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_charge", _("No such kind of charge"), _("There is no kind %(kind)s."))
define("bad_amount", _("The amount is not right"), _("Debts are positive, payments negative, none is zero."))
define("cash_not_here", _("No cash is taken here"), _("Send the reader to the township or the central library."))
define("note_required", _("A reason is needed"), _("Say why; it stays with the line."))
define("nothing_owed", _("That is more than is owed"), _("The reader owes less than this. Look at the account again."))
define(
    "nothing_to_give_back", _("That is more than can be given back"), _("The library owes the reader less than this.")
)
define("unknown_entry", _("There is no such line"), _("Load the account again and look."))
define("entry_already_void", _("This line is already undone"), _("Write a new line instead."))
