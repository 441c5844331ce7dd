"""A decision is as heavy as its heaviest reason, and says all of them in words."""

import pytest
from flask import Flask
from flask_babel import lazy_gettext as _l

from library.kernel import decisions
from library.kernel.decisions import Decision, Outcome, Reason, Severity

REFUSE, CONFIRM, NOTICE = (Reason(f"test_{severity}", severity) for severity in Severity)


@pytest.mark.parametrize(
    ("reasons", "outcome"),
    [
        ((), Outcome.ALLOWED),
        ((NOTICE,), Outcome.ALLOWED),
        ((NOTICE, CONFIRM), Outcome.NEEDS_CONFIRMATION),
        ((NOTICE, CONFIRM, REFUSE), Outcome.REFUSED),
    ],
)
def test_the_heaviest_reason_decides(reasons: tuple[Reason, ...], outcome: Outcome) -> None:
    decision = Decision.of(reasons)
    assert decision.outcome is outcome
    assert decision.reasons == reasons
    assert decision.is_allowed is (outcome is Outcome.ALLOWED)


def test_a_code_is_said_to_readers_and_to_staff_with_its_numbers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "_definitions", {})
    code = decisions.define(
        "full",
        Severity.REFUSE,
        about="test",
        todo=_l("Wait a day."),
        reader=_l("You have %(count)s books."),
        staff=_l("Reader has %(count)s books."),
    )
    stored = [decisions.reason(code, count=5).stored()]
    with app.test_request_context("/"):
        assert decisions.render(stored, "reader")[0]["text"] == "You have 5 books."
        assert decisions.render(stored)[0]["text"] == "Reader has 5 books."


def test_a_code_is_defined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "_definitions", {})
    decisions.define("full", Severity.REFUSE, about="x", reader=_l("a"), staff=_l("b"), todo=_l("c"))
    with pytest.raises(ValueError, match="twice"):
        decisions.define("full", Severity.REFUSE, about="x", reader=_l("a"), staff=_l("b"), todo=_l("c"))
