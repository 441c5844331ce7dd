"""Puts the chosen village into the frame of every page."""

from flask import Flask

from library.branches import choice


def register(app: Flask) -> None:
    """Let every page show the village a device has chosen."""
    choice.register(app)
