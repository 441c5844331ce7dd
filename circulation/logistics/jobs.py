"""Work on the road beside the requests: what has been under way for too long is not lost in silence."""

from datetime import timedelta

from circulation.logistics import services
from library.kernel import clock, jobs
from library.kernel.db import reading

# A fortnightly round brings everything within 14 days; three weeks leave room for one that was cancelled.
MOST_DAYS_ON_THE_ROAD = 21


@jobs.scheduled("miss_overdue_transfers", daily="00:40")
def miss_overdue() -> int:
    """Take copies dispatched more than `MOST_DAYS_ON_THE_ROAD` days ago as missing; return how many."""
    with reading() as session:
        late = services.overdue(session, clock.now() - timedelta(days=MOST_DAYS_ON_THE_ROAD))
    return jobs.one_by_one("miss_overdue_transfers", late, services.give_up)
