"""A desk to scan at."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from library.kernel.operations import Operation
from tests.circulation.desk.desk import ScanDesk


@pytest.fixture
def desk(session: Session, operation: Callable[..., Operation], clock: object) -> ScanDesk:
    del clock
    return ScanDesk(session, operation)
