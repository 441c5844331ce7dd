"""Why a copy is not moved or a box not packed, in words for staff; readers never see these but in their own account."""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE, NOTICE = Severity.REFUSE, Severity.NOTICE

TRANSFER_NOT_IN_STATE = define(
    "transfer_not_in_state",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Load the list again; somebody else did this step."),
    reader=_("This has already been done, or comes later."),
    staff=_("This step has been done already, or another one comes first. Look at the present state."),
)
ITEM_ON_LOAN = define(
    "item_on_loan",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Take it back first, if it lies before you."),
    reader=_("The book is lent out."),
    staff=_("The copy is on loan. Take it back first."),
)
TRANSFER_OPEN = define(
    "transfer_open",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Let it go where it is going, or cancel that transfer first."),
    reader=_("The book is already on its way."),
    staff=_("The copy already has an open transfer, number %(transfer)s."),
)
ITEM_KEPT_FOR_READER = define(
    "item_kept_for_reader",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Leave it on the pickup shelf."),
    reader=_("The book is kept for a reader."),
    staff=_("The copy is kept for a reader. Give it out or cancel the hold first."),
)
ITEM_GONE = define(
    "item_gone",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Scan the copy when it is found; then it may be sent."),
    reader=_("The book cannot be found."),
    staff=_("The copy is recorded as lost, missing or withdrawn and cannot be sent."),
)
ALREADY_THERE = define(
    "already_there",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Shelve it."),
    reader=_("The book is already there."),
    staff=_("The copy already stands at the branch it should go to."),
)
DESTINATION_CLOSED = define(
    "destination_closed",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Choose another place, or wait until it opens."),
    reader=_("That library is closed."),
    staff=_("The branch it should go to is closed or suspended."),
)
BOX_NEEDED = define(
    "box_needed",
    REFUSE,
    about=Topic.BOXES,
    todo=_("Scan the label on the box, then the books."),
    reader=_("Say which box."),
    staff=_("Scan the box first. Without a box the copy is sent without being packed."),
)
BOX_NOT_IN_STATE = define(
    "box_not_in_state",
    REFUSE,
    about=Topic.BOXES,
    todo=_("Look at the box again: it was sealed, sent or received meanwhile."),
    reader=_("The box is already closed."),
    staff=_("The box has gone on meanwhile; this step does not fit. Look at the present state."),
)
BOX_FULL = define(
    "box_full",
    REFUSE,
    about=Topic.BOXES,
    todo=_("Open another box."),
    reader=_("The box is full."),
    staff=_("The box is full: it holds %(capacity)s copies. Open another one."),
)
BOX_EMPTY = define(
    "box_empty",
    REFUSE,
    about=Topic.BOXES,
    todo=_("Pack a book, or leave the box."),
    reader=_("The box is empty."),
    staff=_("The box is empty. Pack at least one copy."),
)
BOX_GOES_ELSEWHERE = define(
    "box_goes_elsewhere",
    REFUSE,
    about=Topic.BOXES,
    todo=_("Put the copy into the box for its own place."),
    reader=_("The box goes to another place."),
    staff=_("The box goes to another branch than this copy."),
)
NO_OPEN_TRANSFER = define(
    "no_open_transfer",
    REFUSE,
    about=Topic.MOVING,
    todo=_("Ask for a transfer first, or shelve the copy."),
    reader=_("The book is not to be sent."),
    staff=_("The copy has no transfer from here. Request one first."),
)
BOX_SHORT = define(
    "box_short",
    NOTICE,
    about=Topic.BOXES,
    todo=_("Look under the lid and in the van; the cases stay open until the books turn up."),
    reader=_("Some books did not come."),
    staff=_("%(copies)s copies were not in the box. A case was opened for each."),
)
BOX_DAMAGED = define(
    "box_damaged",
    NOTICE,
    about=Topic.BOXES,
    todo=_("Put these copies aside and write what is broken."),
    reader=_("Some books came damaged."),
    staff=_("%(copies)s copies came damaged. A case was opened for each."),
)
BOX_EXTRA = define(
    "box_extra",
    NOTICE,
    about=Topic.BOXES,
    todo=_("Scan each of them: the line tells where it belongs."),
    reader=_("Some books came that were not expected."),
    staff=_("%(copies)s copies were in the box but not on its list. A case was opened for each."),
)
ARRIVED_ELSEWHERE = define(
    "arrived_elsewhere",
    NOTICE,
    about=Topic.MOVING,
    todo=_("Put it with what the van takes."),
    reader=_("The book went to another place first and is being sent on."),
    staff=_("This is not where the copy should go. It was noted here; send it on."),
)
