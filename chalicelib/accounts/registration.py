"""Signing up: asked for by mail, completed by a link, free of charge (F000-014…021, F004-018, 019).

Whoever asks is answered the same, account or not. The link of the mail is used once: it makes the
tenant, its first grant and, for an address that has none, the account. A practice begins its trial
there and becomes free by itself on day 30; no step asks for a card, and none has to be paid.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from chalicelib.accounts import (
    addresses,
    audit,
    grant_store,
    grants,
    letters,
    people,
    plans,
    store,
)
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.identity import attempts, blinds, links, passwords, users
from chalicelib.accounts.model import Reseller
from chalicelib.base import clock, dynamo, ids, keys, limits, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.work import Wakes

# Bodies are opened by the operator: their identity is a public fact that somebody must look up.
SignUpKind = Literal["practice", "reseller"]
SIGN_UP_KINDS: Final[tuple[SignUpKind, ...]] = SignUpKind.__args__  # type: ignore[attr-defined]


def ask(
    mail: str, kind: SignUpKind, language: str, source: str, token: str, wakes: Wakes, now: datetime
) -> None:
    """Mail the link by which somebody registers. `source`: the client's address, whose tries are
    counted; `token`: 43 random characters. One mail for an address in SIGN_UP_PAUSE_S; what is
    asked sooner is answered the same and sends none.

    Rejected `mail_address`, `too_many_attempts` (429). Says nothing of whether the address has an
    account.
    """
    to = addresses.mail(mail)
    attempts.reserve_source(source, "signup", now)
    before = clock.stamp(now - timedelta(seconds=limits.SIGN_UP_PAUSE_S))
    asked = dynamo.Update(
        users.login_key(blinds.blind(to)),
        put={"sign_up_at": clock.stamp(now)},
        default={"expires": attempts.unknown_expires(now)},
        when=({"sign_up_at": dynamo.ABSENT}, {"sign_up_at": dynamo.at_most(before)}),
        label="asked",
    )
    link, put = links.make("register", token, now, mail=to, kind=kind, language=language)
    letter = letters.row(
        blinds.USERS,
        "register",
        to,
        {"link": links.url("register", token), "expires": link.expires_at},
        now,
        name=link.id,
        language=language,
    )
    try:
        wakes.commit([asked, put, letter])
    except ConditionFailed:
        return


@dataclasses.dataclass(frozen=True)
class Details:
    """What the registration page asks for. `name` is the practice's or company's."""

    name: str
    person: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Registered:
    """What came of it; `known`: the address had an account, whose password stays."""

    tenant: str
    kind: grants.Kind
    known: bool


def register(
    token: str, details: Details, source: Actor, salt: bytes, wakes: Wakes, now: datetime
) -> Registered:
    """Use the link: the tenant, its head, the account where there was none.

    Rejected `link_invalid` (410), `name_missing`, and the codes of a password that is not taken.
    """
    link = links.read(token, frozenset({"register"}), now)
    values = link.values
    mail, language = values["mail"], values["language"]
    kind: grants.Kind = "reseller" if values["kind"] == "reseller" else "practice"
    name = " ".join(details.name.split())
    if not name:
        raise Rejected("name_missing", "Give the name of the practice or company.", status=400)
    known = users.find(mail)
    user = known or ids.derive("user", link.id)
    tenant = f"{_slug(name)}-{ids.derive('tenant', link.id, chars=6)}"
    home = Reseller(
        id=tenant,
        name=name,
        mail=mail,
        language="it" if language == "it" else "en",
        kind=kind,
        registered_at=clock.stamp(now),
    )
    ops: list[Op] = [store.put_reseller(tenant, home, 0), links.use(link, now)]
    ops += _head(tenant, home, user, source, now)
    if kind == "practice":
        ops.append(trial_row(tenant, home, now))
    if not known:
        # The second factor is asked for at the first login: `alone` is never the case here.
        passwords.require(details.password, (mail, details.person, name), alone=False)
        encoded = passwords.make(details.password, salt)
        ops += _born(user, mail, details.person, language, encoded, now)
    try:
        wakes.commit(ops)
    except ConditionFailed as failed:
        if "link" in failed.found:
            raise links.invalid() from failed
        raise Conflict() from failed  # the address got its account at this moment: once more
    return Registered(tenant, kind, bool(known))


def _slug(name: str) -> str:
    """The readable half of a tenant's id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-") or "studio"


def _head(tenant: str, home: Reseller, user: str, source: Actor, now: datetime) -> list[Op]:
    """The first grant of a tenant, and what the trail says of its making."""
    otp = people.requires_otp(home, grants.HEAD[home.kind])
    grant = _head_grant(tenant, home.kind, user, requires_otp=otp, now=now)
    actor = dataclasses.replace(source, kind="user", id=user, role=grant.role, grant=grant.id)
    ops = grant_store.write(tenant, grant, None)
    return [*ops, _made(tenant, home.kind, user, actor, grant, now)]


def _head_grant(
    tenant: str, kind: grants.Kind, user: str, *, requires_otp: bool, now: datetime
) -> Grant:
    role = grants.HEAD[kind]
    return Grant(
        id=grants.grant_id(tenant, user, role),
        tenant=tenant,
        kind=kind,
        user=user,
        role=role,
        given_by=user,
        starts_at=clock.stamp(now),
        requires_otp=requires_otp,
    )


def _made(
    tenant: str, kind: grants.Kind, user: str, actor: Actor, grant: Grant, now: datetime
) -> Op:
    name = f"{grant.id}-{grant.version}"
    return audit.entry(
        tenant, actor, Action.TENANT_CREATED, f"grant:{grant.id}", now, name=name, kind=kind,
        user=user, role=grant.role,
    )  # fmt: skip


def _born(
    user: str, mail: str, person: str, language: str, encoded: str, now: datetime
) -> list[Op]:
    ops: list[Op] = []
    for op in users.born(user, mail, " ".join(person.split()), language, now):
        if isinstance(op, dynamo.Put) and op.label == "login":
            op = dataclasses.replace(op, item={**op.item, "password": encoded})
        ops.append(op)
    return ops


@dataclasses.dataclass(frozen=True)
class Opened:
    """What the operator made. `token` opens the page where the head sets a password; "" when the
    address had an account already."""

    grant: Grant
    token: str = dataclasses.field(repr=False)


def open_tenant(
    tenant: str, home: Reseller | None, kind: grants.Kind, mail: str, person: str, token: str,
    now: datetime,
) -> Opened:  # fmt: skip
    """The operator's way: the head of a tenant of any kind, and the tenant itself where it is not
    there (`home` is what it shall be). `kind` house: somebody of support, as many as need be.

    Conflict `head_exists` when somebody manages the tenant already, `reseller_exists`; Rejected
    `mail_address`.
    """
    to = addresses.mail(mail)
    known = users.find(to)
    user = known or ids.derive("user", token)
    head = grants.HEAD[kind]
    language = "it"
    ops: list[Op] = []
    if kind != "house":
        there = store.get_reseller(tenant)
        if there is None and home is not None:
            ops.append(store.put_reseller(tenant, home, 0))
            if kind == "practice":
                ops.append(trial_row(tenant, home, now))
        home = there or home
        if home is None or home.kind != kind:
            raise Conflict("tenant_kind", "There is no such tenant, or it is of another kind.")
        language = home.language
        if any(one.role == head and one.holds(now) for one in grant_store.of_tenant(tenant)):
            raise Conflict("head_exists", "Somebody manages this tenant already.")
    grant = _head_grant(tenant, kind, user, requires_otp=True, now=now)
    old = grant_store.get(tenant, grant.id)
    grant = dataclasses.replace(grant, version=(old.version if old else 0) + 1)
    ops += grant_store.write(tenant, grant, old)
    ops.append(_made(tenant, kind, user, audit.SYSTEM, grant, now))
    if not known:
        _, put = links.make("set_password", token, now, user=user)
        ops += [*users.born(user, to, person, language, now), put]
    dynamo.commit(ops)
    return Opened(grant, "" if known else token)


# ------------------------------------------------------------------ plans
def trial_row(tenant: str, home: Reseller, now: datetime) -> Op:
    """The work of telling that the trial is over. The plan itself changes by the calendar."""
    assert home.subscription is not None
    return work.row(
        "tell",
        keys.pk(tenant, "PLAN"),
        "trial",
        now,
        start_at=plans.trial_end(home.subscription),
        trial=True,
    )


def trial_over(job: work.Work, home: Reseller, wakes: Wakes, now: datetime) -> None:
    """Tell a practice that it is on the free plan now, its data kept; nothing is asked of it."""
    ops: list[Op] = [job.done()]
    assert home.subscription is not None
    if plans.plan(home.subscription, now) == "standard":
        values: Mapping[str, str] = {"practice": home.name, "plan": "standard"}
        ops.append(
            letters.row(job.tenant, "plan_changed", home.mail, values, now, "trial", home.language)
        )
        ops.append(
            audit.entry(
                job.tenant, audit.SYSTEM, Action.PLAN_CHANGED, "plan", now, name="trial-over",
                plan="standard",
            )
        )  # fmt: skip
    wakes.commit(ops)


def set_payer(
    tenant: str, home: Reseller, payer: tuple[str, str], actor: Actor, now: datetime
) -> Reseller:
    """Let a reseller pay for a practice's documents (U-02): `payer` is the reseller and the
    practice's customer id there, ("", "") for a practice that pays for itself again.

    Both have agreed to it outside; it is in both trails. Rejected `no_plan` for who is no practice.
    """
    if home.kind != "practice":
        raise no_plan()
    new = dataclasses.replace(home, payer=payer)
    name = f"payer-{home.version + 1}"
    ops: list[Op] = [store.put_reseller(tenant, new, home.version)]
    for trail in dict.fromkeys(one for one in (tenant, payer[0], home.payer[0]) if one):
        ops.append(
            audit.entry(
                trail, actor, Action.SETTINGS_CHANGED, f"tenant:{tenant}", now,
                name=f"{tenant}-{name}", access=payer[0], customer=payer[1],
            )
        )  # fmt: skip
    dynamo.commit(ops)
    return dataclasses.replace(new, version=home.version + 1)


def no_plan() -> Rejected:
    """The answer to a reseller or a body: they pay in other ways."""
    return Rejected("no_plan", "Only practices have plans.")


def choose(
    tenant: str, home: Reseller, wanted: Literal["paid", "standard"], actor: Actor, now: datetime
) -> Reseller:
    """Take the paid plan or go back to the free one, at any time and at once; nothing is charged
    here: the subscription is invoiced by the house. The same choice again is the same."""
    if home.subscription is None:
        raise no_plan()
    if bool(home.paid_at) == (wanted == "paid"):
        return home
    changes: dict[str, Any] = {"paid_at": clock.stamp(now) if wanted == "paid" else ""}
    new = dataclasses.replace(home, **changes)
    trail = audit.entry(
        tenant, actor, Action.PLAN_CHANGED, "plan", now, name=f"plan-{home.version + 1}",
        plan=wanted,
    )  # fmt: skip
    dynamo.commit([store.put_reseller(tenant, new, home.version), trail])
    return dataclasses.replace(new, version=home.version + 1)
