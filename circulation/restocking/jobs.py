"""The planner's work at night: what a crash left over of an approval or a cancellation is done."""

from circulation.restocking import carrying, entry
from library.kernel import jobs
from library.kernel.db import reading, writing
from library.kernel.operations import remember, system_operation


@jobs.scheduled("carry_out_plans", daily="00:50")
def carry_out_plans() -> int:
    """Send for the books of approved plans and stop those of cancelled ones; return how many plans had any left."""
    with reading() as session:
        left = carrying.unfinished(session)
    for plan_id in left:
        operation = system_operation("restock_carry")
        with writing() as session:
            remember(session, operation, "done")
        for step in (carrying.carry_out_moves, carrying.recall_transfers):
            entry.repeat(step, plan_id, operation)
    return len(left)
