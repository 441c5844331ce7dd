"""Puts the chosen village into the frame of every page, and work on closures on the timetable."""

from flask import Flask

from library.branches import choice, jobs


def register(app: Flask) -> None:
    """Let every page show the village a device has chosen; importing the jobs puts them on the timetable."""
    choice.register(app)
    app.extensions["library.branches"] = jobs.__name__
