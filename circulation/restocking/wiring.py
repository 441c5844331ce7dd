"""Joins the planner to the application: the sentences of its refusals, and its work at night."""

from flask import Flask

from circulation.restocking import jobs, refusals


def register(app: Flask) -> None:
    """Make the planner's refusals known, so that each has its sentence; importing the jobs puts them on the timetable."""
    app.extensions["circulation.restocking"] = (refusals.__name__, jobs.__name__)
