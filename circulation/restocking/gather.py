"""The planning problem of the county as the database has it on a day: positions, stays, loans, requests, idle
copies.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from circulation.restocking import observation, shelves
from circulation.restocking.history import IntArray, Months, Places, Shape, age_band, months_until, observe
from circulation.restocking.observation import Rooms, Rows, ints, ordinal
from circulation.restocking.proposal import Idle, Problem, Titles
from circulation.restocking.rules import CLASS_INDEX, CLASSES, class_of
from circulation.restocking.shelves import Copies, Placed

WINDOW_MONTHS: Final = 24
IDLE_DAYS: Final = 365
OFFERED_YEARS: Final = 5
"""Older titles can seldom be bought: the catalogue keeps them, the bookseller does not."""
_USUAL_PRICE: Final = 3_200
_NO_BOUND: Final = 10_000


@dataclass(frozen=True)
class County:
    """The problem with what its positions mean: ``rooms.rows[r]``, ``bib_ids[j]``. ``since`` is the first day
    observed.
    """

    problem: Problem
    rooms: Rooms
    bib_ids: IntArray
    since: date


@dataclass(frozen=True)
class _Shelved:
    """Copies and what happened to them."""

    rows: Rows
    copies: Copies
    shelf: Placed
    lent: Placed
    arrived: IntArray


def gather(session: Session, on: date, *, subtree: str = "/", months: int = WINDOW_MONTHS) -> County:
    """Read the problem as of the end of ``on``.

    Only rooms under ``subtree`` (a branch path) are served, and only they and the central library give copies away; the
    other rooms lend their strength to the forecast.
    """
    window, rooms, bib_rows = months_until(on, months), observation.rooms(session), observation.bibs(session)
    title_at = {row.id: at for at, row in enumerate(bib_rows)}
    shape = Shape(len(rooms.rows), len(CLASSES))
    classes = ints(CLASS_INDEX[class_of(row.clc, row.audience)] for row in bib_rows)
    shelved = _shelved(session, rooms, title_at, classes, window)
    inside = [row.path.startswith(subtree) and row.state == "open" for row in rooms.rows]
    asked = _positions(observation.requests(session), rooms, title_at)
    ordered = _positions(dict.fromkeys(observation.on_order(session), 1), rooms, title_at)
    stays, lent = shelves.known(shelved.shelf), shelves.known(shelved.lent)
    places = _places(observation.openings(session, _first_day(window)), rooms, lent, window)
    problem = Problem(
        on=on,
        history=observe(window, stays.stays, lent.stays, shape, places=places),
        stock=shelves.stock(shelved.copies, shelved.arrived, on.toordinal(), shape),
        stays=stays.stays,
        lent=lent.stays,
        titles=_titles(bib_rows, classes, shelved.copies, asked, on),
        idle=_idle(shelved, rooms, inside, on),
        held=shelves.ever_held(shelved.copies, stays, len(bib_rows)) | set(ordered),
        asked=asked,
        space=_space(rooms, shelved.copies),
        eligible=np.array(inside, dtype=np.bool_),
    )
    return County(problem, rooms, ints(title_at), _first_day(window))


def _first_day(window: Months) -> date:
    return date.fromordinal(int(window.edges[0]))


def _positions(
    counts: Mapping[tuple[int, int], int], rooms: Rooms, title_at: Mapping[int, int]
) -> dict[tuple[int, int], int]:
    return {
        (rooms.at[branch], title_at[bib]): count
        for (branch, bib), count in sorted(counts.items())
        if branch in rooms.at and bib in title_at
    }


def _shelved(
    session: Session, rooms: Rooms, title_at: Mapping[int, int], classes: IntArray, window: Months
) -> _Shelved:
    rows = observation.items(session)
    position = {row.id: at for at, row in enumerate(rows)}
    title = ints(title_at.get(row.bib_id, -1) for row in rows)
    copies = Copies(
        title=title,
        cls=np.where(title >= 0, np.append(classes, 0)[title], 0),
        home=rooms.positions(row.home_branch_id for row in rows),
        acquired=ints(row.acquired_on.toordinal() for row in rows),
        gone=ints(0 if row.gone_at is None else ordinal(row.gone_at) for row in rows),
    )
    until = int(window.edges[-1])
    arrivals = [row for row in observation.movements(session) if row.item_id in position]
    shelf = shelves.placed(
        copies,
        ints(position[row.item_id] for row in arrivals),
        rooms.positions(row.to_branch_id for row in arrivals),
        ints(ordinal(row.at) for row in arrivals),
        until,
    )
    out = [row for row in observation.loans(session, _first_day(window)) if row.item_id in position]
    lent = shelves.out_on_loan(
        copies,
        shelf,
        ints(position[row.item_id] for row in out),
        rooms.positions(row.out_branch_id for row in out),
        out=ints(ordinal(row.out_at) for row in out),
        back=ints(until if row.in_at is None else ordinal(row.in_at) for row in out),
    )
    return _Shelved(rows, copies, shelf, lent, shelves.arrival_at_home(copies, shelf))


def _places(openings: Mapping[int, tuple[int, int]], rooms: Rooms, lent: Placed, window: Months) -> Places:
    """Return first and last sign of life of each room in the window: a loan, or an opening logged."""
    first = np.full(len(rooms.rows), np.iinfo(np.int64).max)
    last = np.zeros(len(rooms.rows), dtype=np.int64)
    within = (lent.stays.start >= window.edges[0]) & (lent.stays.start < window.edges[-1])
    np.minimum.at(first, lent.stays.room[within], lent.stays.start[within])
    np.maximum.at(last, lent.stays.room[within], lent.stays.start[within])
    for branch, (opened, latest) in openings.items():
        if (room := rooms.at.get(branch)) is not None:
            first[room], last[room] = min(first[room], opened), max(last[room], latest)
    return Places(rooms.tier, rooms.group, np.where(last > 0, first, 0), last)


def _titles(rows: Rows, classes: IntArray, copies: Copies, asked: Mapping[tuple[int, int], int], on: date) -> Titles:
    wanted = Counter[int]()
    for (_, title), count in asked.items():
        wanted[title] += count
    names: dict[str, int] = {}
    authors = [names.setdefault(name, len(names)) if (name := _author(row.creators)) else -1 for row in rows]
    return Titles(
        cls=classes,
        author=ints(authors),
        price=_prices(rows, classes),
        votes=np.array([float(wanted[at]) for at in range(len(rows))]),
        copies=np.bincount(copies.title[copies.there], minlength=len(rows)).astype(np.int64),
        on_offer=np.array([wanted[at] > 0 or _is_offered(row, on) for at, row in enumerate(rows)], dtype=np.bool_),
    )


def _author(creators: Sequence[Any]) -> str:
    first = creators[0] if creators else None
    return str(first.get("name") or "") if isinstance(first, Mapping) else ""


def _is_offered(row: Any, on: date) -> bool:
    recent = row.year is None or on.year - OFFERED_YEARS <= row.year <= on.year
    return recent and row.material == "book" and row.withdrawn_at is None


def _prices(rows: Rows, classes: IntArray) -> IntArray:
    """Return fen per title: its own price, else the median of its class, else what a book usually costs."""
    own = ints(row.price_cents or 0 for row in rows)
    for cls in range(len(CLASSES)):
        members = classes == cls
        priced = own[members & (own > 0)]
        own[members & (own == 0)] = int(np.median(priced)) if len(priced) else _USUAL_PRICE
    return own


def _space(rooms: Rooms, copies: Copies) -> IntArray:
    standing = np.bincount(copies.home[copies.there], minlength=len(rooms.rows))
    capacity = ints(_NO_BOUND if row.shelf_capacity is None else row.shelf_capacity for row in rooms.rows)
    return np.where(capacity == _NO_BOUND, _NO_BOUND, np.maximum(capacity - standing, 0)).astype(np.int64)


def _idle(found: _Shelved, rooms: Rooms, inside: Sequence[bool], on: date) -> Idle:
    """Return copies that stood unread where they belong for four quarters and are free to go."""
    before = on.toordinal() - IDLE_DAYS
    gives = np.array([here or rank == 0 for here, rank in zip(inside, rooms.tier, strict=True)], dtype=np.bool_)
    recent = ints(0 if row.last_loan_on is None else row.last_loan_on.toordinal() for row in found.rows)
    lent = np.maximum(shelves.last_lent(found.lent, len(found.rows)), recent)
    free = [
        bool(row.is_available and row.is_lendable and row.assigned_until is None)
        and row.home_branch_id == row.current_branch_id
        for row in found.rows
    ]
    chosen = np.flatnonzero(
        np.array(free, dtype=np.bool_)
        & found.copies.there
        & (lent <= before)
        & (found.arrived <= before)
        & np.append(gives, False)[found.copies.home]
    )
    return Idle(
        item=ints(row.id for row in found.rows)[chosen],
        title=found.copies.title[chosen],
        room=found.copies.home[chosen],
        band=age_band(on.toordinal() - found.arrived[chosen]),
        arrived=found.arrived[chosen],
        last_lent=lent[chosen],
    )
