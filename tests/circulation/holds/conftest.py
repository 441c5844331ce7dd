"""A desk of a small county, at noon of 23 November 2026."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.circulation.holds.desk import Desk, Make


@pytest.fixture
def desk(session: Session, operation: Make, clock: object) -> Iterator[Desk]:
    yield Desk(session, operation)
    session.flush()
