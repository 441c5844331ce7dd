"""What a copied notebook must not do, what figures make of it, sheets and their rows, and the import of a register."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from catalog.items.models import Item, ItemCondition
from circulation.cases.services import open_cases_of
from circulation.charges.services import balance
from circulation.claims.claiming import claim_returned
from circulation.claims.damage import note_missing
from circulation.claims.jobs import given_up
from circulation.holds.services import place_hold, worth_targeting
from circulation.lending import services
from circulation.lending.undo import undo_check_in
from circulation.logistics.services import request_transfer
from circulation.models import DailyRollup, Hold, Loan, LoanSheetLine, Transfer
from circulation.notebook.checks import INVARIANTS
from circulation.notebook.commands import loans as command
from circulation.notebook.entry import Typed
from circulation.notebook.forms import typed_rows
from circulation.notebook.imports import import_loans, read_lines
from circulation.notebook.services import Entry, enter
from circulation.notebook.sheets import ROWS, enter_row, print_sheets, sheet_by_code
from circulation.policies.services import set_row
from circulation.reports import jobs, rollups
from circulation.reports.services import figures
from circulation.restocking import observation
from library.kernel import clock as kernel_clock
from library.kernel import events
from library.kernel.db import Database
from library.kernel.errors import Invalid, NotFound
from library.kernel.identifiers import CodeKind, parse_code
from library.kernel.models import EventRow, OperationRow
from library.kernel.operations import Answer
from library.patrons.models import PatronBlock
from tests.circulation.lending.desk import Desk, available, codes
from tests.factories import a_county, a_loan, a_patron, an_item, county_policies, patron_card

TODAY = date(2026, 11, 23)
D = TODAY - timedelta(days=100)
R = TODAY - timedelta(days=20)


def write(desk: Desk, item: Item, lent_on: date | None = D, returned_on: date | None = None, **more: object) -> Answer:
    values: dict[str, object] = {"card": patron_card(desk.session, desk.reader), "barcode": item.barcode, **more}
    entry = Entry(desk.here, lent_on=lent_on, returned_on=returned_on, **values)  # type: ignore[arg-type]  # for a test
    return enter(desk.session, desk.operation("enter_notebook"), entry)


def lend_today(desk: Desk) -> str:
    outcome: str = desk.lend(desk.item())["decision"]
    return outcome


def test_a_copied_loan_blocks_nobody_costs_nothing_and_never_becomes_claimed_lost(desk: Desk) -> None:
    set_row(desk.session, desk.operation(), rule="fine_per_day", value="10")
    set_row(desk.session, desk.operation(), rule="suspension_days", value="1")
    item = desk.item()
    assert write(desk, item)["step"] == "open"
    assert lend_today(desk) == "allowed"
    assert given_up(desk.session, TODAY) == []
    desk.take_back(item)
    assert balance(desk.session, desk.reader.id) == 0
    assert desk.session.scalars(select(PatronBlock)).all() == []


def test_a_copied_loan_that_goes_on_after_its_return_was_undone_still_tells_its_day(desk: Desk) -> None:
    item = desk.item()
    write(desk, item)
    for _ in range(2):
        returning = desk.operation("check_in")
        back = services.check_in(desk.session, returning, branch=desk.here, barcode=item.barcode)
        undone = undo_check_in(desk.session, desk.operation("undo"), back["closed_loan"], returned_by=returning.id)
        assert undone["decision"] == "allowed"
    [told] = [law for law in INVARIANTS if law.name == "backdated_loan_tells_its_day"]
    assert callable(told.broken)
    assert list(told.broken(desk.session)) == []


def test_a_copied_return_costs_nothing_however_late_it_is(desk: Desk) -> None:
    set_row(desk.session, desk.operation(), rule="fine_per_day", value="10")
    item = desk.item()
    a_loan(desk.session, item=item, patron=desk.reader, out_at=kernel_clock.start_of_day(D))
    assert write(desk, item, None, R, card="")["step"] == "close"
    assert balance(desk.session, desk.reader.id) == 0


def test_a_full_limit_or_an_expired_card_do_not_undo_what_has_happened(desk: Desk) -> None:
    for _ in range(5):
        desk.lend(desk.item())
    desk.reader.expires_on = D - timedelta(days=400)
    desk.session.flush()
    assert write(desk, desk.item())["decision"] == "allowed"


def test_a_card_that_was_replaced_since_still_tells_the_reader_and_so_does_a_name(desk: Desk) -> None:
    only = desk.patron(name="姚玉兰")
    assert write(desk, desk.item(), card="姚玉兰")["patron"] == only.id
    stranger = a_patron(desk.session, branch=desk.places["west"], name="方大海")
    assert codes(write(desk, desk.item(), card="方大海")) == ["unknown_card"]
    assert write(desk, desk.item(), card=patron_card(desk.session, stranger))["patron"] == stranger.id


def test_the_copy_follows_what_was_planned_for_it_is_called_off_and_who_waits_goes_on_waiting(desk: Desk) -> None:
    item = desk.item("west")
    waiting = desk.patron()
    place_hold(
        desk.session,
        desk.operation(),
        patron_id=waiting.id,
        bib_id=item.bib_id,
        pickup_branch_id=desk.places["west"].id,
    )
    assert desk.session.scalars(select(Hold.state)).one() == "ready"
    write(desk, item)
    assert desk.session.scalars(select(Hold.state)).one() == "waiting"
    assert desk.session.scalar(select(Item.current_branch_id).where(Item.id == item.id)) == desk.here.id


def test_a_transfer_that_was_only_asked_for_is_called_off(desk: Desk) -> None:
    item = desk.item()
    to = desk.places["west"].id
    request_transfer(desk.session, desk.operation(), item_id=item.id, to_branch_id=to, reason="manual")
    write(desk, item)
    assert desk.session.scalars(select(Transfer.state)).one() == "cancelled"


def test_a_copy_that_was_missing_was_with_a_reader(desk: Desk) -> None:
    item = desk.item()
    note_missing(desk.session, desk.operation(), item.id, branch=desk.here)
    assert write(desk, item)["decision"] == "allowed"
    wanted = select(ItemCondition.kind).where(ItemCondition.item_id == item.id, ItemCondition.until.is_(None))
    assert (desk.session.scalars(wanted).all(), open_cases_of(desk.session, item.id)) == ([], [])


def noted(desk: Desk, item: Item) -> tuple[list[str], list[str]]:
    """Return the open conditions and the kinds of the open cases of a copy."""
    wanted = select(ItemCondition.kind).where(ItemCondition.item_id == item.id, ItemCondition.until.is_(None))
    return list(desk.session.scalars(wanted)), [case.kind for case in open_cases_of(desk.session, item.id)]


def test_a_copy_noted_missing_after_a_copied_return_stays_missing(desk: Desk) -> None:
    item = desk.item()
    note_missing(desk.session, desk.operation(), item.id, branch=desk.here)
    assert write(desk, item, D, R)["step"] == "history"
    assert noted(desk, item) == (["missing"], ["missing"])
    assert not available(desk, item)


@pytest.mark.parametrize("days_before", [0, 1])
def test_a_copy_noted_missing_by_the_day_of_a_copied_return_is_found(desk: Desk, days_before: int) -> None:
    item = desk.item()
    at = kernel_clock.start_of_day(R - timedelta(days=days_before)) + timedelta(hours=23)
    with kernel_clock.using(kernel_clock.FixedClock(at)):
        note_missing(desk.session, desk.operation(), item.id, branch=desk.here)
    write(desk, item, D, R)
    assert noted(desk, item) == ([], [])
    assert available(desk, item)


@pytest.mark.parametrize("to", ["east", "school"])
def test_a_transfer_from_where_a_copied_return_says_the_copy_is_not_is_called_off(desk: Desk, to: str) -> None:
    item = desk.item("west")
    where = desk.places[to].id
    request_transfer(desk.session, desk.operation(), item_id=item.id, to_branch_id=where, reason="manual")
    assert write(desk, item, D, R)["step"] == "history"
    assert desk.session.scalar(select(Item.current_branch_id).where(Item.id == item.id)) == desk.here.id
    assert desk.session.scalars(select(Transfer.state)).all() == ["cancelled"]
    assert available(desk, item)
    # What was called off is no scan: the next line of the notebook is read as if nothing had been seen.
    assert write(desk, item, R + timedelta(days=1))["step"] == "open"


def test_a_reader_for_whom_the_copy_was_sent_from_there_waits_and_is_sent_for_from_where_it_is(desk: Desk) -> None:
    item = desk.item("west")
    waiting = desk.patron()
    place_hold(desk.session, desk.operation(), patron_id=waiting.id, bib_id=item.bib_id, pickup_branch_id=desk.here.id)
    assert desk.session.scalars(select(Hold.state)).one() == "in_transit"
    write(desk, item, D, R)
    assert desk.session.scalars(select(Transfer.state)).all() == ["cancelled"]
    hold = desk.session.execute(select(Hold.id, Hold.state, Hold.cause)).one()
    assert (hold.state, hold.cause) == ("waiting", "transfer_stopped")
    assert worth_targeting(desk.session, TODAY) == [hold.id]


def test_a_transfer_from_where_the_copy_came_back_goes_on(desk: Desk) -> None:
    item = desk.item()
    to = desk.places["west"].id
    request_transfer(desk.session, desk.operation(), item_id=item.id, to_branch_id=to, reason="manual")
    write(desk, item, D, R)
    assert desk.session.scalars(select(Transfer.state)).one() == "requested"


def test_a_copied_return_settles_a_claim(desk: Desk) -> None:
    item = desk.item()
    loan = a_loan(desk.session, item=item, patron=desk.reader, out_at=kernel_clock.start_of_day(D))
    claim_returned(desk.session, desk.operation(), loan.id)
    write(desk, item, None, R, card="")
    assert open_cases_of(desk.session, item.id) == []


def test_it_counts_on_its_real_days_and_the_audit_keeps_when_it_was_written(desk: Desk) -> None:
    write(desk, desk.item(), D, R)
    told = desk.session.execute(
        select(EventRow.kind, EventRow.at, EventRow.payload).where(EventRow.kind.like("loan.%")).order_by(EventRow.id)
    ).all()
    assert [(kind, kernel_clock.local_date(at), payload["on"]) for kind, at, payload in told] == [
        ("loan.opened", TODAY, D.isoformat()),
        ("loan.closed", TODAY, R.isoformat()),
    ]
    before = figures(desk.session, desk.here, D, D)
    assert (before["loans"], before["returns"], before["active_readers"]) == (1, 0, 1)
    assert figures(desk.session, desk.here, TODAY, TODAY)["loans"] == 0
    rollups.count(desk.session, events.pending(desk.session, jobs.CONSUMER))
    assert figures(desk.session, desk.here, D, D) == before
    cells = desk.session.execute(select(DailyRollup.on, DailyRollup.loans, DailyRollup.returns)).all()
    assert sorted(map(tuple, cells)) == [(D, 1, 0), (R, 0, 1)]
    rollups.rebuild(desk.session)
    assert figures(desk.session, desk.here, R, R)["returns"] == 1
    [seen] = observation.loans(desk.session, D)
    assert (kernel_clock.local_date(seen.out_at), kernel_clock.local_date(seen.in_at)) == (D, R)
    assert desk.session.scalar(select(func.max(Item.last_loan_on))) == D


def test_a_loan_copied_from_today_is_not_written_for_later_than_now(desk: Desk) -> None:
    item = desk.item()
    write(desk, item, TODAY)
    assert desk.session.scalars(select(Loan.out_at)).one() == kernel_clock.now()
    write(desk, item, TODAY, TODAY)
    loan = desk.session.scalars(select(Loan).execution_options(populate_existing=True)).one()
    assert loan.in_at == loan.out_at


def a_sheet(desk: Desk) -> str:
    code: str = print_sheets(desk.session, desk.operation(), desk.here)["sheets"][0]
    return code


def row(desk: Desk, code: str, number: int, item: Item | None = None, **values: object) -> Answer:
    typed = {"card": patron_card(desk.session, desk.reader) if item else "", **values}
    entry = Entry(desk.here, barcode=item.barcode if item else "", **typed)  # type: ignore[arg-type]  # for a test
    sheet = sheet_by_code(desk.session, code, lock=True)
    return enter_row(desk.session, desk.operation("enter_notebook"), sheet, number, entry)


def test_sheets_have_numbers_a_scanner_reads_and_that_are_given_once(desk: Desk) -> None:
    made = print_sheets(desk.session, desk.operation(), desk.here, 3)["sheets"]
    assert len(set(made)) == 3
    assert {parsed.kind for parsed in map(parse_code, made) if parsed} == {CodeKind.SHEET}
    with pytest.raises(NotFound, match="unknown_sheet"):
        sheet_by_code(desk.session, "700000000000")


def test_a_row_is_entered_once_and_its_return_later(desk: Desk) -> None:
    code, item, other = a_sheet(desk), desk.item(), desk.item()
    first = row(desk, code, 3, item, lent_on=D)
    assert (first["decision"], first["step"], first["row"], first["earlier"]) == ("allowed", "open", 3, None)
    again = row(desk, code, 3, other, lent_on=D)
    assert codes(again) == ["notebook_row_entered"]
    assert again["earlier"] == {
        "loan": first["loan"]["id"],
        "item": item.id,
        "lent_on": D.isoformat(),
        "returned_on": None,
    }
    back = row(desk, code, 3, returned_on=R)
    assert (back["decision"], back["step"], back["loan"]["id"]) == ("allowed", "close", first["loan"]["id"])
    assert codes(row(desk, code, 3, returned_on=R)) == ["notebook_row_entered"]
    line = desk.session.scalars(select(LoanSheetLine)).one()
    assert (line.number, line.lent_on, line.returned_on) == (3, D, R)


def test_a_row_that_was_refused_may_be_entered_again(desk: Desk) -> None:
    code, item = a_sheet(desk), desk.item()
    assert row(desk, code, 1, item, card="NOBODY7", lent_on=D)["decision"] == "refused"
    assert row(desk, code, 1, item, lent_on=D)["decision"] == "allowed"


def test_a_row_whose_loan_goes_on_after_its_return_was_undone_takes_its_day_of_return(desk: Desk) -> None:
    code, item = a_sheet(desk), desk.item()
    row(desk, code, 1, item, lent_on=D)
    returning = desk.operation("check_in")
    back = services.check_in(desk.session, returning, branch=desk.here, barcode=item.barcode)
    undone = undo_check_in(desk.session, desk.operation("undo"), back["closed_loan"], returned_by=returning.id)
    assert desk.session.scalars(select(LoanSheetLine.loan_id)).one() == undone["loan"]["id"]
    closed = row(desk, code, 1, returned_on=R)
    assert (closed["step"], closed["loan"]["id"]) == ("close", undone["loan"]["id"])


@pytest.mark.parametrize("number", [0, ROWS + 1])
def test_a_sheet_has_no_other_rows(desk: Desk, number: int) -> None:
    assert codes(row(desk, a_sheet(desk), number, desk.item(), lent_on=D)) == ["notebook_no_such_row"]


def test_a_row_without_a_day_was_lent_on_the_day_above() -> None:
    form = {
        "lent_on-1": "2026-10-03",
        "card-1": "A",
        "barcode-1": "1",
        "card-2": "B",
        "barcode-2": "2",
        "still_out-2": "1",
        "returned_on-4": "2026/10/9",
    }
    day = date(2026, 10, 3)
    assert typed_rows(form, range(1, 6)) == [
        Typed(1, "A", "1", day),
        Typed(2, "B", "2", day, is_still_out=True),
        Typed(4, returned_on=date(2026, 10, 9)),
    ]
    with pytest.raises(Invalid, match="bad_day"):
        typed_rows({"lent_on-1": "昨天"}, range(1, 2))


@pytest.fixture
def register(app: Flask, database: Database, tmp_path: Path, clock: object) -> tuple[Path, Item]:
    """A register with a good line, its repetition, an unknown book, a bad day and one that is only a return."""
    del clock
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        county_policies(session)
        card = patron_card(session, a_patron(session, branch=places["east"]))
        items = [an_item(session, branch=places["east"]) for _ in range(2)]
    lines = [
        "证号,条码,借出日期,归还日期,馆代码",
        f"{card},{items[0].barcode},2026/8/15,2026-11-03,east",
        f"{card},{items[0].barcode},2026-08-15,2026-11-03,east",
        f"{card},NOBODY7,2026-08-15,,east",
        f"{card},{items[1].barcode},15.08,,east",
        f"{card},{items[1].barcode},2026-11-01,,nowhere",
        f"{card},{items[1].barcode},2026-11-01,,east",
    ]
    path = tmp_path / "register.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path, items[0]


def test_a_register_is_imported_line_by_line(app: Flask, database: Database, register: tuple[Path, Item]) -> None:
    path, _item = register
    runner = app.test_cli_runner()
    dry = json.loads(runner.invoke(command, ["import", str(path), "--dry-run", "--json"]).stdout.splitlines()[-1])
    assert (dry["records"], dry["new"], dry["rejected"]) == (6, 3, 3)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Loan)) == 0
    result = runner.invoke(command, ["import", str(path), "--json"])
    assert result.exit_code == 1
    done = json.loads(result.stdout.splitlines()[-1])
    assert (done["records"], done["new"], done["matched"], done["rejected"]) == (6, 2, 1, 3)
    assert done["steps"] == {"history": 1, "open": 1}
    assert [(error["offset"], error["reason"].split(" ")[0]) for error in done["errors"]] == [
        (4, "unknown_barcode"),
        (5, "bad_day:"),
        (6, "unknown_branch"),
    ]
    again = json.loads(runner.invoke(command, ["import", str(path), "--json"]).stdout.splitlines()[-1])
    assert (again["new"], again["matched"]) == (0, 3)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Loan)) == 2


def test_each_line_of_a_register_is_a_transaction_of_its_own(
    app: Flask, database: Database, register: tuple[Path, Item]
) -> None:
    path, _item = register
    result = app.test_cli_runner().invoke(command, ["import", str(path), "--json"])
    assert json.loads(result.stdout.splitlines()[-1])["new"] == 2
    with database.reading() as session:
        ids = session.scalars(select(Loan.operation_id)).all()
        known = session.scalars(select(OperationRow.id).where(OperationRow.kind == "import_loans")).all()
    assert len(set(ids)) == 2
    assert set(ids) <= set(known)


def test_what_is_no_register_is_said_in_one_line(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for text, why in (("a,b\n1,2\n", "missing_column: barcode, lent_on, branch"), ("", "missing_column")):
        path.write_text(text)
        result = app.test_cli_runner().invoke(command, ["import", str(path)])
        assert (result.exit_code, why in result.output) == (1, True)


@given(st.binary(max_size=200))
def test_no_file_breaks_the_reading(data: bytes) -> None:
    lines, fault = read_lines(data)
    assert lines == [] or fault is None


def test_an_import_of_nothing_writes_nothing(database: Database) -> None:
    assert import_loans(database, []).records == 0
