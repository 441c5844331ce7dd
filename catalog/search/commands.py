"""`library search rebuild | status | query TEXT`."""

import time
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from catalog.bibs.services import bib_card
from catalog.search import services, source
from catalog.search.engines import engine
from catalog.search.protocol import CONSUMER
from catalog.search.rebuild import rebuild as rebuild_index
from catalog.search.services import SearchRequest
from library.branches.services import branch_by_code
from library.kernel import events
from library.kernel.console import Group, finish, json_option, progress
from library.kernel.db import database, reading


@click.group(cls=Group)
def search() -> None:
    """Look after the search index."""


@search.command()
@json_option
@with_appcontext
def rebuild(*, as_json: bool) -> None:
    """Build the index anew from the database; searches go on meanwhile."""
    started = time.perf_counter()
    with reading() as session:
        total = source.count(session)
    with progress(_("Documents"), total) as step:
        count = rebuild_index(database(), engine(), step)
    seconds = time.perf_counter() - started
    summary = {"documents": count, "seconds": round(seconds, 2)}
    finish(summary, as_json, _("%(count)d documents indexed in %(seconds).1f s.", count=count, seconds=seconds))


@search.command()
@json_option
@with_appcontext
def status(*, as_json: bool) -> None:
    """Tell whether the index is there and in step with the database."""
    state = engine().status()
    with reading() as session:
        in_database = source.shown_ids(session)
        waiting = events.pending_count(session, CONSUMER)
    differing = len(in_database ^ engine().bib_ids())
    summary = {
        "engine": state.engine,
        "documents": state.documents,
        "records": len(in_database),
        "differing": differing,
        "waiting_events": waiting,
        "segments": state.segments,
        "megabytes": round(state.bytes_on_disk / 1e6, 1),
        "generation": state.generation,
        "in_step": not differing and not waiting,
    }
    finish(summary, as_json, *(f"{name:15} {value}" for name, value in summary.items()))


@search.command()
@click.argument("text")
@click.option("--branch", default="", metavar="CODE", help="What stands in this branch or below it.")
@click.option("--available", is_flag=True, help="What can be borrowed now.")
@json_option
@with_appcontext
def query(text: str, *, branch: str, available: bool, as_json: bool) -> None:
    """Search as a reader would, for TEXT."""
    with reading() as session:
        near = branch_by_code(session, branch) if branch else None
        asked = SearchRequest(text=text, branch=branch, available=available, near=near)
        page = services.search(session, engine(), asked)
        items = [{**bib_card(bib), "availability": page.availability.get(bib.id, [])} for bib in page.bibs]
    summary = {"total": page.total, "took_ms": page.took_ms, "did_you_mean": page.meant, "items": items}
    finish(summary, as_json, *map(_line, items))


def _line(item: dict[str, Any]) -> str:
    available = sum(place["available"] for place in item["availability"])
    parts = (item["id"], item["title"], "、".join(item["creators"]), item["publisher"], item["year"] or "", available)
    return "\t".join(str(part) for part in parts)


COMMANDS = (search,)
