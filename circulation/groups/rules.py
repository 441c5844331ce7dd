"""Reading a list of barcodes as it comes from a scanner, a table or a message. Pure."""

import re

# A class takes sixty; a pasted page must not become an afternoon.
MOST_LINES = 200
# So many copies are lent or taken back in one transaction: well under 200 ms on a slow disk.
CHUNK = 10
_APART = re.compile(r"[\s,;，；、]+")


def codes_in(text: str) -> list[str]:
    """Return the codes of a text in their order, each once: scanners send the same code twice."""
    return list(dict.fromkeys(part for part in _APART.split(text) if part))


def chunks(codes: list[str], size: int = CHUNK) -> list[list[str]]:
    """Return a list in parts of `size`."""
    return [codes[start : start + size] for start in range(0, len(codes), size)]
