"""Why a hold loses its copy or goes to another title, where no edge of its table says so: the act, and the cause kept."""

import pytest
from sqlalchemy import select

from catalog.bibs.services import merge_bibs, undo_merge
from circulation.holds import merging
from circulation.holds.states import Cause
from circulation.lending import services as lending
from circulation.lending.undo import undo_check_in
from circulation.logistics import services as transfers
from circulation.models import Hold
from library.branches import services as branches
from tests.circulation.holds.desk import Desk
from tests.factories import a_bib


def cause_of(desk: Desk, hold_id: int) -> str | None:
    return desk.session.scalars(select(Hold.cause).where(Hold.id == hold_id)).one()


@pytest.mark.parametrize("until", ["request", "pick"])
def test_a_hold_whose_transfer_is_stopped_waits_and_says_so(desk: Desk, until: str) -> None:
    desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    if until != "request":
        desk.send(hold["transfer"], until=until)
    assert transfers.cancel(desk.session, desk.make(), hold["transfer"])["decision"] == "allowed"
    assert desk.told(hold["id"])[-1] == ("hold.released", Cause.TRANSFER_STOPPED)
    assert (desk.state(hold["id"]), cause_of(desk, hold["id"])) == ("waiting", Cause.TRANSFER_STOPPED)


def test_a_kept_copy_seen_elsewhere_that_cannot_be_sent_back_is_let_go(desk: Desk) -> None:
    copy = desk.copy("east")
    hold = desk.place(desk.reader())["hold"]
    branches.suspend(desk.session, desk.make(), desk.branches["east"])
    assert desk.bring_back(copy, "west") is None
    told = [("hold.wandered", Cause.SEEN_ELSEWHERE), ("hold.released", Cause.CANNOT_BE_SENT)]
    assert desk.told(hold["id"])[-2:] == told
    assert (desk.state(hold["id"]), cause_of(desk, hold["id"])) == ("waiting", Cause.CANNOT_BE_SENT)


def test_a_hold_whose_copy_goes_back_to_its_last_reader_waits_and_says_so(desk: Desk) -> None:
    copy, east = desk.copy("east"), desk.branches["east"]
    out = desk.make("check_out", branch_id=east.id)
    lent = lending.check_out(desk.session, out, branch=east, patron_id=desk.reader().id, barcode=copy.barcode)
    hold = desk.place(desk.reader())["hold"]
    operation = desk.make("check_in", branch_id=east.id)
    assert lending.check_in(desk.session, operation, branch=east, barcode=copy.barcode)["next"] == "hold"
    undo = desk.make("undo", branch_id=east.id)
    assert undo_check_in(desk.session, undo, lent["loan"]["id"], returned_by=operation.id)["decision"] == "allowed"
    released, promised = desk.told(hold["id"])[-2:]
    assert (released, promised[0]) == (("hold.released", Cause.RETURN_UNDONE), "hold.promised")
    assert (desk.state(hold["id"]), cause_of(desk, hold["id"])) == ("waiting", Cause.RETURN_UNDONE)


def test_a_hold_follows_its_title_into_a_merge_and_out_of_it(desk: Desk) -> None:
    desk.copy("east")
    hold = desk.place(desk.reader())["hold"]
    into = a_bib(desk.session)
    merge = merge_bibs(desk.session, desk.make(), into.id, desk.bib.id)
    merging.follow_merge(desk.session, desk.make(), desk.bib.id, into.id)
    assert desk.told(hold["id"])[-1] == ("hold.moved", Cause.MERGED)
    assert desk.row(hold["id"]).bib_id == into.id
    undo_merge(desk.session, desk.make(), merge.id)
    merging.follow_copies(desk.session, desk.make(), desk.bib.id)
    assert desk.told(hold["id"])[-1] == ("hold.moved", Cause.MERGE_UNDONE)
    assert desk.row(hold["id"]).bib_id == desk.bib.id


def test_the_later_of_two_holds_that_a_merge_brings_together_ends_by_it(desk: Desk) -> None:
    into = a_bib(desk.session)
    reader = desk.reader()
    desk.lend(desk.copy("east"), desk.reader())
    desk.lend(desk.copy("east", bib=into), desk.reader())
    first = desk.place(reader, bib_id=into.id)["hold"]
    later = desk.place(reader)["hold"]
    merge_bibs(desk.session, desk.make(), into.id, desk.bib.id)
    merging.follow_merge(desk.session, desk.make(), desk.bib.id, into.id)
    assert desk.told(later["id"])[-1] == ("hold.cancelled", Cause.MERGED)
    assert (desk.state(first["id"]), cause_of(desk, later["id"])) == ("waiting", Cause.MERGED)
