"""Who uses the house: a reseller (the tenant), his customers, his API keys."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal

from chalicelib.accounts.grants import Kind
from chalicelib.accounts.plans import Subscription

Language = Literal["it", "en"]
Digest = Literal["", "hourly", "daily"]
InputFormat = Literal["xml", "p7m", "pdf"]
Hand = Literal["house", "own"]

INPUT_FORMATS: tuple[InputFormat, ...] = ("xml", "p7m", "pdf")

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
}
# What only a person may who has shown a one-time password: no API key is given these.
PERSONAL_SCOPES = {
    "grants:write": "give and revoke access",
    "plan:write": "choose a plan",
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
class Customer:
    """A customer of the reseller, known by his fiscal ids (`IT01234567890` or a tax code).

    `formats`: what he may hand in (F004-043). `notify`: he himself asked for messages (F004-029).
    `signature` own: what comes unsigned waits for his signature; `sending` own: he sends it to SdI
    himself and brings SdI's receipts. `sections`: his sezionali, as patterns of their numbers with
    `{n}` for the running number and `{yyyy}` or `{yy}` for the year.
    """

    id: str
    name: str
    fiscal_ids: tuple[str, ...]
    mail: str = ""
    notify: bool = False
    formats: tuple[InputFormat, ...] = INPUT_FORMATS
    signature: Hand = "house"
    sending: Hand = "house"
    sections: tuple[str, ...] = ()
    created_at: str = ""
    version: int = 1


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
    """Who speaks: the tenant, the key, what it may do and for which customer ("": all)."""

    tenant: str
    key_id: str
    scopes: frozenset[str]
    customer: str = ""


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
