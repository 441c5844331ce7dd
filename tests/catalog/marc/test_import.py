"""Importing, importing again, being interrupted, and taking it back."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from catalog.bibs.description import BibDescription, Creator
from catalog.bibs.models import Bib, BibSourceRecord
from catalog.bibs.services import change_bib
from catalog.items.models import Item, ItemCondition
from catalog.items.services import move_item
from catalog.marc import applying, reverting
from catalog.marc.applying import Outcome
from catalog.marc.batches import PROFILES, Summary
from catalog.marc.compose import compose
from catalog.marc.copies import Place
from catalog.marc.models import ImportBatch, ImportRecord
from catalog.marc.record import Flavour, Record, data_field
from catalog.marc.reverting import Reverted, revert_batch
from catalog.marc.services import (
    CHUNK_SECONDS,
    LARGEST_CHUNK,
    SMALLEST_CHUNK,
    Pace,
    Source,
    import_files,
    place_at,
    source_of,
    try_files,
)
from catalog.marc.writing import for_carrier, to_iso2709
from library.kernel import operations
from library.kernel.db import Database
from library.kernel.errors import Conflict
from library.kernel.events import record
from library.kernel.models import EventRow
from library.kernel.operations import Operation, system_operation
from tests.catalog.marc.files import FOLDER
from tests.factories import a_county

WHEAT = BibDescription(
    title="冬小麦节水种植",
    creators=(Creator("田禾", "主编"),),
    publisher="示例出版社",
    year=2023,
    isbns=("9787599900010",),
    control_number="01",
    agency="DEMO",
)


class Catalogue:
    """A county with a central library, and files imported into it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.writing() as session:
            county = a_county(session)
            self.place: Place = place_at(session, county["central"])
            self.other_branch = county["east"].id

    def load(self, *sources: Source, place: bool = True) -> Summary:
        return import_files(
            self.database.writing,
            system_operation("import_records"),
            sources,
            profile=PROFILES["default"],
            place=self.place if place else None,
            step=lambda count: None,
        )

    def take_back(self, batch: int | None, *, skip_blocked: bool = False) -> Reverted:
        assert batch is not None
        operation = system_operation("revert_import")
        return revert_batch(self.database.writing, operation, batch, skip_blocked=skip_blocked, step=lambda count: None)

    def count(self, *conditions: object, of: type = Bib) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0  # type: ignore[arg-type]

    def living(self) -> int:
        return self.count(Bib.withdrawn_at.is_(None), Bib.merged_into_id.is_(None))


@pytest.fixture
def catalogue(app: Flask, database: Database) -> Catalogue:
    with app.app_context():
        return Catalogue(database)


def a_file(*records: Record, name: str = "book.iso") -> Source:
    raw = b"".join(to_iso2709(for_carrier(record, Flavour.CNMARC)).raw for record in records)
    return Source(name, lambda: io.BytesIO(raw))


def with_copies(description: BibDescription, *barcodes: str) -> Record:
    record = compose(description)
    copies = data_field("905", "  ", ("a", "DEMO"), *(("b", barcode) for barcode in barcodes), ("d", "S512"))
    return Record(record.leader, (*record.fields, copies))


def real(name: str) -> Source:
    return source_of(FOLDER / name)


def test_both_encodings_of_one_file_are_the_same_ten_books(catalogue: Catalogue) -> None:
    summary = catalogue.load(real("cnmarc_bnu_utf8.iso"), real("cnmarc_bnu_gbk.iso")).as_json()
    assert (summary["records"], summary["new"], summary["matched"], summary["errors"]) == (20, 10, 10, [])
    assert catalogue.living() == 10


def test_importing_again_matches_everything_and_adds_no_copy(catalogue: Catalogue) -> None:
    source = a_file(with_copies(WHEAT, "N1", "N2-4"))
    first, second = catalogue.load(source), catalogue.load(source)
    assert (first.counts["new"], first.items) == (1, 4)
    assert (second.counts["matched"], second.counts["new"], second.items) == (1, 0, 0)
    assert catalogue.count(of=Item) == 4


def test_bad_records_are_listed_with_offset_and_reason_and_stop_nothing(catalogue: Catalogue) -> None:
    good = (FOLDER / "cnmarc_bnu_utf8.iso").read_bytes().split(b"\x1d")
    raw = b"\x1d".join((good[0], b"broken", good[1], b""))
    summary = catalogue.load(Source("mixed.iso", lambda: io.BytesIO(raw)), real("sample_dc.xml"))
    assert (summary.counts["new"], summary.counts["rejected"]) == (2, 1)
    bad, other = summary.errors
    assert (bad["file"], bad["offset"]) == ("mixed.iso", len(good[0]) + 1)
    assert bad["reason"].startswith("damaged_leader")
    assert other == {"file": "sample_dc.xml", "offset": 0, "reason": "not_marc"}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"control_number": "02", "agency": "SELLER", "summary": "新提要"}, "merged"),
        ({"control_number": "02", "agency": "SELLER", "part": "下册"}, "new"),
        ({"control_number": "02", "agency": "SELLER", "year": 2011}, "new"),
        ({"control_number": "02", "agency": "SELLER", "title": "养蜂"}, "new"),
        ({"control_number": "02", "agency": "SELLER", "isbns": ()}, "merged"),
        ({"isbns": (), "publisher": "别的出版社"}, "merged"),
    ],
    ids=["same edition", "other volume", "reprint", "other title", "by title and year", "by control number"],
)
def test_a_record_joins_a_book_only_when_more_than_the_isbn_agrees(
    catalogue: Catalogue, change: dict[str, object], outcome: str
) -> None:
    catalogue.load(a_file(compose(WHEAT)))
    other = catalogue.load(a_file(compose(replace(WHEAT, **change))))  # type: ignore[arg-type]  # a table of changes
    assert other.counts == {outcome: 1}


def test_two_records_of_one_book_in_one_file_make_one_book_with_the_better_of_both(catalogue: Catalogue) -> None:
    poor = replace(WHEAT, summary="", clc="")
    rich = replace(WHEAT, control_number="77", agency="NLC", summary="讲节水。", clc="S512.1")
    summary = catalogue.load(a_file(compose(poor), compose(rich)))
    assert (summary.counts["new"], summary.counts["merged"]) == (1, 1)
    with catalogue.database.reading() as session:
        bib = session.scalars(select(Bib)).one()
        assert (bib.title, bib.summary, bib.clc_top) == (WHEAT.title, "讲节水。", "S")


def test_a_record_that_fits_two_books_is_a_conflict_and_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.load(a_file(compose(replace(WHEAT, isbns=(), control_number="1", publisher="甲出版社"))))
    catalogue.load(a_file(compose(replace(WHEAT, isbns=(), control_number="2", publisher="乙出版社"))))
    with catalogue.database.writing() as session:
        bibs = session.scalars(select(Bib).order_by(Bib.id)).all()
        for bib in bibs:
            change_bib(session, system_operation("change_bib"), bib.id, {"isbns": ["9787599900010"]})
    third = catalogue.load(a_file(compose(replace(WHEAT, control_number="3", publisher=""))))
    assert third.counts == {"conflict": 1}
    assert third.errors[0]["reason"] == f"conflicting_matches: {bibs[0].id}, {bibs[1].id}"


def test_a_barcode_of_another_book_is_listed_and_the_record_still_taken(catalogue: Catalogue) -> None:
    catalogue.load(a_file(with_copies(WHEAT, "N1")))
    other = replace(WHEAT, title="养蜂", isbns=(), control_number="9")
    summary = catalogue.load(a_file(with_copies(other, "N1", "N2")))
    assert (summary.counts["new"], summary.items) == (1, 1)
    assert summary.errors[0]["reason"] == "barcode_taken: N1"


def test_an_interrupted_import_is_gone_on_with_by_importing_again(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.marc.services.Pace", partial(Pace, 4))
    source = real("cnmarc_bnu_utf8.iso")
    with pytest.raises(KeyboardInterrupt):
        import_files(
            catalogue.database.writing,
            system_operation("import_records"),
            [source],
            profile=PROFILES["default"],
            place=None,
            step=interrupt_after(4),
        )
    assert catalogue.living() == 4
    assert catalogue.count(ImportBatch.state == "failed", of=ImportBatch) == 1
    rest = catalogue.load(source)
    assert (rest.counts["matched"], rest.counts["new"]) == (4, 6)


def interrupt_after(count: int) -> Callable[[int], None]:
    done = [0]

    def step(records: int) -> None:
        done[0] += records
        if done[0] >= count:
            raise KeyboardInterrupt

    return step


def test_a_record_the_database_refuses_costs_only_itself(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    original = applying._create_bibs

    def refuse_one(session: Session, operation: Operation, outcomes: Sequence[Outcome], batch_id: int) -> None:
        original(session, operation, outcomes, batch_id)
        if any(one.outcome == "new" and "'96" in one.record.columns["title"] for one in outcomes):
            session.execute(insert(ImportRecord).values(batch_id=None, file="", offset=0, outcome="new"))

    monkeypatch.setattr(applying, "_create_bibs", refuse_one)
    summary = catalogue.load(real("cnmarc_bnu_utf8.iso"))
    assert (summary.counts["new"], summary.counts["rejected"]) == (9, 1)
    assert summary.errors[0]["reason"].startswith("storing_failed")
    assert catalogue.living() == 9


def test_a_slow_disk_gets_fewer_records_at_a_time_and_a_fast_one_more() -> None:
    pace = Pace()
    first = pace.size
    pace.took(first, 4 * CHUNK_SECONDS)
    assert pace.size == first // 4
    pace.took(pace.size, 60)
    assert pace.size == SMALLEST_CHUNK
    sizes = []
    for _ in range(8):
        pace.took(pace.size, 0.0)
        sizes.append(pace.size)
    assert (sizes[0], sizes[-1]) == (2 * SMALLEST_CHUNK, LARGEST_CHUNK)


def test_a_dry_run_tells_the_same_and_writes_nothing(catalogue: Catalogue) -> None:
    sources = [real("cnmarc_bnu_utf8.iso"), real("cnmarc_bnu_gbk.iso"), real("bad_records.mrc")]
    tried = try_files(catalogue.database.reading, sources, profile=PROFILES["default"], step=lambda count: None)
    assert catalogue.living() == 0
    done = catalogue.load(*sources)
    assert tried.counts == done.counts
    assert tried.errors == done.errors


def test_taking_back_withdraws_books_and_copies_and_importing_brings_the_same_ones_back(catalogue: Catalogue) -> None:
    source = a_file(with_copies(WHEAT, "N1", "N2"))
    first = catalogue.load(source)
    done = catalogue.take_back(first.batch)
    assert (done.bibs, done.items, done.blocked) == (1, 2, [])
    assert catalogue.living() == 0
    assert catalogue.count(Item.is_available, of=Item) == 0
    again = catalogue.load(source)
    assert (again.counts["new"], again.items) == (1, 2)
    assert catalogue.count(of=Bib) == 1
    assert catalogue.count(of=Item) == 2
    assert catalogue.count(ItemCondition.until.is_(None), of=ItemCondition) == 0


def test_taking_back_a_joined_record_lets_the_first_one_speak_again(catalogue: Catalogue) -> None:
    catalogue.load(a_file(compose(WHEAT)))
    richer = catalogue.load(a_file(compose(replace(WHEAT, control_number="2", agency="B", summary="讲节水。"))))
    catalogue.take_back(richer.batch)
    with catalogue.database.reading() as session:
        bib = session.scalars(select(Bib)).one()
        assert (bib.summary, bib.withdrawn_at) == ("", None)
        assert len(session.scalars(select(BibSourceRecord).where(BibSourceRecord.removed_at.is_(None))).all()) == 1


def test_the_newer_state_of_a_record_counts_until_it_is_taken_back(catalogue: Catalogue) -> None:
    catalogue.load(a_file(compose(WHEAT)))
    newer = catalogue.load(a_file(compose(replace(WHEAT, extent="200页", publisher="改名出版社"))))
    with catalogue.database.reading() as session:
        assert session.scalars(select(Bib.publisher)).one() == "改名出版社"
    catalogue.take_back(newer.batch)
    with catalogue.database.reading() as session:
        assert session.scalars(select(Bib.publisher)).one() == "示例出版社"


def test_a_copy_that_moved_blocks_taking_back_until_the_rest_is_asked_for(catalogue: Catalogue) -> None:
    other = replace(WHEAT, title="养蜂", isbns=(), control_number="9")
    summary = catalogue.load(a_file(with_copies(WHEAT, "N1"), with_copies(other, "N2")))
    with catalogue.database.writing() as session:
        item = session.scalars(select(Item).where(Item.barcode == "N1")).one()
        move_item(session, system_operation("move"), item.id, catalogue.other_branch, "manual")
    refused = catalogue.take_back(summary.batch)
    assert [entry["reason"] for entry in refused.blocked] == ["item_was_used"]
    assert catalogue.living() == 2
    assert catalogue.take_back(summary.batch, skip_blocked=True).bibs == 1
    assert catalogue.living() == 1


def test_a_book_somebody_asked_for_is_not_taken_back(catalogue: Catalogue) -> None:
    summary = catalogue.load(source_of(FOLDER / "cnmarc_bnu_utf8.iso"))
    with catalogue.database.writing() as session:
        operation = system_operation("place_hold")
        operations.remember(session, operation, "done")
        record(session, operation, "hold.placed", bib_id=session.scalars(select(Bib.id)).first())
    assert [entry["reason"] for entry in catalogue.take_back(summary.batch).blocked] == ["bib_was_asked_for"]
    assert catalogue.take_back(summary.batch, skip_blocked=True).bibs == 9
    assert catalogue.living() == 1


def test_a_copy_lent_while_the_revert_runs_stays(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = catalogue.load(source_of(FOLDER / "cnmarc_bnu_utf8.iso"))
    looked: list[int] = []

    def asked_for_afterwards(session: Session, batch: int, bib_ids: Sequence[int]) -> list[dict[str, object]]:
        looked.append(len(bib_ids))
        return [] if len(looked) == 1 else [{"bib": bib_ids[0], "reason": "item_was_used"}]

    monkeypatch.setattr(reverting, "blocked", asked_for_afterwards)
    done = catalogue.take_back(summary.batch)
    assert (done.bibs, len(done.blocked)) == (9, 1)
    assert catalogue.count(ImportBatch.state == "done", of=ImportBatch) == 1


def test_a_batch_is_taken_back_once(catalogue: Catalogue) -> None:
    summary = catalogue.load(a_file(compose(WHEAT)))
    catalogue.take_back(summary.batch)
    with pytest.raises(Conflict, match="batch_reverted"):
        catalogue.take_back(summary.batch)


def test_every_new_book_and_copy_has_its_event(catalogue: Catalogue) -> None:
    catalogue.load(a_file(with_copies(WHEAT, "N1", "N2")))
    assert catalogue.count(EventRow.kind == "bib.created", of=EventRow) == 1
    assert catalogue.count(EventRow.kind == "item.created", of=EventRow) == 2
