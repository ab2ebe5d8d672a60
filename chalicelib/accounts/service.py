"""Use cases of the accounts domain."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from chalicelib.accounts import model, store
from chalicelib.accounts.model import ApiKey, Caller, Customer, Reseller, Webhook
from chalicelib.base import clock, dynamo, ids, keys, secrets
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import Conflict, NotFound, Rejected

_FISCAL = re.compile(r"[A-Z]{2}[A-Z0-9]{2,28}|[A-Z0-9]{11,16}")
# SES takes ASCII only, and what is quoted or commented is no address people have. No question
# mark: an encoded word (`=?utf-8?q?…?=`) would be decoded where the header is made.
_MAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)


def create_reseller(
    tenant: str, name: str, mail: str, *, language: model.Language = "it", **settings: Any
) -> Reseller:
    """A new tenant; Conflict when the identifier is taken."""
    if not keys.is_tenant(tenant):
        raise Rejected("reseller_id", "A reseller's id is a-z, 0-9 and dashes, at most 40.")
    reseller = Reseller(tenant, name, _mail(mail), language, **settings)
    try:
        dynamo.commit([store.put_reseller(tenant, reseller, 0)])
    except ConditionFailed as error:
        raise Conflict("reseller_exists", f"There is already a reseller {tenant}.") from error
    return reseller


def _mail(text: str) -> str:
    if len(text) > 254 or not _MAIL.fullmatch(text):
        raise Rejected("mail_address", "This is not an e-mail address.")
    return text


def get_reseller(tenant: str) -> Reseller:
    """NotFound when there is none."""
    found = store.get_reseller(tenant) if keys.is_tenant(tenant) else None
    if found is None:
        raise NotFound("reseller")
    return found


def change_settings(
    tenant: str, changes: dict[str, Any], webhook: dict[str, str] | str | None = ""
) -> Reseller:
    """Change some settings. `webhook`: "" leaves it, None removes it, else `{url, secret}`."""
    old = get_reseller(tenant)
    if "mail" in changes:
        _mail(changes["mail"])
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
    dynamo.commit([store.put_reseller(tenant, new, old.version)])
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


def fiscal_id(text: str) -> str:
    """`it 01234567890` -> `IT01234567890`; Rejected when it cannot be one."""
    clean = re.sub(r"[\s.-]", "", text).upper()
    if not _FISCAL.fullmatch(clean):
        raise Rejected("fiscal_id", f"{text[:40]!r} is neither a VAT number nor a tax code.")
    return clean


def save_customer(tenant: str, customer: Customer, now: datetime, *, new: bool) -> Customer:
    """Create or replace; each fiscal id belongs to one customer."""
    if not ids.is_safe(customer.id):
        raise Rejected("customer_id", "A customer's id is A-Z, a-z, 0-9, _ . -, at most 64.")
    if customer.mail:
        _mail(customer.mail)
    if customer.notify and not customer.mail:
        raise Rejected("customer_mail", "To notify the customer, give his e-mail address.")
    for section in customer.sections:
        if section.count("{n}") != 1 or not section.isprintable():
            raise Rejected("section", "A section's pattern holds {n} once.", section=section[:30])
    old = None if new else get_customer(tenant, customer.id)
    created = old.created_at if old else clock.stamp(now)
    fiscal = tuple(dict.fromkeys(fiscal_id(one) for one in customer.fiscal_ids))
    saved = dataclasses.replace(customer, fiscal_ids=fiscal, created_at=created)
    try:
        dynamo.commit(store.put_customer(tenant, saved, old))
    except ConditionFailed as error:
        if "customer" in error.found:
            if new:
                raise Conflict(
                    "customer_exists", "There is already a customer with this id."
                ) from error
            raise
        taken = next(iter(error.found)).removeprefix("fiscal:")
        raise Conflict(
            "fiscal_id_taken", "Another customer has this fiscal id.", fiscal_id=taken
        ) from error
    return dataclasses.replace(saved, version=(old.version if old else 0) + 1)


def get_customer(tenant: str, customer: str) -> Customer:
    """NotFound when this reseller has no such customer."""
    found = store.get_customer(tenant, customer)
    if found is None:
        raise NotFound("customer")
    return found


def find_customer(tenant: str, customer: str) -> Customer | None:
    """The same without a complaint."""
    return store.get_customer(tenant, customer) if customer else None


def customer_of(tenant: str, fiscal_ids: Iterable[str]) -> Customer | None:
    """Who of the reseller's customers has one of these fiscal ids."""
    found = store.customer_of(tenant, fiscal_ids)
    return find_customer(tenant, found)


people = store.people


def register_seller(tenant: str, name: str, fiscal: tuple[str, ...], now: datetime) -> Customer:
    """The customer for a seller seen for the first time (setting `unknown_seller: register`).

    Its id comes out of the fiscal id, so that documents arriving together make one customer.
    """
    customer = Customer(id=fiscal[0].lower(), name=name[:80] or fiscal[0], fiscal_ids=fiscal)
    try:
        return save_customer(tenant, customer, now, new=True)
    except Conflict:
        return customer_of(tenant, fiscal) or get_customer(tenant, customer.id)


def list_customers(tenant: str, after: str, limit: int) -> list[Customer]:
    """A page in order of id."""
    return store.list_customers(tenant, after, limit)


RESTRICTED_SCOPES = frozenset({"flows:read", "documents:read", "documents:write"})


def issue_key(
    tenant: str,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    random: str,
    customer: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its token (shown once). `random` is at least 64 hex characters."""
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
    dynamo.commit([store.put_key(tenant, key)])
    return key, model.token(tenant, key.id, random[12:])


def revoke_key(tenant: str, key_id: str, now: datetime) -> ApiKey:
    """From the next request on the key opens nothing; revoking twice is the same."""
    with contextlib.suppress(ConditionFailed):
        dynamo.commit([store.revoke_key(tenant, key_id, clock.stamp(now))])
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
