"""Setting up the second factor on the way in: the password opens this and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.identity import otp, recovery, sessions, steps, traces, users
from chalicelib.accounts.identity.otp import Enrolment
from chalicelib.accounts.identity.sessions import Opened
from chalicelib.accounts.identity.steps import Token
from chalicelib.accounts.identity.users import Login
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.dynamo import ABSENT, ConditionFailed


@dataclass(frozen=True)
class Enrolled:
    """A session, and the recovery codes that are shown this once."""

    session: Opened
    recovery_codes: tuple[str, ...] = field(repr=False)


def enrol(token: str, now: datetime, random: bytes) -> tuple[Enrolment, str]:
    """Begin the enrolment of a second factor: what to show, and until when it waits for its first
    code. `random`: TOTP_SECRET_BYTES bytes. Asked again, only the last one shown is good.

    Rejected `login_code` (401) for the token.
    """
    found = steps.read(token)
    if found is None or found.next != "enrolment":
        raise steps.wrong()
    login = users.get_login(found.blind)
    if login is None:
        raise steps.wrong()
    seed = otp.secret(random)
    until = clock.stamp(now + timedelta(seconds=limits.ENROLMENT_S))
    change = users.change(
        login,
        {"pending": users.seal_seed(login.user, seed), "pending_until": until,
         "token_until": until},
        when={"token": found.digest, "token_until": dynamo.above(clock.stamp(now)),
              "totp": ABSENT},
    )  # fmt: skip
    try:
        dynamo.commit([change])
    except ConditionFailed as failed:
        raise steps.wrong() from failed
    account = users.person(users.get(login.user)).mail
    return otp.enrolment(seed, account), until


def confirm(
    token: str, code: str, origin: Actor, now: datetime, secret: str, random: bytes
) -> Enrolled:
    """The first code of the app that was set up: the second factor is there, and a session.

    `secret` as in `begin`, `random` as in `recovery.make`. Rejected `login_code` (401).
    """
    found = steps.read(token)
    login = steps.reserve(found, "enrolment", now)
    assert found is not None
    with steps.looking(login.blind):
        step = pending_step(login, code, now)
        if step is not None:
            return _confirmed(found, login, step, origin, now, secret, recovery.make(random))
    steps.note_refusal(login, origin, now)
    raise steps.wrong()


def _confirmed(
    token: Token,
    login: Login,
    step: int,
    origin: Actor,
    now: datetime,
    secret: str,
    codes: tuple[str, ...],
) -> Enrolled:
    grant = sessions.choose(sessions.held(login.user, now), login.home)
    opened, ops = sessions.start(login, grant, secret, now, otp=True)
    change = users.change(
        login,
        {"home": list(grant), **factor(login, step, codes)},
        remove=("fails", "tried_at", *users.UNDER_WAY),
        when={"token": token.digest, "pending": login.pending, "totp": ABSENT},
    )
    who = traces.actor(login.user, origin, opened.grant)
    name = sessions.digest(opened.cookie)
    entries = traces.entries(Action.TOTP_ENROLLED, who, now, name, opened.tenant)
    entries += steps.opened_entries(opened, origin, now, "enrolment")
    try:
        dynamo.commit([change, *ops, *entries])
    except ConditionFailed as failed:
        raise steps.wrong() from failed
    return Enrolled(opened, codes)


def pending_step(login: Login, code: str, now: datetime) -> int | None:
    """The time step of the first code of the secret that waits; None when it is wrong or late."""
    if not login.pending or login.pending_until <= clock.stamp(now):
        return None
    return otp.step_of(users.seed(login.user, login.pending), code, now, login.last_step)


def factor(login: Login, step: int, codes: Sequence[str]) -> dict[str, Any]:
    """What the login holds when the pending second factor becomes the real one."""
    return {
        "totp": login.pending,
        "last_step": step,
        "recovery": [recovery.digest(login.user, code) for code in codes],
    }
