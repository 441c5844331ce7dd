"""What readers and staff are told when something about records cannot be done."""

from flask_babel import lazy_gettext as _l

from library.kernel.problem_texts import define

define("bib_needs_title", _l("The title is missing"), _l("Every record needs a title. Write it and send it again."))
define("unknown_field", _l("No such field"), _l("A record has no field %(field)s. Look at the list of fields."))
define("bad_value", _l("A value cannot be read"), _l("Check the values and send them again."))
define("bad_isbn", _l("This is not an ISBN"), _l("Type the 10 or 13 digits from the back of the book again."))
define("merge_with_itself", _l("Both are the same record"), _l("Choose the other record that is to be merged."))
define("merge_undone", _l("This merge was taken back already"), _l("There is nothing left to do."))
define(
    "merge_not_last",
    _l("A later merge stands in the way"),
    _l("Take the later merge into record %(bib)s back first."),
)
define("unknown_merge", _l("No such merge"), _l("Look at the history of the record."))
define("no_record", _l("Nothing is known of this record"), _l("Import or describe it again."))
define(
    "record_too_large",
    _l("The record is too large for ISO 2709"),
    _l("Take it as MARCXML or JSON, which have no limit."),
)
