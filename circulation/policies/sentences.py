"""The words of this room's problems."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("unknown_rule", _("There is no such rule"), _("Choose one of the rules in the list."))
define("bad_policy_value", _("This rule cannot have that value"), _("Expected: %(expected)s."))
define("unknown_policy", _("There is no such row"), _("Load the list of rules again and look."))
define("policy_already_ended", _("This row has already ended"), _("Load the list of rules again and look."))
define("one_place_only", _("One place only"), _("Give a branch or a named set of branches, not both."))
define("dates_out_of_order", _("The dates are in the wrong order"), _("The last day cannot be before the first."))
define(
    "yearly_needs_dates",
    _("A yearly row needs both days"),
    _("Give its first and its last day; the year does not matter. One that runs over New Year ends in the next year."),
)
define("unknown_setting", _("There is no such setting"), _("Choose whose rules decide, or which loans are counted."))
define(
    "rule_and_value_required",
    _("A rule and its value are needed"),
    _("Send rule and value, or ends with the number of a row."),
)
