"""What a record of either flavour says."""

from catalog.bibs.description import BibDescription
from catalog.marc import cnmarc, marc21
from catalog.marc.record import Flavour, Record


def describe(record: Record, flavour: Flavour) -> BibDescription:
    """Return the description of a bibliographic record; its title may be empty."""
    return cnmarc.describe(record) if flavour is Flavour.CNMARC else marc21.describe(record)
