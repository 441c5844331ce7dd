"""The van's rounds: routes, their stops in the order of driving, and the dates on which they are driven."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from library.branches.calendars import OpeningException, Route, RouteDate, RouteStop
from library.branches.journeys import Stop, Timetable
from library.branches.models import Branch
from library.branches.opening import closures_at
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Operation

# Every round begins and ends at the central library, where the boxes are sorted.
HUB = "central"


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


def timetable_of(session: Session, branch_ids: Iterable[int], from_on: date) -> Timetable:
    """Return the coming rounds as far as they concern these branches, from a local date on; four queries."""
    ids = sorted(set(branch_ids))
    stops, hubs = _stops(session, ids)
    routes = {stop.route_id for found in stops.values() for stop in found}
    planned = select(RouteDate.route_id, RouteDate.on).where(
        RouteDate.route_id.in_(routes), RouteDate.on >= from_on, RouteDate.state == "planned"
    )
    days: defaultdict[int, list[date]] = defaultdict(list)
    for route_id, day in session.execute(planned.order_by(RouteDate.on)) if routes else ():
        days[route_id].append(day)
    return Timetable(
        {branch_id: tuple(found) for branch_id, found in stops.items()},
        {route_id: tuple(found) for route_id, found in days.items()},
        _shut_doors(session, ids, sorted({day for found in days.values() for day in found})),
        hubs,
    )


def _shut_doors(session: Session, branch_ids: Sequence[int], days: Sequence[date]) -> frozenset[tuple[int, date]]:
    """Return on which of the days a branch is closed out of turn, by an exception or a closure of many rooms."""
    if not days:
        return frozenset()
    exceptions = select(OpeningException.branch_id, OpeningException.on).where(
        OpeningException.branch_id.in_(branch_ids), OpeningException.is_closed, OpeningException.on.in_(days)
    )
    closures = closures_at(session, branch_ids)
    spanned = {
        (branch_id, day) for branch_id, spans in closures.items() for day in days for span in spans if span.covers(day)
    }
    return frozenset(spanned | {(branch_id, day) for branch_id, day in session.execute(exceptions)})


def _stops(session: Session, branch_ids: Sequence[int]) -> tuple[dict[int, list[Stop]], frozenset[int]]:
    """Return the stops of each branch that is on a round, and which of the branches are central libraries."""
    rows = session.execute(
        select(Branch.id, Branch.kind, RouteStop.route_id, RouteStop.position, Route.is_active)
        .outerjoin(RouteStop, RouteStop.branch_id == Branch.id)
        .outerjoin(Route, Route.id == RouteStop.route_id)
        .where(Branch.id.in_(branch_ids))
    )
    stops: defaultdict[int, list[Stop]] = defaultdict(list)
    hubs = set()
    for branch_id, kind, route_id, position, is_active in rows:
        if kind == HUB:
            hubs.add(branch_id)
        if is_active:
            stops[branch_id].append(Stop(route_id, position))
    return dict(stops), frozenset(hubs)
