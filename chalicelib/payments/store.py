"""A body's setting and its services in the table.

T#<tenant>#BODY           SETTING             the setting
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
from chalicelib.payments.body import Account, Body, Contacts, Segregation, Service
from chalicelib.payments.notice.model import Postal
from chalicelib.payments.prices import Fixed, Free, Price, Tariff
from chalicelib.payments.prices import Item as Line


def _partition(tenant: str) -> str:
    return keys.pk(tenant, "BODY")


def _setting(tenant: str) -> Key:
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
    pk, sk = _setting(tenant)
    item = _plain(asdict(body)) | {"pk": pk, "sk": sk, "version": body.version + 1}
    return Put(item, when=_same(body.version), label="body")


def get_body(tenant: str) -> Body | None:
    """The setting; None when there is none yet."""
    item = dynamo.get(_setting(tenant))
    return None if item is None else _read_body(item)


def _read_body(item: Item) -> Body:
    fields = {name: value for name, value in item.items() if name not in ("pk", "sk")}
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
        }
    )


# ------------------------------------------------------------------ whose numbers they are
def _claim_key(creditor: str, segregation: str) -> Key:
    return keys.pk(keys.HOUSE, "CREDITOR", creditor), keys.sk("SEGREGATION", segregation)


def claim(tenant: str, creditor: str, segregation: str) -> Put:
    """Take a fiscal code with a segregation code for this tenant; taking it again is the same."""
    pk, sk = _claim_key(creditor, segregation)
    item = {"pk": pk, "sk": sk, "tenant": tenant}
    when: dynamo.Condition = ({"pk": dynamo.ABSENT}, {"tenant": tenant})
    return Put(item, when=when, label=f"claim:{segregation}")


def unclaim(tenant: str, creditor: str, segregation: str) -> tuple[Delete, Check]:
    """Give it back, provided that no IUV was ever made under it."""
    mine: dynamo.Condition = ({"tenant": tenant},)
    unused: dynamo.Condition = ({"pk": dynamo.ABSENT},)
    counter = numbers.key_of(tenant, creditor, segregation)
    return (
        Delete(_claim_key(creditor, segregation), when=mine, label=f"unclaim:{segregation}"),
        Check(counter, unused, label=f"used:{segregation}"),
    )


def holds_claim(tenant: str, creditor: str, segregation: str) -> Check:
    """Part of every commit that stores IUVs: the numbers are still this tenant's to make."""
    return Check(_claim_key(creditor, segregation), ({"tenant": tenant},), label="claim")


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
        "version": service.version + 1,
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
    return Service(**fields, price=_read_price(item["price"]))


def get_service(tenant: str, code: str) -> Service | None:
    item = dynamo.get(_service_key(tenant, code))
    return None if item is None else _read_service(item)


def list_services(tenant: str) -> list[Service]:
    """All of them, by code; there are BODY_SERVICES at most."""
    found = dynamo.query(_partition(tenant), prefix=keys.sk("SERVICE", ""))
    return [_read_service(item) for item in found]
