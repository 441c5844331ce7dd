"""The rollups' place among the jobs: they follow the events, inside the transaction that marks them handled."""

from sqlalchemy.orm import Session

from circulation.reports import rollups
from circulation.reports.rules import COUNTED
from library.kernel import jobs
from library.kernel.jobs import Events

CONSUMER = "rollups"


@jobs.consumer(CONSUMER, COUNTED, in_transaction=True)
def count(session: Session, events: Events) -> None:
    """Add a batch of events to the daily figures."""
    rollups.count(session, events)
