"""The tables of what moves, a file per subject: together, because the state of a copy is read across them."""

from circulation.models.cases import Case
from circulation.models.charges import LedgerEntry
from circulation.models.desk import UndoneOperation
from circulation.models.holds import HOLD_CAPTURED, EmptySearch, Hold, Wish
from circulation.models.loans import Loan, LoanRenewal
from circulation.models.logistics import TRANSFER_OPEN, Box, BoxLine, Transfer, TransferStep
from circulation.models.notebook import LoanSheet, LoanSheetLine
from circulation.models.policies import PolicyRow
from circulation.models.reports import DailyRollup, RolledUpEvent
from circulation.models.restocking import RestockLine, RestockPlan

__all__ = [
    "HOLD_CAPTURED",
    "TRANSFER_OPEN",
    "Box",
    "BoxLine",
    "Case",
    "DailyRollup",
    "EmptySearch",
    "Hold",
    "LedgerEntry",
    "Loan",
    "LoanRenewal",
    "LoanSheet",
    "LoanSheetLine",
    "PolicyRow",
    "RestockLine",
    "RestockPlan",
    "RolledUpEvent",
    "Transfer",
    "TransferStep",
    "UndoneOperation",
    "Wish",
]
