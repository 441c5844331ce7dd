"""Every reason code in words, for the help page: who reads what, how much it weighs, who may set it aside, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from circulation.policies.topics import TOPIC_WORDS
from circulation.policies.words import RULE_WORDS
from library.accounts.rules import PERMISSIONS, Permission, Role
from library.kernel.decisions import Definition, Severity, definitions

# The kind of the chip and the words of each severity.
SEVERITY_WORDS: Mapping[Severity, tuple[str, LazyString]] = {
    Severity.REFUSE: ("bad", _("Not possible")),
    Severity.CONFIRM: ("warn", _("Wants a yes")),
    Severity.NOTICE: ("info", _("Good to know")),
}
ROLE_WORDS: Mapping[Role, LazyString] = {
    Role.COUNTY_ADMINISTRATOR: _("county administrators"),
    Role.CATALOGUER: _("cataloguers"),
    Role.DISTRIBUTION: _("distribution staff"),
    Role.BRANCH_LIBRARIAN: _("branch librarians"),
    Role.ROOM_KEEPER: _("room keepers"),
    Role.SUPERVISOR: _("supervisors"),
}


@dataclass(frozen=True, slots=True)
class ReasonShown:
    """One code in words; `rules` are the names and titles of the lending rules that decide it."""

    code: str
    severity: tuple[str, LazyString]
    reader: str
    staff: str
    todo: str
    is_overridable: bool
    is_confirmed: bool
    rules: Sequence[tuple[str, str]]


def grouped() -> list[tuple[str, str, list[ReasonShown]]]:
    """Return the codes of every room by what they are about: (anchor, words, codes)."""
    known = definitions().values()
    return [
        (str(topic), str(words), [_shown(one) for one in known if one.about == topic])
        for topic, words in TOPIC_WORDS.items()
    ]


def overridable() -> list[ReasonShown]:
    """Return the refusals that may be set aside with a reason."""
    return [_shown(one) for one in definitions().values() if one.is_overridable]


def who_may_override() -> list[str]:
    """Return the roles that may set a refusal aside, in words."""
    return [str(words) for role, words in ROLE_WORDS.items() if Permission.OVERRIDE in PERMISSIONS[role]]


def _shown(found: Definition) -> ReasonShown:
    return ReasonShown(
        code=found.code,
        severity=SEVERITY_WORDS[found.severity],
        reader=found.bare("reader"),
        staff=found.bare("staff"),
        todo=str(found.todo),
        is_overridable=found.is_overridable,
        is_confirmed=found.severity is Severity.CONFIRM,
        rules=[(rule, str(RULE_WORDS[rule].name)) for rule in found.rules],
    )
