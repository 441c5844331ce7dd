"""Lending in one process, as an entry point does it: branch, operation, decision, one transaction.

A round measures each series on copies of its own, one block after the other: the floor, readers without a past, readers
with one. What was lent in a block is taken back in the same round, and the copies are used again; those of the floor are
not.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any, Final

from sqlalchemy import event

from circulation.lending import services
from circulation.lending.bench.corpus import Copy, Corpus, Reader
from circulation.lending.bench.floor import Floor
from circulation.lending.bench.tables import Block, Series
from library.branches.places import place_by_code
from library.kernel.db import Database
from library.kernel.operations import Answer, once, system_operation
from library.kernel.prepared import listening

FLOOR_OUT: Final = "floor of a check-out"
FLOOR_IN: Final = "floor of a check-in"
OUT: Final = "check-out"
OUT_BUSY: Final = "check-out, 500 past and 20 open loans"
IN: Final = "check-in"
IN_BUSY: Final = "check-in, 500 past and 20 open loans"
COPIES_OF_A_ROUND: Final = 3

Work = Callable[[int, Copy], object]


class Desk:
    """A desk at the branch of the corpus; every operation has an id of its own."""

    def __init__(self, database: Database, corpus: Corpus) -> None:
        self.database = database
        self._branch = corpus.branch

    def lend(self, readers: Sequence[Reader], number: int, copy: Copy) -> None:
        """Lend the copy to one of the readers, each in turn."""
        card = readers[number % len(readers)].card
        act = partial(services.check_out, card=card, barcode=copy.barcode)
        self._run("check_out", {"card": card, "barcode": copy.barcode}, act)

    def take_back(self, number: int, copy: Copy) -> None:
        """Take back a copy that was lent."""
        del number
        self._run("check_in", {"barcode": copy.barcode}, partial(services.check_in, barcode=copy.barcode))

    def _run(self, kind: str, content: Mapping[str, Any], act: Callable[..., Answer]) -> None:
        operation = system_operation(kind)
        with self.database.writing() as session:
            branch = place_by_code(session, self._branch)
            answer = once(session, operation, content, lambda: act(session, operation, branch=branch))
        if answer["decision"] != "allowed":
            msg = f"the measurement expected no refusal: {answer}"
            raise RuntimeError(msg)


class Rounds:
    """The series of one database, measured a round at a time."""

    def __init__(self, database: Database, corpus: Corpus, floor: Floor, operations: int) -> None:
        self.series: dict[str, Series] = {name: Series() for name in (FLOOR_OUT, FLOOR_IN, OUT, OUT_BUSY, IN, IN_BUSY)}
        self._database = database
        self._corpus = corpus
        self._operations = operations
        desk, self._numbers = Desk(database, corpus), count()
        self._works: dict[str, Work] = {
            FLOOR_OUT: floor.lend,
            FLOOR_IN: floor.take_back,
            OUT: partial(desk.lend, corpus.fresh),
            OUT_BUSY: partial(desk.lend, corpus.busy),
            IN: desk.take_back,
            IN_BUSY: desk.take_back,
        }

    def measure(self, *, kept: bool = True) -> None:
        """Measure a round; with `kept` False it only warms up what a running desk has warm."""
        bare, fresh, busy = (self._corpus.take(self._operations) for _ in range(COPIES_OF_A_ROUND))
        order = ((FLOOR_OUT, bare), (OUT, fresh), (OUT_BUSY, busy), (FLOOR_IN, bare), (IN, fresh), (IN_BUSY, busy))
        for name, copies in order:
            block = self._block(self._works[name], copies)
            if kept:
                self.series[name].blocks.append(block)
        for copies in (bare, fresh, busy):
            self._corpus.give_back(copies)
        self._database.checkpoint()  # as the jobs process does every second

    def count_statements(self) -> None:
        """Count what one operation of each series sends to the database."""
        for name, again in ((OUT, IN), (OUT_BUSY, IN_BUSY)):
            copies = self._corpus.take(1)
            for one in (name, again):
                with counted(self._database) as sent:
                    self._block(self._works[one], copies)
                self.series[one].statements = len(sent)
            self._corpus.give_back(copies)

    def _block(self, work: Work, copies: Sequence[Copy]) -> Block:
        taken: list[float] = []
        processor, began = time.process_time(), time.perf_counter()
        before = began
        for copy in copies:
            work(next(self._numbers), copy)
            now = time.perf_counter()
            taken.append(now - before)
            before = now
        return Block(taken, before - began, time.process_time() - processor)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Gather the statements sent to a database; BEGIN is sent below SQLAlchemy, and is counted once."""
    sent = ["BEGIN"]

    def note(connection: Any, cursor: Any, statement: str, *_rest: object) -> None:
        del connection, cursor
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with listening(lambda statement, _parameters: sent.append(statement)):
            yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
