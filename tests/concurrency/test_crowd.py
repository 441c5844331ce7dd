"""Sixteen clients at two server workers want the same fifty copies."""

import random
from collections import Counter

from sqlalchemy import func, select

from circulation.models import Loan
from library import checks
from library.kernel.checks import run
from library.kernel.operations import new_id
from tests.concurrency.conftest import County
from tests.concurrency.crowd import Request, run_clients

LIMIT = 5
CLEAN = {"item_on_loan", "loan_limit_reached", "already_on_loan_to_patron"}


def _requests(county: County, card: str, seed: int) -> list[Request]:
    barcodes = list(county.barcodes)
    random.Random(seed).shuffle(barcodes)
    return [
        (
            "/api/v1/checkouts",
            {"operation_id": new_id(), "branch": county.branch, "card": card, "barcode": barcode},
        )
        for barcode in barcodes
    ]


def test_fifty_copies_are_lent_once_each(small_county: County) -> None:
    work = [_requests(small_county, card, seed) for seed, card in enumerate(small_county.cards)]
    outcomes = [
        reply for replies in run_clients(small_county.served.port, small_county.token, work) for reply in replies
    ]
    assert {status for _, status, _ in outcomes} == {200}
    decisions = Counter(body["decision"] for _, _, body in outcomes)
    assert decisions["allowed"] == len(small_county.barcodes)
    assert set(decisions) == {"allowed", "refused"}
    reasons = {reason["code"] for _, _, body in outcomes if body["decision"] == "refused" for reason in body["reasons"]}
    assert reasons <= CLEAN
    checks.register_all()
    with small_county.database.reading() as session:
        most = session.scalar(
            select(func.count())
            .where(Loan.in_at.is_(None))
            .group_by(Loan.patron_id)
            .order_by(func.count().desc())
            .limit(1)
        )
        assert most is not None
        assert most <= LIMIT
        assert session.scalar(select(func.count()).select_from(Loan).where(Loan.in_at.is_(None))) == 50
        assert run(session) == []
