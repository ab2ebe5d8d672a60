"""People for tests of the doors: made straight into the table, or led in by the doors themselves.

anna = Browser(api, make_person(api, "anna@studio.example"))
anna.log_in()                       # address, password, code, as a page does
headers = enter(api, "alfa", "reseller", "administrator")   # a session, without a login
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyotp

from chalicelib.accounts import grant_store, grants
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.identity import otp, passwords, recovery, sessions, users
from chalicelib.base import clock, dynamo, limits
from chalicelib.entry import session_door
from tests.entry.api_world import Answer, Api
from tests.tables import due_rows

PASSWORD = "cavallo batteria graffetta"
_numbers = itertools.count(1)


@dataclass
class Member:
    """A person with an account: what he knows and has."""

    id: str
    mail: str
    name: str
    password: str = PASSWORD
    seed: str = ""
    codes: list[str] = field(default_factory=list)

    def code(self, now: datetime) -> str:
        """What his app shows."""
        return pyotp.TOTP(self.seed).at(int(now.timestamp()))


def another_window(api: Api) -> None:
    """On to the beginning of a quarter of an hour in which nobody has tried to log in yet."""
    seconds = limits.SOURCE_WINDOW_S - api.now.timestamp() % limits.SOURCE_WINDOW_S
    api.tick(seconds + 1)


def make_person(
    api: Api, mail: str = "", *, password: str = PASSWORD, enrolled: bool = True
) -> Member:
    """An account with a password and, when `enrolled`, a second factor; no grant yet."""
    number = next(_numbers)
    member = Member(
        id=f"p{number:05d}",
        mail=mail or f"persona{number}@studio.example",
        name=f"Persona Numero{number}",
        password=password,
    )
    dynamo.commit(users.born(member.id, member.mail, member.name, "it", api.now))
    login = users.get_login(users.get(member.id).login)
    assert login is not None
    put: dict[str, Any] = {}
    if password:
        put["password"] = passwords.make(password, secrets.token_bytes(limits.ARGON2_SALT_BYTES))
    if enrolled:
        member.seed = otp.secret(secrets.token_bytes(limits.TOTP_SECRET_BYTES))
        member.codes = list(recovery.make(secrets.token_bytes(recovery.RANDOM_BYTES)))
        put["totp"] = users.seal_seed(member.id, member.seed)
        put["last_step"] = 0
        put["recovery"] = [recovery.digest(member.id, code) for code in member.codes]
    if put:
        dynamo.commit([users.change(login, put)])
    return member


def give(api: Api, member: Member, tenant: str, kind: Any, role: Any, **more: Any) -> Grant:
    """A grant, as its tenant would have given it."""
    found = Grant(
        id=grants.grant_id(tenant, member.id, role),
        tenant=tenant,
        kind=kind,
        user=member.id,
        role=role,
        given_by="test",
        starts_at=clock.stamp(api.now),
        **more,
    )
    dynamo.commit(grant_store.write(tenant, found, None))
    return found


def open_session(
    api: Api, member: Member, grant: Grant | None, *, otp: bool = True, stepped_up: bool = False
) -> Browser:
    """A session without a login."""
    login = users.get_login(users.get(member.id).login)
    assert login is not None
    by = (grant.tenant, grant.id) if grant else ("", "")
    secret = secrets.token_urlsafe(32)
    opened, ops = sessions.start(login, by, secret, api.now, otp=otp, stepped_up=stepped_up)
    dynamo.commit(ops)
    browser = Browser(api, member)
    browser.cookie, browser.csrf = opened.cookie, opened.csrf
    return browser


class Browser:
    """Keeps the cookie and the token of its session, as a page of ours does."""

    def __init__(self, api: Api, member: Member) -> None:
        self.api = api
        self.member = member
        self.cookie = ""
        self.csrf = ""

    def headers(self) -> dict[str, str]:
        return {
            "Cookie": f"{session_door.COOKIE}={self.cookie}",
            session_door.CSRF_HEADER: self.csrf,
            "Origin": "http://127.0.0.1:8000",
        }

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        headers = (self.headers() if self.cookie else {}) | more.pop("headers", {})
        answer = self.api.call(method, path, body=body, headers=headers, **more)
        self.keep(answer)
        return answer

    def keep(self, answer: Answer) -> None:
        set_cookie = answer.headers.get("set-cookie", "")
        if set_cookie:
            name, _, value = set_cookie.split(";")[0].partition("=")
            assert name == session_door.COOKIE
            self.cookie = value
            found = answer.json.get("session") or answer.json
            self.csrf = found.get("csrf", "")

    def is_in(self) -> bool:
        """Whether the next request is answered."""
        answer = self.call("GET", "/v1/session")
        assert answer.status in (200, 401), answer.body
        return answer.status == 200

    def begin(self, password: str | None = None, **more: Any) -> Answer:
        wanted = self.member.password if password is None else password
        return self.call(
            "POST", "/v1/login", {"mail": self.member.mail, "password": wanted}, **more
        )

    def finish(self, token: str, code: str = "") -> Answer:
        """With a code of a step that was not used yet, unless one is given."""
        if not code:
            self.api.tick(limits.TOTP_STEP_S)
            code = self.code()
        return self.call("POST", "/v1/login/code", {"token": token, "code": code})

    def code(self) -> str:
        """The code at the moment of the next request."""
        return self.member.code(self.api.now)

    def log_in(self) -> Answer:
        begun = self.begin()
        assert begun.status == 200, begun.body
        if begun.json["next"] == "session":
            return begun
        answer = self.finish(begun.json["token"])
        assert answer.status == 200, answer.body
        return answer

    def step_up(self) -> Answer:
        self.api.tick(limits.TOTP_STEP_S)
        answer = self.call("POST", "/v1/session/step-up", {"code": self.code()})
        assert answer.status == 200, answer.body
        return answer


def planned(kind: str) -> list[dict[str, Any]]:
    """The rows of letters of a kind that wait to be sent, oldest first."""
    items = dynamo.batch_get((row["pk"], row["sk"]) for row in due_rows())
    found = [item for item in items.values() if item.get("kind") == kind]
    return sorted(found, key=lambda item: (item["due"], item["pk"]))
