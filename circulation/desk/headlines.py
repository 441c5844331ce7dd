"""What a scan came to in one sentence, with its tone and icon: made from the stored answer whenever it is looked at."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from circulation.desk.kinds import Did
from circulation.desk.names import Names
from library.kernel import clock
from library.kernel.days import day_words
from library.kernel.decisions import Outcome

Answer = Mapping[str, Any]
Headline = tuple[str, str, str]


def headline(answer: Answer, names: Names) -> Headline:
    """Return (tone, icon, words); tones and icons are those of the pages."""
    did = Did(answer.get("did", Did.NOTHING))
    if did in _ALWAYS:
        return _ALWAYS[did](answer, names)
    title = names.copy(answer.get("item")).title
    if answer.get("decision") == Outcome.REFUSED:
        return "bad", "cross", _refused(answer, title)
    if answer.get("decision") == Outcome.NEEDS_CONFIRMATION:
        return "warn", "alert", _("Please confirm: %(title)s", title=title)
    return _DONE[did](answer, names)


def _refused(answer: Answer, title: str) -> str:
    if answer.get("did") == Did.UNDONE:
        return str(_("Not undone: %(title)s", title=title) if title else _("Not undone"))
    if title:
        return str(_("Not done: %(title)s", title=title))
    code = answer.get("code") or answer.get("isbn")
    return str(_("Not done: code %(code)s", code=code) if code else _("Not done"))


def _reader(answer: Answer, names: Names) -> Headline:
    del answer, names
    return "info", "user", _("Reader’s card")


def _registered(answer: Answer, names: Names) -> Headline:
    del names
    return ("warn" if answer.get("reasons") else "ok"), "user", _("Registered. The books that follow are lent")


def _blank_card(answer: Answer, names: Names) -> Headline:
    del names
    if answer.get("decision") == Outcome.REFUSED:
        return "bad", "cross", _("Not registered")
    return "warn", "user", _("A blank card. Who gets it?")


def _choose(answer: Answer, names: Names) -> Headline:
    del names
    if answer.get("readers") and answer.get("candidates"):
        return "warn", "info", _("A reader and a book have this code. Which is it?")
    return "warn", "info", _("Which reader is it?") if answer.get("readers") else _("Which copy is it?")


def _ask(answer: Answer, names: Names) -> Headline:
    return "warn", "info", _("%(title)s: this reader already has it", title=names.copy(answer.get("item")).title)


def _lent(answer: Answer, names: Names) -> Headline:
    return _until(_("Lent: %(title)s, until %(day)s"), "check", answer, names)


def _renewed(answer: Answer, names: Names) -> Headline:
    return _until(_("Renewed: %(title)s, until %(day)s"), "again", answer, names)


def _until(words: str, icon: str, answer: Answer, names: Names) -> Headline:
    until = day_words(date.fromisoformat(str(answer["loan"]["due_on"])), clock.today())
    tone = "warn" if answer.get("reasons") else "ok"
    return tone, icon, words % {"title": names.copy(answer.get("item")).title, "day": until}


def _taken_back(answer: Answer, names: Names) -> Headline:
    if answer.get("lending"):
        return _not_lent_on(answer, names)
    return _goes(
        answer,
        names,
        hold=_("Taken back: %(title)s. Keep it for a reader"),
        transfer=_("Taken back: %(title)s. Goes to %(place)s"),
        shelve=_("Taken back: %(title)s. Back to the shelf"),
    )


def _not_lent_on(answer: Answer, names: Names) -> Headline:
    """Say both of a copy that came back from one reader and was not lent to the next."""
    asks = answer["lending"] == Outcome.NEEDS_CONFIRMATION
    _tone, _icon, words = _goes(
        answer,
        names,
        hold=_("Taken back, not lent: %(title)s. Keep it for a reader"),
        transfer=_("Taken back, not lent: %(title)s. Goes to %(place)s"),
        shelve=_("Taken back, not lent: %(title)s. Back to the shelf"),
    )
    return ("warn", "alert", words) if asks else ("bad", "cross", words)


def _used(answer: Answer, names: Names) -> Headline:
    return _goes(
        answer,
        names,
        hold=_("Read here: %(title)s. Then keep it for a reader"),
        transfer=_("Read here: %(title)s. Then it goes to %(place)s"),
        shelve=_("Read here: %(title)s"),
    )


def _goes(answer: Answer, names: Names, *, hold: str, transfer: str, shelve: str) -> Headline:
    values = {"title": names.copy(answer.get("item")).title, "place": names.branch(answer.get("destination"))}
    if answer.get("next") == "hold":
        return "hold", "bell", hold % values
    if answer.get("next") == "transfer":
        return "info", "truck", transfer % values
    return "ok", "back", shelve % values


def _wished(answer: Answer, names: Names) -> Headline:
    del answer, names
    return "ok", "pen", _("Written down as a wish of this reader")


def _undone(answer: Answer, names: Names) -> Headline:
    title = names.copy(answer.get("item")).title
    words = {
        Did.LENT: _("Undone: %(title)s is not lent", title=title),
        Did.TAKEN_BACK: _("Undone: %(title)s is on loan as before", title=title),
        Did.RENEWED: _("Undone: %(title)s is due as before", title=title),
        Did.USED: _("Undone: %(title)s was not read here", title=title),
        Did.WISHED: _("Undone: the wish is taken back"),
    }
    return "info", "back", words[Did(answer["undid"])]


_Words = Callable[[Answer, Names], Headline]
_ALWAYS: Mapping[Did, _Words] = {
    Did.READER: _reader,
    Did.REGISTERED: _registered,
    Did.BLANK_CARD: _blank_card,
    Did.CHOOSE: _choose,
    Did.ASK: _ask,
}
_DONE: Mapping[Did, _Words] = {
    Did.LENT: _lent,
    Did.RENEWED: _renewed,
    Did.TAKEN_BACK: _taken_back,
    Did.USED: _used,
    Did.WISHED: _wished,
    Did.UNDONE: _undone,
}
