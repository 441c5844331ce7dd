"""What happened in the sample county's years, as plain values; `library.sample.journal` turns them into rows and events."""

from dataclasses import dataclass, field
from datetime import date, datetime

from library.sample.readers import Reader
from library.sample.stock import Copy


@dataclass(frozen=True, slots=True)
class Renewed:
    """A renewal: when, and the due date before and after."""

    at: datetime
    before: date
    after: date


@dataclass(slots=True)
class Lent:
    """A loan; `in_at` is None while the reader has the book, else when it came back or was given up as lost.

    `group` is the school class it was made for.
    """

    id: int
    copy: Copy
    reader: Reader
    out_branch: int
    out_at: datetime
    due_on: date
    in_at: datetime | None = None
    in_branch: int | None = None
    renewals: tuple[Renewed, ...] = ()
    group: int | None = None
    is_lost: bool = False

    @property
    def closed_as(self) -> str | None:
        if self.in_at is None:
            return None
        return "lost" if self.is_lost else "returned"


@dataclass(slots=True)
class Settling:
    """A case about a late loan: opened, and settled when the book came back or was given up."""

    id: int
    kind: str
    loan: Lent
    opened_at: datetime
    days_late: int
    settled_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A state a transfer reached."""

    state: str
    at: datetime
    branch: int


@dataclass(slots=True)
class Carried:
    """A transfer with the states it has reached so far, the first is `requested`."""

    id: int
    copy: Copy
    from_branch: int
    to_branch: int
    reason: str
    steps: list[Step]
    hold: int | None = None

    @property
    def state(self) -> str:
        return self.steps[-1].state

    def reached(self, state: str) -> datetime | None:
        """Return when a state was reached, None while it was not."""
        return next((step.at for step in self.steps if step.state == state), None)


@dataclass(slots=True)
class Asked:
    """A hold; `copy` is the captured one, or for a waiting hold the one the reader asked for.

    `ended_at` is when it was fulfilled or, not collected until `pickup_until`, expired.
    """

    id: int
    reader: Reader
    copy: Copy
    pickup: int
    placed_at: datetime
    state: str = "waiting"
    captured_at: datetime | None = None
    ready_at: datetime | None = None
    pickup_until: date | None = None
    ended_at: datetime | None = None
    lent: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A copy came to another place."""

    copy: Copy
    from_branch: int
    to_branch: int
    at: datetime
    cause: str


@dataclass(slots=True)
class Happened:
    """Everything that happened."""

    loans: list[Lent] = field(default_factory=list)
    transfers: list[Carried] = field(default_factory=list)
    holds: list[Asked] = field(default_factory=list)
    movements: list[Moved] = field(default_factory=list)
    cases: list[Settling] = field(default_factory=list)
