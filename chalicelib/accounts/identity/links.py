"""Single-use links: a mail brings one, a POST consumes it.

pk T#_users#K#<hash of the token>   sk LINK

The token is 256 random bits, stored hashed. It stands behind the `#` of the address, which no
browser sends to any server and no log holds; scanners that open the links of mails consume nothing,
because the page must be used to POST it. It is used up by the transaction of what it is used for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from chalicelib.accounts.identity import blinds
from chalicelib.base import clock, config, dynamo, fields, keys, limits
from chalicelib.base.dynamo import Delete, Key, Put
from chalicelib.base.errors import Rejected

Purpose = Literal["set_password", "reset_password", "register", "invite"]
LIFE_S: Final[Mapping[Purpose, int]] = {
    "set_password": limits.SET_PASSWORD_LINK_S,
    "reset_password": limits.RESET_LINK_S,
    "register": limits.SET_PASSWORD_LINK_S,
    "invite": limits.SET_PASSWORD_LINK_S,
}
# The page that asks for what is missing and POSTs the token.
PAGES: Final[Mapping[Purpose, str]] = {
    "set_password": "password",
    "reset_password": "password",
    "register": "register",
    "invite": "invite",
}
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Link:
    """A link that is still good. `user`: whom it is for, "" when there is no account yet;
    `values`: what else it carries (sealed in the table)."""

    id: str
    purpose: Purpose
    user: str
    made_at: str
    expires_at: str
    values: Mapping[str, str] = field(repr=False)


def _key(link: str) -> Key:
    return keys.pk(blinds.USERS, "K", link), "LINK"


def digest(token: str) -> str:
    """What the link is known by."""
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    purpose: Purpose, token: str, now: datetime, *, user: str = "", **values: str
) -> tuple[Link, Put]:
    """A new link and the operation that keeps it. `token`: 43 characters of base64url, 256 random
    bits (`secrets.token_urlsafe(32)`). Raises as `fields.seal`."""
    assert _TOKEN.fullmatch(token)
    until = now + timedelta(seconds=LIFE_S[purpose])
    link = Link(digest(token), purpose, user, clock.stamp(now), clock.stamp(until), values)
    pk, sk = _key(link.id)
    item = {
        "pk": pk,
        "sk": sk,
        "purpose": purpose,
        "user": user,
        "made_at": link.made_at,
        "until": link.expires_at,
        "expires": int(until.timestamp()) + 1,
        "values": fields.seal(blinds.USERS, "link", link.id, "values", json.dumps(values)),
    }
    return link, Put(item, label="link")


def url(purpose: Purpose, token: str) -> str:
    """The address that goes into the mail."""
    return f"{config.get('PUBLIC_URL').rstrip('/')}/{PAGES[purpose]}#{token}"


def read(token: str, purposes: frozenset[Purpose], now: datetime) -> Link:
    """The link of a token. Rejected `link_invalid` (410): unknown, used, over, or for another
    purpose, which is not told apart."""
    found = dynamo.get(_key(digest(token))) if _TOKEN.fullmatch(token) else None
    if found is None or found["purpose"] not in purposes or found["until"] <= clock.stamp(now):
        raise invalid()
    link = digest(token)
    values = json.loads(fields.unseal(blinds.USERS, "link", link, "values", found["values"]))
    return Link(link, found["purpose"], found["user"], found["made_at"], found["until"], values)


def use(link: Link, now: datetime) -> Delete:
    """Consumes it, label `link`: part of the transaction of what it is used for; when that fails
    by this label, raise `invalid()`."""
    return Delete(_key(link.id), when=({"until": dynamo.above(clock.stamp(now))},), label="link")


def invalid() -> Rejected:
    return Rejected(
        "link_invalid", "This link was used already or is over: ask for a new one.", status=410
    )
