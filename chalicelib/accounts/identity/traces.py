"""Entries of the audit trail about coming in: in the house's own trail, and in the tenant's that
the session is for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.accounts import audit
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.identity import blinds
from chalicelib.base.dynamo import Op


def actor(user: str, origin: Actor, grant: str = "") -> Actor:
    """The person, coming from where the request came from."""
    return Actor("user", user, grant=grant, source=origin.source, agent=origin.agent)


def entries(
    action: Action,
    who: Actor,
    now: datetime,
    name: str,
    tenant: str = "",
    **facts: Any,
) -> list[Op]:
    """The operations. `name` is of the decision, so that its repetition is the same entry."""
    found: list[Op] = []
    for trail in dict.fromkeys((blinds.USERS, tenant or blinds.USERS)):
        found.append(audit.entry(trail, who, action, f"user:{who.id}", now, name=name, **facts))
    return found


def entry_by(tenant: str, by: Actor, action: Action, user: str, now: datetime, name: str) -> Op:
    """What somebody else did about a user's account."""
    return audit.entry(tenant, by, action, f"user:{user}", now, name=name)
