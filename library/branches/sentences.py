"""What is said when something about a place cannot be done."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("branch_code_taken", _("The code is taken"), _("Another branch has the code %(branch)s. Choose another."))
define(
    "branch_below_itself", _("A branch cannot stand below itself"), _("Choose a place that is not below %(branch)s.")
)
define("branch_not_open", _("The branch is not open"), _("%(branch)s is closed or suspended. Open it first."))
define("branch_in_use", _("The branch is still in use"), _("Books, readers or open work are left. Move them first."))
define(
    "branch_has_children", _("Something stands below the branch"), _("Close or move what is below %(branch)s first.")
)
define("branch_merged", _("The branch was merged"), _("Another branch has taken over from %(branch)s."))
define("unknown_kind", _("No such kind of branch"), _("There is no kind %(kind)s."))
define("unknown_location", _("No place for books"), _("Add a location to the branch first."))
define("unknown_set", _("No such set of branches"), _("There is no set %(set)s."))
define("unknown_route", _("No such round"), _("There is no round %(route)s."))
define("unknown_route_date", _("The van does not drive that day"), _("The round %(route)s is not planned for %(on)s."))
define("already_driven", _("The round is already driven"), _("What has been driven cannot be cancelled."))
define("stop_twice", _("A stop is there twice"), _("Name each stop of a round once."))
define("hours_overlap", _("The hours overlap"), _("Give sessions that do not overlap."))
define("hours_out_of_order", _("The hours are out of order"), _("A session ends after it begins, on the same day."))
define("not_opened", _("The room is not open"), _("Nobody has opened it yet."))
