"""Joins the room to the application: importing the jobs puts them on the timetable."""

from flask import Flask

from circulation.claims import jobs


def register(app: Flask) -> None:
    """Let the jobs of this room run."""
    app.extensions["circulation.claims"] = (jobs.__name__,)
