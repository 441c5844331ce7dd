"""What is answered to a question about days that cannot be."""

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

define("dates_reversed", _("The days are the wrong way round"), _("Put the earlier day first."))
define("date_out_of_range", _("This day is too long ago"), _("There are no figures before %(earliest)s."))
