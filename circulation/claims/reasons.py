"""Why a claim, a loss or a recall is not taken, and what is worth knowing when it is. Money is in yuan, dates are ISO."""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE, NOTICE = Severity.REFUSE, Severity.NOTICE

CLAIM_ALREADY_OPEN = define(
    "claim_already_open",
    REFUSE,
    about=Topic.CLAIMS,
    todo=_("Open the case and write there what is new."),
    reader=_("We know already and are looking for the book."),
    staff=_("This is noted already. Settle the open case instead."),
)
CASE_ALREADY_SETTLED = define(
    "case_already_settled",
    REFUSE,
    about=Topic.CLAIMS,
    todo=_("Load the list again. What turns up later opens a new case."),
    reader=_("This matter has already been settled."),
    staff=_("This case was settled before. Load the list again and look."),
)
CONDITION_ALREADY_NOTED = define(
    "condition_already_noted",
    REFUSE,
    about=Topic.CLAIMS,
    todo=_("Settle the open case when the copy is mended, found or written off."),
    reader=_("This is noted already."),
    staff=_("The copy is noted so already. Settle the open case when it has changed."),
)
LOSS_CHARGED = define(
    "loss_charged",
    NOTICE,
    about=Topic.CLAIMS,
    todo=_("Tell the reader that the same book or a newer edition is as good as money."),
    reader=_("%(yuan)s yuan are noted for the lost book. Bring the same book instead and nothing has to be paid."),
    staff=_("%(yuan)s yuan were written into the account. The same or a newer edition is accepted instead."),
    rules=("lost_charge_percent",),
)
LOSS_NOT_CHARGED = define(
    "loss_not_charged",
    NOTICE,
    about=Topic.CLAIMS,
    todo=_("Ask kindly for a replacement; nothing may be demanded."),
    reader=_("Nothing has to be paid. If you can, bring the same book or a newer edition."),
    staff=_("Nothing is charged here. The case stays open until the book is replaced, found or written off."),
    rules=("lost_charge_percent",),
)
GUARDIAN_OWES = define(
    "guardian_owes",
    NOTICE,
    about=Topic.CLAIMS,
    todo=_("Say nothing of money to the child. Call the family."),
    reader=_("The book is noted as lost. Nothing is asked of a child; the grown-ups of the family are told."),
    staff=_("%(yuan)s yuan were written into the account of the guardian or household, not the child's."),
    rules=("lost_charge_percent",),
)
PRICE_UNKNOWN = define(
    "price_unknown",
    NOTICE,
    about=Topic.CLAIMS,
    todo=_("Look for the price on the back cover or ask the county library, then write the charge."),
    reader=_("Please ask at the desk what the lost book costs."),
    staff=_("No price is known for this copy, so nothing was charged. Find the price and write the charge by hand."),
    rules=("lost_charge_percent",),
)
LOSS_FORGIVEN = define(
    "loss_forgiven",
    NOTICE,
    about=Topic.CLAIMS,
    todo=_("Tell the reader; money that was paid is given back at the township or county library."),
    reader=_("%(yuan)s yuan that were noted for the book have been taken back."),
    staff=_("The charge of %(yuan)s yuan was undone. What was paid is given back at a cash desk."),
)
ALREADY_RECALLED = define(
    "already_recalled",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Call the reader when the day has passed."),
    reader=_("This book has been called back already."),
    staff=_("This loan is called back already; it is due on %(due_on)s."),
)
NOT_RECALLED = define(
    "not_recalled",
    REFUSE,
    about=Topic.RENEWAL,
    todo=_("Nothing: look at the loan again."),
    reader=_("This book has not been called back."),
    staff=_("This loan is not called back, there is nothing to undo."),
)
