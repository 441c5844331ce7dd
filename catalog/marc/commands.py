"""`library catalog import | revert | export`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.bibs.listing import shown
from catalog.bibs.models import Bib
from catalog.bibs.services import marc_of
from catalog.marc.batches import PROFILES, Summary, profile_by_name
from catalog.marc.exporting import rendered
from catalog.marc.reasons import sentence
from catalog.marc.record import Flavour
from catalog.marc.reverting import revert_batch
from catalog.marc.services import import_files, place_at, source_of, try_files
from catalog.marc.writing import CARRIER_ENCODINGS, marcxml_closing, marcxml_opening
from library.branches.services import branch_by_code
from library.kernel.console import Command, Group, fail, finish, json_option, progress
from library.kernel.db import reading, writing
from library.kernel.errors import Conflict, NotFound
from library.kernel.operations import system_operation

_SHOWN_ERRORS = 20
_EXPORT_CHUNK = 500


@click.group("catalog", cls=Group)
def catalog() -> None:
    """Import records, undo an import, export."""


@catalog.command("import", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--profile", default="default", show_default=True, help=f"One of: {', '.join(sorted(PROFILES))}.")
@click.option(
    "--branch", help="Code of the branch that gets the copies the records announce; without it none are made."
)
@click.option("--dry-run", is_flag=True, help="Only tell what would happen.")
@json_option
@with_appcontext
def import_command(files: tuple[Path, ...], profile: str, branch: str | None, dry_run: bool, as_json: bool) -> None:
    """Import records from FILES in ISO 2709 or MARCXML, CNMARC or MARC 21, in any usual encoding."""
    chosen = profile_by_name(profile)
    sources = [source_of(path) for path in files]
    with reading() as session:
        place = place_at(session, branch_by_code(session, branch)) if branch else None
    with progress(_("Records")) as step:
        if dry_run:
            summary = try_files(reading, sources, profile=chosen, step=step)
        else:
            operation = system_operation("import_records", branch_id=place.branch_id if place else None)
            summary = import_files(writing, operation, sources, profile=chosen, place=place, step=step)
    finish(summary.as_json(), as_json, *_lines(summary))
    if len(summary.refused_files) == len(files):
        raise fail(_("No file was MARC: %(names)s", names=", ".join(summary.refused_files)))


@catalog.command("revert", cls=Command)
@click.argument("batch", type=int)
@click.option("--skip-blocked", is_flag=True, help="Undo the rest even when something stands in the way.")
@json_option
@with_appcontext
def revert_command(batch: int, skip_blocked: bool, as_json: bool) -> None:
    """Undo the import BATCH; what was used since then is listed and stays."""
    with progress(_("Records")) as step:
        done = revert_batch(writing, system_operation("revert_import"), batch, skip_blocked=skip_blocked, step=step)
    lines = [f"bib {entry['bib']}: {entry['reason']}" for entry in done.blocked[:_SHOWN_ERRORS]]
    counted = _("%(bibs)d records and %(items)d copies taken back.", bibs=done.bibs, items=done.items)
    finish(done.as_json(), as_json, *lines, counted)
    if done.blocked and not skip_blocked:
        raise fail(_("%(count)d records are in use; nothing was undone. Use --skip-blocked.", count=len(done.blocked)))


@catalog.command("export", cls=Command)
@click.option(
    "--format", "form", type=click.Choice(["iso2709", "marcxml", "json"]), default="iso2709", show_default=True
)
@click.option("--flavour", type=click.Choice([str(flavour) for flavour in Flavour]), help="As it came, unless given.")
@click.option("--encoding", type=click.Choice(CARRIER_ENCODINGS), default="utf-8", show_default=True)
@click.option("--output", type=click.File("wb"), default="-", show_default=True)
@json_option
@with_appcontext
def export_command(form: str, flavour: str | None, encoding: str, output: BinaryIO, as_json: bool) -> None:
    """Export all records, with the corrections made here."""
    if as_json and output.name == "<stdout>":
        raise fail(_("Give --output when --json is wanted."))
    wanted = Flavour(flavour) if flavour else None
    with reading() as session:
        total = session.scalar(select(func.count(Bib.id)).where(*shown())) or 0
    export = _Export(wanted, form, encoding, output)
    output.write(marcxml_opening().encode() if form == "marcxml" else b"")
    with progress(_("Records"), total) as step:
        for bib_ids in _living_ids():
            with reading() as session:
                for bib_id in bib_ids:
                    export.write(session, bib_id)
            step(len(bib_ids))
    output.write(marcxml_closing().encode() if form == "marcxml" else b"")
    told = [] if output.name == "<stdout>" else [_("%(count)d records written.", count=export.written)]
    finish({"records": export.written, "errors": export.errors}, as_json, *told)


def _living_ids() -> Iterator[list[int]]:
    """Yield the ids of all bibs in parts, each read in its own transaction."""
    last = 0
    while True:
        with reading() as session:
            wanted = select(Bib.id).where(Bib.id > last, *shown()).order_by(Bib.id).limit(_EXPORT_CHUNK)
            ids = list(session.scalars(wanted))
        if not ids:
            return
        yield ids
        last = ids[-1]


@dataclass
class _Export:
    """A running export: in which form and where to, how many were written, which could not be."""

    flavour: Flavour | None
    form: str
    encoding: str
    output: BinaryIO
    written: int = 0
    errors: list[dict[str, object]] = field(default_factory=list)

    def write(self, session: Session, bib_id: int) -> None:
        """Write one bib; what has no record, or none that fits the form, is listed."""
        try:
            record, flavour = marc_of(session, session.get_one(Bib, bib_id))
            wanted = self.flavour or flavour
            raw = rendered(record, flavour, wanted, form=self.form, encoding=self.encoding, alone=False)
        except (Conflict, NotFound) as error:
            self.errors.append({"bib": bib_id, "reason": error.code})
            return
        self.output.write(raw if self.form == "iso2709" else raw + b"\n")
        self.written += 1


def _lines(summary: Summary) -> list[str]:
    counts = summary.as_json()
    told = [
        f"{error['file']} @{error['offset']}: {sentence(error['reason'])}" for error in summary.errors[:_SHOWN_ERRORS]
    ]
    if len(summary.errors) > _SHOWN_ERRORS:
        told.append(_("… and %(count)d more", count=len(summary.errors) - _SHOWN_ERRORS))
    told.append(
        _(
            "%(records)d records: %(new)d new, %(matched)d known, %(merged)d joined, %(conflict)d unclear, "
            "%(rejected)d rejected; %(items)d copies.",
            **{name: counts[name] for name in ("records", "new", "matched", "merged", "conflict", "rejected", "items")},
        )
    )
    if summary.batch is not None:
        told.append(_("Batch %(batch)d; `library catalog revert %(batch)d` takes it back.", batch=summary.batch))
    return told


COMMANDS = (catalog,)
