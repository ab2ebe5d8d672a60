"""Receipts in the table.

T#<tenant>#RECEIPT#<name>   RECEIPT#<creditor>               a receipt; in the list of all
T#<tenant>#POSITION#<id>    RECEIPT#<received>#<creditor>#…  which receipts a position has
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from chalicelib.base import dynamo, fields, ids, keys
from chalicelib.base.dynamo import Item, Key, Op, Put
from chalicelib.payments.positions import store as positions
from chalicelib.payments.receipts.model import Receipt, ReceiptTransfer, Subject

_KEYS = ("pk", "sk", "list_pk", "list_sk", "people")
_SEALED = ("debtor", "payer", "note")


def name_of(receipt_id: str) -> str:
    """The id as it may stand in an address: as it is, or a name derived from it. A name is its own
    name, so whoever has either finds the receipt."""
    return receipt_id if ids.is_safe(receipt_id) else ids.derive("receipt", receipt_id)


def partition(tenant: str, receipt_id: str) -> str:
    return keys.pk(tenant, "RECEIPT", name_of(receipt_id))


def key_of(tenant: str, creditor: str, receipt_id: str) -> Key:
    return partition(tenant, receipt_id), keys.sk("RECEIPT", creditor)


def born(tenant: str, receipt: Receipt) -> list[Op]:
    """A receipt, new under its creditor and id, and its place in its position: 1 or 2.

    Its label in a failed commit is "receipt".
    """
    pk, sk = key_of(tenant, receipt.creditor, receipt.id)
    said = asdict(receipt)
    people = {name: said.pop(name) for name in _SEALED}
    item = _plain(said) | {
        "pk": pk,
        "sk": sk,
        "list_pk": keys.pk(tenant, "RECEIPTS"),
        "list_sk": keys.sk(
            receipt.received_at, ids.derive("receipt", receipt.creditor, receipt.id)
        ),
        "people": fields.seal(
            tenant, "receipt", f"{receipt.creditor}#{receipt.id}", "people",
            json.dumps(people, ensure_ascii=False, sort_keys=True),
        ),
    }  # fmt: skip
    ops: list[Op] = [Put(item, label="receipt")]
    if receipt.position:
        pointer = {
            "pk": positions.position_key(tenant, receipt.position)[0],
            "sk": keys.sk("RECEIPT", receipt.received_at, receipt.creditor, receipt.id),
            "receipt": receipt.id,
            "creditor": receipt.creditor,
        }
        ops.append(Put(pointer, label="receipt_of"))
    return ops


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def read(tenant: str, item: Item) -> Receipt:
    """What the item says, persons opened."""
    said = {name: value for name, value in item.items() if name not in _KEYS}
    entity = f"{item['creditor']}#{item['id']}"
    people = json.loads(fields.unseal(tenant, "receipt", entity, "people", item["people"]))
    for name in ("debtor", "payer"):
        people[name] = Subject(**people[name]) if people[name] else None
    transfers = tuple(
        ReceiptTransfer(**one | {"metadata": _pairs(one["metadata"])}) for one in item["transfers"]
    )
    return Receipt(**said | people | {"transfers": transfers, "metadata": _pairs(item["metadata"])})


def _pairs(value: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in value)


def get(tenant: str, receipt_id: str, creditor: str = "") -> Receipt | None:
    """By its id; payment tokens are unique at the node, so the creditor may be left out."""
    if creditor:
        item = dynamo.get(key_of(tenant, creditor, receipt_id))
    else:
        found = dynamo.query(partition(tenant, receipt_id), prefix=keys.sk("RECEIPT", ""), limit=1)
        item = next(iter(found), None)
    return None if item is None else read(tenant, item)


def of_position(tenant: str, position_id: str) -> list[Receipt]:
    """In the order in which they came."""
    where = positions.position_key(tenant, position_id)[0]
    wanted = [
        key_of(tenant, row["creditor"], row["receipt"])
        for row in dynamo.query(where, prefix=keys.sk("RECEIPT", ""))
    ]
    found = dynamo.batch_get(wanted)
    return [read(tenant, found[key]) for key in wanted]


def list_items(tenant: str, after: str = "", page: int = 0) -> Iterator[Item]:
    """The items of all, the latest first, unopened; below `after`, a place in the list."""
    between = ("0", after) if after else None
    found = dynamo.query(
        keys.pk(tenant, "RECEIPTS"), between=between, index="list", descending=True, page=page
    )
    for item in found:
        if item["list_sk"] != after:
            yield item
