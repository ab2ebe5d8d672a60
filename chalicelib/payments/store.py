"""A body's setting and its services in the table.

T#<tenant>#BODY           SETTING             the setting; in the list of all bodies
T#<tenant>#BODY           SERVICE#<code>      a service
T#_house#CREDITOR#<code>  SEGREGATION#<nn>    whose a fiscal code with a segregation code is
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Check, Delete, Item, Key, Put
from chalicelib.payments import numbers
from chalicelib.payments.body import MODES, Account, Body, Contacts, Segregation, Service
from chalicelib.payments.forms import Choice, Field, Texts
from chalicelib.payments.notice.model import Postal
from chalicelib.payments.prices import Fixed, Free, Price, Tariff
from chalicelib.payments.prices import Item as Line

_KEYS = ("pk", "sk", "list_pk", "list_sk")
_DIRECTORY = keys.pk(keys.HOUSE, "BODIES")


def _partition(tenant: str) -> str:
    return keys.pk(tenant, "BODY")


def setting_key(tenant: str) -> Key:
    """Where the setting is, for those who read it together with other things."""
    return _partition(tenant), keys.sk("SETTING")


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def _plain(value: Any) -> Any:
    """Days as text, tuples as lists: what the table holds."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


# ------------------------------------------------------------------ the setting
def put_body(tenant: str, body: Body) -> Put:
    """Write the version after the one that `body` was read with."""
    pk, sk = setting_key(tenant)
    item = _plain(asdict(body)) | {"pk": pk, "sk": sk, "version": body.version + 1}
    # In the list of all bodies, by name: what the portal opens with.
    item |= {"list_pk": _DIRECTORY, "list_sk": keys.sk(body.name.casefold(), tenant)}
    return Put(item, when=_same(body.version), label="body")


def get_body(tenant: str) -> Body | None:
    """The setting; None when there is none yet."""
    item = dynamo.get(setting_key(tenant))
    return None if item is None else read_body(item)


def list_bodies() -> list[tuple[str, Body]]:
    """Every body of the house with its tenant, by name; as old as an index may be (seconds)."""
    found = dynamo.query(_DIRECTORY, index="list")
    return [(keys.tenant_of(item["pk"]), read_body(item)) for item in found]


def read_body(item: Item) -> Body:
    """What the item of `setting_key` says."""
    fields = {name: value for name, value in item.items() if name not in _KEYS}
    segregations = (
        Segregation(**{**one, "stations": tuple(one["stations"])}) for one in item["segregations"]
    )
    until = item["outside_until"]
    return Body(
        **{
            **fields,
            "segregations": tuple(segregations),
            "accounts": tuple(Account(**one) for one in item["accounts"]),
            "postal": Postal(**item["postal"]) if item["postal"] else None,
            "contacts": Contacts(**item["contacts"]),
            "outside_until": date.fromisoformat(until) if until else None,
            "modes": tuple(item.get("modes", MODES)),
        }
    )


# ------------------------------------------------------------------ whose numbers they are
def claim_key(creditor: str, segregation: str) -> Key:
    """Where it stands whose they are: its attribute `tenant`."""
    return keys.pk(keys.HOUSE, "CREDITOR", creditor), keys.sk("SEGREGATION", segregation)


def claim(tenant: str, creditor: str, segregation: str) -> Put:
    """Take a fiscal code with a segregation code for this tenant; taking it again is the same."""
    pk, sk = claim_key(creditor, segregation)
    item = {"pk": pk, "sk": sk, "tenant": tenant}
    when: dynamo.Condition = ({"pk": dynamo.ABSENT}, {"tenant": tenant})
    return Put(item, when=when, label=f"claim:{segregation}")


def unclaim(tenant: str, creditor: str, segregation: str) -> tuple[Delete, Check]:
    """Give it back, provided that no IUV was ever made under it."""
    mine: dynamo.Condition = ({"tenant": tenant},)
    unused: dynamo.Condition = ({"pk": dynamo.ABSENT},)
    counter = numbers.key_of(tenant, creditor, segregation)
    return (
        Delete(claim_key(creditor, segregation), when=mine, label=f"unclaim:{segregation}"),
        Check(counter, unused, label=f"used:{segregation}"),
    )


def owner_of(creditor: str, segregation: str) -> str:
    """The tenant whose numbers these are, "" for nobody."""
    item = dynamo.get(claim_key(creditor, segregation))
    return item["tenant"] if item else ""


def owners_of(creditor: str) -> dict[str, str]:
    """The segregation codes under which a fiscal code is known here, and whose each is."""
    found = dynamo.query(claim_key(creditor, "")[0], prefix=keys.sk("SEGREGATION", ""))
    return {item["sk"].rpartition("#")[2]: item["tenant"] for item in found}


def holds_claim(tenant: str, creditor: str, segregation: str) -> Check:
    """Part of every commit that stores IUVs: the numbers are still this tenant's to make."""
    return Check(claim_key(creditor, segregation), ({"tenant": tenant},), label="claim")


# ------------------------------------------------------------------ services
def _service_key(tenant: str, code: str) -> Key:
    return _partition(tenant), keys.sk("SERVICE", code)


def put_service(tenant: str, service: Service) -> Put:
    """Write the version after the one that `service` was read with."""
    pk, sk = _service_key(tenant, service.code)
    item = {
        "pk": pk,
        "sk": sk,
        "code": service.code,
        "subject": service.subject,
        "taxonomy": service.taxonomy,
        "iban": service.iban,
        "chapter": service.chapter,
        "price": _written_price(service.price),
        "active": service.active,
        "description": asdict(service.description),
        "form": _plain([asdict(one) for one in service.form]),
        "version": service.version + 1,
        "stamp": service.stamp,
    }
    return Put(item, when=_same(service.version), label="service")


def _written_price(price: Price | None) -> Item | None:
    if price is None:
        return None
    kind = {Fixed: "fixed", Tariff: "tariff", Free: "free"}[type(price)]
    found: Item = _plain(asdict(price)) | {"kind": kind}
    return found


def _read_price(item: Item | None) -> Price | None:
    if item is None:
        return None
    fields = {name: value for name, value in item.items() if name != "kind"}
    if item["kind"] == "tariff":
        return Tariff(tuple(Line(**one) for one in item["items"]))
    return Fixed(**fields) if item["kind"] == "fixed" else Free(**fields)


def _read_service(item: Item) -> Service:
    fields = {name: value for name, value in item.items() if name not in ("pk", "sk", "price")}
    fields["description"] = Texts(**item["description"])
    fields["form"] = tuple(_read_field(one) for one in item["form"])
    return Service(**fields, price=_read_price(item["price"]))


def _read_field(item: Item) -> Field:
    choices = (Choice(one["code"], Texts(**one["label"])) for one in item["choices"])
    return Field(**item | {"label": Texts(**item["label"]), "choices": tuple(choices)})


def get_service(tenant: str, code: str) -> Service | None:
    item = dynamo.get(_service_key(tenant, code))
    return None if item is None else _read_service(item)


def list_services(tenant: str) -> list[Service]:
    """All of them, by code; there are BODY_SERVICES at most."""
    found = dynamo.query(_partition(tenant), prefix=keys.sk("SERVICE", ""))
    return [_read_service(item) for item in found]
