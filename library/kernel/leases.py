"""The lease that makes one of several jobs processes the one that works.

A lease is a row with a holder and an end. The holder moves the end forward while it lives; whoever finds the end passed
may take it. A holder on this machine that is no longer a process is not waited for, so that a killed server works again
as soon as it is started.
"""

import os
import socket
import threading
import uuid
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from library.kernel import clock
from library.kernel.db import Database
from library.kernel.errors import Busy
from library.kernel.models import JobLease

log = structlog.get_logger("library.jobs")

LASTS: Final = timedelta(seconds=30)
RENEW_SECONDS: Final = 8.0


def new_holder() -> str:
    """Return a name for this process: machine, process number, and something that tells a reused number apart."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def take(session: Session, name: str, holder: str) -> bool:
    """Take the lease, or renew it when it is the holder's already; False while another one holds it."""
    now = clock.now()
    owner = session.scalar(select(JobLease.holder).where(JobLease.name == name).with_for_update())
    if owner is None:
        return _insert(session, name, holder)
    free = or_(JobLease.holder == holder, JobLease.expires_at <= now)
    if owner != holder and not is_alive(owner):
        free = JobLease.holder == owner
    result = session.execute(
        update(JobLease).where(JobLease.name == name, free).values(holder=holder, expires_at=now + LASTS)
    )
    return bool(getattr(result, "rowcount", 0))


def release(session: Session, name: str, holder: str) -> None:
    """Give the lease back, when it is still the holder's."""
    session.execute(delete(JobLease).where(JobLease.name == name, JobLease.holder == holder))


def is_alive(holder: str) -> bool:
    """Tell whether a holder may still be working; one on another machine always may."""
    host, _, rest = holder.partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname()[:40] or not number.isdigit():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OSError):
        return True
    return True


def _insert(session: Session, name: str, holder: str) -> bool:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    result = session.execute(
        insert(JobLease)
        .values(name=name, holder=holder, expires_at=clock.now() + LASTS)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    return bool(getattr(result, "rowcount", 0))


class Heartbeat:
    """Renews a lease beside the work, which may take longer than the lease lasts."""

    def __init__(self, database: Database, name: str, holder: str) -> None:
        self._database = database
        self._name = name
        self._holder = holder
        self._stop = threading.Event()
        self.lost = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            if not self.renew():
                self.lost.set()
                return

    def renew(self) -> bool:
        """Move the end of the lease; False when another process has it. A database that fails is asked again next time."""
        try:
            with self._database.writing() as session:
                return take(session, self._name, self._holder)
        except (Busy, SQLAlchemyError) as error:
            log.warning("lease_renewal_waits", error=type(error).__name__)
            return True
