"""Holds in words: why one is as it is, and at which stage it stands, for its reader and for staff."""

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from circulation.holds.states import Cause, Stage


class Words(NamedTuple):
    """A sentence for the reader and one for staff."""

    reader: LazyString
    staff: LazyString


CAUSES: Mapping[Cause, Words] = {
    Cause.READER: Words(_("You asked for it."), _("The reader asked for it.")),
    Cause.STAFF: Words(_("The library did it for you."), _("Staff did it.")),
    Cause.TO_FETCH: Words(_("A copy was found on a shelf."), _("A copy was found on a shelf.")),
    Cause.CHECK_IN: Words(_("A copy came back."), _("A copy came back.")),
    Cause.SET_ASIDE: Words(_("The keeper put it aside for you."), _("It was put on the pickup shelf.")),
    Cause.ARRIVED: Words(_("It has come."), _("It has come to the pickup branch.")),
    Cause.SEEN_ELSEWHERE: Words(
        _("The copy turned up at another place and is brought back."), _("The kept copy was seen at another branch.")
    ),
    Cause.LENT: Words(_("You have borrowed it."), _("The reader has borrowed the title.")),
    Cause.NOT_COLLECTED: Words(_("It was not collected in time."), _("It was not collected in time.")),
    Cause.EXPIRED: Words(_("Your last day of waiting has passed."), _("The last day of waiting has passed.")),
    Cause.DAY_CAME: Words(_("The pause is over."), _("The pause is over.")),
    Cause.TRANSFER_STOPPED: Words(
        _("The copy is not sent after all; another one is looked for."), _("The transfer of its copy was stopped.")
    ),
    Cause.CANNOT_BE_SENT: Words(
        _("The copy could not be sent; another one is looked for."), _("Its copy could not be sent.")
    ),
    Cause.LENT_TO_ANOTHER: Words(
        _("The copy was lent to somebody else. You keep your place."), _("Its copy was lent to another reader.")
    ),
    Cause.RETURN_UNDONE: Words(
        _("The copy had not come back after all. You keep your place."), _("The return of its copy was undone.")
    ),
    Cause.COPY_LOST: Words(_("The copy was lost; another one is looked for."), _("Its copy was lost.")),
    Cause.COPY_MISSING: Words(_("The copy was not found; another one is looked for."), _("Its copy was not found.")),
    Cause.COPY_DAMAGED: Words(_("The copy was damaged; another one is looked for."), _("Its copy was damaged.")),
    Cause.COPY_WITHDRAWN: Words(
        _("The copy was taken out of stock; another one is looked for."), _("Its copy was withdrawn.")
    ),
    Cause.COPY_IN_PROCESSING: Words(
        _("The copy is being repaired or labelled; another one is looked for."), _("Its copy went back to processing.")
    ),
    Cause.ROOM_CLOSED: Words(
        _("The place where the copy stands is closed; another one is looked for."),
        _("The branch where its copy stands was suspended."),
    ),
    Cause.BRANCH_CLOSED: Words(
        _("The place where you wanted to collect it is closed."), _("Its pickup branch was closed or suspended.")
    ),
    Cause.MERGED: Words(_("You had reserved the same book twice."), _("Two titles were merged.")),
    Cause.MERGE_UNDONE: Words(_("The title was put right."), _("A merge of titles was undone.")),
    Cause.MOVED_HOUSE: Words(_("You moved house; it comes to your new place."), _("The reader moved house.")),
    Cause.ROOM_OPENED: Words(_("The place was opened; your days count from then."), _("The branch was opened.")),
    Cause.ROOM_STAYED_SHUT: Words(
        _("The place was shut; your days count from when it opens."), _("The branch was not opened since it came.")
    ),
    Cause.CLOSURE: Words(
        _("The days of this place were moved, and yours with them."),
        _("A closure or a postponement at the pickup branch moved its days."),
    ),
    Cause.NEW_DAY: Words(_("The day on which it comes is another one."), _("The promised day changed.")),
}

STAGES: Mapping[Stage, Words] = {
    Stage.REQUESTED: Words(_("In the queue"), _("Waiting")),
    Stage.SUSPENDED: Words(_("Paused"), _("Suspended")),
    Stage.ALLOCATED: Words(_("Found, about to be fetched"), _("To be fetched")),
    Stage.PULLED: Words(_("Fetched for you"), _("Picked")),
    Stage.IN_BOX: Words(_("Packed for the van"), _("In a box")),
    Stage.IN_TRANSIT: Words(_("On its way to you"), _("On the way")),
    Stage.READY: Words(_("Ready, come and get it"), _("On the pickup shelf")),
    Stage.FULFILLED: Words(_("Borrowed"), _("Lent to the reader")),
    Stage.CANCELLED: Words(_("Cancelled"), _("Cancelled")),
    Stage.EXPIRED: Words(_("Expired"), _("Expired")),
}


def cause_words(cause: str | None, audience: str) -> str | None:
    """Return why a hold is as it is, for `reader` or `staff`; None for one that says nothing, such as of older days."""
    words = CAUSES.get(Cause(cause)) if cause in list(Cause) else None
    return str(getattr(words, audience)) if words is not None else None


def stage_words(stage: str, audience: str) -> str:
    """Return the stage of a hold in words, for `reader` or `staff`."""
    return str(getattr(STAGES[Stage(stage)], audience))
