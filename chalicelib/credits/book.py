"""Items of the credits domain that only grow: entries, sums, consumption (keys: store.py)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Final

from chalicelib.base import dynamo, keys, limits
from chalicelib.base.dynamo import ANY, Item, Put, Update
from chalicelib.credits.ledger import Entry
from chalicelib.credits.store import own_partition

_SUMS: Final = ("assigned", "held", "consumed", "expired", "refunded", "settled")


def _shard(name: str) -> str:
    return f"{zlib.crc32(name.encode()) % limits.CREDIT_SHARDS:02d}"


# --- entries -------------------------------------------------------------------------------------
def post(tenant: str, entry: Entry) -> Put:
    """An entry. It is never changed: there is no function for that."""
    item: Item = {name: value for name, value in asdict(entry).items() if value != ""}
    item |= {
        "pk": keys.pk(tenant, "CREDITS", "BOOK", entry.month),
        "sk": keys.sk(entry.at, entry.id),
        "list_pk": keys.pk(tenant, "CREDITS", "FOR", entry.reference),
        "state_pk": keys.pk(tenant, "CREDITS", "LOT", entry.product, entry.lot),
        "list_sk": entry.sort,
    }
    if entry.customer:
        item["customer_pk"] = keys.pk(tenant, "CREDITS", "BY", entry.customer)
    return Put(item, label=f"entry:{entry.id}")


_ENTRY: Final = {field.name for field in fields(Entry)}


def read_entry(item: Item) -> Entry:
    return Entry(**{name: value for name, value in item.items() if name in _ENTRY})


def entries_of_month(
    tenant: str, month: str, low: str, high: str, *, page: int = 0
) -> Iterator[Entry]:
    """A month of the book, newest first, between two positions (`<at>#<id>`)."""
    pk = keys.pk(tenant, "CREDITS", "BOOK", month)
    found = dynamo.query(pk, between=(low, high), descending=True, page=page)
    return (read_entry(item) for item in found)


def entries_for(
    tenant: str, index: str, names: tuple[str, ...], low: str, high: str, *, page: int = 0
) -> Iterator[Entry]:
    """Entries of one customer (`index` "customer"), one lot ("state": product and lot) or one
    reference ("list"), newest first. An index follows within a second or so."""
    kind = {"customer": "BY", "state": "LOT", "list": "FOR"}[index]
    pk = keys.pk(tenant, "CREDITS", kind, *names)
    found = dynamo.query(pk, index=index, between=(low, high), descending=True, page=page)
    return (read_entry(item) for item in found)


# --- sums ----------------------------------------------------------------------------------------
def add_to_sums(tenant: str, product: str, lot: str, by: str, **more: int) -> Update:
    """Add to a lot's sums, on the shard that `by` (a document, a purse) falls on."""
    assert more.keys() <= set(_SUMS), more
    key = keys.pk(tenant, "CREDITS", "SUMS"), keys.sk(product, lot, _shard(by))
    return Update(
        key, put={"product": product, "lot": lot}, add=more, when=ANY, label=f"sums:{product}:{lot}"
    )


def sums(tenant: str, product: str = "") -> dict[tuple[str, str], dict[str, int]]:
    """The sums of each (product, lot), shards together; of one product when it is named."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    prefix = keys.sk(product, "") if product else ""
    for item in dynamo.query(keys.pk(tenant, "CREDITS", "SUMS"), prefix=prefix):
        one = found.setdefault((item["product"], item["lot"]), {})
        for name in _SUMS:
            one[name] = one.get(name, 0) + item.get(name, 0)
    return found


def add_to_customer(
    tenant: str, customer: str, product: str, lot: str, day: date, by: str, *, own: bool
) -> Update:
    """One more credit that a customer consumed on a day (of Rome); `own`: one assigned to him."""
    sort = keys.sk(day.isoformat(), product, lot, _shard(by))
    return Update(
        (own_partition(tenant, customer), f"SUM#{sort}"),
        put={
            "day": day.isoformat(),
            "customer": customer,
            "product": product,
            "lot": lot,
            "list_pk": keys.pk(tenant, "CREDITS", "DAYS"),
            "list_sk": keys.sk(day.isoformat(), customer, product, lot, _shard(by)),
        },
        add={"consumed": 1, "own": int(own)},
        when=ANY,
        label=f"consumed:{product}",
    )


@dataclass(frozen=True)
class Consumed:
    """Credits that a customer consumed of one lot on one day; `own`: assigned to him before."""

    day: str
    customer: str
    product: str
    lot: str
    quantity: int
    own: int


def _consumed(found: Iterator[Item]) -> list[Consumed]:
    sums: dict[tuple[str, str, str, str], list[int]] = {}
    for item in found:
        key = item["day"], item["customer"], item["product"], item["lot"]
        one = sums.setdefault(key, [0, 0])
        one[0] += item["consumed"]
        one[1] += item["own"]
    return [Consumed(*key, *one) for key, one in sums.items()]


def consumed_by(tenant: str, customer: str, since: str, until: str) -> list[Consumed]:
    """What a customer consumed between two days (`2026-11-01`), both included; in order of day."""
    days = f"SUM#{since}", f"SUM#{until}~"
    return _consumed(dynamo.query(own_partition(tenant, customer), between=days))


def consumed_on(tenant: str, since: str, until: str) -> list[Consumed]:
    """The same of all customers. The index follows within a second or so."""
    pk = keys.pk(tenant, "CREDITS", "DAYS")
    return _consumed(dynamo.query(pk, index="list", between=(since, f"{until}~")))
