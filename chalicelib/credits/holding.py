"""Items of the credits domain that come and go: holds, purses, what waits (keys: store.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

from chalicelib.base import dynamo, keys, limits
from chalicelib.base.dynamo import ANY, NEW, Condition, Delete, Item, Key, Put, Update
from chalicelib.credits.agenda import QUEUE
from chalicelib.credits.policy import Source


# --- what documents hold --------------------------------------------------------------------------
def hold_key(tenant: str, customer: str, product: str, lot: str, document: str) -> Key:
    return keys.pk(tenant, "CREDITS", "HELD", customer), keys.sk(product, lot, document)


def put_hold(
    tenant: str, customer: str, product: str, lot: str, document: str, source: str, at: str
) -> Put:
    """A document holds one credit of a product at most; it ends by `end_hold`, once."""
    pk, sk = hold_key(tenant, customer, product, lot, document)
    item = {
        "pk": pk,
        "sk": sk,
        "document": document,
        "product": product,
        "lot": lot,
        "source": source,
        "at": at,
    }
    return Put(item, label=f"credit:hold:{product}")


def end_hold(tenant: str, customer: str, product: str, lot: str, document: str) -> Delete:
    key = hold_key(tenant, customer, product, lot, document)
    return Delete(key, label=f"credit:hold:{product}")


def list_holds(tenant: str, customer: str) -> list[Item]:
    """What the documents of a customer hold now, by product and lot."""
    return list(dynamo.query(keys.pk(tenant, "CREDITS", "HELD", customer)))


# --- documents that wait --------------------------------------------------------------------------
@dataclass(frozen=True)
class Waiting:
    """A document without credit. `tenant` is the document's own: a practice's documents wait for
    the credits of its reseller (U-02)."""

    product: str
    received_at: str
    document: str
    tenant: str
    customer: str


def waiting_key(tenant: str, product: str, received_at: str, document: str) -> Key:
    return keys.pk(tenant, "CREDITS", "WAITING"), keys.sk(product, received_at, document)


def put_waiting(tenant: str, one: Waiting) -> Put:
    pk, sk = waiting_key(tenant, one.product, one.received_at, one.document)
    return Put({**asdict(one), "pk": pk, "sk": sk}, when=ANY, label="waiting")


def end_waiting(tenant: str, product: str, received_at: str, document: str) -> Delete:
    return Delete(waiting_key(tenant, product, received_at, document), when=ANY, label="waiting")


def list_waiting(tenant: str, product: str, after: str = "") -> Iterator[Waiting]:
    """In order of arrival, behind a position (`<received_at>#<document>`); read as asked for."""
    pk, low = keys.pk(tenant, "CREDITS", "WAITING"), keys.sk(product, "")
    range_ = (f"{low}{after}~" if after else low, f"{low}~")
    for item in dynamo.query(pk, between=range_, page=limits.CREDIT_RELEASED_AT_ONCE):
        yield Waiting(**{field.name: item[field.name] for field in fields(Waiting)})


# --- purses --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Purse:
    """Credits of one lot that one run has set aside. `taken` counts all it ever took, `version`
    its fillings; `customer` is whose they were where the source is his own."""

    name: str
    product: str
    source: Source
    customer: str
    lot: str
    left: int
    taken: int
    version: int


def purse_key(tenant: str, name: str) -> Key:
    return keys.pk(tenant, "CREDITS", "PURSE", name), "PURSE"


def put_purse(tenant: str, purse: Purse) -> Put:
    """A new one, or one that is empty filled again; label `credit:purse:<product>`."""
    pk, sk = purse_key(tenant, purse.name)
    item = {**asdict(purse), "pk": pk, "sk": sk}
    old = purse.version - 1
    when: Condition = ({"version": old, "left": 0},) if old else NEW
    return Put(item, when=when, label=f"credit:purse:{purse.product}")


def read_purse(item: Item) -> Purse:
    return Purse(**{field.name: item[field.name] for field in fields(Purse)})


def get_purse(tenant: str, name: str) -> Purse | None:
    item = dynamo.get(purse_key(tenant, name))
    return read_purse(item) if item else None


def take_from_purse(tenant: str, purse: Purse) -> Update:
    """One credit; fails on `credit:purse:<product>` when it is empty, filled anew or gone."""
    return Update(
        purse_key(tenant, purse.name),
        add={"left": -1},
        when=({"version": purse.version, "left": dynamo.at_least(1)},),
        label=f"credit:purse:{purse.product}",
    )


def end_purse(tenant: str, purse: Purse) -> Delete:
    return Delete(
        purse_key(tenant, purse.name),
        when=({"version": purse.version, "left": purse.left},),
        label="purse",
    )


def purse_task_key(tenant: str, name: str) -> Key:
    return keys.pk(tenant, "CREDITS", "WORK"), keys.sk("W", QUEUE, f"purse-{name}")
