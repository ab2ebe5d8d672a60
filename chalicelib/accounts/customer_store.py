"""Items of a tenant's customers.

pk T#<tenant>            sk CUSTOMER#<id>      a customer: what is asked of him at every document
                         sk FISCAL#<id>        which customer has this VAT id or tax code (claim)
pk T#<tenant>#C#<id>     sk PROFILE            his own data, the personal ones sealed
                         sk NOTE#<at>#<id>     a note, sealed; never changed
                         sk NOTED#<id>         that it was written, and when
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from chalicelib.accounts import profile as profiles
from chalicelib.accounts.customer import CHANNELS, Customer, Note
from chalicelib.accounts.profile import Profile
from chalicelib.base import dynamo, fields, keys
from chalicelib.base.dynamo import Delete, Item, Key, Op, Put, Update

_SEALED = "sealed"


def customer_key(tenant: str, customer: str) -> Key:
    return keys.pk(tenant), keys.sk("CUSTOMER", customer)


def fiscal_key(tenant: str, fiscal_id: str) -> Key:
    return keys.pk(tenant), keys.sk("FISCAL", fiscal_id.upper())


def partition(tenant: str, customer: str) -> str:
    """Where everything else about a customer stands."""
    return keys.pk(tenant, "C", customer)


def profile_key(tenant: str, customer: str) -> Key:
    return partition(tenant, customer), "PROFILE"


def put_customer(tenant: str, customer: Customer, old: Customer | None) -> list[Op]:
    """The customer and the claims on his fiscal ids: one belongs to one customer only."""
    pk, sk = customer_key(tenant, customer.id)
    had = set(old.fiscal_ids) if old else set()
    ops: list[Op] = [
        Put(
            {
                "pk": pk,
                "sk": sk,
                "id": customer.id,
                "name": customer.name,
                "fiscal_ids": list(customer.fiscal_ids),
                "mail": customer.mail,
                "notify": customer.notify,
                "formats": list(customer.formats),
                "channels": list(customer.channels),
                "signature": customer.signature,
                "sending": customer.sending,
                "health": customer.health,
                "sections": list(customer.sections),
                "form": customer.form,
                "portal": customer.portal,
                "activated": list(customer.activated),
                "created_at": customer.created_at,
                "version": (old.version if old else 0) + 1,
            },
            when=({"version": old.version},) if old else dynamo.NEW,
            label="customer",
        )
    ]
    ops += [
        Put(_claim(tenant, one, customer.id), label=f"fiscal:{one}")
        for one in customer.fiscal_ids
        if one not in had
    ]
    ops += [
        Delete(fiscal_key(tenant, one), label=f"fiscal:{one}")
        for one in sorted(had - set(customer.fiscal_ids))
    ]
    return ops


def set_activated(tenant: str, old: Customer, activated: tuple[str, ...]) -> Update:
    """Another set of products; fails on label `customer` when he was changed meanwhile."""
    return Update(
        customer_key(tenant, old.id),
        put={"activated": list(activated)},
        add={"version": 1},
        when=({"version": old.version},),
        label="customer",
    )


def _claim(tenant: str, fiscal_id: str, customer: str) -> Item:
    pk, sk = fiscal_key(tenant, fiscal_id)
    return {"pk": pk, "sk": sk, "customer": customer}


def read_customer(item: Item) -> Customer:
    return Customer(
        id=item["id"],
        name=item["name"],
        fiscal_ids=tuple(item["fiscal_ids"]),
        mail=item["mail"],
        notify=item["notify"],
        formats=tuple(item["formats"]),
        channels=tuple(item.get("channels", CHANNELS)),
        signature=item.get("signature", "house"),
        sending=item.get("sending", "house"),
        health=item.get("health", False),
        sections=tuple(item.get("sections", ())),
        form=item.get("form", ""),
        portal=item.get("portal", "none"),
        activated=tuple(item.get("activated", ())),
        created_at=item["created_at"],
        version=item["version"],
    )


def get_customer(tenant: str, customer: str) -> Customer | None:
    item = dynamo.get(customer_key(tenant, customer))
    return read_customer(item) if item else None


def list_customers(tenant: str, after: str = "", limit: int = 0) -> Iterable[Customer]:
    """In order of id, after the one given; read as far as they are asked for."""
    low = keys.sk("CUSTOMER", after) + "\x00" if after else "CUSTOMER#"
    found = dynamo.query(keys.pk(tenant), between=(low, "CUSTOMER$"), limit=limit)
    return (read_customer(item) for item in found)


def customer_of(tenant: str, fiscal_ids: Iterable[str]) -> str:
    """Id of the customer who has one of these fiscal ids; "" when nobody has."""
    wanted = [fiscal_key(tenant, one) for one in fiscal_ids if one]
    found = dynamo.batch_get(wanted)
    for key in wanted:
        if key in found:
            return str(found[key]["customer"])
    return ""


# ------------------------------------------------------------------ his own data
def put_profile(tenant: str, customer: str, profile: Profile) -> Put:
    """The whole of it. What is personal is one sealed text, bound to this customer."""
    plain = {name: value for name in profiles.FIELDS if (value := getattr(profile, name))}
    personal = {name: plain.pop(name) for name in profiles.sensitive(profile) if name in plain}
    item: Item = {
        "pk": partition(tenant, customer),
        "sk": "PROFILE",
        "form": profile.form,
        "fields": plain,
    }
    if personal:
        text = json.dumps(personal, ensure_ascii=False)
        item[_SEALED] = fields.seal(tenant, "customer", customer, "profile", text)
    return Put(item, when=dynamo.ANY, label="profile")


def drop_profile(tenant: str, customer: str) -> Delete:
    """There is none any more, or was none."""
    return Delete(profile_key(tenant, customer), when=dynamo.ANY, label="profile")


def get_profile(tenant: str, customer: str) -> Profile | None:
    """Raises as `fields.unseal` when the tenant's key is gone."""
    item = dynamo.get(profile_key(tenant, customer))
    if item is None:
        return None
    values: dict[str, Any] = dict(item["fields"])
    if _SEALED in item:
        text = fields.unseal(tenant, "customer", customer, "profile", item[_SEALED])
        values |= json.loads(text)
    return Profile(form=item["form"], **values)


# ------------------------------------------------------------------ notes
def put_note(tenant: str, customer: str, note: Note) -> list[Op]:
    """Written once: a note of the same id fails on label `note`, and shows when it was written."""
    pk = partition(tenant, customer)
    sealed = fields.seal(tenant, "note", note.id, "text", note.text)
    written: Item = {"pk": pk, "sk": keys.sk("NOTE", note.at, note.id), "by": note.by}
    once: Item = {"pk": pk, "sk": keys.sk("NOTED", note.id), "at": note.at}
    return [Put(once, label="note"), Put({**written, _SEALED: sealed})]


def get_note(tenant: str, customer: str, note: str, at: str) -> Note | None:
    item = dynamo.get((partition(tenant, customer), keys.sk("NOTE", at, note)))
    return _note(tenant, item) if item else None


def list_notes(tenant: str, customer: str, before: str, limit: int) -> list[Note]:
    """The newest first; `before` is `<at>#<id>` of the last one seen, "" to begin."""
    high = keys.sk("NOTE", *before.split("#")) if before else "NOTE$"
    # The one that was seen is read again: a range holds both its ends.
    found = dynamo.query(
        partition(tenant, customer), between=("NOTE#", high), descending=True, limit=limit + 1
    )
    return [_note(tenant, item) for item in found if item["sk"] != high][:limit]


def _note(tenant: str, item: Item) -> Note:
    _, at, note = item["sk"].split("#")
    text = fields.unseal(tenant, "note", note, "text", item[_SEALED])
    return Note(id=note, text=text, by=item["by"], at=at)
