"""A desk to copy a notebook at."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from library.kernel.operations import Operation
from tests.circulation.lending.desk import Desk


@pytest.fixture
def desk(session: Session, operation: Callable[..., Operation], clock: object) -> Desk:
    del clock
    return Desk(session, operation)
