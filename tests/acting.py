"""Requests to the API as somebody: a member of staff with one role at one branch, or a reader."""

from typing import Any

from flask import Flask, g
from flask.testing import FlaskClient

from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.operations import new_id

Answered = tuple[int, dict[str, Any]]


class Api:
    """Posts and gets under `/api/v1`; who asks is set by `become` and `become_reader`, without a sign-in."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.actor: Actor | None = None
        app.before_request_funcs.setdefault(None, []).append(self._sign_in)

    def _sign_in(self) -> None:
        if self.actor is not None:
            g.actor = self.actor

    def become(self, role: Role, branch: Branch) -> None:
        grant = Grant(str(role), branch.id, branch.path)
        self.actor = Actor(ActorKind.STAFF, 7, "keeper", (grant,), by_token=True)

    def become_reader(self, patron_id: int) -> None:
        self.actor = Actor(ActorKind.PATRON, patron_id, "reader", by_token=True)

    def post(self, path: str, **body: Any) -> Answered:
        """Post `body` with a new operation id unless it has one."""
        body.setdefault("operation_id", new_id())
        response = self.client.post(f"/api/v1{path}", json=body)
        return response.status_code, response.get_json()

    def patch(self, path: str, **body: Any) -> Answered:
        """Patch with `body`, as `post`."""
        body.setdefault("operation_id", new_id())
        response = self.client.patch(f"/api/v1{path}", json=body)
        return response.status_code, response.get_json()

    def get(self, path: str) -> Answered:
        response = self.client.get(f"/api/v1{path}")
        return response.status_code, response.get_json()
