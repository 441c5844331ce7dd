"""The words of this room's problems."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define(
    "unknown_sheet", _("There is no such loan sheet"), _("Scan the number printed on the sheet, or type its 12 digits.")
)
define("bad_day", _("This is no day"), _("Write the day as year, month and day, such as %(example)s."))
define("no_rows", _("Nothing was filled in"), _("Fill in at least one row."))
