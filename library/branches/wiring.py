"""Puts the chosen village into the frame of every page, and work on closures on the timetable."""

from flask import Flask

from library.branches import choice, jobs
from library.branches.national import national_day
from library.kernel import clock


def register(app: Flask) -> None:
    """Let every page show the village a device has chosen; importing the jobs puts them on the timetable."""
    choice.register(app)
    app.extensions["library.branches"] = jobs.__name__
    # The first look at a year costs 60 ms, once per process; no reader at a desk should pay for it.
    national_day(clock.today())
