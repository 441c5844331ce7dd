"""Why a line of the notebook is not taken, and what it is set against. Dates are ISO."""

from flask_babel import lazy_gettext as _

from circulation.policies.topics import Topic
from library.kernel.decisions import Severity, define

REFUSE, CONFIRM, NOTICE = Severity.REFUSE, Severity.CONFIRM, Severity.NOTICE
_READER = _("Please ask at the desk.")

NO_DAY = define(
    "notebook_no_day",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Look at the paper and fill in a day."),
    reader=_READER,
    staff=_("Write the day of lending, the day of return, or both."),
)
DAY_TO_COME = define(
    "notebook_day_to_come",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Correct the day. A loan of today is scanned at the desk."),
    reader=_READER,
    staff=_("The day %(on)s has not come yet. Look at the year and the month again."),
)
BACK_BEFORE_OUT = define(
    "notebook_back_before_out",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Compare with the paper and correct the day that is wrong."),
    reader=_READER,
    staff=_("The day of return is before the day of lending. One of them is wrong."),
)
BEFORE_READER = define(
    "notebook_before_reader",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Is it another reader of that name? Then write that card."),
    reader=_READER,
    staff=_("The reader was registered on %(registered_on)s, later than this loan. Look at the day and the card."),
)
BEFORE_COPY = define(
    "notebook_before_copy",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Was it another copy of the book? Then write that barcode."),
    reader=_READER,
    staff=_(
        "The library has had this copy since %(acquired_on)s, later than this loan. Look at the day and the barcode."
    ),
)
WRITTEN_ALREADY = define(
    "notebook_written_already",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Nothing. Go on with the next row."),
    reader=_READER,
    staff=_("This loan of %(on)s is in the computer already. Nothing was written twice."),
)
HAS_IT_SINCE = define(
    "notebook_has_it_since",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Look for the day of return on an earlier sheet."),
    reader=_READER,
    staff=_("The reader has had this book since %(on)s. If it came back between, write that day of return first."),
)
LENT_SINCE = define(
    "notebook_lent_since",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Nothing. The return before it needs no row."),
    reader=_READER,
    staff=_("The book was lent again on %(on)s, after this return. The newer loan stays as it is."),
)
SEEN_THAT_DAY = define(
    "notebook_seen_that_day",
    CONFIRM,
    about=Topic.NOTEBOOK,
    todo=_("Look on the shelf. Tick the row when the book is out, else write the day of return."),
    reader=_READER,
    staff=_("The book was also scanned on %(on)s. Is it still with the reader? Say yes, or write the day of return."),
)
SEEN_SINCE = define(
    "notebook_seen_since",
    NOTICE,
    about=Topic.NOTEBOOK,
    todo=_("Nothing. The loan counts on its day."),
    reader=_READER,
    staff=_("The book was scanned on %(on)s, so it came back by then. The loan is kept as a past one."),
)
SEEN_BEFORE = define(
    "notebook_seen_before",
    NOTICE,
    about=Topic.NOTEBOOK,
    todo=_("Nothing, or correct the day of return."),
    reader=_READER,
    staff=_("The book was scanned on %(on)s already, before the written day of return. That day counts."),
)
ENDED_UNSEEN = define(
    "notebook_ended_unseen",
    NOTICE,
    about=Topic.NOTEBOOK,
    todo=_("Nothing. If that reader still has a book at home, look at its barcode."),
    reader=_READER,
    staff=_("The book was still in another reader’s name. That loan must have ended and was closed."),
)
OTHER_READER = define(
    "notebook_other_reader",
    NOTICE,
    about=Topic.NOTEBOOK,
    todo=_("Nothing. The copy tells which loan ended."),
    reader=_READER,
    staff=_("The book was in another reader’s name than the one written. It was taken back all the same."),
)
NAME_NOT_CLEAR = define(
    "notebook_name_not_clear",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Look the reader up at the desk by name and take the card number from there."),
    reader=_READER,
    staff=_("Several readers of this room have this name. Write the number of the card."),
)
ROW_ENTERED = define(
    "notebook_row_entered",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Use an empty row when it is another loan."),
    reader=_READER,
    staff=_("This row was entered before. What was written then stays; look at it below."),
)
NO_SUCH_ROW = define(
    "notebook_no_such_row",
    REFUSE,
    about=Topic.NOTEBOOK,
    todo=_("Look at the number of the row again."),
    reader=_READER,
    staff=_("The sheet has the rows 1 to %(rows)s."),
)
