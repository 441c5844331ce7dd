"""The registry of codes: each has its sentences in both languages, and each is triggered by a test."""

import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from circulation.policies import reasons
from library.kernel.decisions import definitions
from tests.circulation.lending.test_lending import CARDS, SCANS
from tests.circulation.lending.test_lending_rules import CASES

PO_FILES = Path("library/translations/zh_Hans/LC_MESSAGES")
CODES = sorted(
    value
    for name, value in vars(reasons).items()
    if name.isupper() and isinstance(value, str) and value in definitions()
)
TRIGGERED_ON_ROWS = {code for _, code in (*SCANS, *CARDS)} | {reasons.LOAN_ENDED}  # the last in test_returns


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
    assert code in {case[0] for case in CASES} | TRIGGERED_ON_ROWS
