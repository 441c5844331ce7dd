"""What the kernel forgets at night."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select

from library.kernel import clock as kernel_clock
from library.kernel import events, upkeep
from library.kernel.db import reading, writing
from library.kernel.models import EventDelivery, EventRow, OperationRow
from library.kernel.operations import Operation, once

Factory = Callable[..., Operation]


def test_old_answers_and_handled_deliveries_go_and_what_happened_stays(
    app: Flask, operation: Factory, clock: Callable[[datetime], None]
) -> None:
    begun = kernel_clock.now()
    with app.app_context():
        with writing() as session:
            asked = operation("test")
            once(session, asked, {}, lambda: {"decision": "allowed", "loan": 1})
            handled, waiting = (events.record(session, asked, "bib.created") for _ in range(2))
            events.mark_handled(session, "index", [handled])
        assert (upkeep.shrink_old_answers(), upkeep.forget_deliveries()) == (0, 0)
        clock(begun + timedelta(days=91))
        assert (upkeep.shrink_old_answers(), upkeep.forget_deliveries()) == (1, 1)
        with reading() as session:
            left = session.scalars(select(EventDelivery.event_id).where(EventDelivery.consumer == "index")).all()
            assert left == [waiting]
            assert session.scalar(select(func.count()).select_from(EventRow)) == 2
            assert session.execute(select(OperationRow.answer, OperationRow.outcome)).one() == (None, "allowed")
