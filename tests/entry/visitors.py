"""Visitors: people inside a session of one grant, for tests of what a role may.

Made by the house's own operations, without the cost of a login; logins are tests/entry/persons.py.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.accounts import grant_store, grants
from chalicelib.accounts import service as accounts
from chalicelib.accounts.grants import Grant, Kind, Role
from chalicelib.accounts.identity import sessions, users
from chalicelib.base import clock, dynamo
from chalicelib.entry import session_door
from tests.entry.api_world import Answer, Api

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Visitor:
    """A person who is logged in by one grant."""

    user: str
    mail: str
    grant: Grant
    cookie: str = field(repr=False)
    csrf: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Cookie": f"{session_door.COOKIE}={self.cookie}",
            session_door.CSRF_HEADER: self.csrf,
        }

    def call(self, api: Api, method: str, target: str, body: Any = None, **more: Any) -> Answer:
        headers = self.headers | dict(more.pop("headers", {}))
        return api.call(method, target, "", body, headers=headers, **more)


def tenant(api: Api, kind: Kind, **settings: Any) -> str:
    """A new tenant of that kind."""
    found = f"{kind}{next(_numbers)}"
    settings.setdefault("registered_at", clock.stamp(api.now))
    accounts.create_reseller(found, found.title(), f"{found}@studio.example", kind=kind, **settings)
    return found


def enter(
    api: Api, home: str, kind: Kind, role: Role, *, stepped_up: bool = True, otp: bool = True,
    user: str = "", **scope: Any,
) -> Visitor:  # fmt: skip
    """A person with this grant, in a session of it; `user`: one who is there already."""
    mail = ""
    if not user:
        user, mail = f"v{next(_numbers)}", f"v{next(_numbers)}@persone.example"
        dynamo.commit(users.born(user, mail, "Anna Neri", "it", api.now))
    if role in grants.BY_CABINET:
        scope.setdefault("cabinets", ("centro",))
    grant = Grant(
        id=grants.grant_id(home, user, role), tenant=home, kind=kind, user=user, role=role,
        given_by=user, starts_at=clock.stamp(api.now), **scope,
    )  # fmt: skip
    dynamo.commit(grant_store.write(home, grant, None))
    return session(grant, mail, api.now, stepped_up=stepped_up, otp=otp)


def session(
    grant: Grant, mail: str, now: datetime, *, stepped_up: bool = True, otp: bool = True
) -> Visitor:
    """A session by a grant that is there."""
    login = users.get_login(users.get(grant.user).login)
    assert login is not None
    opened, ops = sessions.start(
        login, (grant.tenant, grant.id), secrets.token_urlsafe(32), now, otp=otp,
        stepped_up=stepped_up,
    )  # fmt: skip
    dynamo.commit(ops)
    return Visitor(grant.user, mail, grant, opened.cookie, opened.csrf)
