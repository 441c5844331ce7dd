"""What decided where no lending rule did: said plainly, so that nobody looks for a row that could be changed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from circulation.policies.reasons import NOT_LENDABLE, PATRON_BLOCKED
from circulation.policies.value_words import class_words
from library.kernel import clock
from library.kernel.days import day_words
from library.kernel.decisions import Severity, definitions, render

Stored = Mapping[str, Any]


def plainly(reasons: Iterable[Stored]) -> list[str]:
    """Return a sentence for staff for each stored reason that stood in the way and that no rule decides."""
    known = definitions()
    heavy = (one for one in reasons if one["severity"] != Severity.NOTICE and not known[one["code"]].rules)
    return [sentence for one in heavy for sentence in _said(one)]


def _said(reason: Stored) -> Iterator[str]:
    params = reason.get("params", {})
    if reason["code"] == PATRON_BLOCKED:
        yield _block(params)
    elif reason["code"] == NOT_LENDABLE and params.get("item_class"):
        kind = class_words(params["item_class"])
        yield _("No lending rule decided this: copies of the kind “%(kind)s” are never lent.", kind=kind)
    elif reason["code"] == NOT_LENDABLE and params.get("by_place"):
        yield _("No lending rule decided this: nothing is lent from the shelf where this copy belongs.")
    else:
        yield _("No lending rule decided this. %(sentence)s", sentence=render([reason])[0]["text"])


def _block(params: Mapping[str, Any]) -> str:
    block, until = params["block"], params.get("until")
    if not until:
        return str(
            _("No lending rule decided this: the block “%(block)s” did. It ends when somebody lifts it.", block=block)
        )
    day = day_words(date.fromisoformat(until), clock.today())
    return str(
        _("No lending rule decided this: the block “%(block)s” did. It holds until %(day)s.", block=block, day=day)
    )
