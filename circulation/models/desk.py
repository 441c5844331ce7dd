"""Tables of the desk: what was taken back on the day it was done."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model


class UndoneOperation(Model):
    """An operation that a later one, `by_id`, has undone: at most once, and neither is ever deleted."""

    __tablename__ = "undone_operations"

    operation_id: Mapped[str] = mapped_column(String(36), ForeignKey("operations.id"), primary_key=True)
    by_id: Mapped[str] = mapped_column(String(36), ForeignKey("operations.id"), unique=True)
    at: Mapped[datetime]
