"""Describing, correcting, merging, and taking each of them back."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibIdentifier, BibSourceRecord
from catalog.bibs.services import bib_by_id, bib_card, change_bib, create_bib, marc_of, merge_bibs, undo_merge
from catalog.items.models import Item
from catalog.items.services import add_item
from catalog.marc.description import describe
from library.kernel.errors import Conflict, DomainError, Invalid, NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Operation
from tests.factories import a_branch

Operations = Callable[..., Operation]
WHEAT = {
    "title": "冬小麦种植",
    "creators": [{"name": "叶田禾", "role": "著"}],
    "year": 2023,
    "isbns": ["9787599900010"],
}


def kinds(session: Session) -> list[str]:
    return list(session.scalars(select(EventRow.kind).order_by(EventRow.id)))


def test_a_described_book_has_its_derived_columns_and_a_record(session: Session, operation: Operations) -> None:
    bib = create_bib(session, operation(), {**WHEAT, "clc": "S512.1"})
    assert (bib.title_folded, bib.title_pinyin, bib.clc_top) == ("冬小麦种植", "dong xiao mai zhong zhi", "S")
    assert bib_card(bib)["creators"] == ["叶田禾"]
    record, flavour = marc_of(session, bib)
    assert describe(record, flavour).title == "冬小麦种植"
    assert kinds(session) == ["bib.created"]


def test_a_correction_stands_over_the_source_and_can_be_taken_back(session: Session, operation: Operations) -> None:
    bib = create_bib(session, operation(), WHEAT)
    change_bib(session, operation(), bib.id, {"title": "冬小麦栽培", "summary": "新提要"})
    assert (bib.title, bib.summary) == ("冬小麦栽培", "新提要")
    record, flavour = marc_of(session, bib)
    assert describe(record, flavour).title == "冬小麦栽培"
    change_bib(session, operation(), bib.id, {"title": None})
    assert (bib.title, bib.summary) == ("冬小麦种植", "新提要")


def test_a_corrected_isbn_is_found_and_so_is_the_one_of_the_source(session: Session, operation: Operations) -> None:
    bib = create_bib(session, operation(), WHEAT)
    change_bib(session, operation(), bib.id, {"isbns": ["9787503717444"]})
    assert bib.isbn13 == "9787503717444"
    found = session.scalars(select(BibIdentifier.value).where(BibIdentifier.bib_id == bib.id)).all()
    assert set(found) == {"9787503717444", "9787599900010"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"title": ""}, "bib_needs_title"), ({"colour": "red"}, "unknown_field"), ({"audience": "cats"}, "bad_value")],
)
def test_a_correction_that_makes_no_sense_is_refused(
    session: Session, operation: Operations, changes: dict[str, Any], code: str
) -> None:
    bib = create_bib(session, operation(), WHEAT)
    with pytest.raises(Invalid) as refusal:
        change_bib(session, operation(), bib.id, changes)
    assert refusal.value.code == code


def two_books_with_a_copy(session: Session, operation: Operations) -> tuple[Bib, Bib, Item]:
    branch = a_branch(session)
    kept = create_bib(session, operation(), WHEAT)
    gone = create_bib(
        session, operation(), {**WHEAT, "title": "冬小麦种植法", "summary": "提要", "isbns": ["9787503717444"]}
    )
    return kept, gone, add_item(session, operation(), bib_id=gone.id, owner=branch, barcode="N1")


def test_merging_moves_copies_and_fills_what_was_open(session: Session, operation: Operations) -> None:
    kept, gone, item = two_books_with_a_copy(session, operation)
    merge_bibs(session, operation(), kept.id, gone.id)
    session.refresh(item)
    assert (item.bib_id, kept.title, kept.summary) == (kept.id, "冬小麦种植", "提要")
    assert bib_by_id(session, gone.id).id == kept.id
    found = session.scalars(select(BibIdentifier.value).where(BibIdentifier.bib_id == kept.id)).all()
    assert set(found) == {"9787503717444", "9787599900010"}


def test_taking_a_merge_back_gives_each_book_what_was_its_own(session: Session, operation: Operations) -> None:
    kept, gone, item = two_books_with_a_copy(session, operation)
    merge = merge_bibs(session, operation(), kept.id, gone.id)
    undo_merge(session, operation(), merge.id)
    session.refresh(item)
    assert (item.bib_id, kept.summary, gone.title, gone.summary) == (gone.id, "", "冬小麦种植法", "提要")
    assert gone.merged_into_id is None
    with pytest.raises(Conflict, match="merge_undone"):
        undo_merge(session, operation(), merge.id)


def test_a_chain_of_merges_leads_to_its_end(session: Session, operation: Operations) -> None:
    books = [create_bib(session, operation(), {**WHEAT, "title": f"书{n}"}) for n in range(3)]
    merge_bibs(session, operation(), books[1].id, books[0].id)
    merge_bibs(session, operation(), books[2].id, books[1].id)
    assert bib_by_id(session, books[0].id).id == books[2].id


def test_an_earlier_merge_is_taken_back_only_after_the_later_one(session: Session, operation: Operations) -> None:
    one, two, three = (create_bib(session, operation(), {**WHEAT, "title": f"冬小麦{n}"}) for n in "一二三")
    first = merge_bibs(session, operation(), two.id, one.id)
    second = merge_bibs(session, operation(), three.id, two.id)
    with pytest.raises(Conflict, match="merge_not_last"):
        undo_merge(session, operation(), first.id)
    undo_merge(session, operation(), second.id)
    assert undo_merge(session, operation(), first.id).title == "冬小麦一"
    assert [bib.title for bib in session.scalars(select(Bib).order_by(Bib.id))] == ["冬小麦一", "冬小麦二", "冬小麦三"]


def test_older_states_of_a_record_follow_a_merge(session: Session, operation: Operations) -> None:
    into, merged = (create_bib(session, operation(), {**WHEAT, "title": title}) for title in ("冬小麦", "小麦"))
    for checksum in ("older", "newer"):
        session.add(
            BibSourceRecord(
                bib_id=merged.id,
                source="DEMO",
                control_number="01",
                flavour="form",
                record={"leader": "", "fields": []},
                checksum=checksum,
                rank=1,
                created_at=operation().at,
            )
        )
    session.flush()
    merge_bibs(session, operation(), into.id, merged.id)
    assert set(session.scalars(select(BibSourceRecord.bib_id))) == {into.id}


@pytest.mark.parametrize(("into", "other"), [(0, 0), (0, 99_999)])
def test_a_merge_that_makes_no_sense_is_refused(session: Session, operation: Operations, into: int, other: int) -> None:
    bib = create_bib(session, operation(), WHEAT)
    with pytest.raises(DomainError) as refusal:
        merge_bibs(session, operation(), bib.id + into, bib.id + other)
    assert refusal.value.code in {"merge_with_itself", "unknown_bib"}


def test_an_unknown_book_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound, match="unknown_bib"):
        bib_by_id(session, 4711)
