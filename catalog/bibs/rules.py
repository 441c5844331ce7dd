"""Rules of bibliographic records: reading prices and years, derived columns, match keys, and which records are one book.

Everything here is a function of values.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from catalog.bibs.description import EDITABLE, Audience, BibDescription, Creator, creators_from_json
from library.kernel.identifiers import normalise_isbn
from library.kernel.text import fold, fold_pinyin, pinyin_keys

EARLIEST_YEAR = 1400
LATEST_YEAR = 2100
_REPUBLIC = re.compile(r"民国\s*(\d{1,2})\s*年?")
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_AMOUNT = re.compile(r"(?<![\d.])(\d{1,6}(?:,\d{3})*(?:\.\d{1,2})?)(?!\d)")
_FOREIGN_MONEY = re.compile(
    r"HKD|HK\$|NT\$|TWD|USD|US\$|EUR|GBP|JPY|KRW|SGD|DM|€|£|港币|新台币|美元|日元|英镑", re.IGNORECASE
)
_DOLLAR = re.compile(r"(?<![A-Za-z])\$")
_LEADING_ISBN = re.compile(r"[\s:]*(?:ISBN)?[\s:]*([\dXx][\dXx\s\-\u2010-\u2015]{8,20}[\dXx])(?!\d)")
_CLASS = re.compile(r"\[?([A-Z]{1,2}\d[\dA-Z./:+=()\"<>\-\[\]]*|[A-Z]{1,2}\d?)\]?")
_ROLE_AT_END = re.compile(
    r"(?:口述|编著|主编|编译|译注|编绘|编写|选编|改编|著译|点校|校注|审定|绘画|摄影|[著编译绘撰辑写画校注])+$"
)
_NATIONALITY = re.compile(r"^\s*[(（\[【][^)）\]】]{1,6}[)）\]】]\s*")
_CREATOR_BREAK = re.compile(r"\s*[,，、;；]\s*")
_AND_OTHERS = re.compile(r"\s*[\[［…\.]*\s*[\[［]?等[\]］]?$")


def parse_year(text: str) -> int | None:
    """Return the first year (1400 to 2100) a date statement names: `2023.05`, `[1984]`, `c1990`, `民国23年`."""
    plain = unicodedata.normalize("NFKC", text)
    republic = _REPUBLIC.search(plain)
    if republic:
        return 1911 + int(republic[1])
    match = _YEAR.search(plain)
    return int(match[1]) if match else None


def parse_price(text: str) -> int | None:
    """Return a price in cents (0.01 CNY), None when there is none or it is not in yuan.

    Understands `CNY79.00`, `￥0.40`, `0.38元`, a bare number, `CNY39.80 (全2册)`; 赠阅 and 非卖品 have no price.
    """
    plain = unicodedata.normalize("NFKC", text)
    if _FOREIGN_MONEY.search(plain) or _DOLLAR.search(plain):
        return None
    match = _AMOUNT.search(plain)
    if not match:
        return None
    yuan, _, cents = match[1].replace(",", "").partition(".")
    return int(yuan) * 100 + int(cents.ljust(2, "0") or "0")


def read_isbn(text: str) -> str | None:
    """Return the ISBN that begins a text as 13 digits, or None; behind it may stand `(pbk.)`, `精装` or a colon."""
    match = _LEADING_ISBN.match(text)
    return normalise_isbn(match[1]) if match else None


def clean_class(text: str) -> str:
    """Return a CLC number without blanks and square brackets of alternatives, empty when it is not one.

    Numbers such as `21.2` of schemes before CLC are not CLC.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    match = _CLASS.match(plain)
    return match[0].strip("[]")[:60] if match else ""


def main_class(clc: str) -> str:
    """Return the main class of a CLC number, one of 22 letters, or an empty string."""
    return clc[:1] if clc[:1].isalpha() else ""


def creators_in(statement: str) -> tuple[Creator, ...]:
    """Return the creators a statement of responsibility names: `(英) 甲, 乙主编` gives 甲 and 乙, both 主编.

    Used only when a record has no access points; the statement is transcribed text and bears no certainty.
    """
    plain = _AND_OTHERS.sub("", unicodedata.normalize("NFKC", statement).strip().rstrip("."))
    role = _ROLE_AT_END.search(plain)
    names = (plain[: role.start()] if role else plain).strip()
    return tuple(
        Creator(name, role[0] if role else "")
        for part in _CREATOR_BREAK.split(names)
        if 0 < len(name := _AND_OTHERS.sub("", _NATIONALITY.sub("", part)).strip()) <= 40
    )


def clean_pinyin(text: str) -> str:
    """Return catalogued pinyin as lower-case syllables: `'94 Zhong Guo` and `ZHONGGUO` alike lose case and marks."""
    return fold_pinyin(text)


# --- derived columns -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 14)
def folded_publisher(name: str) -> str:
    """Return a publisher's name folded; a few hundred names repeat over a whole catalogue."""
    return fold(name)


def match_key(title: str, part: str, creator: str, publisher: str, year: int | None) -> str:
    """Return the key of the last step of matching: title, part, first creator, publisher and year, all folded.

    Empty when there is too little to compare: a title alone matches too many books.
    """
    if not creator and not (publisher and year):
        return ""
    folded = (fold(title).replace(" ", ""), fold(part).replace(" ", ""), fold(creator).replace(" ", ""))
    return "|".join((*folded, folded_publisher(publisher).replace(" ", ""), str(year or "")))[:300]


def columns_of(description: BibDescription) -> dict[str, Any]:
    """Return the columns of `bibs` that a description determines, cut to what the columns hold."""
    title = description.title[:500]
    title_folded = fold(title)[:500]
    names = [creator.name for creator in description.creators]
    creators_text = "、".join(names)[:500]
    first = names[0] if names else ""
    return {
        "title": title,
        "title_folded": title_folded,
        "title_pinyin": (description.pinyin or " ".join(pinyin_keys(title_folded).syllables))[:1000],
        "subtitle": description.subtitle[:500],
        "part": description.part[:200],
        "creators": [creator.as_json() for creator in description.creators],
        "creators_text": creators_text,
        "creators_pinyin": " ".join(_pinyin_of(creator) for creator in description.creators)[:500],
        "publisher": description.publisher[:200],
        "place": description.place[:100],
        "year": description.year,
        "edition": description.edition[:100],
        "series": description.series[:300],
        "extent": description.extent[:100],
        "language": description.language[:8],
        "audience": str(description.audience),
        "clc": description.clc[:60],
        "clc_top": main_class(description.clc),
        "isbn13": description.isbns[0] if description.isbns else None,
        "price_cents": description.price_cents,
        "summary": description.summary,
        "subjects": list(description.subjects),
        "material": description.material,
        "match_key": match_key(title, description.part, first, description.publisher, description.year),
    }


def _pinyin_of(creator: Creator) -> str:
    """Return a name's pinyin, as catalogued when it is: surnames have readings of their own (叶 Xie, 单 Shan)."""
    return creator.pinyin or " ".join(pinyin_keys(fold(creator.name)).syllables)


def identifiers_of(description: BibDescription) -> list[tuple[str, str]]:
    """Return the numbers a book can be found by as (kind, value), without repetition."""
    found = [("isbn", isbn) for isbn in description.isbns] + [("issn", issn) for issn in description.issns]
    if description.unified_number:
        found.append(("unified", description.unified_number))
    if description.control_number:
        found.append(("control", control_key(description.agency, description.control_number)))
    return [(kind, value[:60]) for kind, value in dict.fromkeys(found)]


def control_key(agency: str, number: str) -> str:
    """Return a control number with its agency, `(BJNL)012024000002`; numbers of two agencies collide without it."""
    return f"({agency}){number}"


def with_edits(description: BibDescription, edits: Mapping[str, Any]) -> BibDescription:
    """Return the description with the values of the edited layer in the place of what the sources say."""
    return replace(description, **{name: edit_value(name, value) for name, value in edits.items() if name in EDITABLE})


def edit_value(name: str, stored: Any) -> Any:
    """Return one edited value in the type of its field."""
    if name == "creators":
        return creators_from_json(stored)
    if name in {"isbns", "subjects"}:
        return tuple(stored)
    if name == "audience":
        return Audience(stored)
    return stored


def combined(descriptions: Sequence[BibDescription]) -> BibDescription:
    """Return the first description with its empty fields filled from the later ones, identifiers joined.

    So a poor record that came first gains the summary and the class of a better one without losing what it says.
    """
    first, *rest = descriptions
    values: dict[str, Any] = {}
    for other in rest:
        for name in (
            "subtitle",
            "publisher",
            "place",
            "edition",
            "series",
            "extent",
            "clc",
            "summary",
            "year",
            "price_cents",
        ):
            if not values.get(name, getattr(first, name)):
                values[name] = getattr(other, name)
        for name in ("creators", "subjects"):
            if not values.get(name, getattr(first, name)):
                values[name] = getattr(other, name)
    values["isbns"] = tuple(dict.fromkeys(isbn for one in descriptions for isbn in one.isbns))
    return replace(first, **values)


# --- matching --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """What matching knows of a bib of the catalogue, or of an arriving record (`bib_id` 0)."""

    bib_id: int
    title_folded: str
    part: str
    year: int | None
    match_key: str
    material: str = "book"


def same_edition(one: Candidate, other: Candidate) -> bool:
    """Tell whether two records that share an ISBN are the same edition of the same volume.

    Chinese publishers reuse an ISBN for reprints, whole sets and even other books, so an ISBN alone never decides: title,
    volume, year of publication and kind of thing must agree as far as both say them.
    """
    if one.material != other.material or fold(one.part) != fold(other.part):
        return False
    if one.year is not None and other.year is not None and one.year != other.year:
        return False
    return _same_title(one.title_folded, other.title_folded)


def _same_title(one: str, other: str) -> bool:
    short, long = sorted((one.replace(" ", ""), other.replace(" ", "")), key=len)
    return bool(short) and long.startswith(short) and (len(short) >= 4 or len(short) == len(long))


@dataclass(frozen=True, slots=True)
class Match:
    """What matching found: one bib, several (a conflict), or none."""

    bib_ids: tuple[int, ...]
    by: str = ""

    @property
    def bib_id(self) -> int | None:
        """Return the one bib, or None."""
        return self.bib_ids[0] if len(self.bib_ids) == 1 else None

    @property
    def is_conflict(self) -> bool:
        """Tell whether several bibs fit equally."""
        return len(self.bib_ids) > 1


NO_MATCH = Match(())


def decide_match(
    arriving: Candidate,
    *,
    by_control: Iterable[Candidate],
    by_isbn: Iterable[Candidate],
    by_unified: Iterable[Candidate],
    by_key: Iterable[Candidate],
) -> Match:
    """Return the match of an arriving record, trying the surest sign first.

    ISBN with volume and year, then the control number of the same agency, then the unified book number with the volume,
    then the key of title, creator, publisher and year. A step that finds several equally good bibs is a conflict for a
    person.
    """
    steps = (
        ("isbn", [one for one in by_isbn if same_edition(arriving, one)]),
        ("control", [one for one in by_control if _same_title(arriving.title_folded, one.title_folded)]),
        ("unified", [one for one in by_unified if same_edition(arriving, one)]),
        ("key", [one for one in by_key if one.match_key == arriving.match_key and one.material == arriving.material]),
    )
    for name, found in steps:
        ids = tuple(dict.fromkeys(one.bib_id for one in found))
        if len(ids) > 1:
            exact = tuple(dict.fromkeys(one.bib_id for one in found if _exactly(arriving, one)))
            ids = exact or ids
        if ids:
            return Match(ids, name)
    return NO_MATCH


def _exactly(one: Candidate, other: Candidate) -> bool:
    return one.title_folded == other.title_folded and one.year == other.year and one.match_key == other.match_key
