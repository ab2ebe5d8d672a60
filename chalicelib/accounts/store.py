"""Items of the accounts domain.

pk T#<tenant>  sk TENANT           the reseller
               sk KEY#<id>         an API key

Customers have a store of their own (customer_store.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.accounts.customer import Customer
from chalicelib.accounts.customer_store import customer_key, read_customer
from chalicelib.accounts.model import ApiKey, Reseller, Webhook
from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Item, Key, Put


def _key(tenant: str, *parts: str) -> Key:
    return keys.pk(tenant), keys.sk(*parts)


def reseller_key(tenant: str) -> Key:
    return _key(tenant, "TENANT")


def _item(key: Key, **fields: Any) -> Item:
    return {"pk": key[0], "sk": key[1], **fields}


def _same_version(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def put_reseller(tenant: str, reseller: Reseller, old_version: int) -> Put:
    """Version 0 means that it is new."""
    hook = reseller.webhook
    return Put(
        _item(
            reseller_key(tenant),
            name=reseller.name,
            mail=reseller.mail,
            language=reseller.language,
            digest=reseller.digest,
            unknown_seller=reseller.unknown_seller,
            webhook={"url": hook.url, "secret": hook.secret} if hook else None,
            kind=reseller.kind,
            otp_required=reseller.otp_required,
            registered_at=reseller.registered_at,
            paid_at=reseller.paid_at,
            payer=list(reseller.payer),
            version=old_version + 1,
        ),
        when=_same_version(old_version),
        label="reseller",
    )


def read_reseller(tenant: str, item: Item) -> Reseller:
    hook = item.get("webhook")
    return Reseller(
        id=tenant,
        name=item["name"],
        mail=item["mail"],
        language=item["language"],
        digest=item["digest"],
        unknown_seller=item["unknown_seller"],
        webhook=Webhook(hook["url"], hook["secret"]) if hook else None,
        kind=item.get("kind", "reseller"),
        otp_required=item.get("otp_required", True),
        registered_at=item.get("registered_at", ""),
        paid_at=item.get("paid_at", ""),
        payer=(payer[0], payer[1]) if (payer := item.get("payer")) else ("", ""),
        version=item["version"],
    )


def get_reseller(tenant: str) -> Reseller | None:
    item = dynamo.get(reseller_key(tenant))
    return read_reseller(tenant, item) if item else None


def people(
    resellers: Iterable[str], customers: Iterable[tuple[str, str]]
) -> tuple[dict[str, Reseller], dict[tuple[str, str], Customer]]:
    """Resellers by tenant and customers by (tenant, id), in one read for each hundred."""
    tenants = {reseller_key(tenant): tenant for tenant in resellers}
    wanted = {customer_key(*one): one for one in customers if one[1]}
    found = dynamo.batch_get([*tenants, *wanted])
    return (
        {name: read_reseller(name, found[key]) for key, name in tenants.items() if key in found},
        {one: read_customer(found[key]) for key, one in wanted.items() if key in found},
    )


def put_key(tenant: str, key: ApiKey) -> Put:
    return Put(
        _item(
            _key(tenant, "KEY", key.id),
            id=key.id,
            name=key.name,
            hash=key.hash,
            scopes=list(key.scopes),
            customer=key.customer,
            created_at=key.created_at,
            revoked_at=key.revoked_at,
        ),
        label="key",
    )


def revoke_key(tenant: str, key_id: str, at: str) -> dynamo.Update:
    return dynamo.Update(
        _key(tenant, "KEY", key_id), put={"revoked_at": at}, when=({"revoked_at": ""},)
    )


def read_key(item: Item) -> ApiKey:
    return ApiKey(
        id=item["id"],
        name=item["name"],
        hash=item["hash"],
        scopes=tuple(item["scopes"]),
        customer=item["customer"],
        created_at=item["created_at"],
        revoked_at=item["revoked_at"],
    )


def get_key(tenant: str, key_id: str) -> ApiKey | None:
    item = dynamo.get(_key(tenant, "KEY", key_id))
    return read_key(item) if item else None


def list_keys(tenant: str) -> list[ApiKey]:
    return [read_key(item) for item in dynamo.query(keys.pk(tenant), prefix="KEY#")]
