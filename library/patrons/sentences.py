"""What is said when something about a reader or a card cannot be done."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_category", _("No such kind of reader"), _("There is no kind of reader called %(category)s."))
define("bad_birth_year", _("The year of birth cannot be right"), _("Write the year with four digits, such as 1958."))
define("bad_phone", _("The phone number cannot be right"), _("Write digits only, or leave it empty."))
define("bad_card", _("The card number cannot be right"), _("Scan the card again."))
define("bad_identity_number", _("The identity number cannot be right"), _("Check its 18 characters, or leave it out."))
define("guardian_required", _("A guardian is missing"), _("For a child, write down who answers for it and agrees."))
define("guardian_is_self", _("Nobody is their own guardian"), _("Name another person."))
define("card_in_use", _("The card belongs to somebody"), _("Take another card; %(card)s is in use."))
define("reader_card_required", _("The reader belongs to another room"), _("Scan the reader's card, then try again."))
define("identity_in_use", _("This person is registered already"), _("Search for the name or the phone number."))
define("pin_shape", _("A PIN has six digits"), _("Choose six digits."))
define("pin_trivial", _("This PIN is too easy to guess"), _("No runs, no repeats, not the end of the card."))
define("unknown_group", _("There is no such group"), _("Scan the card of the group, or choose it from the list."))
define(
    "term_out_of_range",
    _("The end of the term cannot be right"),
    _("Choose a day after today and within %(days)s days."),
)
define("not_a_group_card", _("This is not the card of a group"), _("A group needs a card of the kind “group”."))
define("card_has_group", _("This card belongs to another group"), _("Every group has a card of its own."))
define("group_ended", _("This group is over"), _("Make a new group for the new class."))
