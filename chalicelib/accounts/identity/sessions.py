"""Sessions: opaque, kept hashed, checked whole at every request by one read.

The cookie's value is `<user>.<tenant>.<grant>.<secret>`, so that user, session and grant are read
together. Nothing is believed of it but where to look: the session says for itself whose it is.

A session is over at the next request when it was ended, the user's generation has grown (changed
password, reset second factor), the grant is revoked or over, it was idle, or it is too old.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.accounts import grant_store
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.identity import users
from chalicelib.accounts.identity.users import Login, User
from chalicelib.base import clock, dynamo, keys, limits
from chalicelib.base.dynamo import Check, Delete, Item, Key, Op, Put, Update
from chalicelib.base.errors import Conflict, NotFound, Rejected, Transient

_COOKIE: Final = re.compile(
    r"([a-z0-9]{1,64})\.(_?[a-z0-9-]{0,40})\.([A-Za-z0-9_-]{0,64})\.([A-Za-z0-9_-]{43})"
)


@dataclass(frozen=True)
class Session:
    """A session that is good. `grant` None: the person holds none; `otp`: a second factor was
    given; instants as `clock.stamp`, `stepped_up_at` "" when it was not."""

    id: str
    user: User = field(repr=False)
    grant: Grant | None
    otp: bool
    started_at: str
    seen_at: str
    stepped_up_at: str
    csrf: str = field(repr=False)

    def stepped_up(self, now: datetime) -> bool:
        """Whether a code was given lately enough for a dangerous act."""
        return clock.stamp(now) < self.stepped_up_until

    @property
    def stepped_up_until(self) -> str:
        """Until when; "" when no code was given."""
        if not self.stepped_up_at:
            return ""
        until = clock.parse(self.stepped_up_at) + timedelta(seconds=limits.STEP_UP_S)
        return clock.stamp(until)

    @property
    def expires_at(self) -> str:
        """When it is over in any case."""
        return clock.stamp(clock.parse(self.started_at) + timedelta(seconds=limits.SESSION_S))

    @property
    def key(self) -> Key:
        return _key(self.user.id, self.id)


@dataclass(frozen=True)
class Opened:
    """A session just made: what its holder gets, once."""

    cookie: str = field(repr=False)
    csrf: str = field(repr=False)
    user: str
    tenant: str
    grant: str
    expires_at: str


def _key(user: str, session: str) -> Key:
    return grant_store.user_partition(user), keys.sk("SESSION", session)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf(secret: str) -> str:
    """What a page must send with its writes: made from the secret, which scripts cannot read, so
    nothing is stored and a page that was loaded anew can have it again."""
    found = hmac.digest(secret.encode(), b"sportello csrf", "sha256")
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


# ------------------------------------------------------------------ making and ending
def start(
    login: Login,
    grant: tuple[str, str],
    secret: str,
    now: datetime,
    *,
    otp: bool,
    old: Session | None = None,
    stepped_up: bool = False,
    generation: int = 0,
) -> tuple[Opened, list[Op]]:
    """A new session and its operations, to be part of what proves who it is.

    `secret`: 43 characters of base64url, 256 random bits. `grant`: (tenant, id), both "" for none.
    `old` is ended by the same commit, and its absolute limit goes on. `generation`: the user's
    after that commit, 0 when it stays. Labels: `session`, `old_session`, `grant`.
    """
    started = clock.parse(old.started_at) if old else now
    until = started + timedelta(seconds=limits.SESSION_S)
    tenant, grant_id = grant
    pk, sk = _key(login.user, digest(secret))
    item: Item = {
        "pk": pk,
        "sk": sk,
        "tenant": tenant,
        "grant": grant_id,
        "generation": generation or login.generation,
        "otp": otp,
        "started_at": clock.stamp(started),
        "seen_at": clock.stamp(now),
        "stepped_up_at": clock.stamp(now) if stepped_up else "",
        "expires": int(until.timestamp()) + 1,
    }
    ops: list[Op] = [Put(item, label="session")]
    if old is not None:
        ops.append(Delete(old.key, label="old_session"))
    if grant_id:
        ops.append(_still_held(login.user, grant, now))
    opened = Opened(
        cookie=".".join((login.user, tenant, grant_id, secret)),
        csrf=csrf(secret),
        user=login.user,
        tenant=tenant,
        grant=grant_id,
        expires_at=clock.stamp(until),
    )
    return opened, ops


def _still_held(user: str, grant: tuple[str, str], now: datetime) -> Check:
    at = clock.stamp(now)
    begun = {"starts_at": dynamo.at_most(at)}
    return Check(
        grant_store.user_key(user, *grant),
        ({**begun, "ends_at": ""}, {**begun, "ends_at": dynamo.above(at)}),
        label="grant",
    )


def end(session: Session) -> Delete:
    """Ends it; ending it again is the same."""
    return Delete(session.key, when=dynamo.ANY, label="session")


# ------------------------------------------------------------------ checking
def check(cookie: str, now: datetime) -> Session | None:
    """Who a cookie belongs to; None when it opens nothing. One read, and a write when the last
    one is SESSION_TOUCH_S ago."""
    parts = _COOKIE.fullmatch(cookie)
    if parts is None:
        return None
    user, tenant, grant, secret = parts.groups()
    wanted = [users.user_key(user), _key(user, digest(secret))]
    if grant and tenant:
        wanted.append(grant_store.user_key(user, tenant, grant))
    found = dynamo.batch_get(wanted)
    if wanted[0] not in found or wanted[1] not in found:
        return None
    held = found.get(wanted[2]) if len(wanted) > 2 else None
    session = _read(found[wanted[0]], found[wanted[1]], held, secret)
    if not _is_good(session, found[wanted[1]], now):
        return None
    _touch(session, now)
    return session


def _read(user: Item, item: Item, grant: Item | None, secret: str) -> Session:
    return Session(
        id=digest(secret),
        user=users.read(user),
        grant=grant_store.read(grant) if grant else None,
        otp=item["otp"],
        started_at=item["started_at"],
        seen_at=item["seen_at"],
        stepped_up_at=item["stepped_up_at"],
        csrf=csrf(secret),
    )


def _is_good(session: Session, item: Item, now: datetime) -> bool:
    grant = session.grant
    if item["generation"] != session.user.generation:
        return False
    if (item["tenant"], item["grant"]) != ((grant.tenant, grant.id) if grant else ("", "")):
        return False  # revoked, or not the grant that the session was opened for
    if grant and (not grant.holds(now) or (grant.requires_otp and not session.otp)):
        return False
    idle = (now - clock.parse(session.seen_at)).total_seconds()
    return idle < limits.SESSION_IDLE_S and clock.stamp(now) < session.expires_at


def _touch(session: Session, now: datetime) -> None:
    idle = (now - clock.parse(session.seen_at)).total_seconds()
    if idle < limits.SESSION_TOUCH_S:
        return
    # The request was good when it was looked at; that it was seen may be noted by the next one.
    with contextlib.suppress(Conflict, Transient):
        dynamo.commit([Update(session.key, put={"seen_at": clock.stamp(now)})])


# ------------------------------------------------------------------ grants of a person
def held(user: str, now: datetime) -> list[Grant]:
    """What he holds now, in order of tenant and id."""
    found = [grant for grant in grant_store.of_user(user) if grant.holds(now)]
    return sorted(found, key=lambda grant: (grant.tenant, grant.id))


def choose(grants: list[Grant], home: tuple[str, str]) -> tuple[str, str]:
    """Where to begin: where he was last, else the first; ("", "") without any."""
    names = [(grant.tenant, grant.id) for grant in grants]
    if home in names:
        return home
    return names[0] if names else ("", "")


def switch(
    session: Session, grant: tuple[str, str], secret: str, now: datetime
) -> tuple[Opened, list[Op]]:
    """The operations that let him work by another of his grants: a new session, the old one ended.

    NotFound `grant` when he does not hold it; Rejected `otp_required` (403) when it asks for a
    second factor and this session was opened without.
    """
    item = dynamo.get(grant_store.user_key(session.user.id, *grant)) if all(grant) else None
    found = grant_store.read(item) if item else None
    if found is None or not found.holds(now):
        raise NotFound("grant")
    if found.requires_otp and not session.otp:
        raise Rejected(
            "otp_required", "This needs a second factor: log in again to set one up.", status=403
        )
    login = users.get_login(session.user.login)
    if login is None:
        raise NotFound("grant")
    unchanged = replace(login, generation=session.user.generation)
    opened, ops = start(unchanged, grant, secret, now, otp=session.otp, old=session)
    return opened, [*ops, users.change(unchanged, {"home": list(grant)})]
