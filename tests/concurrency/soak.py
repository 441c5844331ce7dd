"""A process of desks: several threads that do whatever may be done to one county, at once, until the time is over.

Run as a program, so that a test can kill it at any moment: `python -m tests.concurrency.soak URL FOLDER SEED BEGAN SECONDS`.
What was allowed and what was not is printed as one line of JSON; a law broken inside a transaction ends it with an error.
"""

import contextvars
import json
import random
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from catalog.bibs.models import Bib
from catalog.items.models import Item
from library.app import create_app
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.errors import Busy
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from library.settings import Settings
from tests.properties import acts
from tests.properties.county import County

THREADS = 4
SENT_TWICE = 0.1
SECONDS_PER_DAY = 1.0


class Random:
    """Choices of a generator; made again from the same seed they are the same."""

    def __init__(self, seed: float) -> None:
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        return self._random.randrange(bound)


class FastClock:
    """A clock that all processes read alike: days pass in seconds from `began`, an instant of the machine's clock."""

    def __init__(self, began: float) -> None:
        self.began = began

    def now(self) -> datetime:
        passed = (time.time() - self.began) * 24 * 60 * 60 / SECONDS_PER_DAY
        return datetime.fromtimestamp(self.began + passed, UTC)


class Desks:
    """Threads at one county."""

    def __init__(self, database: Database, seed: int, until: float) -> None:
        self.database, self.seed, self.until = database, seed, until
        self.allowed: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        self.faults: list[str] = []
        with database.reading() as session:
            self.county = County(
                places=dict(session.execute(select(Branch.code, Branch.id)).all()),
                items=session.scalars(select(Item.id).order_by(Item.id)).all(),
                bibs=session.scalars(select(Bib.id).order_by(Bib.id)).all(),
                readers=session.scalars(select(Patron.id).order_by(Patron.id)).all(),
            )

    def work(self, number: int) -> None:
        """Take one act after another; some requests are sent twice at the same time, as a bad line does."""
        chance = random.Random(self.seed * 1000 + number)
        try:
            while time.monotonic() < self.until and not self.faults:
                name, seed = chance.choice(acts.AS_AT_A_DESK), chance.random()
                operation = acts.operation_of(name)
                if chance.random() < SENT_TWICE:
                    self._send_twice(name, seed, operation)
                else:
                    self._send(name, seed, operation, [])
        except Exception as error:  # noqa: BLE001  told by the process as a whole
            self.faults.append(f"{type(error).__name__}: {error}")

    def _send_twice(self, name: str, seed: float, operation: Operation) -> None:
        answers: list[Answer | None] = []
        context = contextvars.copy_context()
        other = threading.Thread(target=context.run, args=(self._send, name, seed, operation, answers))
        other.start()
        self._send(name, seed, operation, answers)
        other.join()
        stored = [answer for answer in answers if answer is not None]
        if len(stored) == 2 and stored[0] != stored[1]:
            self.faults.append(f"two answers to one {name}: {stored}")

    def _send(self, name: str, seed: float, operation: Operation, answers: list[Answer | None]) -> None:
        try:
            done = acts.take(self.database, self.county, name, Random(seed), operation)
            answers.append(done.answer)
            (self.allowed if done.is_allowed else self.others)[name] += 1
        except Busy:
            self.others["busy"] += 1
        except AssertionError as error:
            self.faults.append(f"{name}: {error}")


def main(url: str, folder: str, seed: str, began: str, seconds: str) -> int:
    """Work for some seconds and tell what was done."""
    settings = Settings(database_url=url, data_dir=Path(folder), secret_key="a secret for soaks, long enough to sign")
    app = create_app(settings)
    database: Database = app.extensions["library.database"]
    desks = Desks(database, int(seed), time.monotonic() + float(seconds))

    def in_app(number: int) -> None:
        with app.app_context(), clock.using(FastClock(float(began))):
            desks.work(number)

    threads = [threading.Thread(target=in_app, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps({"allowed": desks.allowed, "others": desks.others, "faults": desks.faults}) + "\n")
    return 1 if desks.faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
