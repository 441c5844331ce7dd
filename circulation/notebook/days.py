"""Days as people write them."""

from datetime import date


def day_in(text: str) -> date:
    """Return the day of a text such as `2026-03-08`, `2026/3/8` or `2026.3.8`. Raises `ValueError`."""
    year, month, day = (int(part) for part in text.strip().replace("/", "-").replace(".", "-").split("-"))
    return date(year, month, day)
