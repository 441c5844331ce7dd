"""Work on the queue beside the requests: books not collected go on, and copies are looked for again.

Each chunk has a transaction of its own, so that no writer waits for the whole list.
"""

from circulation.holds import services
from library.kernel import clock, jobs
from library.kernel.db import writing
from library.kernel.operations import remember, system_operation

CHUNK = 20


@jobs.scheduled("expire_pickups", daily="00:20")
def expire_pickups() -> int:
    """End the holds whose last day of collecting has passed; return how many."""
    ended = 0
    while True:
        operation = system_operation("expire_pickups")
        with writing() as session:
            expired = services.expire_pickups(session, operation, clock.today(), limit=CHUNK)
            if not expired:
                return ended
            remember(session, operation, "done")
        ended += len(expired)


@jobs.scheduled("target_waiting_holds", every=600)
def target_waiting() -> int:
    """Look for copies for everybody who waits for a title that is on a shelf; return how many got one."""
    served, after = 0, 0
    while True:
        operation = system_operation("target_holds")
        with writing() as session:
            found, after = services.target_waiting(session, operation, after_id=after, limit=CHUNK)
            if found:
                remember(session, operation, "done")
        served += found
        if not after:
            return served
