"""The words of this room's problems."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("no_codes", _("The list is empty"), _("Scan the books one after the other, or paste their numbers."))
define("too_many_codes", _("Too many at once"), _("The list has %(codes)s numbers; take at most %(most)s at a time."))
define(
    "group_has_loans",
    _("Books are still out"),
    _("%(loans)s books of the group are still on loan. Take them back first."),
)
define("group_without_reader", _("This group has no card any more"), _("Make a new group for it."))
