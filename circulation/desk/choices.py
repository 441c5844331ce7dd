"""What a line of the log still asks, as its stored answer tells: the answers that may be given to it, in their order.

They are numbered from 1 and given by number, by a button, a key or a barcode on the mat; what a number means is read from
the stored answer again, so that nobody can ask for a reader or a copy that was not offered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from circulation.desk.kinds import Did
from circulation.policies.reasons import ITEM_IN_TRANSIT
from library.kernel.decisions import Outcome, is_overridable

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question; the rest says of what.

    `kind` is item, reader, take_back, renew, lend, exception, renewal_exception, wish or lend_first.
    """

    kind: str
    item: int | None = None
    reader: int | None = None
    confirmed: tuple[str, ...] = ()
    isbn: str = ""
    code: str = ""


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
    elif did == Did.NOTHING and answer.get("reader"):
        yield from _of_unknown_book(answer)
    elif did in {Did.LENT, Did.RENEWED}:
        yield from _despite(answer, str(answer.get("decision")))
    elif did == Did.TAKEN_BACK and answer.get("lending"):
        yield from _despite(answer, answer["lending"], ITEM_IN_TRANSIT)


def _of_unknown_book(answer: Answer) -> Iterator[Choice]:
    if answer.get("isbn"):
        yield Choice("wish", isbn=answer["isbn"])
    if answer.get("lend_first"):
        codes = tuple(one["code"] for one in answer["reasons"] if one["severity"] == "confirm")
        yield Choice("lend_first", confirmed=codes, code=answer.get("isbn") or answer["code"])


def _despite(answer: Answer, outcome: str, *confirmed: str) -> Iterator[Choice]:
    """Offer to do it all the same: for a yes, or where every refusal may be set aside, for who says so and why.

    `confirmed` are codes that needed no yes before and need none now.
    """
    codes = (*(one["code"] for one in answer["reasons"] if one["severity"] != "notice"), *confirmed)
    is_renewal = answer["did"] == Did.RENEWED
    if outcome == Outcome.NEEDS_CONFIRMATION:
        yield Choice("renew" if is_renewal else "lend", item=answer.get("item"), confirmed=codes)
    elif outcome == Outcome.REFUSED:
        refusals = {one["code"] for one in answer["reasons"] if one["severity"] == "refuse"}
        if all(map(is_overridable, refusals)):
            yield Choice("renewal_exception" if is_renewal else "exception", item=answer["item"], confirmed=codes)
