"""Why the desk did what it did with a scan, in sentences: the state it was in, before any lending rule was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from circulation.desk.kinds import Did, Mode
from circulation.desk.names import Names
from circulation.policies.plainly import plainly
from library.kernel.decisions import Outcome

Answer = Mapping[str, Any]


def because(answer: Answer, names: Names) -> Sequence[str]:
    """Return the sentences that say which state of the desk led to this line; empty where the line says it all."""
    did, mode = answer.get("did"), answer.get("mode", Mode.AUTO)
    if did == Did.TAKEN_BACK:
        standing_against = plainly(answer.get("reasons", ())) if answer.get("lending") else []
        return [_taken_back(mode, answer), *_goes(answer, names), *standing_against]
    if did == Did.LENT:
        return [*_lent(answer), *plainly(answer.get("reasons", ()))]
    if did == Did.RENEWED:
        return [_renewed(mode), *plainly(answer.get("reasons", ()))]
    if did == Did.USED:
        return [_("The desk was set to reading here."), *_goes(answer, names)]
    if did == Did.ASK:
        return [_mine()]
    return []


def _mine() -> str:
    return str(_("The book is already in the name of the reader at the desk."))


def _renewed(mode: str) -> str:
    if mode == Mode.RENEW:
        return str(_("The desk was set to renewing: the book is renewed for whoever has it."))
    return _mine()


def _lent(answer: Answer) -> Sequence[str]:
    if answer.get("decision") == Outcome.ALLOWED:
        return [_("A reader was at the desk, so the book was lent.")]
    return [_("A reader was at the desk, so the book was to be lent.")]


def _taken_back(mode: str, answer: Answer) -> str:
    if answer.get("lending"):
        return str(_("The book was still in another reader’s name: that loan has ended. The next one was not allowed."))
    if mode == Mode.TAKE_BACK:
        return str(_("The desk was set to taking back."))
    if answer.get("reader"):
        return str(_("You chose to take it back."))
    return str(_("No reader was at the desk, so the book was taken back."))


def _goes(answer: Answer, names: Names) -> Sequence[str]:
    """Return why the copy goes where it goes."""
    place = names.branch(answer.get("destination"))
    if answer.get("hold") and answer.get("next") == "hold":
        return [_("A reader who waits for it collects it here.")]
    if answer.get("hold") and answer.get("next") == "transfer":
        return [_("A reader who waits for it collects it at %(place)s.", place=place)]
    if answer.get("next") == "transfer":
        return [_("It is needed or at home at %(place)s, and nobody waits for it here.", place=place)]
    return []
