"""Who may enter a tenant: giving, changing and revoking grants, and the accounts they need.

Only the head of a tenant manages them (F003-043); the door sees to that. A person is known by the
e-mail address: an unknown address gets an account and a single-use link to set its password, a
known one is linked and told, its password untouched (F003-007…011, reading D8).
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from itertools import count

from chalicelib.accounts import addresses, audit, grant_store, grants, letters, suppression
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.grants import Grant, Role
from chalicelib.accounts.identity import links, users
from chalicelib.accounts.model import Reseller
from chalicelib.base import clock, dynamo, ids
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes

_TRIES = 3


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is to be given. `cabinets` None: a role that sees all; `ends_at` "": without end."""

    mail: str
    role: Role
    cabinets: tuple[str, ...] | None = None
    customer: str = ""
    ends_at: str = ""
    language: str = "it"
    level: str = ""
    pos: bool = False


@dataclasses.dataclass(frozen=True)
class Change:
    """What a grant becomes: all of its scope and end, as in Wanted. `role`, `pos` None: as they
    are. `version`: the one that was read, None for whichever there is."""

    cabinets: tuple[str, ...] | None = None
    ends_at: str = ""
    role: Role | None = None
    pos: bool | None = None
    version: int | None = None


def give(
    tenant: str, home: Reseller, wanted: Wanted, actor: Actor, token: str, wakes: Wakes,
    now: datetime,
) -> Grant:  # fmt: skip
    """Give access to whoever has that address; the same again is the same grant and no mail.

    `home` is the tenant's record, `token` 43 random characters for the link of a new account.
    Rejected as `grants.checked`, `mail_address` and `customer_not_notified`; Conflict
    `grant_exists` when the person has the role already with another scope.
    """
    mail = addresses.mail(wanted.mail)
    if not suppression.may_write(tenant, mail):
        raise Rejected(
            "customer_not_notified",
            "This is the address of a customer to whom nothing is mailed: switch his "
            "messages on first.",
        )
    for _ in range(_TRIES):
        try:
            return _give(tenant, home, wanted, mail, actor, token, wakes, now)
        except ConditionFailed:
            continue  # the address got an account meanwhile, or the same was given at once
    raise Conflict()


def _give(
    tenant: str, home: Reseller, wanted: Wanted, mail: str, actor: Actor, token: str, wakes: Wakes,
    now: datetime,
) -> Grant:  # fmt: skip
    known = users.find(mail)
    user = known or ids.derive("user", token)
    name, old = _named(tenant, user, wanted.role, now)
    grant = grants.checked(
        Grant(
            id=name,
            tenant=tenant,
            kind=home.kind,
            user=user,
            role=wanted.role,
            given_by=actor.id,
            starts_at=clock.stamp(now),
            cabinets=wanted.cabinets,
            customer=wanted.customer,
            level=wanted.level,
            pos=wanted.pos,
            ends_at=wanted.ends_at,
            requires_otp=requires_otp(home, wanted.role),
            version=(old.version if old else 0) + 1,
        )
    )
    if old and _is_held(old, wanted.role, now):
        if _scope(old) == _scope(grant):
            return old
        raise _exists(old)
    ops = grant_store.write(tenant, grant, old)
    ops.append(_audited(tenant, actor, Action.GRANT_GIVEN, grant, now))
    if known:
        values = _told(home, actor, grant)
        ops.append(_letter(tenant, "linked", mail, values, now, grant, wanted.language))
    else:
        ops += users.born(user, mail, "", wanted.language, now)
        ops += _invitation(tenant, home, grant, mail, actor, token, wanted.language, now)
    wakes.commit(ops)
    return grant


def _exists(grant: Grant) -> Conflict:
    return Conflict(
        "grant_exists", "This person has this role already; change its scope.", grant=grant.id
    )


def _scope(grant: Grant) -> tuple[object, ...]:
    return grant.role, grant.cabinets, grant.customer, grant.ends_at, grant.level, grant.pos


def _named(tenant: str, user: str, role: Role, now: datetime) -> tuple[str, Grant | None]:
    """The grant by which a person holds a role, else the name that one would get and what it named
    before. A grant that became another role keeps its name, so the next one of that role gets
    another."""
    for turn in count():
        name = grants.grant_id(tenant, user, role, turn)
        old = grant_store.get(tenant, name)
        if old is None or old.role == role or not old.holds(now):
            break
    if old is None or not _is_held(old, role, now):
        for one in _of_person(tenant, user):
            if _is_held(one, role, now):
                return one.id, one
    return name, old


def _is_held(grant: Grant | None, role: Role, now: datetime) -> bool:
    return grant is not None and grant.role == role and grant.holds(now)


def _of_person(tenant: str, user: str) -> list[Grant]:
    """Those of one person in this tenant that are not revoked."""
    return [one for one in grant_store.of_user(user) if one.tenant == tenant]


def requires_otp(home: Reseller, role: Role) -> bool:
    """Whether a grant wants a one-time password: where the tenant says so, and always of those who
    hold other people's things (F000-052)."""
    return home.otp_required or (home.kind, role) in grants.ALWAYS_OTP


def _invitation(
    tenant: str, home: Reseller, grant: Grant, mail: str, actor: Actor, token: str, language: str,
    now: datetime,
) -> list[Op]:  # fmt: skip
    """The link by which a new account gets its password, and the letter that brings it."""
    link, put = links.make("set_password", token, now, user=grant.user)
    values = _told(home, actor, grant) | {
        "link": links.url("set_password", token),
        "expires": link.expires_at,
    }
    letter = letters.row(tenant, "set_password", mail, values, now, name=link.id, language=language)
    return [put, letter]


def invite_again(
    tenant: str, home: Reseller, grant_id: str, actor: Actor, token: str, wakes: Wakes,
    now: datetime,
) -> Grant:  # fmt: skip
    """Another link for somebody who let the first one run out; older links stay good until their
    own end. Rejected `password_set` when the account has a password already."""
    grant = require(tenant, grant_id)
    user = users.get(grant.user)
    login = users.get_login(user.login)
    if not grant.holds(now):
        raise NotFound("grant")
    if login is None or login.password:
        raise Rejected("password_set", "This person has a password already.", status=409)
    mail = users.person(user).mail
    ops = _invitation(tenant, home, grant, mail, actor, token, user.language, now)
    again = f"{grant.id}-{now.timestamp():.0f}"
    ops.append(_audited(tenant, actor, Action.GRANT_CHANGED, grant, now, name=again))
    wakes.commit(ops)
    return grant


def require(tenant: str, grant_id: str) -> Grant:
    """NotFound when this tenant has no such grant."""
    found = grant_store.get(tenant, grant_id)
    if found is None:
        raise NotFound("grant")
    return found


def change(
    tenant: str, home: Reseller, grant_id: str, wanted: Change, actor: Actor, now: datetime,
    wakes: Wakes,
) -> Grant:  # fmt: skip
    """Another role, scope or end for a grant, which stays the same object under its id; it holds
    from the person's next request, in sessions that are open too (one without a second factor ends
    where the new role asks for one). He is told by letter. What changes nothing is no change.

    Rejected `grant_revoked`, `last_head`, and as `grants.checked`, `_require_role`. Conflict when
    it is not `wanted.version` any more.
    """
    old = require(tenant, grant_id)
    if old.revoked_at:
        raise Rejected("grant_revoked", "This grant was revoked; give a new one.", status=409)
    if wanted.version not in (None, old.version):
        raise Conflict()
    role = wanted.role or old.role
    new = dataclasses.replace(
        old,
        role=role,
        cabinets=wanted.cabinets,
        ends_at=wanted.ends_at,
        pos=old.pos if wanted.pos is None else wanted.pos,
        requires_otp=old.requires_otp if role == old.role else requires_otp(home, role),
        version=old.version + 1,
    )
    if _scope(new) == _scope(old):
        return old
    ops = grant_store.write(tenant, grants.checked(new), old)
    if role != old.role:
        ops += _require_role(tenant, old, role, now)
    head = grants.HEAD[old.kind]
    if old.role == head and (role != head or wanted.ends_at):
        ops.append(_another_head(tenant, old, now))
    ops.append(_audited(tenant, actor, Action.GRANT_CHANGED, new, now))
    user = users.get(old.user)
    values = _told(home, actor, new) | ({"expires": new.ends_at} if new.ends_at else {})
    mail = users.person(user).mail
    ops.append(_letter(tenant, "grant_changed", mail, values, now, new, user.language))
    wakes.commit(ops)
    return new


def _require_role(tenant: str, old: Grant, role: Role, now: datetime) -> list[Op]:
    """That a grant may become another role: nobody holds a role twice, also where two changes or a
    gift are under way at once.

    Rejected `grant_customer` (a customer's access is of one customer, and becomes no other),
    `grant_role` (what was not given here, as support's hour, becomes nothing). Conflict
    `grant_exists`.
    """
    if old.role not in grants.GIVEN[old.kind]:
        raise Rejected("grant_role", "What was not given here becomes no other role.")
    if "customer" in (old.role, role):
        raise Rejected("grant_customer", "A customer's access does not become another role.")
    name, there = _named(tenant, old.user, role, now)
    if there and there.id != old.id and _is_held(there, role, now):
        raise _exists(there)
    others = {one.id: one for one in _of_person(tenant, old.user)} | {name: there}
    return [
        grant_store.as_read(tenant, one, found)
        for one, found in others.items()
        if one != old.id
    ]  # fmt: skip


def revoke(
    tenant: str, home: Reseller, grant_id: str, actor: Actor, now: datetime, wakes: Wakes
) -> Grant:
    """Ends a grant at once: its sessions open nothing from the next request on. Revoking twice is
    the same. Rejected `last_head`: a tenant always has somebody who manages it."""
    old = require(tenant, grant_id)
    if old.revoked_at:
        return old
    new = dataclasses.replace(old, revoked_at=clock.stamp(now), version=old.version + 1)
    ops = grant_store.write(tenant, new, old)
    if old.role == grants.HEAD[old.kind]:
        ops.append(_another_head(tenant, old, now))
    ops.append(_audited(tenant, actor, Action.GRANT_REVOKED, new, now))
    if old.role != "support":
        user = users.get(old.user)
        values = {"practice": home.name, "role": old.role}
        mail = users.person(user).mail
        ops.append(_letter(tenant, "grant_revoked", mail, values, now, new, user.language))
    wakes.commit(ops)
    return new


def follow_portal(tenant: str, customer: str, level: str, actor: Actor, now: datetime) -> list[Op]:
    """The operations by which the accounts of a reseller's customer follow his portal's level;
    without a portal ("none") they end. Part of the transaction that changes the customer."""
    ops: list[Op] = []
    for old in grant_store.of_tenant(tenant):
        if old.customer != customer or old.revoked_at or old.level == level:
            continue
        gone = clock.stamp(now) if level == "none" else ""
        new = dataclasses.replace(old, level=level, revoked_at=gone, version=old.version + 1)
        ops += grant_store.write(tenant, new, old, label=f":{old.id}")
        action = Action.GRANT_REVOKED if gone else Action.GRANT_CHANGED
        ops.append(_audited(tenant, actor, action, new, now))
    return ops


def _another_head(tenant: str, leaving: Grant, now: datetime) -> Op:
    """That somebody else who manages the tenant is still there when this one goes."""
    for one in grant_store.of_tenant(tenant):
        if one.role == leaving.role and one.id != leaving.id and one.holds(now) and not one.ends_at:
            return grant_store.still_there(tenant, one)
    raise Rejected("last_head", "Somebody must remain who manages this account.", status=409)


@dataclasses.dataclass(frozen=True)
class Listed:
    """A grant and the person who holds it, as the head of the tenant sees them."""

    grant: Grant
    mail: str
    name: str


def everybody(tenant: str) -> list[Listed]:
    """All grants of a tenant with their people, in the order they were given."""
    found = sorted(grant_store.of_tenant(tenant), key=lambda one: (one.starts_at, one.id))
    items = dynamo.batch_get({users.user_key(one.user) for one in found})
    known = {item["user"]: users.person(users.read(item)) for item in items.values()}
    return [
        Listed(one, known[one.user].mail, known[one.user].name)
        for one in found
        if one.user in known
    ]


def _told(home: Reseller, actor: Actor, grant: Grant) -> dict[str, str]:
    return {"inviter": inviter(home, actor), "practice": home.name, "role": grant.role}


def inviter(home: Reseller, actor: Actor) -> str:
    """Who invites, by name where it is known: a letter from nobody would look like fraud."""
    if actor.kind == "user":
        person = users.person(users.get(actor.id))
        return person.name or person.mail
    return home.name


def _letter(
    tenant: str, kind: str, mail: str, values: dict[str, str], now: datetime, grant: Grant,
    language: str,
) -> Op:  # fmt: skip
    return letters.row(
        tenant, kind, mail, values, now, name=f"{grant.id}-{grant.version}", language=language
    )


def _audited(
    tenant: str, actor: Actor, action: Action, grant: Grant, now: datetime, name: str = ""
) -> Op:
    return audit.entry(
        tenant,
        actor,
        action,
        f"grant:{grant.id}",
        now,
        name=name or f"{grant.id}-{grant.version}",
        user=grant.user,
        role=grant.role,
        cabinets=list(grant.cabinets or ()),
        customer=grant.customer,
        ends_at=grant.ends_at,
    )
