"""What whereabouts implement for the packages below."""

from flask import Flask

from catalog.items.availability import register_whereabouts
from circulation.whereabouts.dependents import DependentsOfBranch
from circulation.whereabouts.services import OpenRows
from library.branches.dependents import register_dependents


def register(app: Flask) -> None:
    """Let the catalogue tell where copies are, and the places what still depends on a branch."""
    register_whereabouts(app, OpenRows())
    register_dependents(app, DependentsOfBranch())
