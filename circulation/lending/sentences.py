"""The words of this room's problems."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_loan", _("There is no such loan"), _("Load the list of loans again and look."))
define("barcode_or_item_required", _("Which copy?"), _("Send the barcode of the copy, or its id as `item`."))
