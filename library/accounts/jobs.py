"""Nightly work of access."""

from library.accounts import services
from library.kernel import clock, jobs, throttle
from library.kernel.db import writing


def register() -> None:
    """Schedule the nightly cleaning."""
    jobs.scheduled("forget_ended_sessions", daily="03:10")(forget_ended)


def forget_ended() -> None:
    """Delete sessions that ended and failures long past: both tell when somebody was here."""
    with writing() as session:
        services.forget_ended_sessions(session)
        throttle.forget_quiet(session, clock.now())
