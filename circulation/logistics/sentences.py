"""The sentences of this room's errors."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_transfer", _("No such transfer"), _("Look at the list of what is to be sent, or scan the copy."))
define("unknown_box", _("No such box"), _("There is no box with this code. Scan its label again."))
