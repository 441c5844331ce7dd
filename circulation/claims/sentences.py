"""The words of this room's problems."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_case", _("There is no such case"), _("Load the list of cases again and look."))
define(
    "outcome_not_possible",
    _("A case of this kind does not end like that"),
    _("Choose one of the outcomes: %(outcomes)s."),
)
