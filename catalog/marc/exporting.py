"""Records as files: one for the API, many for the command."""

from catalog.marc.conversion import converted
from catalog.marc.reasons import Refusal
from catalog.marc.record import Flavour, Record
from catalog.marc.writing import for_carrier, marcxml_closing, marcxml_opening, to_iso2709, to_json_text, to_marcxml
from library.kernel.errors import Conflict

_MEDIA_TYPES = {
    "iso2709": "application/marc",
    "marcxml": "application/marcxml+xml; charset=utf-8",
    "json": "application/marc-in-json; charset=utf-8",
}


def media_type(form: str, encoding: str) -> str:
    """Return the Content-Type of a record in a form."""
    return f"{_MEDIA_TYPES[form]}; charset={encoding}" if form == "iso2709" else _MEDIA_TYPES[form]


def rendered(
    record: Record, flavour: Flavour, wanted: Flavour, *, form: str, encoding: str = "utf-8", alone: bool = True
) -> bytes:
    """Return a record in the wanted flavour and form; XML and JSON are always UTF-8.

    With `alone` False an XML record comes without the document around it.

    Raises `Conflict` `record_too_large` when ISO 2709 has no room for it.
    """
    carrier = encoding if form == "iso2709" else "utf-8"
    ready = for_carrier(converted(record, flavour, wanted), wanted, carrier)
    if form == "json":
        return to_json_text(ready).encode()
    if form == "marcxml":
        element = to_marcxml(ready)
        return (f"{marcxml_opening()}{element}\n{marcxml_closing()}" if alone else element).encode()
    try:
        return to_iso2709(ready, carrier).raw
    except Refusal as refusal:
        raise Conflict(str(refusal.reason), field=refusal.detail) from refusal
