"""Evidence as sentences, in the language of whoever reads. The first one is the reason; the others say what it rests
on.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import format_date, gettext, ngettext

from circulation.restocking import allocation
from circulation.restocking.labels import CLASS_NAMES
from circulation.restocking.rules import COUNTY_EVIDENCE_ONLY, MOVE, NOT_ENOUGH_DATA, OWN_EVIDENCE, TOWNSHIP_EVIDENCE

Evidence = Mapping[str, Any]


def _(message: str, **values: Any) -> str:
    return str(gettext(message, **values))


def confidence(code: str) -> str:
    """Return whose loans a figure rests on, in words."""
    return {
        OWN_EVIDENCE: _("own loans"),
        TOWNSHIP_EVIDENCE: _("township evidence"),
        COUNTY_EVIDENCE_ONLY: _("county evidence only"),
        NOT_ENOUGH_DATA: _("not enough data"),
    }.get(code, code)


def sentences(kind: str, evidence: Evidence, *, source: str = "", rival: str = "") -> list[str]:
    """Return why a line is proposed; ``source`` names the branch a copy comes from, ``rival`` the next best title."""
    first = _move(evidence, source) if kind == MOVE else _purchase(evidence)
    return [first, *_asked(evidence), _rests_on(evidence), *_title(evidence), *_rule(evidence, rival)]


def _purchase(evidence: Evidence) -> str:
    return _(
        "%(class)s: %(loans)s loans here from %(first)s to %(last)s; one more title should bring %(net)s more loans "
        "a year (%(low)s to %(high)s).",
        **_figures(evidence),
    )


def _move(evidence: Evidence, source: str) -> str:
    figures = _figures(evidence) | {"source": source}
    figures |= {name: _number(evidence[name]) for name in ("gain", "keep")}
    if evidence.get("last_lent_on"):
        figures["day"] = _day(evidence["last_lent_on"])
        return _(
            "Last lent at %(source)s on %(day)s. Here it should be lent %(gain)s times a year, there %(keep)s times: "
            "%(net)s more (%(low)s to %(high)s).",
            **figures,
        )
    return _(
        "Nobody borrowed it at %(source)s in %(days)s days. Here it should be lent %(gain)s times a year, there "
        "%(keep)s times: %(net)s more (%(low)s to %(high)s).",
        days=evidence["shelf_days"],
        **figures,
    )


def _figures(evidence: Evidence) -> dict[str, Any]:
    first, last = evidence["window"]
    return {
        "class": str(CLASS_NAMES[evidence["class"]]),
        "loans": evidence["room_loans"],
        "first": _day(first),
        "last": _day(last),
        **{name: _number(evidence[name]) for name in ("net", "low", "high")},
    }


def _asked(evidence: Evidence) -> Iterator[str]:
    if here := evidence["requests_here"]:
        yield ngettext("%(num)s reader here is waiting for it.", "%(num)s readers here are waiting for it.", here)
    if (elsewhere := evidence["requests_county"] - evidence["requests_here"]) > 0:
        yield ngettext("%(num)s reader elsewhere asks for it.", "%(num)s readers elsewhere ask for it.", elsewhere)


def _rests_on(evidence: Evidence) -> str:
    words = confidence(evidence["confidence"])
    if not evidence["enough_data"]:
        return _("This room has no reliable records: %(confidence)s.", confidence=words)
    share = round(100 * evidence["own_weight"])
    return _("Rests on: %(confidence)s; the room's own records weigh %(share)s %%.", confidence=words, share=share)


def _title(evidence: Evidence) -> Iterator[str]:
    yield _(
        "Never held here; the county's copies (%(copies)s) were lent %(loans)s times where %(expected)s were expected.",
        copies=evidence["copies_in_county"],
        loans=evidence["title_loans"],
        expected=_number(evidence["title_expected"]),
    )
    if evidence.get("author_titles", 0) > 1:
        yield _(
            "The author's titles (%(titles)s) were lent %(loans)s times where %(expected)s were expected.",
            titles=evidence["author_titles"],
            loans=evidence["author_loans"],
            expected=_number(evidence["author_expected"]),
        )


def _rule(evidence: Evidence, rival: str) -> Iterator[str]:
    constraint = evidence["constraint"]
    if constraint == allocation.CLASS_MINIMUM:
        yield _("Every room gets a minimum of this class.")
    elif constraint == allocation.ROOM_MINIMUM:
        yield _("Every room gets a minimum of new titles.")
    elif constraint == allocation.WORTH_ITS_PRICE:
        yield _(
            "Worth its price: %(gain)s loans per 100 yuan, the county's bar is %(bar)s.",
            gain=_number(100 * evidence["gain_per_yuan"]),
            bar=_number(100 * evidence["shadow_price"]),
        )
    if rival:
        yield _("Next best: %(title)s.", title=rival)


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"


def _day(text: str) -> str:
    return str(format_date(date.fromisoformat(text), "medium"))
