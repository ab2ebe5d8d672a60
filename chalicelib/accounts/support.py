"""Support: who looks after the platform enters a tenant only by breaking the glass.

Somebody of the house gives a reason and gets, for an hour, a grant that shows how the tenant is
set and nothing of what its documents and records say (F000-049). The tenant's own trail names who,
why and until when, and the tenant is told by mail.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Final

from chalicelib.accounts import audit, grant_store, grants, letters
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.model import Reseller
from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes

REASON_CHARS: Final = 10


def enter(
    tenant: str, home: Reseller, user: str, reason: str, actor: Actor, wakes: Wakes, now: datetime
) -> Grant:
    """A support grant of one hour in a tenant; asked again while it holds, the same one.

    Rejected `support_reason` without a reason that says something.
    """
    why = " ".join(reason.split())
    if len(why) < REASON_CHARS:
        raise Rejected("support_reason", "Say why, in a sentence.", chars=REASON_CHARS)
    grant_id = grants.grant_id(tenant, user, "support")
    old = grant_store.get(tenant, grant_id)
    if old and old.holds(now):
        return old
    until = clock.stamp(now + timedelta(seconds=limits.BREAK_GLASS_S))
    grant = Grant(
        id=grant_id,
        tenant=tenant,
        kind=home.kind,
        user=user,
        role="support",
        given_by=user,
        starts_at=clock.stamp(now),
        ends_at=until,
        reason=why,
        version=(old.version if old else 0) + 1,
    )
    name = f"{grant_id}-{grant.version}"
    supporter = dataclasses.replace(actor, kind="support", role="support")
    # The reason is a text and stays on the grant; the trail names the grant and its version.
    entry = audit.entry(
        tenant, supporter, Action.BREAK_GLASS_OPENED, f"grant:{grant_id}", now, name=name,
        user=user, ends_at=until, version=grant.version,
    )  # fmt: skip
    values = {"practice": home.name, "reason": why, "expires": until}
    letter = letters.row(
        tenant, "support_entered", home.mail, values, now, name=name, language=home.language
    )
    wakes.commit([*grant_store.write(tenant, grant, old), entry, letter])
    return grant
