"""Joins logistics to the application: importing the jobs puts them on the timetable."""

from flask import Flask

from circulation.logistics import jobs


def register(app: Flask) -> None:
    """Let the jobs of this room run."""
    app.extensions["circulation.logistics"] = (jobs.__name__,)
