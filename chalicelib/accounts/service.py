"""Use cases of the accounts domain."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from chalicelib.accounts import addresses, customers, model, store
from chalicelib.accounts.model import ApiKey, Caller, Reseller, Webhook
from chalicelib.base import clock, dynamo, ids, keys, secrets
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected


def create_reseller(
    tenant: str, name: str, mail: str, *, language: model.Language = "it", **settings: Any
) -> Reseller:
    """A new tenant; Conflict when the identifier is taken."""
    if not keys.is_tenant(tenant):
        raise Rejected("reseller_id", "A reseller's id is a-z, 0-9 and dashes, at most 40.")
    reseller = Reseller(tenant, name, addresses.mail(mail), language, **settings)
    try:
        dynamo.commit([store.put_reseller(tenant, reseller, 0)])
    except ConditionFailed as error:
        raise Conflict("reseller_exists", f"There is already a reseller {tenant}.") from error
    return reseller


def get_reseller(tenant: str) -> Reseller:
    """NotFound when there is none."""
    found = store.get_reseller(tenant) if keys.is_tenant(tenant) else None
    if found is None:
        raise NotFound("reseller")
    return found


def change_settings(
    tenant: str,
    changes: dict[str, Any],
    webhook: dict[str, str] | str | None = "",
    also: Sequence[Op] = (),
) -> Reseller:
    """Change some settings. `webhook`: "" leaves it, None removes it, else `{url, secret}`.

    `also` joins the commit.
    """
    old = get_reseller(tenant)
    if "mail" in changes:
        addresses.mail(changes["mail"])
    new = dataclasses.replace(old, **changes)
    if isinstance(webhook, dict):
        if not _is_webhook(webhook["url"]):
            raise Rejected(
                "webhook_url", "A webhook address is https://<host>/…, in plain ASCII, no user."
            )
        sealed = secrets.seal(tenant, webhook["secret"])
        new = dataclasses.replace(new, webhook=Webhook(webhook["url"], sealed))
    elif webhook is None:
        new = dataclasses.replace(new, webhook=None)
    dynamo.commit([store.put_reseller(tenant, new, old.version), *also])
    return dataclasses.replace(new, version=old.version + 1)


def _is_webhook(url: str) -> bool:
    """What can be posted to: anything else would fail at each change instead of now."""
    if not re.fullmatch(r"[!-~]+", url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    named = bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment
    return parts.scheme == "https" and named and port != 0


people = store.people
# Customers are a part of their own.
save_customer = customers.save_customer
register_seller = customers.register_seller
get_customer = customers.get_customer
find_customer = customers.find_customer
get_profile = customers.get_profile
customer_of = customers.customer_of
list_customers = customers.list_customers
search_customers = customers.search_customers
require_channel = customers.require_channel
set_activated = customers.set_activated
note_customer = customers.note_customer
list_notes = customers.list_notes


RESTRICTED_SCOPES = frozenset({"flows:read", "documents:read", "documents:write"})


def issue_key(
    tenant: str,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    random: str,
    customer: str = "",
    also: Sequence[Op] = (),
) -> tuple[ApiKey, str]:
    """A new key and its token (shown once). `random` is at least 64 hex characters, the key's id
    the first 12 of them. `also` joins the commit."""
    wanted = tuple(dict.fromkeys(scopes))
    if not wanted or not set(model.SCOPES).issuperset(wanted):
        raise Rejected("scope", "Give one or more known scopes.", known=sorted(model.SCOPES))
    if customer:
        get_customer(tenant, customer)
        if not RESTRICTED_SCOPES.issuperset(wanted):
            raise Rejected(
                "scope_of_customer",
                "A key for one customer may only see and hand in his documents.",
                allowed=sorted(RESTRICTED_SCOPES),
            )
    assert len(random) >= 64
    key = ApiKey(
        id=random[:12],
        name=name,
        hash=model.hash_secret(random[12:]),
        scopes=wanted,
        customer=customer,
        created_at=clock.stamp(now),
    )
    dynamo.commit([store.put_key(tenant, key), *also])
    return key, model.token(tenant, key.id, random[12:])


def revoke_key(tenant: str, key_id: str, now: datetime, also: Sequence[Op] = ()) -> ApiKey:
    """From the next request on the key opens nothing; revoking twice is the same. `also` joins
    the commit."""
    with contextlib.suppress(ConditionFailed):
        dynamo.commit([store.revoke_key(tenant, key_id, clock.stamp(now)), *also])
    found = store.get_key(tenant, key_id)
    if found is None:
        raise NotFound("key")
    return found


def list_keys(tenant: str) -> list[ApiKey]:
    return store.list_keys(tenant)


def authenticate(token: str) -> Caller | None:
    """Who the token belongs to; None when it opens nothing. Read at every request."""
    parts = model.split_token(token)
    if parts is None or not keys.is_tenant(parts[0]) or not ids.is_safe(parts[1]):
        return None
    tenant, key_id, secret = parts
    key = store.get_key(tenant, key_id)
    if key is None or not model.opens(key, secret):
        return None
    return Caller(tenant, key.id, frozenset(key.scopes), key.customer)
