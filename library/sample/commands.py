"""`library demo`: a sample county to try everything with."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

import click
from flask.cli import with_appcontext

from catalog.search.engines import engine
from catalog.search.rebuild import rebuild as rebuild_index
from circulation.policies.services import set_row
from circulation.reports.rollups import rebuild as rebuild_figures
from library.kernel import clock, console, schema
from library.kernel.db import Database, database
from library.kernel.filling import filling
from library.kernel.operations import system_operation
from library.sample import rules
from library.sample.county import SCALES, County, make_county
from library.sample.load import is_empty, load
from library.sample.phases import Phases
from library.sample.sign_ins import SignIns, make_sign_ins, store_sign_ins


@click.command(cls=console.Command)
@click.option("--scale", type=click.Choice(sorted(SCALES)), default="sample", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed on the same day: the same county.")
@console.json_option
@with_appcontext
def demo(scale: str, seed: int, as_json: bool) -> None:
    """Load a sample county into an empty database and print who can sign in."""
    target = database()
    schema.upgrade(target)
    _refuse_unless_empty(target)
    phases = Phases()
    began = monotonic()
    with _without_collector():
        county = make_county(seed, SCALES[scale], clock.now(), phases)
        sign_ins = make_sign_ins(county)
        _store(target, county, sign_ins, phases)
    loaded = monotonic()
    with console.progress("Search index", len(county.titles)) as step:
        indexed = rebuild_index(target, engine(), step)
    summary = {
        **_counts(county),
        "indexed": indexed,
        "load_seconds": round(loaded - began, 1),
        "phase_seconds": phases.seconds,
        "index_seconds": round(monotonic() - loaded, 1),
        "sign_ins": _shown(sign_ins),
    }
    console.finish(summary, as_json, *_lines(county, sign_ins, summary))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch the cyclic garbage collector off: half a million rows live until the end, and it would visit them in vain."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _refuse_unless_empty(target: Database) -> None:
    with target.reading() as session:
        if not is_empty(session):
            raise console.fail("the database is not empty: set LIBRARY_DATA_DIR to a new folder for a sample county")


def _store(target: Database, county: County, sign_ins: SignIns, phases: Phases) -> None:
    """Write everything in one transaction, so that a load that was interrupted leaves the database empty."""
    operation = system_operation("load_sample", at=county.now)
    with filling(target) as filled:
        session = filled.session
        load(session, operation, county, phases)
        for row in rules.POLICIES:
            set_row(
                session,
                replace(operation, at=clock.start_of_day(rules.ENTERED_ON)),
                rule=row.rule,
                value=row.value,
                patron_category=row.category,
                branch_id=rules.PLACE,
                from_on=row.from_on,
                to_on=row.to_on,
                is_yearly=row.from_on is not None,
            )
        store_sign_ins(session, operation, sign_ins)
        with phases.phase("Figures", 1) as step:
            rebuild_figures(session)
            step(1)
        with phases.phase("Indexes", filled.steps) as step:
            filled.finish(step)


def _counts(county: County) -> dict[str, int]:
    return {
        "branches": len(county.places),
        "rooms": sum(place.is_room for place in county.places),
        "titles": len(county.titles),
        "items": len(county.copies),
        "readers": len(county.readers),
        "loans": len(county.happened.loans),
        "open_loans": sum(loan.in_at is None for loan in county.happened.loans),
        "holds": len(county.happened.holds),
        "transfers": len(county.happened.transfers),
        "wishes": len(county.wishes),
    }


def _shown(sign_ins: SignIns) -> Mapping[str, Any]:
    return {
        "staff": [
            {"name": one.name, "password": one.password, "role": one.role, "branch": one.branch_code}
            for one in sign_ins.staff
        ],
        "readers": [
            {"card": one.reader.card, "pin": one.pin, "name": one.reader.name, "category": one.reader.category}
            for one in sign_ins.readers
        ],
    }


def _lines(county: County, sign_ins: SignIns, summary: Mapping[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in _counts(county).items())
    took = ", ".join(f"{name.lower()} {seconds}" for name, seconds in summary["phase_seconds"].items())
    lines = [f"{county.places[0].name}: {counts}"]
    lines.append(f"Loaded in {summary['load_seconds']} seconds ({took})")
    lines.append(f"Search index in {summary['index_seconds']} seconds")
    lines.append("Sign in as staff (shown this once):")
    lines += [f"  {one.name:<8} {one.password}  {one.role} at {one.branch_code}" for one in sign_ins.staff]
    lines.append("Sign in as a reader:")
    lines += [f"  card {one.reader.card}  PIN {one.pin}  {one.reader.category}" for one in sign_ins.readers]
    return lines


COMMANDS: tuple[click.Command, ...] = (demo,)
