"""Clients in processes of their own, each with a list of requests to send."""

import multiprocessing
import queue
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPException
from typing import Any

from tests.serving import Client

Request = tuple[str, dict[str, Any]]
Outcome = tuple[int, int, dict[str, Any]]
RETRY_SECONDS = 30.0


def send_all(port: int, token: str, requests: Sequence[Request]) -> list[Outcome]:
    """Send the requests one after another; return `(index, status, body)` of each, and status 0 for a lost connection."""
    outcomes: list[Outcome] = []
    with closing(Client(port, token)) as client:
        for index, (path, body) in enumerate(requests):
            try:
                reply = _patiently(client, path, body)
                outcomes.append((index, reply.status, reply.body))
            except (OSError, HTTPException):
                outcomes.append((index, 0, {}))
    return outcomes


def _patiently(client: Client, path: str, body: dict[str, Any]) -> Any:
    """Send one request; a 503 `busy` is an invitation to send it again with the same id."""
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        reply = client.post(path, body)
        if reply.status != 503 or time.monotonic() > deadline:
            return reply
        time.sleep(0.05)


def _work(port: int, token: str, requests: Sequence[Request], number: int, results: Any) -> None:
    results.put((number, send_all(port, token, requests)))


def run_clients(port: int, token: str, work: Sequence[Sequence[Request]], *, wait: float = 300) -> list[list[Outcome]]:
    """Run one process per list of requests, all at once; return their outcomes in the same order."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    clients = [
        context.Process(target=_work, args=(port, token, requests, number, results))
        for number, requests in enumerate(work)
    ]
    for client in clients:
        client.start()
    gathered: dict[int, list[Outcome]] = {}
    try:
        while len(gathered) < len(clients):
            number, outcomes = results.get(timeout=wait)
            gathered[number] = outcomes
    except queue.Empty:
        msg = f"only {len(gathered)} of {len(clients)} clients came back"
        raise AssertionError(msg) from None
    finally:
        for client in clients:
            client.join(10)
            if client.is_alive():
                client.kill()
    return [gathered[number] for number in range(len(clients))]
