"""The one registry of reason codes, of every room: sentences, a line in the help, and a test for each, in both languages."""

import string
from html import unescape

import pytest
from flask.testing import FlaskClient

from circulation.policies.reasons_help import ROLE_WORDS, SEVERITY_WORDS, who_may_override
from circulation.policies.rules import RULES
from circulation.policies.topics import TOPIC_WORDS, Topic
from library.accounts.rules import Role
from library.kernel.decisions import Definition, Severity, definitions
from tests.contract.triggered import CODES, triggered
from tests.library.test_translations import CHINESE, KNOWN, PLACEHOLDER

# What stands in Chinese sentences as it is.
LATIN = frozenset("ISBN")


@pytest.fixture(scope="module")
def tests_of_codes() -> dict[str, set[str]]:
    return triggered()


@pytest.fixture
def help_pages(client: FlaskClient) -> dict[str, str]:
    """Return the help page in each language, as text."""
    return {lang: unescape(client.get(f"/help/reasons?lang={lang}").text) for lang in ("en", "zh")}


def sentences(found: Definition) -> list[str]:
    return [str(found.reader), str(found.staff), str(found.todo)]


def in_chinese(english: str) -> str:
    (chinese,) = KNOWN[english]
    return chinese


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_speaks_to_readers_and_staff_in_both_languages(code: str) -> None:
    for english in sentences(definitions()[code]):
        assert english.endswith((".", "?")), english
        chinese = in_chinese(english)
        assert CHINESE.search(chinese), f"no Chinese for: {english}"
        assert not set(PLACEHOLDER.sub("", chinese)) & set(string.ascii_letters) - LATIN
        assert sorted(set(PLACEHOLDER.findall(chinese))) == sorted(set(PLACEHOLDER.findall(english)))


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_is_triggered_by_a_test(code: str, tests_of_codes: dict[str, set[str]]) -> None:
    assert tests_of_codes.get(code), f"no test asks for {code}"


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_has_its_place_a_line_and_known_rules(code: str) -> None:
    found = definitions()[code]
    assert found.about in list(Topic), f"{code} is about nothing"
    assert "%(" not in str(found.todo), "the line stands in the help, without a case at hand"
    assert set(found.rules) <= set(RULES)
    assert found.severity is Severity.REFUSE or not found.is_overridable


def test_every_code_stands_on_the_help_page_in_both_languages(help_pages: dict[str, str]) -> None:
    for code in sorted(CODES):
        found = definitions()[code]
        for lang, page in help_pages.items():
            entry = page[page.index(f'id="{code}"') :].split("</article>", 1)[0]
            for english in sentences(found):
                told = in_chinese(english) if lang == "zh" else english
                assert PLACEHOLDER.sub("…", told) in entry, f"{code} in {lang}"
            assert ("可以破例" in entry or "exception is possible" in entry) == found.is_overridable


def test_the_help_page_is_found_from_the_help_and_has_every_topic(
    client: FlaskClient, help_pages: dict[str, str]
) -> None:
    assert all('href="/help/reasons"' in client.get(f"/help?lang={lang}").text for lang in ("en", "zh"))
    used = {definitions()[code].about for code in CODES}
    assert used == set(TOPIC_WORDS)
    assert all(f'id="about-{topic}"' in help_pages["en"] for topic in TOPIC_WORDS)


def test_severities_and_roles_have_words() -> None:
    assert list(SEVERITY_WORDS) == list(Severity)
    assert list(ROLE_WORDS) == list(Role)
    assert who_may_override() == [str(ROLE_WORDS[Role.COUNTY_ADMINISTRATOR]), str(ROLE_WORDS[Role.BRANCH_LIBRARIAN])]
