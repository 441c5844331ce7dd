"""Numbers are given once, whoever asks at the same time."""

import threading

from sqlalchemy.orm import Session

from library.kernel import counters
from library.kernel.db import Database
from library.kernel.identifiers import CodeKind, new_code

DESKS = 6


def test_the_first_numbers_are_given_once_to_each_of_many_at_the_same_time(database: Database) -> None:
    together = threading.Barrier(DESKS)
    given: list[int] = []

    def ask() -> None:
        together.wait()
        with database.writing() as session:
            given.append(counters.next_value(session, "boxes"))

    threads = [threading.Thread(target=ask) for _ in range(DESKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, DESKS + 1))


def test_a_code_that_exists_already_is_passed_over(session: Session) -> None:
    taken = {new_code(CodeKind.BOX, 1), new_code(CodeKind.BOX, 2)}
    assert counters.next_code(session, "boxes", CodeKind.BOX, taken.__contains__) == new_code(CodeKind.BOX, 3)
