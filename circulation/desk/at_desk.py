"""A scan with what stands around it, and the answers that are made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from circulation.desk.kinds import Did, Mode
from circulation.desk.rules import NOBODY, UNSETTLED, Scan, Standing, is_card_like
from library.branches.models import Branch
from library.kernel.decisions import Outcome, Reason
from library.kernel.operations import Answer

# A yes at the desk needs no words; a refusal is set aside only with a reason somebody wrote.
NO_WORDS = ""


@dataclass(frozen=True)
class AtDesk:
    """A scan, the branch, who stands at the desk, the mode, and what a button added.

    `gap_s` are the seconds since the scan before, by the desk's own clock; `titles` what a search proposed for the words
    that were typed. `wish` is empty, `take_back`, `lend` or `renew`; `confirmed` are the codes of the reasons that were
    confirmed, `because` says why an exception is made, `title` what stands on a book that nobody has catalogued.
    """

    branch: Branch
    scan: Scan
    standing: Standing = NOBODY
    mode: Mode = Mode.AUTO
    gap_s: int | None = None
    titles: Sequence[int] = ()
    item_id: int | None = None
    wish: str = ""
    confirmed: tuple[str, ...] = ()
    because: str = NO_WORDS
    title: str = ""

    @property
    def reader_id(self) -> int | None:
        return self.standing.reader_id


def answered(desk: AtDesk, did: Did, outcome: Outcome, **members: object) -> Answer:
    """Return the stored form of what was done, ids and codes only; members that are None are left out."""
    answer: Answer = {
        "did": str(did),
        "decision": str(outcome),
        "reasons": [],
        "reader": desk.reader_id,
        "visit": desk.standing.visit,
        **{name: value for name, value in members.items() if value is not None},
    }
    if desk.standing.is_unsettled:
        answer["unsettled"] = True
    if desk.mode is not Mode.AUTO:
        answer["mode"] = str(desk.mode)
    return answer


def refused(desk: AtDesk, why: Reason, **members: object) -> Answer:
    """Return a refusal; after a card that opened nobody it is not clear who stands at the desk."""
    if is_card_like(desk.scan):
        desk = replace(desk, standing=UNSETTLED)
    return answered(desk, Did.NOTHING, Outcome.REFUSED, reasons=[why.stored()], **members)
