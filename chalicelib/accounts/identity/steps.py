"""The second step of a login: the token that leads to it, its tries, and what is recorded of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from chalicelib.accounts import audit
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.identity import attempts, blinds, sessions, traces, users
from chalicelib.accounts.identity.sessions import Opened
from chalicelib.accounts.identity.users import Login
from chalicelib.base import clock, log
from chalicelib.base.dynamo import Op
from chalicelib.base.errors import Rejected

Next = Literal["code", "enrolment", "session"]
_TOKEN: Final = re.compile(r"([0-9a-f]{32})\.(code|enrolment)\.(\d{1,3})\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Token:
    """The token of the second step. Purpose and cap are in what is hashed, so they cannot be
    changed by who holds it."""

    text: str = field(repr=False)
    blind: str
    next: Next
    cap: int

    @property
    def digest(self) -> str:
        """What is stored of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def make(blind: str, next: Next, cap: int, secret: str) -> Token:
    """`secret`: 43 characters of base64url, 256 random bits."""
    return Token(f"{blind}.{next}.{cap}.{secret}", blind, next, cap)


def read(text: str) -> Token | None:
    """None for what never was one."""
    parts = _TOKEN.fullmatch(text)
    if parts is None:
        return None
    blind, next, cap = parts.groups()
    return Token(text, blind, "code" if next == "code" else "enrolment", int(cap))


def reserve(token: Token | None, next: Next, now: datetime) -> Login:
    """The login that a token is for, one try of it counted."""
    if token is None or token.next != next:
        raise wrong()
    item = attempts.reserve_code(token.blind, token.digest, token.cap, now)
    login = users.read_login(token.blind, item) if item else None
    if login is None:
        raise wrong()
    return login


def wrong() -> Rejected:
    """For a wrong code and for a token that is unknown, over or used up: not told apart."""
    return Rejected(
        "login_code", "The code is not right, or the login took too long: begin again.", status=401
    )


@contextmanager
def looking(blind: str) -> Iterator[None]:
    """While a counted try is looked at: what fails meanwhile is no failure of the person's."""
    try:
        yield
    except Rejected:
        raise
    except Exception:
        attempts.give_back(blind)
        raise


# ------------------------------------------------------------------ what is recorded
def opened_entries(opened: Opened, origin: Actor, now: datetime, method: str) -> list[Op]:
    """That somebody came in."""
    who = traces.actor(opened.user, origin, opened.grant)
    name = sessions.digest(opened.cookie)
    return traces.entries(Action.LOGIN, who, now, name, opened.tenant, method=method)


def note_refusal(login: Login, origin: Actor, now: datetime) -> None:
    """Somebody knew the password and not the code: the one refusal that is worth an entry, since
    no stranger can cause it."""
    log.metric("LoginRefused", 1)
    who = traces.actor(login.user, origin)
    what = f"user:{login.user}"
    name = f"{login.user}:{clock.stamp(now)}:{login.fails}"
    audit.record(
        audit.entry(
            blinds.USERS, who, Action.LOGIN_REFUSED, what, now, name=name, result="refused",
            method="code", attempt=login.fails,
        )
    )  # fmt: skip
