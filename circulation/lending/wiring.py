"""What lending implements for the packages below."""

from flask import Flask

from circulation.lending import shut_doors
from circulation.lending.redating import LoanDates
from circulation.lending.standing import StandingOfReader
from library.branches.redating import register_dates
from library.patrons.standing import register_standing


def register(app: Flask) -> None:
    """Tell how a reader stands, and let due dates follow the opening of rooms; the import puts that on the timetable."""
    register_standing(app, StandingOfReader())
    register_dates(app, "loan", LoanDates())
    app.extensions["circulation.lending"] = shut_doors.__name__
