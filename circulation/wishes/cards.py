"""A wish as pages show it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from circulation.models import Wish
from library.kernel import clock
from library.kernel.days import day_words

Card = Mapping[str, Any]

_STEPS = {"open": 0, "answered": 1, "ordered": 2, "arrived": 3}


def wish_card(wish: Wish) -> Card:
    """Return one wish with its answer."""
    on = day_words(clock.local_date(wish.wished_at), clock.today())
    ended = {"declined": _("Cannot be had"), "cancelled": _("Withdrawn by you")}
    return {
        "id": wish.id,
        "title": wish.title,
        "on": _("Asked on %(day)s", day=on),
        "at": _STEPS.get(wish.state),
        "words": ended.get(wish.state, ""),
        "answer": wish.answer,
        "bib_id": wish.bib_id,
    }
