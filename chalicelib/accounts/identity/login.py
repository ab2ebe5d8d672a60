"""Coming in, in two requests: address and password, then a code.

A password alone makes a session only where the person has no second factor and no grant of his asks
for one. Where one is asked for and there is none yet, the password opens its enrolment and nothing
else. The whole login is one argon2 evaluation and five calls of the table:

    begin    count the source, count the try at the account (both give what they count), evaluate;
             then one transaction that keeps the token of the second step
    finish   count the try by that token; then one transaction: the code's time step is claimed,
             the token ends, the session is there, the row of failures is over, the trail has it

Whether an account exists shows in no answer, no number of calls and no number of evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.accounts.audit import Actor
from chalicelib.accounts.identity import (
    attempts,
    blinds,
    passwords,
    proofs,
    sessions,
    steps,
    users,
)
from chalicelib.accounts.identity.proofs import Proof
from chalicelib.accounts.identity.sessions import Opened
from chalicelib.accounts.identity.steps import Next, Token
from chalicelib.accounts.identity.users import Login
from chalicelib.base import clock, dynamo, limits, log
from chalicelib.base.dynamo import ABSENT, ConditionFailed, Op
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes


@dataclass(frozen=True)
class Begun:
    """What the right password leads to. `token` is for the next step; `session` only where no
    second factor is asked for."""

    next: Next
    token: str = field(repr=False)
    expires_at: str
    session: Opened | None = None


# ------------------------------------------------------------------ the first request
def begin(
    mail: str, password: str, origin: Actor, now: datetime, secret: str, salt: bytes
) -> Begun:
    """Address and password. `secret`: 43 characters of base64url (256 random bits); `salt` as in
    `passwords.make`, used when the hash is to be made anew; `origin`: where the request is from.

    Rejected `credentials` (401), `too_many_attempts` (429).
    """
    source = attempts.reserve_source(origin.source, "login", now)
    blind = blinds.blind(mail)
    login = users.read_login(blind, attempts.reserve(blind, now))
    encoded = login.password if login and login.password else passwords.dummy()
    right = passwords.matches(encoded, password)
    if login is None or not login.password or not right:
        log.metric("LoginRefused", 1)
        raise _refused()
    renewed = passwords.make(password, salt) if passwords.is_outdated(encoded) else ""
    more = {"password": renewed} if renewed else {}
    back = attempts.give_back_source(source)
    with steps.looking(blind):
        return _go_on(login, origin, now, secret, more, back)


def _go_on(
    login: Login,
    origin: Actor,
    now: datetime,
    secret: str,
    more: dict[str, Any],
    back: dynamo.Update,
) -> Begun:
    """What the right password opens."""
    if login.enrolled:
        return _ask(login, "code", secret, now, more, back)
    held = sessions.held(login.user, now)
    if any(grant.requires_otp for grant in held):
        return _ask(login, "enrolment", secret, now, more, back)
    opened, ops = sessions.start(login, sessions.choose(held, login.home), secret, now, otp=False)
    change = users.change(
        login,
        {"home": [opened.tenant, opened.grant], **more},
        remove=("fails", "tried_at", *users.UNDER_WAY),
        when={"totp": ABSENT},
    )
    _commit_first([change, *ops, back, *steps.opened_entries(opened, origin, now, "password")])
    return Begun("session", "", opened.expires_at, opened)


def _ask(
    login: Login,
    next: Next,
    secret: str,
    now: datetime,
    more: dict[str, Any],
    back: dynamo.Update,
) -> Begun:
    """Keep the token of the second step, and take back the try that was no failure."""
    token = steps.make(login.blind, next, attempts.cap(login.fails - 1), secret)
    until = clock.stamp(now + timedelta(seconds=limits.LOGIN_TOKEN_S))
    change = users.change(
        login,
        {"token": token.digest, "token_until": until, **more},
        remove=("pending", "pending_until"),
        add={"fails": -1},
    )
    _commit_first([change, back])
    return Begun(next, token.text, until)


def _commit_first(ops: Sequence[Op]) -> None:
    try:
        dynamo.commit(ops)
    except ConditionFailed as failed:
        # The password was changed, or the second factor set up, while this was looked at.
        raise _refused() from failed


def _refused() -> Rejected:
    return Rejected("credentials", "Address or password are not right.", status=401)


# ------------------------------------------------------------------ the second request
def finish(
    token: str, code: str, origin: Actor, now: datetime, secret: str, wakes: Wakes
) -> Opened:
    """The token and a code of the app, or a recovery code. `secret` as in `begin`.

    Rejected `login_code` (401): wrong code, or a token that is unknown, over or used up; they are
    not told apart.
    """
    found = steps.read(token)
    login = steps.reserve(found, "code", now)
    assert found is not None
    with steps.looking(login.blind):
        proof = proofs.prove(login, code, now)
        if proof is not None:
            return _settle(found, login, proof, origin, now, secret, wakes)
    steps.note_refusal(login, origin, now)
    raise steps.wrong()


def _settle(
    token: Token,
    login: Login,
    proof: Proof,
    origin: Actor,
    now: datetime,
    secret: str,
    wakes: Wakes,
) -> Opened:
    """The session, where he was last; where that is no more, by another of his grants."""
    grant = login.home
    if not all(grant):
        grant = sessions.choose(sessions.held(login.user, now), login.home)
    try:
        return _open(token, login, proof, grant, origin, now, secret, wakes)
    except ConditionFailed as failed:
        if "login" in failed.found:
            # The same code or token, a moment earlier by another request.
            raise steps.wrong() from failed
    grant = sessions.choose(sessions.held(login.user, now), login.home)
    return _open(token, login, proof, grant, origin, now, secret, wakes)


def _open(
    token: Token,
    login: Login,
    proof: Proof,
    grant: tuple[str, str],
    origin: Actor,
    now: datetime,
    secret: str,
    wakes: Wakes,
) -> Opened:
    opened, ops = sessions.start(login, grant, secret, now, otp=True)
    change = users.change(
        login,
        {"home": list(grant), **proof.put},
        remove=("fails", "tried_at", *users.UNDER_WAY),
        when={"token": token.digest, **proof.when},
    )
    entries = steps.opened_entries(opened, origin, now, proof.method)
    wakes.commit([change, *ops, *proofs.told(proof, login, now), *entries])
    return opened
