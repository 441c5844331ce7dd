"""Work on the queue beside the requests: what days passing change, and copies that are looked for again.

Each hold has a transaction of its own, so that no desk waits for the whole list.
"""

from sqlalchemy.orm import Session

from circulation.holds import leaving, pickup, promises, queueing, services
from library.kernel import clock, jobs
from library.kernel.db import reading
from library.kernel.operations import Operation


@jobs.scheduled("resume_holds", daily="00:05")
def resume_holds() -> int:
    """Let the suspended holds go on whose day has come; return how many."""
    with reading() as session:
        due = queueing.due_to_resume(session, clock.today())
    return jobs.one_by_one("resume_holds", due, queueing.resume_when_due)


@jobs.scheduled("expire_holds", daily="00:10")
def expire_holds() -> int:
    """End the holds whose reader wanted to wait no longer; return how many."""
    with reading() as session:
        past = queueing.past_their_last_day(session, clock.today())
    return jobs.one_by_one("expire_holds", past, queueing.expire_waiting)


@jobs.scheduled("expire_pickups", daily="00:20")
def expire_pickups() -> int:
    """End the holds whose last day of collecting has passed, or let those days wait for a door; return how many."""
    with reading() as session:
        late = pickup.missed(session, clock.today())
    return jobs.one_by_one("expire_pickups", late, services.expire_pickup)


@jobs.scheduled("target_waiting_holds", every=600)
def target_waiting() -> int:
    """Look for copies for everybody who waits for a title that is on a shelf; return how many got one.

    Before that, copies are let go that are kept for readers and have turned out to be lost or damaged.
    """
    with reading() as session:
        unsound = leaving.kept_without_a_sound_copy(session)
    jobs.one_by_one("lose_copies", unsound, leaving.lose_unsound_copy)
    with reading() as session:
        waiting = services.worth_targeting(session, clock.today())
    return jobs.one_by_one("target_holds", waiting, _found_a_copy)


@jobs.scheduled("promise_again", daily="03:10")
def promise_again() -> int:
    """Find out anew which day every reader can be told; return for how many titles one changed."""
    with reading() as session:
        titles = promises.titles_waited_for(session)
    return jobs.one_by_one("promise_again", titles, is_promised_anew)


def is_promised_anew(session: Session, operation: Operation, bib_id: int) -> bool:
    """Find out anew which day the readers of a title can be told; False when it is as before for all of them."""
    return promises.promise_again(session, operation, bib_id) > 0


def _found_a_copy(session: Session, operation: Operation, hold_id: int) -> bool:
    return services.target(session, operation, hold_id) is not None
