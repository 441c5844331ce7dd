"""Who does something: a member of staff, a reader, or the system itself."""

from dataclasses import dataclass
from enum import StrEnum

from flask import g, has_request_context


class ActorKind(StrEnum):
    STAFF = "staff"
    PATRON = "patron"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Grant:
    """A role on a branch and everything below it; `branch_path` is `/1/4/`, the branch's place in the tree."""

    role: str
    branch_id: int
    branch_path: str


@dataclass(frozen=True)
class Actor:
    """The one who acts; `name` is for the page and the log line, never stored with an event."""

    kind: ActorKind
    id: int | None = None
    name: str = ""
    grants: tuple[Grant, ...] = ()
    by_token: bool = False

    @property
    def key(self) -> str:
        """Return the stored form, `staff:7`."""
        return f"{self.kind}:{self.id}" if self.id is not None else str(self.kind)

    @property
    def audience(self) -> str:
        """Return for whom sentences are made, as `decisions.render` asks: `reader` or `staff`."""
        return "reader" if self.kind == ActorKind.PATRON else "staff"


SYSTEM = Actor(ActorKind.SYSTEM, name="system")
ANONYMOUS = Actor(ActorKind.ANONYMOUS)


def current_actor() -> Actor:
    """Return who makes the present request; outside a request, the system."""
    if not has_request_context():
        return SYSTEM
    actor: Actor = g.get("actor", ANONYMOUS)
    return actor
