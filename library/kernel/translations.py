"""One catalogue of messages per language, merged at start from the `.po` file of every room.

A room owns its file, so that two people never edit the same one; Flask-Babel however looks into one domain. Reading the
text files at start needs no compiled `.mo` beside them, which would be forgotten after an edit.
"""

import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain, get_locale

FOLDER = Path(__file__).parent.parent / "translations"


class MergedDomain(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """The messages of all rooms as one domain."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(translation_directories=[str(folder)], domain="messages")
        self._folder = folder

    def get_translations(self) -> NullTranslations:
        """Return the messages in the language of the present request; English is the messages themselves."""
        locale = get_locale()
        return _load(self._folder, str(locale)) if locale is not None else NullTranslations()


def po_files(folder: Path, locale: str) -> list[Path]:
    """Return the files of one language, in a fixed order."""
    return sorted((folder / locale / "LC_MESSAGES").glob("*.po"))


@cache
def _load(folder: Path, locale: str) -> NullTranslations:
    files = po_files(folder, locale)
    return merge(files, locale) if files else NullTranslations()


def merge(files: Iterable[Path], locale: str) -> Translations:
    """Return the messages of several files as one; of two translations of a message the first file's is used."""
    merged = Catalog(locale=locale)
    for path in files:
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id and message.string and message.id not in merged:
                    merged.add(message.id, message.string, flags=message.flags, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)
