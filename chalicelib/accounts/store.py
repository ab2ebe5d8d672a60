"""Items of the accounts domain.

pk T#<tenant>  sk TENANT           the reseller
               sk CUSTOMER#<id>    a customer
               sk FISCAL#<id>      which customer has this VAT id or tax code (claim)
               sk KEY#<id>         an API key
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.accounts.model import ApiKey, Customer, Reseller, Webhook
from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Delete, Item, Key, Op, Put


def _key(tenant: str, *parts: str) -> Key:
    return keys.pk(tenant), keys.sk(*parts)


def reseller_key(tenant: str) -> Key:
    return _key(tenant, "TENANT")


def customer_key(tenant: str, customer: str) -> Key:
    return _key(tenant, "CUSTOMER", customer)


def fiscal_key(tenant: str, fiscal_id: str) -> Key:
    return _key(tenant, "FISCAL", fiscal_id.upper())


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


def put_customer(tenant: str, customer: Customer, old: Customer | None) -> list[Op]:
    """The customer and the claims on his fiscal ids: one belongs to one customer only."""
    key = customer_key(tenant, customer.id)
    had = set(old.fiscal_ids) if old else set()
    ops: list[Op] = [
        Put(
            _item(
                key,
                id=customer.id,
                name=customer.name,
                fiscal_ids=list(customer.fiscal_ids),
                mail=customer.mail,
                notify=customer.notify,
                formats=list(customer.formats),
                signature=customer.signature,
                sending=customer.sending,
                sections=list(customer.sections),
                created_at=customer.created_at,
                version=(old.version if old else 0) + 1,
            ),
            when=_same_version(old.version if old else 0),
            label="customer",
        )
    ]
    ops += [
        Put(_item(fiscal_key(tenant, one), customer=customer.id), label=f"fiscal:{one}")
        for one in customer.fiscal_ids
        if one not in had
    ]
    ops += [
        Delete(fiscal_key(tenant, one), label=f"fiscal:{one}")
        for one in sorted(had - set(customer.fiscal_ids))
    ]
    return ops


def read_customer(item: Item) -> Customer:
    return Customer(
        id=item["id"],
        name=item["name"],
        fiscal_ids=tuple(item["fiscal_ids"]),
        mail=item["mail"],
        notify=item["notify"],
        formats=tuple(item["formats"]),
        signature=item.get("signature", "house"),
        sending=item.get("sending", "house"),
        sections=tuple(item.get("sections", ())),
        created_at=item["created_at"],
        version=item["version"],
    )


def get_customer(tenant: str, customer: str) -> Customer | None:
    item = dynamo.get(customer_key(tenant, customer))
    return read_customer(item) if item else None


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


def list_customers(tenant: str, after: str = "", limit: int = 0) -> list[Customer]:
    """In order of id, after the one given."""
    low = keys.sk("CUSTOMER", after) + "\x00" if after else "CUSTOMER#"
    found = dynamo.query(keys.pk(tenant), between=(low, "CUSTOMER$"), limit=limit)
    return [read_customer(item) for item in found]


def customer_of(tenant: str, fiscal_ids: Iterable[str]) -> str:
    """Id of the customer who has one of these fiscal ids; "" when nobody has."""
    wanted = [fiscal_key(tenant, one) for one in fiscal_ids if one]
    found = dynamo.batch_get(wanted)
    for key in wanted:
        if key in found:
            return str(found[key]["customer"])
    return ""


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
