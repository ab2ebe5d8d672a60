"""Who uses the house: a reseller (the tenant), his customers, his API keys."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from chalicelib.accounts.customer import INPUT_FORMATS as INPUT_FORMATS
from chalicelib.accounts.customer import Customer as Customer
from chalicelib.accounts.customer import Hand as Hand
from chalicelib.accounts.customer import InputFormat as InputFormat
from chalicelib.accounts.grants import Kind
from chalicelib.accounts.plans import Subscription

if TYPE_CHECKING:
    from chalicelib.accounts.identity.sessions import Session

Language = Literal["it", "en"]
Digest = Literal["", "hourly", "daily"]

# What an API key may be allowed to do.
SCOPES = {
    "flows:read": "see what was received",
    "documents:read": "see documents, their history and files",
    "documents:write": "hand in documents, decide on held ones, resend",
    "customers:read": "see customers",
    "customers:write": "create and change customers",
    "settings:read": "see settings",
    "settings:write": "change settings, webhook included",
    "keys:write": "issue and revoke API keys",
    "grants:read": "see who may do what",
    "plan:read": "see the plan",
    "audit:read": "see the audit trail",
    "credits:read": "see credits, orders and consumption",
    "credits:write": "order credits and assign them",
    "body:read": "see a body's setting, dues and debt positions",
    "body:write": "change them: import dues, make positions and notices",
}
# What only a person may who has shown a one-time password: no API key is given these.
PERSONAL_SCOPES = {
    "grants:write": "give and revoke access",
    "plan:write": "choose a plan",
    "pos:use": "take payments at the body's terminals, where that was switched on for the person",
    "support:enter": "enter a tenant as support, with a reason",
}


@dataclass(frozen=True)
class Webhook:
    """Where changes are posted; `secret` is sealed for the tenant."""

    url: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Reseller:
    """A tenant: an intermediary, a practice or a body, by `kind`. `mail` is its registered
    address: every change is told there.

    `otp_required`: nobody enters by a password alone. Of a practice: `registered_at` and `paid_at`
    (instants, "" = never) make its plan; `payer` is the reseller whose credits its documents
    consume and its customer id there, ("", "") when it pays for itself.
    """

    id: str
    name: str
    mail: str
    language: Language = "it"
    digest: Digest = ""
    unknown_seller: Literal["hold", "register"] = "hold"
    webhook: Webhook | None = None
    kind: Kind = "reseller"
    otp_required: bool = True
    registered_at: str = ""
    paid_at: str = ""
    payer: tuple[str, str] = ("", "")
    version: int = 1

    @property
    def subscription(self) -> Subscription | None:
        """What plan it has agreed to; only practices have one."""
        if self.kind != "practice":
            return None
        return Subscription(self.registered_at, self.paid_at)


@dataclass(frozen=True)
class ApiKey:
    """A key; only the hash of its secret is kept. `customer` "" means all of the reseller's."""

    id: str
    name: str
    hash: str = field(repr=False)
    scopes: tuple[str, ...]
    customer: str = ""
    created_at: str = ""
    revoked_at: str = ""


@dataclass(frozen=True)
class Caller:
    """Who speaks: the tenant, the key, what it may do and for which customer ("": all).

    A person speaks by a session: then `user` is set, `key_id` is the user too (what is recorded
    as done by somebody names him), `grant` and `role` are those he works by ("" when he holds
    none), `cabinets` what he sees of a practice (None: all). A key has no `session`.
    """

    tenant: str
    key_id: str
    scopes: frozenset[str]
    customer: str = ""
    kind: Kind = "reseller"
    user: str = ""
    grant: str = ""
    role: str = ""
    cabinets: tuple[str, ...] | None = None
    session: Session | None = None


def hash_secret(secret: str) -> str:
    """256 random bits need no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token(tenant: str, key_id: str, secret: str) -> str:
    """The key as its owner keeps it: `sk_<tenant>_<key id>_<secret>`."""
    return f"sk_{tenant}_{key_id}_{secret}"


def split_token(text: str) -> tuple[str, str, str] | None:
    """Tenant, key id and secret, or None when it is not of that shape."""
    parts = text.split("_", 3)
    if len(parts) != 4 or parts[0] != "sk" or not all(parts):
        return None
    return parts[1], parts[2], parts[3]


def opens(key: ApiKey, secret: str) -> bool:
    """Whether the secret is this key's, and the key is still good."""
    return not key.revoked_at and hmac.compare_digest(key.hash, hash_secret(secret))
