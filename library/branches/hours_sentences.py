"""What is said when opening hours, seasons, closures or the opening log cannot be changed as asked."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define(
    "hours_unreadable",
    _("The hours cannot be read"),
    _("“%(part)s” is not understood. Write sessions such as 8:30-11:30 14:30-17:30."),
)
define("week_is_empty", _("No hours were given"), _("Give at least one weekday hours, or use a closure."))
define(
    "holiday_hours_missing", _("The holiday hours are missing"), _("Write the hours of holidays, such as 9:00-12:00.")
)
define("days_out_of_order", _("The dates are out of order"), _("The last day comes after the first."))
define("dates_invalid", _("The date cannot be read"), _("Write dates as 2026-11-23."))
define("span_too_long", _("The time is too long"), _("Choose fewer than %(days)s days."))
define("season_over", _("These dates are over"), _("Choose dates that are not over yet."))
define("season_ended", _("The season has ended"), _("It ended before; nothing was changed."))
define("unknown_season", _("No such season"), _("There is no season %(season)s."))
define("no_rooms_chosen", _("No room was chosen"), _("Choose a place, a named set, or tick rooms."))
define(
    "one_way_of_choosing",
    _("Rooms were chosen in two ways"),
    _("Choose everything below a place, or a named set, or tick rooms: only one of them."),
)
define("cause_required", _("The cause is missing"), _("Write why, in a few words. Readers will see it."))
define("days_required", _("By how many days?"), _("Give a number of days from 1 to %(most)s."))
define("closure_over", _("These dates are over"), _("A closure that is over moves nothing any more."))
define("closure_undone", _("It was taken back before"), _("Closure %(closure)s has been undone already."))
define("unknown_closure", _("No such closure"), _("There is no closure %(closure)s."))
define("correction_not_past", _("That day is not over"), _("Put a day right after it has passed."))
define("correction_needs_reason", _("The reason is missing"), _("Write why the opening log has to be put right."))
