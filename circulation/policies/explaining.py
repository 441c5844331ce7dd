"""Why a decision fell: which row of each rule won, which rows it beat and by what, in sentences for staff and readers.

Answers keep what the rules were asked (`{path, item_class, patron_category, on, at}`), not what they said: the rules as they
stood at that instant are looked up when somebody wants to know. The form of an explanation is that of the API.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from circulation.policies.book import PastBooks
from circulation.policies.listing import named, named_all
from circulation.policies.rules import Because, ResolvedPolicy
from circulation.policies.value_words import row_words, value_words
from circulation.policies.words import RULE_WORDS
from library.kernel.decisions import Outcome, Severity, definitions

Asked = Mapping[str, Any]
Entry = dict[str, Any]
# What a due date is made of; said first where a loan was made or renewed.
DUE_RULES = ("loan_days", "loan_unit", "closed_day_mode", "hard_due", "due_by_next_run")
_BECAUSE: Mapping[str, LazyString] = {
    Because.ITEM_CLASS: _l("a row that names the kind of copy goes first"),
    Because.PATRON_CATEGORY: _l("a row that names the readers goes first"),
    Because.PLACE: _l("the nearer place goes first"),
    Because.BEGUN: _l("the row that began later goes first"),
    Because.ENTERED: _l("the row entered last goes first"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One rule of an explanation in words; `row` is empty and `why` has nothing where the program's own value holds."""

    rule: str
    name: str
    value: str
    row: str
    text: str
    why: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What decided, and all the rest."""

    first: tuple[Told, ...]
    others: tuple[Told, ...]


def explained(session: Session, asked: Asked) -> list[Entry]:
    """Return what each rule said when an answer was given, however late that is asked for."""
    return explained_all(session, [asked])[0]


def explained_all(session: Session, questions: Sequence[Asked]) -> list[list[Entry]]:
    """Return the explanations of several answers; the database is read as often as for one."""
    books = PastBooks(session)
    return named_all(session, [_resolved(books, asked).explain() for asked in questions])


def _resolved(books: PastBooks, asked: Asked) -> ResolvedPolicy:
    return books.at(datetime.fromisoformat(asked["at"])).resolve(
        item_class=asked["item_class"],
        patron_category=asked["patron_category"],
        path=asked["path"],
        on=date.fromisoformat(asked["on"]),
    )


def named_and_told(session: Session, resolved: ResolvedPolicy) -> list[Entry]:
    """Return what each rule says now, with the sentences of `with_texts`."""
    return with_texts(named(session, resolved.explain()))


def with_texts(entries: Iterable[Entry], audience: str = "staff") -> list[Entry]:
    """Return an explanation with its sentences in the present language; readers do not see what staff noted."""
    listed = list(entries)
    unit = loan_unit(listed)
    shown = []
    for entry in listed:
        told = _told(entry, unit, audience)
        beat = [_with_words(row, audience) for row in entry["beat"]]
        row = _with_words(entry["row"], audience) if entry["row"] else None
        shown.append({**entry, "row": row, "beat": beat, "text": told.text, "why": list(told.why)})
    return shown


def explanation(entries: Iterable[Entry], codes: Iterable[str] = (), *, audience: str = "staff") -> Explanation:
    """Return an explanation in words, first what decided: the rules of the reasons' `codes`, without any those of a due date.

    Where no rule decides the codes nothing comes first: `circulation.policies.plainly` says what did.
    """
    known = definitions()
    listed = list(entries)
    decided = [known[code] for code in codes if code in known]
    decisive = [rule for one in decided for rule in one.rules] if decided else DUE_RULES
    told = all_told(listed, audience)
    return Explanation(
        first=tuple(one for one in told if one.rule in decisive),
        others=tuple(one for one in told if one.rule not in decisive),
    )


def explanations(
    session: Session, answers: Sequence[Mapping[str, Any]], audience: str = "staff"
) -> list[Explanation | None]:
    """Return what the rules said for each stored answer that asked them; all are looked up together."""
    questions = [asked for answer in answers for asked in answer.get("policy") or ()]
    if not questions:
        return [None] * len(answers)
    entries = iter(zip(questions, explained_all(session, questions), strict=True))
    return [_of_answer(answer, list(islice(entries, len(answer.get("policy") or ()))), audience) for answer in answers]


def _of_answer(
    answer: Mapping[str, Any], asked: Sequence[tuple[Asked, list[Entry]]], audience: str
) -> Explanation | None:
    """Return what decided, and after a loan all the other rules too; a return asks for the rules it names."""
    if not asked:
        return None
    # What a return asks for is in order whole; its questions come before those of the loan that follows on it.
    named = [one for question, entries in asked for one in entries if one["rule"] in question.get("rules", ())]
    back = all_told(named, audience)
    general = [entries for question, entries in asked if "rules" not in question]
    if not general:
        return Explanation(first=tuple(back), others=())
    codes = [one["code"] for one in answer.get("reasons", ()) if one["severity"] != Severity.NOTICE]
    told = explanation([entry for entries in general for entry in entries], codes, audience=audience)
    return Explanation(first=(*told.first, *back), others=told.others)


def grounds(session: Session, answers: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return, in the reader's words, which rows stand behind the refusals of some answers; nothing where no rule decided."""
    known = definitions()
    asked = [
        (question, {rule for reason in answer["reasons"] for rule in known[reason["code"]].rules})
        for answer in answers
        for question in answer.get("policy") or ()
        if answer["decision"] == Outcome.REFUSED
    ]
    wanted = [(question, rules) for question, rules in asked if rules]
    explained = explained_all(session, [question for question, _rules in wanted]) if wanted else []
    told = (
        one.text
        for entries, (_question, rules) in zip(explained, wanted, strict=True)
        for one in all_told(entries, "reader")
        if one.rule in rules
    )
    return list(dict.fromkeys(told))


def all_told(entries: Sequence[Entry], audience: str = "staff") -> list[Told]:
    """Return every rule of an explanation in words, in its order."""
    unit = loan_unit(entries)
    return [_told(entry, unit, audience) for entry in entries]


def loan_unit(entries: Iterable[Entry]) -> str:
    """Return the unit in which an explanation counts loans."""
    return next((str(entry["value"]) for entry in entries if entry["rule"] == "loan_unit"), "days")


def _told(entry: Entry, unit: str, audience: str) -> Told:
    rule, row = entry["rule"], entry["row"]
    name, value = str(RULE_WORDS[rule].name), value_words(rule, entry["value"], loan_unit=unit)
    if row is None:
        text = _("%(rule)s: %(value)s. No row says otherwise.", rule=name, value=value)
        return Told(rule, name, value, "", text, (), "")
    words = row_words(row)
    text = _("%(rule)s: %(value)s, by the row “%(row)s”.", rule=name, value=value, row=words)
    if audience == "reader":
        return Told(rule, name, value, words, text, (), "")
    why = tuple(_beaten(rule, beaten, unit) for beaten in entry["beat"])
    return Told(rule, name, value, words, text, why, str(row.get("note") or ""))


def _beaten(rule: str, row: Entry, unit: str) -> str:
    value = value_words(rule, row["value"], loan_unit=unit)
    because = str(_BECAUSE[row["because"]])
    return str(_("Not “%(row)s” (%(value)s): %(because)s.", row=row_words(row), value=value, because=because))


def _with_words(row: Entry, audience: str) -> Entry:
    shown = {**row, "words": row_words(row)}
    if audience == "reader":
        shown.pop("note", None)
    return shown
