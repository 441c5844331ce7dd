"""Readers of the sample county as rows: households, patrons, cards, guardians, school classes and consents."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from library.kernel import clock
from library.patrons.services import CONSENT_VERSION, initials_of
from library.sample.classes import SchoolClass
from library.sample.readers import Reader


def household_rows(readers: Sequence[Reader]) -> Iterator[dict[str, Any]]:
    """Yield the households, named after the first member's family."""
    seen = 0
    for reader in readers:
        if reader.household is not None and reader.household > seen:
            seen = reader.household
            yield {"id": seen, "name": f"{reader.name[0]}家", "village_id": reader.village}


def patron_rows(readers: Sequence[Reader]) -> Iterator[dict[str, Any]]:
    """Yield the readers; nobody has a PIN yet, the desk sets it."""
    for reader in readers:
        yield {
            "id": reader.id,
            "name": reader.name,
            "name_initials": initials_of(reader.name),
            "category": reader.category,
            "born_in": reader.born_in,
            "home_branch_id": reader.home,
            "village_id": reader.village,
            "household_id": reader.household,
            "phone": reader.phone,
            "registered_on": reader.registered_on,
            "note": "",
        }


def card_rows(readers: Sequence[Reader]) -> Iterator[dict[str, Any]]:
    """Yield everybody's card."""
    for reader in readers:
        yield {
            "patron_id": reader.id,
            "number": reader.card,
            "state": "active",
            "issued_on": reader.registered_on,
        }


def guardian_rows(readers: Sequence[Reader], at: datetime) -> Iterator[dict[str, Any]]:
    """Yield who answers for the children."""
    for reader in readers:
        if reader.guardian is not None:
            yield {
                "patron_id": reader.id,
                "guardian_patron_id": reader.guardian,
                "relation": "parent",
                "consent_version": CONSENT_VERSION,
                "consented_at": min(clock.start_of_day(reader.registered_on), at),
            }


def group_rows(classes: Sequence[SchoolClass]) -> Iterator[dict[str, Any]]:
    """Yield the school classes."""
    for one in classes:
        yield {
            "id": one.id,
            "name": one.name,
            "branch_id": one.branch,
            "custodian_id": one.custodian.id,
            "term_ends_on": one.term_ends_on,
        }


def member_rows(classes: Sequence[SchoolClass]) -> Iterator[dict[str, Any]]:
    """Yield who is in which class."""
    for one in classes:
        for pupil in one.pupils:
            yield {"group_id": one.id, "patron_id": pupil.id}


def consent_rows(readers: Sequence[Reader]) -> Iterator[dict[str, Any]]:
    """Yield the consents given at registration."""
    for reader in readers:
        yield {
            "patron_id": reader.id,
            "kind": "register",
            "version": CONSENT_VERSION,
            "given_at": clock.start_of_day(reader.registered_on),
        }
