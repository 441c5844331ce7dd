"""What the errors of a search say to people."""

from typing import Final

from flask_babel import lazy_gettext as _

from library.kernel.problem_texts import define

INVALID_PAGE: Final = define(
    "invalid_page", _("There is no such page"), _("Pages count from 1; narrow the search to see what comes later.")
)
INVALID_PER_PAGE: Final = define(
    "invalid_per_page", _("Too many at a time"), _("Ask for 1 to %(most)s books on a page.")
)
INVALID_YEAR: Final = define("invalid_year", _("The year cannot be read"), _("Write 2024, 2020-2024, 2020- or -1989."))
UNAVAILABLE: Final = define(
    "search_unavailable",
    _("The search is not ready"),
    _("Try again in a minute. If it stays so, tell the county library: %(hint)s"),
)
