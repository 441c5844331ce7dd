"""What readers and staff are told when something about copies cannot be done."""

from flask_babel import lazy_gettext as _l

from library.kernel.problem_texts import define

define(
    "isbn_scanned",
    _l("This is the ISBN of the book"),
    _l("It is the same on every copy. Scan the library's own label."),
)
define("bad_barcode", _l("This cannot be a barcode"), _l("Scan the library's own label, not the ISBN."))
define("barcode_taken", _l("This barcode is on another copy"), _l("Use another label, or look where this one belongs."))
define("unknown_source", _l("No such way to acquire a copy"), _l("Choose one from the list."))
