"""Rules of copies: what a scan can be. The order of call numbers is in `catalog.classification.rules`."""

from library.kernel.identifiers import normalise_isbn


def is_isbn(code: str) -> bool:
    """Tell whether a scan is the ISBN on a book's cover, which is the same on every copy and thus no copy's barcode."""
    return len(code) == 13 and code.startswith(("978", "979")) and normalise_isbn(code) is not None
