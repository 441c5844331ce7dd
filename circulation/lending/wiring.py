"""What lending implements for the packages below."""

from flask import Flask

from circulation.lending.standing import StandingOfReader
from library.patrons.standing import register_standing


def register(app: Flask) -> None:
    """Let readers' pages and answers tell how a reader stands."""
    register_standing(app, StandingOfReader())
