"""The words of this room's problems: what a page of the desk cannot act on at all."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_scan", _("This scan is not known"), _("It was made at another desk, or on another day. Scan again."))
define("date_invalid", _("This is not a day"), _("Write the day as year-month-day, such as 2026-11-25."))
