"""Invariants of copies: barcodes, conditions, and where the movement log says they are."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemBarcode, ItemCondition, ItemMovement
from library.branches.models import Location
from library.kernel.checks import Invariant

_numbered = select(
    ItemMovement.id,
    ItemMovement.item_id,
    ItemMovement.from_branch_id,
    ItemMovement.to_branch_id,
    func.lag(ItemMovement.to_branch_id)
    .over(partition_by=ItemMovement.item_id, order_by=(ItemMovement.at, ItemMovement.id))
    .label("before"),
    func.row_number()
    .over(partition_by=ItemMovement.item_id, order_by=(ItemMovement.at.desc(), ItemMovement.id.desc()))
    .label("from_last"),
).subquery()
_current = aliased(ItemBarcode)

INVARIANTS = (
    Invariant(
        "item_is_where_it_moved",
        "A copy is where its last movement brought it.",
        select(Item.id, Item.current_branch_id, _numbered.c.to_branch_id)
        .outerjoin(_numbered, (_numbered.c.item_id == Item.id) & (_numbered.c.from_last == 1))
        .where(or_(_numbered.c.to_branch_id.is_(None), _numbered.c.to_branch_id != Item.current_branch_id)),
    ),
    Invariant(
        "movements_follow_each_other",
        "Each movement of a copy starts where the one before it ended.",
        select(_numbered.c.id, _numbered.c.item_id).where(
            func.coalesce(_numbered.c.from_branch_id, -1) != func.coalesce(_numbered.c.before, -1)
        ),
    ),
    Invariant(
        "item_has_its_barcode",
        "The barcode of a copy is its current entry among the barcodes, with its owner.",
        select(Item.id, Item.barcode)
        .outerjoin(_current, (_current.item_id == Item.id) & _current.valid_to.is_(None))
        .where(
            or_(
                _current.id.is_(None),
                _current.barcode != Item.barcode,
                _current.owner_branch_id != Item.owner_branch_id,
            )
        ),
    ),
    Invariant(
        "barcode_unique_within_owner",
        "A barcode is on one copy of an owner.",
        select(ItemBarcode.owner_branch_id, ItemBarcode.barcode)
        .group_by(ItemBarcode.owner_branch_id, ItemBarcode.barcode)
        .having(func.count() > 1),
    ),
    Invariant(
        "one_open_condition",
        "A copy has one open condition of a kind.",
        select(ItemCondition.item_id, ItemCondition.kind)
        .where(ItemCondition.until.is_(None))
        .group_by(ItemCondition.item_id, ItemCondition.kind)
        .having(func.count() > 1),
    ),
    Invariant(
        "item_stands_in_its_home",
        "A copy's location is in its home branch or where it is now.",
        select(Item.id, Item.location_id)
        .join(Location, Location.id == Item.location_id)
        .where(Location.branch_id != Item.home_branch_id, Location.branch_id != Item.current_branch_id),
    ),
    Invariant(
        "items_are_not_under_merged_bibs",
        "No copy is under a bib that was merged away.",
        select(Item.id, Item.bib_id).join(Bib, Bib.id == Item.bib_id).where(Bib.merged_into_id.is_not(None)),
    ),
)
