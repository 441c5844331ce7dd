"""Invariants of records."""

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from catalog.bibs.models import Bib, BibEdit, BibSourceRecord
from library.kernel.checks import Invariant

_target = aliased(Bib)

INVARIANTS = (
    Invariant(
        "bib_has_source",
        "Every bib that is not merged away has a source record.",
        select(Bib.id).where(
            Bib.merged_into_id.is_(None),
            Bib.withdrawn_at.is_(None),
            ~select(BibSourceRecord.id)
            .where(BibSourceRecord.bib_id == Bib.id, BibSourceRecord.removed_at.is_(None))
            .exists(),
        ),
    ),
    Invariant(
        "merge_ends_at_a_living_bib",
        "A merged bib points to one that is not merged into it again.",
        select(Bib.id)
        .join(_target, _target.id == Bib.merged_into_id)
        .where((_target.merged_into_id == Bib.id) | (Bib.merged_into_id == Bib.id)),
    ),
    Invariant(
        "one_standing_edit",
        "A field of a bib has one standing edit.",
        select(BibEdit.bib_id, BibEdit.field)
        .where(BibEdit.undone_at.is_(None))
        .group_by(BibEdit.bib_id, BibEdit.field)
        .having(func.count() > 1),
    ),
)
