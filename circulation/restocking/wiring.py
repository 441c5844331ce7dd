"""Joins the planner to the application: the sentences of its refusals."""

from flask import Flask

from circulation.restocking import refusals


def register(app: Flask) -> None:
    """Make the planner's refusals known, so that each has its sentence."""
    app.extensions["circulation.restocking"] = refusals.__name__
