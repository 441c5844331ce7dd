"""The registry of codes: each has its sentences in both languages, and each is triggered by a test."""

import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from circulation.lending import reasons as own
from circulation.policies import reasons
from library.kernel.decisions import definitions
from tests.circulation.lending.test_due_rules import LATE_CASES
from tests.circulation.lending.test_lending import CARDS, SCANS
from tests.circulation.lending.test_lending_rules import CASES

PO_FILES = Path("library/translations/zh_Hans/LC_MESSAGES")
CODES = sorted(
    value
    for module in (reasons, own)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str) and value in definitions()
)
# The last two in test_tree_renewal.
TRIGGERED_ON_ROWS = {code for _, code in (*SCANS, *CARDS)} | {reasons.LOAN_ENDED, own.ON_SITE_NOT_RENEWED}
TOLD_AS_DUE = {own.CARD_ENDS_FIRST, own.NO_RUN_PLANNED}
TOLD_BY_LATENESS = {code for *_, told in LATE_CASES for code in told}
TOLD_BY_RETURNS = {own.CLAIM_SETTLED, own.RECALL_FULFILLED, own.COMPENSATION_KEPT, own.COMPENSATION_TAKEN_BACK}


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    messages: dict[str, str] = {}
    for path in PO_FILES.glob("*.po"):
        with path.open("rb") as file:
            messages |= {str(message.id): str(message.string) for message in read_po(file) if message.string}
    return messages


def placeholders(text: str) -> set[str]:
    return {part.split(")")[0] for part in text.split("%(")[1:]}


@pytest.mark.parametrize("code", CODES)
def test_a_code_speaks_to_readers_and_staff_in_both_languages(code: str, chinese: dict[str, str]) -> None:
    definition = definitions()[code]
    for sentence in (definition.reader, definition.staff):
        english = str(sentence)
        assert english.endswith("."), english
        translated = chinese.get(english, "")
        assert translated, f"no Chinese for: {english}"
        assert not set(translated) & set(string.ascii_letters) - set("ISBN") or "%(" in translated
        assert placeholders(translated) == placeholders(english)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_triggered_by_a_test(code: str) -> None:
    others = TRIGGERED_ON_ROWS | TOLD_AS_DUE | TOLD_BY_LATENESS | TOLD_BY_RETURNS
    assert code in {case[0] for case in CASES} | others
