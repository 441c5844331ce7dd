"""Work on the road beside the requests: what has been under way for too long is not lost in silence."""

from datetime import timedelta

from circulation.logistics import services
from library.kernel import clock, jobs
from library.kernel.db import writing
from library.kernel.operations import remember, system_operation

CHUNK = 20
# A fortnightly round brings everything within 14 days; three weeks leave room for one that was cancelled.
MOST_DAYS_ON_THE_ROAD = 21


@jobs.scheduled("miss_overdue_transfers", daily="00:40")
def miss_overdue() -> int:
    """Take copies dispatched more than `MOST_DAYS_ON_THE_ROAD` days ago as missing; return how many."""
    before = clock.now() - timedelta(days=MOST_DAYS_ON_THE_ROAD)
    missed = 0
    while True:
        operation = system_operation("miss_overdue_transfers")
        with writing() as session:
            found = services.miss_overdue(session, operation, before, limit=CHUNK)
            if not found:
                return missed
            remember(session, operation, "done")
        missed += found
