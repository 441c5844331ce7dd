"""What a planner reads when something cannot be done."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("budget_invalid", _("This budget cannot be"), _("Give a sum in whole yuan, not below zero."))
define("nothing_to_restock", _("There is no open room here"), _("Choose a township, or the county."))
define("unknown_plan", _("There is no such plan"), _("Go to the planning page and choose one."))
define("unknown_line", _("There is no such line in this plan"), _("Load the plan again and look."))
define(
    "plan_not_editable",
    _("This plan can no longer be changed"),
    _("It was approved or called back. Make a new plan."),
)
define(
    "plan_incomplete",
    _("This plan was not finished"),
    _("Making this plan was interrupted. Call it back and make a new one."),
)
define(
    "quantity_invalid",
    _("This number of copies cannot be"),
    _("A move is one copy or none, a purchase at most 20."),
)
define(
    "budget_exceeded",
    _("That is more than the budget"),
    _("Drop another line first, or make a plan with more money."),
)
define("plan_not_cancellable", _("This plan was called back already"), _("Go to the planning page and choose one."))
