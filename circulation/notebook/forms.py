"""The rows of a form, as people fill them in: what is empty in a row goes on from the row above."""

from collections.abc import Mapping
from datetime import date

from circulation.notebook.days import day_in
from circulation.notebook.entry import Typed
from library.kernel.errors import Invalid

MOST_ROWS = 50
_FIELDS = ("card", "barcode", "lent_on", "returned_on")


def typed_rows(form: Mapping[str, str], rows: range) -> list[Typed]:
    """Return the rows that were filled in.

    A row with a book and no day of lending was lent on the day of the row above, as in a notebook; one that only has a day of
    return says that its loan came back. Raises `Invalid` `bad_day`.
    """
    found: list[Typed] = []
    day: date | None = None
    for number in rows:
        values = {name: form.get(f"{name}-{number}", "").strip()[:200] for name in _FIELDS}
        if not any(values.values()):
            continue
        lent_on = _day(values["lent_on"])
        if lent_on is None and values["card"] and values["barcode"]:
            lent_on = day
        day = lent_on or day
        found.append(
            Typed(
                number,
                values["card"],
                values["barcode"],
                lent_on,
                _day(values["returned_on"]),
                is_still_out=f"still_out-{number}" in form,
            )
        )
    return found


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return day_in(text)
    except ValueError as error:
        raise Invalid("bad_day", day=text[:20], example="2026-03-08") from error
