"""What a change of the rules would have done, in sentences and as a table."""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from circulation.policies.value_words import category_words, date_words
from circulation.policies.words import RULE_WORDS

Tried = Mapping[str, Any]
# Only those with a figure are shown.
COLUMNS: Mapping[str, LazyString] = {
    "loans": _l("Loans"),
    "later": _l("Due later"),
    "earlier": _l("Due earlier"),
    "no_longer_late": _l("No longer late"),
    "now_late": _l("Late instead"),
    "refused": _l("Refused"),
    "allowed": _l("Allowed"),
    "renewals_refused": _l("Renewals refused"),
    "renewals_allowed": _l("Renewals allowed"),
}


def headline(tried: Tried) -> str:
    """Return the one sentence that says it."""
    if not tried["is_replayed"]:
        return str(_("The loans of the past cannot tell what this rule does. It holds as soon as it is saved."))
    if not tried["by"]:
        return str(_("In the past year nothing would have been different: other rows go first, or they say the same."))
    return str(
        ngettext(
            "In the past year something would have been different for %(num)s reader.",
            "In the past year something would have been different for %(num)s readers.",
            tried["readers_touched"],
        )
    )


def base(tried: Tried) -> list[str]:
    """Return what was looked at: which loans, how many, whether all of them, and in which year they were set."""
    if not tried["is_replayed"]:
        return []
    words = [
        _(
            "Looked at: %(loans)s loans of %(readers)s readers, from %(begins)s to %(ends)s.",
            loans=tried["loans"],
            readers=tried["readers"],
            begins=date_words(tried["from_on"]),
            ends=date_words(tried["to_on"]),
        )
    ]
    if tried["one_in"] > 1:
        words.append(_("There are very many loans, so one reader in %(one_in)s was looked at.", one_in=tried["one_in"]))
    if tried["years"]:
        words.append(
            ngettext(
                "The loans were taken as if they were made %(num)s year later, when the row holds.",
                "The loans were taken as if they were made %(num)s years later, when the row holds.",
                tried["years"],
            )
        )
    return [str(one) for one in words]


def changes(tried: Tried) -> list[str]:
    """Return what would have been different, a sentence for each kind; empty when nothing would."""
    sentences = [*_due(tried), *_lateness(tried), *_check_outs(tried), *_renewals(tried)]
    return [str(sentence) for sentence in sentences]


def _due(tried: Tried) -> list[str]:
    sentences = []
    if tried["later"]:
        sentences.append(
            _(
                "%(loans)s loans (%(share)s) would be due later, %(days)s days on average.",
                loans=tried["later"],
                share=_share(tried["later"], tried["loans"]),
                days=round(tried["days_later"] / tried["later"]),
            )
        )
    if tried["earlier"]:
        sentences.append(
            _(
                "%(loans)s loans (%(share)s) would be due earlier, %(days)s days on average.",
                loans=tried["earlier"],
                share=_share(tried["earlier"], tried["loans"]),
                days=round(tried["days_earlier"] / tried["earlier"]),
            )
        )
    return sentences


def _lateness(tried: Tried) -> list[str]:
    told = {
        "no_longer_late": _("%(loans)s late books would not have been late.", loans=tried["no_longer_late"]),
        "now_late": _("%(loans)s books that were in time would have been late.", loans=tried["now_late"]),
        "no_longer_lost": _("%(loans)s books would not be looked for as lost.", loans=tried["no_longer_lost"]),
        "now_lost": _("%(loans)s more books would be looked for as lost.", loans=tried["now_lost"]),
    }
    return [words for name, words in told.items() if tried[name]]


def _check_outs(tried: Tried) -> list[str]:
    sentences = []
    if tried["refused"]:
        by = [f"{RULE_WORDS[rule].name} {count}" for rule, count in sorted(tried["refused_by"].items())]
        sentences.append(
            _("%(loans)s loans would have been refused (%(by)s).", loans=tried["refused"], by=_(", ").join(by))
        )
    if tried["allowed"]:
        sentences.append(_("%(loans)s loans that need an exception today would be allowed.", loans=tried["allowed"]))
    return sentences


def _renewals(tried: Tried) -> list[str]:
    told = {
        "renewals_refused": _(
            "%(some)s of %(all)s renewals would have been refused.",
            some=tried["renewals_refused"],
            all=tried["renewals"],
        ),
        "renewals_allowed": _(
            "%(some)s renewals that need an exception today would be allowed.", some=tried["renewals_allowed"]
        ),
    }
    return [words for name, words in told.items() if tried[name]]


def columns(tried: Tried) -> list[str]:
    """Return which figures the table shows: those that are not nought everywhere."""
    return [name for name in COLUMNS if tried[name]]


def table(tried: Tried) -> list[list[Any]]:
    """Return a line for each township and category in which something would be different, beginning with its name."""
    shown = columns(tried)
    return [
        [f"{cell['branch_name']} · {category_words(cell['category'])}", *(cell[name] for name in shown)]
        for cell in tried["by"]
    ]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%"
