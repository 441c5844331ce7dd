"""The server is killed in the middle of two thousand check-outs; the client sends them all again."""

import threading
import time
from contextlib import closing

from sqlalchemy import func, select

from circulation.models import Loan
from library import checks
from library.kernel import events
from library.kernel.checks import run
from library.kernel.models import OperationRow
from library.kernel.operations import new_id
from tests.concurrency.conftest import County
from tests.concurrency.crowd import Outcome, Request, send_all
from tests.serving import Client

CHECKOUTS = 2000
LIMIT = 5
CLIENTS = 4
NEW_TITLES = 5
IN_STEP_SECONDS = 60.0


def _requests(county: County) -> list[Request]:
    """Two thousand check-outs, every reader up to the limit, and a few new titles so that the index has work."""
    return [
        (
            "/api/v1/checkouts",
            {
                "operation_id": new_id(),
                "branch": county.branch,
                "card": county.cards[number // LIMIT],
                "barcode": county.barcodes[number],
            },
        )
        for number in range(CHECKOUTS)
    ]


def _titles() -> list[Request]:
    return [
        ("/api/v1/bibs", {"operation_id": new_id(), "title": f"断电之夜的第{number}盏灯", "clc": "I247.5"})
        for number in range(NEW_TITLES)
    ]


def _send(county: County, requests: list[Request], kill_after: int | None = None) -> list[Outcome]:
    """Send in several threads; with `kill_after` the server is killed once that many were answered."""
    outcomes: list[list[Outcome]] = [[] for _ in range(CLIENTS)]

    def client(number: int) -> None:
        for start in range(number, len(requests), CLIENTS):
            (_, status, body) = send_all(county.served.port, county.token, [requests[start]])[0]
            outcomes[number].append((start, status, body))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    if kill_after is not None:
        while sum(len(part) for part in outcomes) < kill_after:
            time.sleep(0.005)
        county.served.kill()
    for thread in threads:
        thread.join()
    return [outcome for part in outcomes for outcome in part]


def test_every_answer_given_before_the_power_cut_stands(large_county: County) -> None:
    requests = _requests(large_county) + _titles()
    order = [*requests[: CHECKOUTS // 4], *requests[CHECKOUTS:], *requests[CHECKOUTS // 4 : CHECKOUTS]]
    before = {
        index: body for index, status, body in _send(large_county, order, kill_after=CHECKOUTS // 2) if status == 200
    }
    assert len(before) >= CHECKOUTS // 2 - NEW_TITLES
    large_county.served.start()
    after = {index: (status, body) for index, status, body in _send(large_county, order)}
    assert all(after[index] == (200, body) for index, body in before.items())
    assert {status for status, _ in after.values()} <= {200, 201}
    checks.register_all()
    with large_county.database.reading() as session:
        lent = select(func.count()).select_from(OperationRow).where(OperationRow.kind == "check_out")
        assert session.scalar(lent) == CHECKOUTS
        assert session.scalar(select(func.count()).select_from(Loan)) == CHECKOUTS
        assert run(session) == []
    _assert_index_in_step(large_county)


def _assert_index_in_step(county: County) -> None:
    """The jobs process works off what was left, without anybody asking it to."""
    deadline = time.monotonic() + IN_STEP_SECONDS
    while time.monotonic() < deadline:
        with county.database.reading() as session:
            if events.pending_count(session, "index") == 0:
                break
        time.sleep(0.2)
    with closing(Client(county.served.port, county.token)) as client:
        assert client.get("/api/v1/bibs?q=%E6%96%AD%E7%94%B5%E4%B9%8B%E5%A4%9C").body["total"] == NEW_TITLES
