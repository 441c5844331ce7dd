"""Every sentence of the program is there in Chinese, with the same placeholders."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "library/translations/zh_Hans/LC_MESSAGES"
PACKAGES = ("library", "catalog", "circulation")
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "_l": None, "N_": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def used() -> Iterator[tuple[str, str]]:
    """Yield every message with the place it is used at."""
    for package in PACKAGES:
        for file, line, message, _comments, _context in extract_from_dir(
            ROOT / package, method_map=METHODS, keywords=KEYWORDS, options_map={"**/templates/**.html": {"silent": "0"}}
        ):
            for text in message if isinstance(message, tuple) else (message,):
                if text:
                    yield text, f"{package}/{file}:{line}"


def translated() -> dict[str, tuple[str, ...]]:
    """Return the Chinese of every message; a plural has one form in Chinese."""
    known: dict[str, tuple[str, ...]] = {}
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as file:
            messages = list(read_po(file, locale="zh_Hans"))
        for message in messages:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            if ids[0] and not message.fuzzy:
                for text in ids:
                    known[text] = tuple(strings)
    return known


KNOWN = translated()


def test_no_message_is_translated_differently_in_two_files() -> None:
    """All files are merged when the application starts, and of two translations the reader would see one at random."""
    seen: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh_Hans"):
                if message.id:
                    seen.setdefault(str(message.id), {})[path.stem] = str(message.string)
    assert {text: found for text, found in seen.items() if len(set(found.values())) > 1} == {}


def test_every_message_is_translated() -> None:
    missing = sorted({f"{place}: {text}" for text, place in used() if not any(KNOWN.get(text, ("",)))})
    assert not missing, "\n".join(missing)


def test_placeholders_survive() -> None:
    lost = {
        message: chinese
        for message, strings in KNOWN.items()
        for chinese in strings
        if set(PLACEHOLDER.findall(chinese)) != set(PLACEHOLDER.findall(message))
    }
    assert lost == {}


def test_the_translations_are_chinese() -> None:
    wordy = {text: strings for text, strings in KNOWN.items() if len(text.split()) > 3}
    assert [text for text, strings in wordy.items() if not any(CHINESE.search(one) for one in strings)] == []
