"""Orders of letters, their recipients and what is enclosed, in the table.

T#<tenant>#POSTAL#<run>   ORDER              an order; in the list of all
T#<tenant>#POSTAL#<run>   TO#<position>      a recipient, sealed
T#<tenant>#BODY           ENCLOSURE#<code>   a letter that may be enclosed
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.base import dynamo, fields, keys
from chalicelib.base.dynamo import Item, Key, Put
from chalicelib.payments.delivery.postal import Order, Recipient, Step


@dataclass(frozen=True)
class Enclosure:
    """A PDF of the body's that goes with letters; `sha256` names its bytes."""

    code: str
    file_name: str
    sha256: str
    size: int
    added_at: str


def partition(tenant: str, run: str) -> str:
    return keys.pk(tenant, "POSTAL", run)


def _order_key(tenant: str, run: str) -> Key:
    return partition(tenant, run), keys.sk("ORDER")


def put_order(tenant: str, order: Order, old_version: int) -> Put:
    """Write `order`, whose version is the new one, on the one that was read (0: it is new)."""
    pk, sk = _order_key(tenant, order.run)
    item: dict[str, Any] = asdict(order) | {
        "pk": pk,
        "sk": sk,
        "sample": list(order.sample),
        "attachments": list(order.attachments),
        "steps": [asdict(one) for one in order.steps],
        "list_pk": keys.pk(tenant, "POSTAL"),
        "list_sk": keys.sk(order.created_at, order.run),
    }
    when: dynamo.Condition = ({"version": old_version},) if old_version else dynamo.NEW
    return Put(item, when=when, label="order")


def _read_order(item: Item) -> Order:
    known = {
        name: value
        for name, value in item.items()
        if name not in ("pk", "sk", "list_pk", "list_sk")
    }
    return Order(
        **known
        | {
            "sample": tuple(item["sample"]),
            "attachments": tuple(item["attachments"]),
            "steps": tuple(Step(**one) for one in item["steps"]),
        }
    )


def get_order(tenant: str, run: str) -> Order | None:
    item = dynamo.get(_order_key(tenant, run))
    return None if item is None else _read_order(item)


def list_orders(tenant: str, limit: int) -> list[Order]:
    """The newest first."""
    found = dynamo.query(keys.pk(tenant, "POSTAL"), index="list", descending=True, limit=limit)
    return [_read_order(item) for item in found]


def put_recipient(tenant: str, run: str, one: Recipient) -> Put:
    """A line of the list; the same again takes its place."""
    item = {
        "pk": partition(tenant, run),
        "sk": keys.sk("TO", one.position),
        "sealed": fields.seal(
            tenant, "recipient", f"{run}:{one.position}", "line", json.dumps(asdict(one))
        ),
    }
    return Put(item, when=dynamo.ANY, label=f"to:{one.position}")


def list_recipients(tenant: str, run: str) -> Iterator[Recipient]:
    """In a fixed order."""
    for item in dynamo.query(partition(tenant, run), prefix=keys.sk("TO", "")):
        position = item["sk"].partition("#")[2]
        text = fields.unseal(tenant, "recipient", f"{run}:{position}", "line", item["sealed"])
        yield Recipient(**json.loads(text))


# ------------------------------------------------------------------ enclosures
def enclosure_key(tenant: str, code: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("ENCLOSURE", code)


def put_enclosure(tenant: str, one: Enclosure) -> Put:
    """The same code again takes its place; orders keep the one they were made with."""
    pk, sk = enclosure_key(tenant, one.code)
    return Put(asdict(one) | {"pk": pk, "sk": sk}, when=dynamo.ANY, label="enclosure")


def get_enclosure(tenant: str, code: str) -> Enclosure | None:
    item = dynamo.get(enclosure_key(tenant, code))
    return None if item is None else _read_enclosure(item)


def _read_enclosure(item: Item) -> Enclosure:
    return Enclosure(**{name: value for name, value in item.items() if name not in ("pk", "sk")})


def list_enclosures(tenant: str) -> list[Enclosure]:
    """By code."""
    found = dynamo.query(keys.pk(tenant, "BODY"), prefix=keys.sk("ENCLOSURE", ""))
    return [_read_enclosure(item) for item in found]
