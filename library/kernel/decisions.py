"""Decisions and their reasons: what a rule answers, and the one registry of reason codes.

A code has a severity and two sentences, one for the reader and one for staff, each a translatable message. Only code and
parameters (ids, numbers, dates) are stored; the sentence is made when the answer is shown, in the language of whoever looks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask_babel import LazyString

from library.kernel.problem_texts import Parameters


class Severity(StrEnum):
    """How much a reason weighs: it forbids, it wants a confirmation, or it only informs."""

    REFUSE = "refuse"
    CONFIRM = "confirm"
    NOTICE = "notice"


class Outcome(StrEnum):
    ALLOWED = "allowed"
    NEEDS_CONFIRMATION = "needs_confirmation"
    REFUSED = "refused"


@dataclass(frozen=True)
class Reason:
    """One reason of a decision; `params` fill its sentence."""

    code: str
    severity: Severity
    params: Mapping[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return the form that goes into a stored answer."""
        return {"code": self.code, "severity": str(self.severity), "params": dict(self.params)}


@dataclass(frozen=True)
class Decision:
    """The outcome and every reason found, not only the first."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, reasons: Iterable[Reason]) -> "Decision":
        """Return the decision that follows from the reasons: the heaviest decides."""
        found = tuple(reasons)
        severities = {reason.severity for reason in found}
        if Severity.REFUSE in severities:
            return cls(Outcome.REFUSED, found)
        if Severity.CONFIRM in severities:
            return cls(Outcome.NEEDS_CONFIRMATION, found)
        return cls(Outcome.ALLOWED, found)

    @property
    def is_allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED


@dataclass(frozen=True)
class Definition:
    """A code with its sentences.

    `about` is the group it is shown in, `todo` tells what to do about it, `rules` names the lending rules that decide it. A
    refusal that `is_overridable` may be set aside with a reason by whoever has the permission to.
    """

    code: str
    severity: Severity
    reader: LazyString
    staff: LazyString
    about: str
    todo: LazyString
    rules: tuple[str, ...] = ()
    is_overridable: bool = False

    def bare(self, audience: str = "staff") -> str:
        """Return the sentence without a case at hand: a gap stands for each number and date."""
        return str(self.reader if audience == "reader" else self.staff) % Parameters()


_definitions: dict[str, Definition] = {}


def define(
    code: str,
    severity: Severity,
    *,
    reader: LazyString,
    staff: LazyString,
    about: str,
    todo: LazyString,
    rules: tuple[str, ...] = (),
    is_overridable: bool = False,
) -> str:
    """Register a reason code; returns the code. A code is defined once."""
    if code in _definitions:
        msg = f"reason code defined twice: {code}"
        raise ValueError(msg)
    _definitions[code] = Definition(code, severity, reader, staff, about, todo, rules, is_overridable)
    return code


def reason(code: str, **params: Any) -> Reason:
    """Return a reason with the severity its code was defined with."""
    return Reason(code, _definitions[code].severity, params)


def is_overridable(code: str) -> bool:
    """Tell whether a refusal may be set aside with a reason."""
    return _definitions[code].is_overridable


def definitions() -> Mapping[str, Definition]:
    """Return every registered code."""
    return dict(_definitions)


def render(reasons: Iterable[Mapping[str, Any]], audience: str = "staff") -> list[dict[str, Any]]:
    """Return stored reasons with their sentences, `[{code, severity, text, …}]`, for `staff` or `reader`."""
    shown = []
    for stored in reasons:
        definition = _definitions[stored["code"]]
        sentence = definition.reader if audience == "reader" else definition.staff
        params = stored.get("params", {})
        shown.append({"code": stored["code"], "severity": stored["severity"], "text": str(sentence) % params})
    return shown
