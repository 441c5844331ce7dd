"""Joins the reports to the application: importing the jobs subscribes them."""

from flask import Flask

from circulation.reports import jobs, refusals


def register(app: Flask) -> None:
    """Make the figures known to the application, for `/readyz` and for whoever asks which consumers there are."""
    app.extensions["circulation.reports"] = (jobs.CONSUMER, refusals.__name__)
