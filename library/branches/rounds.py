"""The van's rounds: routes, their stops in the order of driving, and the dates on which they are driven."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from library.branches.calendars import Route, RouteDate, RouteStop
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Operation


def route_by_code(session: Session, code: str) -> Route:
    """Return the route with this code.

    Raises `NotFound` `unknown_route`.
    """
    route = session.scalars(select(Route).where(Route.code == code)).one_or_none()
    if route is None:
        raise NotFound("unknown_route", route=code)
    return route


def define_route(
    session: Session, operation: Operation, *, code: str, name: str, stops: Sequence[int], van: str = ""
) -> Route:
    """Make the route `code` or change its name and stops; `stops` are branch ids in the order of driving.

    Raises `Invalid` `stop_twice`.
    """
    if len(set(stops)) != len(stops):
        raise Invalid("stop_twice", route=code)
    route = session.scalars(select(Route).where(Route.code == code)).one_or_none()
    if route is None:
        route = Route(code=code, name=name)
        session.add(route)
    route.name = name
    route.van = van
    session.flush()
    session.execute(delete(RouteStop).where(RouteStop.route_id == route.id))
    rows = [
        {"route_id": route.id, "position": position, "branch_id": branch_id}
        for position, branch_id in enumerate(stops, start=1)
    ]
    if rows:
        session.execute(insert(RouteStop), rows)
    record(session, operation, "route.defined", payload={"route_id": route.id, "stops": len(rows)})
    return route


def plan_dates(session: Session, operation: Operation, route: Route, days: Iterable[date]) -> int:
    """Plan further dates of a route; dates it has already are left as they are. Return how many are new."""
    known = set(session.scalars(select(RouteDate.on).where(RouteDate.route_id == route.id)))
    rows = [{"route_id": route.id, "on": day, "state": "planned", "note": ""} for day in sorted(set(days) - known)]
    if rows:
        session.execute(insert(RouteDate), rows)
        record(session, operation, "route.planned", payload={"route_id": route.id, "dates": len(rows)})
    return len(rows)


def cancel_date(session: Session, operation: Operation, route: Route, on: date, *, note: str = "") -> None:
    """Cancel a planned date.

    Raises `NotFound` `unknown_route_date`, `Conflict` `already_driven`.
    """
    planned = session.scalars(select(RouteDate).where(RouteDate.route_id == route.id, RouteDate.on == on)).one_or_none()
    if planned is None:
        raise NotFound("unknown_route_date", route=route.code, on=on.isoformat())
    if planned.state == "driven":
        raise Conflict("already_driven", route=route.code, on=on.isoformat())
    planned.state = "cancelled"
    planned.note = note[:200]
    record(session, operation, "route.cancelled", payload={"route_id": route.id, "on": on.isoformat()})


def stops_of(session: Session, route_id: int) -> list[int]:
    """Return the ids of the branches on a route, in the order of driving."""
    wanted = select(RouteStop.branch_id).where(RouteStop.route_id == route_id).order_by(RouteStop.position)
    return list(session.scalars(wanted))


def next_van_day(session: Session, branch_id: int, today: date) -> date | None:
    """Return the next planned day, `today` included, on which a round comes past a branch."""
    return session.scalar(
        select(RouteDate.on)
        .join(RouteStop, RouteStop.route_id == RouteDate.route_id)
        .join(Route, Route.id == RouteDate.route_id)
        .where(RouteStop.branch_id == branch_id, Route.is_active, RouteDate.on >= today, RouteDate.state == "planned")
        .order_by(RouteDate.on)
        .limit(1)
    )
