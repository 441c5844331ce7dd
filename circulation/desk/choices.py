"""What a line of the log still asks, as its stored answer tells: the answers that may be given to it, in their order.

They are numbered from 1 and given by number, by a button, a key or a barcode on the mat; what a number means is read from
the stored answer again, so that nobody can ask for a reader or a copy that was not offered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from circulation.desk.kinds import Did
from library.kernel.decisions import Outcome, is_overridable

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question; the rest says of what.

    `kind` is item, reader, take_back, renew, lend, exception, renewal_exception or wish.
    """

    kind: str
    item: int | None = None
    reader: int | None = None
    confirmed: tuple[str, ...] = ()
    isbn: str = ""


def choices(answer: Answer) -> tuple[Choice, ...]:
    """Return what may be answered to the line with this stored answer; empty when it asks nothing."""
    return tuple(_choices(answer))


def _choices(answer: Answer) -> Iterator[Choice]:
    did = answer.get("did")
    if did == Did.CHOOSE:
        yield from (Choice("item", item=one) for one in answer.get("candidates", ()))
        yield from (Choice("reader", reader=one) for one in answer.get("readers", ()))
    elif did == Did.ASK:
        yield Choice("take_back", item=answer["item"])
        yield Choice("renew", item=answer["item"])
    elif answer.get("isbn") and answer.get("reader"):
        yield Choice("wish", isbn=answer["isbn"])
    elif did in {Did.LENT, Did.RENEWED} and answer.get("decision") == Outcome.NEEDS_CONFIRMATION:
        codes = tuple(one["code"] for one in answer.get("reasons", ()) if one["severity"] == "confirm")
        yield Choice("renew" if did == Did.RENEWED else "lend", item=answer.get("item"), confirmed=codes)
    elif did in {Did.LENT, Did.RENEWED} and answer.get("decision") == Outcome.REFUSED:
        yield from _exception(answer)


def _exception(answer: Answer) -> Iterator[Choice]:
    """Offer to do it all the same where every refusal may be set aside; lending asks who says so, and why."""
    refusals = {one["code"] for one in answer["reasons"] if one["severity"] == "refuse"}
    if all(map(is_overridable, refusals)):
        confirmed = tuple(one["code"] for one in answer["reasons"] if one["severity"] != "notice")
        kind = "exception" if answer["did"] == Did.LENT else "renewal_exception"
        yield Choice(kind, item=answer["item"], confirmed=confirmed)
