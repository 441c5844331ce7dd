"""The sentences of this room's errors."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_hold", _("No such reservation"), _("It may have ended. Look at the list of reservations."))
define("bib_or_item_required", _("Nothing is named to reserve"), _("Choose a title, or one copy of it."))
define("not_your_own", _("This belongs to another reader"), _("You can only see and change what is your own."))
define("day_is_past", _("That day is over"), _("Choose a day in the future."))
