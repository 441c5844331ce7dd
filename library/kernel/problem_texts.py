"""The sentences of the errors: per code a short title and what to do, in the reader's language.

Rooms add their codes with `define`; a code without an entry gets the sentence of its class of error, so that nothing is
ever answered without words. Parameters of the error fill the sentence (`%(branch)s`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class Sentence:
    """What a person reads: `title` names the fault, `advice` says what to do; `english` is both, for the console."""

    title: LazyString
    advice: LazyString
    english: str


_sentences: dict[str, Sentence] = {}


def define(code: str, title: LazyString, advice: LazyString) -> str:
    """Register the sentence of a code; returns the code. A code is defined once."""
    if code in _sentences:
        msg = f"problem code defined twice: {code}"
        raise ValueError(msg)
    # Outside an application a lazy message is its English id; rooms define their codes while they are imported.
    _sentences[code] = Sentence(title, advice, f"{title}. {advice}")
    return code


def sentence(code: str, fallback: str) -> Sentence:
    """Return the sentence of `code`, or that of the general code `fallback`."""
    return _sentences.get(code) or _sentences[fallback]


def in_english(code: str, params: Mapping[str, Any]) -> str | None:
    """Return what the console says about a code, None when it has no sentence."""
    found = _sentences.get(code)
    return found.english % Parameters(params) if found else None


class Parameters(dict[str, Any]):
    """Values for a sentence; one that is missing leaves a gap instead of an error inside an error."""

    def __missing__(self, key: str) -> str:
        return "…"


def codes() -> frozenset[str]:
    """Return every registered code."""
    return frozenset(_sentences)


# General codes: one for each class of error, used when a code has no sentence of its own.
define("invalid_request", _("The request is not right"), _("Check the fields marked below and send it again."))
define(
    "not_found", _("There is nothing at this address"), _("Check the address, or go back to the first page and search.")
)
define("date_in_future", _("This day has not come yet"), _("Choose today or an earlier day."))
define("conflict", _("This no longer fits"), _("Something has changed meanwhile. Load the page again and look."))
define("not_allowed", _("You may not do this"), _("Ask the county library if you need this permission."))
define("sign_in_required", _("Please sign in"), _("Sign in first, then try again."))
define("too_many_attempts", _("Too many attempts"), _("Wait %(minutes)s min and try again, or ask at the desk."))
define("too_many_requests", _("Too many requests"), _("Wait a minute, or sign in, and try again."))
define("busy", _("Busy at the moment"), _("Nothing was changed. Wait a few seconds and send it again."))
define(
    "internal_error",
    _("Something went wrong here"),
    _("Nothing was changed. Tell the county library the number of this request."),
)

# The request itself.
define("bad_request", _("The request cannot be read"), _("Go back and try again."))
define("invalid_json", _("The body is not JSON"), _("Send a JSON object in UTF-8 with Content-Type application/json."))
define("empty_body", _("The body is empty"), _("Send a JSON object with Content-Type application/json."))
define("body_too_large", _("Too much at once"), _("Send less than %(limit)s bytes in one request."))
define("method_not_allowed", _("This address cannot do that"), _("Look at the list of methods in the answer."))
define("unsupported_media_type", _("This kind of content is not accepted"), _("Send application/json."))
define("address_too_long", _("The address is too long"), _("Use a shorter search."))
define("nul_character", _("The text holds a character that cannot be kept"), _("Remove the invisible characters."))
define("cross_site_refused", _("This came from another site"), _("Open the page of the library itself and try again."))
define("database_unreachable", _("The database does not answer"), _("Nothing was changed. Try again in a minute."))

# Operations.
define(
    "operation_id_required",
    _("The operation has no number"),
    _("Send a UUID as operation_id, or in the header Idempotency-Key."),
)
define("operation_id_invalid", _("The operation number is not a UUID"), _("Send a new UUID as operation_id."))
define(
    "operation_reused",
    _("This operation number was used for something else"),
    _("Load the page again; programs send a new UUID."),
)
define(
    "answer_forgotten",
    _("This was done long ago"),
    _("It is not done again, and its answer is no longer kept. Look at the present state."),
)

# Who and where.
define("outside_grant", _("Not at this branch"), _("Your account has no permission for this branch. Choose your own."))
define("invalid_token", _("The token is not valid"), _("Ask the county library for a new token."))
define("token_expired", _("The token has expired"), _("Ask the county library for a new token."))
define("wrong_credentials", _("That is not right"), _("The number or name and the PIN or password do not match."))
define("unknown_branch", _("No such branch"), _("There is no branch %(branch)s. Check its code."))
define("unknown_card", _("No such card"), _("There is no reader with this card. Check the number."))
define("unknown_barcode", _("No such book"), _("There is no copy with this number. Scan it again."))
define("unknown_bib", _("No such title"), _("The record may have been merged or removed. Search again."))
define("unknown_item", _("No such copy"), _("Check the number of the copy."))
define("unknown_patron", _("No such reader"), _("Check the number of the reader."))
