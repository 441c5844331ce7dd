"""Why a record or a file was not taken over, and what was repaired on the way: the stable codes and their sentences.

A *reason* stands in `errors[].reason` of an import; a *repair* is kept with the record, which is accepted.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l


class Reason(StrEnum):
    """Why a file or a record is refused."""

    NOT_MARC = "not_marc"
    EMPTY_FILE = "empty_file"
    TOO_LARGE = "record_too_large"
    DAMAGED_LEADER = "damaged_leader"
    DAMAGED_DIRECTORY = "damaged_directory"
    DAMAGED_XML = "damaged_xml"
    NO_FIELDS = "no_fields"
    UNREADABLE_TEXT = "unreadable_text"
    UNKNOWN_TYPE = "unknown_record_type"
    STORING_FAILED = "storing_failed"
    CONFLICT = "conflicting_matches"


class Repair(StrEnum):
    """What was repaired or looks doubtful in an accepted record."""

    WRONG_LENGTH = "wrong_record_length"
    PAIRED_IN_ORDER = "directory_paired_in_order"
    LEADER_REPAIRED = "leader_repaired"
    CODE_REPAIRED = "subfield_code_repaired"
    TAG_REPAIRED = "tag_repaired"
    NOT_ENDED = "record_not_ended"
    ENCODING_LIES = "encoding_differs_from_leader"
    UNMAPPED_CHARACTERS = "unmapped_characters"
    DOUBTFUL_FLAVOUR = "doubtful_flavour"
    NO_TITLE = "no_title"
    RANGE_NOT_UNDERSTOOD = "barcode_range_not_understood"


SENTENCES: dict[Reason, Any] = {
    Reason.NOT_MARC: _l("This file is not a MARC file. Give a file in ISO 2709 (.iso, .mrc) or MARCXML."),
    Reason.EMPTY_FILE: _l("This file is empty."),
    Reason.TOO_LARGE: _l("The record is larger than any MARC record can be."),
    Reason.DAMAGED_LEADER: _l("The first 24 characters of the record cannot be read."),
    Reason.DAMAGED_DIRECTORY: _l("The table of fields does not fit the fields of the record."),
    Reason.DAMAGED_XML: _l("The XML of this record is damaged."),
    Reason.NO_FIELDS: _l("The record has no fields."),
    Reason.UNREADABLE_TEXT: _l("The characters of the record cannot be read in any encoding that fits it."),
    Reason.UNKNOWN_TYPE: _l("The record does not say what it describes (leader position 06)."),
    Reason.STORING_FAILED: _l("The record could not be stored."),
    Reason.CONFLICT: _l("The record fits several different records of the catalogue."),
}


def sentence(reason: str) -> str:
    """Return the words for a stored reason, `code` or `code: detail`, in the present language."""
    code, _, detail = reason.partition(": ")
    words = next((str(words) for known, words in SENTENCES.items() if known == code), code)
    return f"{words} ({detail})" if detail else words


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """Raised inside the readers when a record cannot be taken; `detail` is for the person who looks at the file."""

    reason: Reason
    detail: str = ""
