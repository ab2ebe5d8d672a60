"""The books of a body in the table.

T#<tenant>#POSTING             SETTING                how it posts
T#<tenant>#POSTING             HEAD                   numbers, closed period, last entry
T#<tenant>#POSTING             SUM#<account>          what the entries come to
T#<tenant>#POSTING#RUN#<id>    RUN                    a run over a statement or a flow
T#<tenant>#PAYMENT#<id>        POSTING                a payment as the books have it
T#<tenant>#ORDER#<id>          ORDER                  a reversale; in the list of all
T#<tenant>#POSITION#<id>       ORDER#<order>          an order that posted a payment of it
T#<tenant>#JOURNAL             <seq>                  an entry; only ever added
T#<tenant>#DUE#<id>            COLLECTED#<order>      what an order brought of an assessment
T#<tenant>#DUE#<id>            ASSESSMENT             one that an order made with itself
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final, Literal

from chalicelib.accounting.posting.ledger import Entry, Leg, State
from chalicelib.accounting.posting.model import (
    Classification,
    Draft,
    Line,
    Order,
    Said,
    Setting,
    Standing,
    order_id,
)
from chalicelib.accounting.posting.numbering import Head, Last
from chalicelib.base import dynamo, fields, ids, keys
from chalicelib.base.dynamo import Item, Key, Put, Update
from chalicelib.payments.positions import store as positions

Mode = Literal["statement", "flow", "payments"]
RunState = Literal["posting", "posted"]
_KEYS: Final = frozenset({"pk", "sk", "list_pk", "list_sk", "customer_pk", "state_pk"})


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def _fields(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _KEYS}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _books(tenant: str) -> str:
    return keys.pk(tenant, "POSTING")


# ------------------------------------------------------------------ setting and head
def put_setting(tenant: str, setting: Setting) -> Put:
    """Write the version after the one that `setting` was read with."""
    item = _plain(asdict(setting)) | {"version": setting.version + 1}
    key = {"pk": _books(tenant), "sk": "SETTING"}
    return Put(item | key, when=_same(setting.version), label="setting")


def get_setting(tenant: str) -> Setting:
    """What the body said, or what holds for all."""
    item = dynamo.get((_books(tenant), "SETTING"))
    if item is None:
        return Setting()
    known = {name: Classification(**one) for name, one in item["classifications"].items()}
    return Setting(**_fields(item) | {"classifications": known})


def put_head(tenant: str, head: Head) -> Put:
    """Write the head, whose version is the new one; "head" in a failed commit."""
    item: Item = {
        "pk": _books(tenant),
        "sk": "HEAD",
        "seq": head.seq,
        "closed_until": head.closed_until.isoformat() if head.closed_until else None,
        "years": {str(year): _plain(asdict(last)) for year, last in head.years.items()},
        "version": head.version,
    }
    return Put(item, when=_same(head.version - 1), label="head")


def get_head(tenant: str) -> Head:
    item = dynamo.get((_books(tenant), "HEAD"))
    if item is None:
        return Head()
    years = {
        int(year): Last(last["number"], date.fromisoformat(last["day"]))
        for year, last in item["years"].items()
    }
    return Head(item["seq"], _day(item["closed_until"]), years, item["version"])


def add_to_sum(tenant: str, account: str, cents: int) -> Update:
    key = _books(tenant), keys.sk("SUM", account)
    return Update(
        key, put={"account": account}, add={"cents": cents}, when=dynamo.ANY, label=f"sum:{account}"
    )


def sums(tenant: str) -> dict[str, int]:
    """What each account comes to."""
    found = dynamo.query(_books(tenant), prefix=keys.sk("SUM", ""))
    return {item["account"]: item["cents"] for item in found}


# ------------------------------------------------------------------ the journal
def put_entry(tenant: str, entry: Entry) -> Put:
    """An entry. It is never changed: there is no function for that."""
    item = _plain(asdict(entry)) | {
        "pk": keys.pk(tenant, "JOURNAL"),
        "sk": f"{entry.seq:012d}",
    }
    return Put(item, label=f"entry:{entry.seq}")


def _read_entry(item: Item) -> Entry:
    return Entry(
        **_fields(item)
        | {
            "day": date.fromisoformat(item["day"]),
            "legs": tuple(Leg(**leg) for leg in item["legs"]),
        }
    )


def entries(tenant: str, after: int, limit: int = 0) -> Iterator[Entry]:
    """In order, from the one after `after` on."""
    low, high = f"{after + 1:012d}", "9" * 12
    found = dynamo.query(keys.pk(tenant, "JOURNAL"), between=(low, high), page=limit, limit=limit)
    return (_read_entry(item) for item in found)


def latest(tenant: str, before: int, page: int) -> Iterator[Entry]:
    """The newest first, from the one in front of `before` (0: from the last)."""
    high = f"{before - 1:012d}" if before else "9" * 12
    found = dynamo.query(
        keys.pk(tenant, "JOURNAL"), between=("0" * 12, high), page=page, descending=True
    )
    return (_read_entry(item) for item in found)


# ------------------------------------------------------------------ payments
@dataclass(frozen=True)
class Held:
    """A payment as the books have it: `cents` of its open or anomalous money, or of what its
    `orders` posted."""

    key: str
    state: State
    cents: int
    orders: tuple[str, ...] = ()
    version: int = 0


def payment_key(tenant: str, key: str) -> Key:
    return keys.pk(tenant, "PAYMENT", ids.derive("payment", key)), "POSTING"


def put_held(tenant: str, held: Held) -> Put:
    """Write the version after the one that was read."""
    pk, sk = payment_key(tenant, held.key)
    item = asdict(held) | {"pk": pk, "sk": sk, "version": held.version + 1}
    item["orders"] = list(held.orders)
    return Put(item, when=_same(held.version), label=f"payment:{held.key}")


def get_held(tenant: str, payments: Iterable[str]) -> dict[str, Held]:
    """As the books have each; what they never heard of is there as nothing."""
    wanted = {payment_key(tenant, one): one for one in payments}
    found = dynamo.batch_get(wanted)
    known = {
        item["key"]: Held(**_fields(item) | {"orders": tuple(item["orders"])})
        for item in found.values()
    }
    return {one: known.get(one, Held(one, "", 0)) for one in wanted.values()}


# ------------------------------------------------------------------ orders
def order_key(tenant: str, order: str) -> Key:
    return keys.pk(tenant, "ORDER", order), "ORDER"


def put_order(tenant: str, order: Order, together: Iterable[str]) -> Put:
    """A new one, or the version after the one that was read. `together`: the ids of the orders that
    were posted with it."""
    pk, sk = order_key(tenant, order.id)
    values = _plain(asdict(order))
    draft = values["draft"]
    # A counterpart may be a person's name.
    text = json.dumps(draft.pop("counterpart"))
    item = values | {
        "pk": pk,
        "sk": sk,
        "draft": draft,
        "cents": order.draft.cents,
        "counterpart": fields.seal(tenant, "order", order.id, "counterpart", text),
        "together": list(together),
        "list_pk": keys.pk(tenant, "ORDERS"),
        "list_sk": order.id,
    }
    if order.draft.flow_id:
        item["customer_pk"] = keys.pk(tenant, "ORDERS", "FLOW", order.draft.flow_id)
    return Put(item, when=_same(order.version - 1), label=f"order:{order.id}")


@dataclass(frozen=True)
class Kept:
    """An order and those that were posted with it, itself included."""

    order: Order
    together: tuple[str, ...]


def read_order(tenant: str, item: Item) -> Kept:
    name = order_id(item["year"], item["number"])
    said = item["draft"]
    text = fields.unseal(tenant, "order", name, "counterpart", item["counterpart"])
    draft = Draft(
        **said
        | {
            "day": date.fromisoformat(said["day"]),
            "bank_day": _day(said["bank_day"]),
            "lines": tuple(Line.of(line) for line in said["lines"]),
            "counterpart": json.loads(text),
        }
    )
    values = _fields(item)
    together = tuple(values.pop("together"))
    del values["cents"], values["counterpart"]
    told = values.get("treasury")
    standing = Standing(**told) if told else None
    return Kept(Order(**values | {"draft": draft, "treasury": standing}), together)


def get_orders(tenant: str, orders: Iterable[str]) -> dict[str, Kept]:
    """Those that are there, by id."""
    found = dynamo.batch_get(order_key(tenant, one) for one in orders)
    kept = (read_order(tenant, item) for item in found.values())
    return {one.order.id: one for one in kept}


def list_orders(
    tenant: str, first: str, last: str, flow: str = "", page: int = 0
) -> Iterator[Kept]:
    """By number, from one id to another, both included; of one flow where it is named."""
    index, partition = "list", keys.pk(tenant, "ORDERS")
    if flow:
        index, partition = "customer", keys.pk(tenant, "ORDERS", "FLOW", flow)
    for item in dynamo.query(partition, between=(first, last), index=index, page=page):
        yield read_order(tenant, item)


def put_order_of(tenant: str, position: str, order: str) -> Put:
    """A position's own list of the orders that posted its payments."""
    pk, sk = positions.position_key(tenant, position)[0], keys.sk("ORDER", order)
    item: Item = {"pk": pk, "sk": sk, "order": order}
    return Put(item, when=dynamo.ANY, label=f"order_of:{position}:{order}")


def orders_of_position(tenant: str, position: str) -> list[str]:
    """Ids of the orders that posted payments of a position, those that were taken back too."""
    found = dynamo.query(positions.position_key(tenant, position)[0], prefix=keys.sk("ORDER", ""))
    return [item["order"] for item in found]


# ------------------------------------------------------------------ assessments
@dataclass(frozen=True)
class Collected:
    """What an order brought of an assessment; below zero where it was taken back."""

    assessment: str
    order: str
    payment: str
    cents: int
    day: date
    seq: int


def put_collected(tenant: str, one: Collected, back: bool = False) -> Put:
    item = _plain(asdict(one)) | {
        "pk": keys.pk(tenant, "DUE", one.assessment),
        "sk": keys.sk("COLLECTED", one.order, one.payment, "BACK" if back else ""),
    }
    return Put(item, label=f"collected:{one.assessment}:{one.order}")


def list_collected(tenant: str, assessment: str) -> list[Collected]:
    """In the order of the numbers."""
    found = dynamo.query(keys.pk(tenant, "DUE", assessment), prefix=keys.sk("COLLECTED", ""))
    return [Collected(**_fields(item) | {"day": date.fromisoformat(item["day"])}) for item in found]


def put_assessment(tenant: str, order: Order, line: Line, at: str) -> Put:
    """The assessment that is made with its order; in the shape of those that dues make."""
    item: Item = {
        "pk": keys.pk(tenant, "DUE", line.assessment), "sk": "ASSESSMENT", "id": line.assessment,
        "chapter": order.draft.chapter, "provenance": order.draft.provenance,
        "year": order.draft.year, "cents": line.cents, "service": line.service,
        "assessed_at": at, "payment": line.payment,
    }  # fmt: skip
    # A payment that was taken back and is posted again finds the one it had.
    return Put(item, when=dynamo.ANY, label=f"assessment:{line.assessment}")


# ------------------------------------------------------------------ runs
@dataclass(frozen=True)
class Run:
    """A run: what it was asked for, and how far it came. `only`: these payments and no others;
    `without`: not these. `problems`: payments that stayed open, as (key, code)."""

    id: str
    mode: Mode
    name: str
    created_at: str
    by: str
    state: RunState = "posting"
    said: Said = field(default_factory=Said, repr=False)
    changes: Mapping[str, Said] = field(default_factory=dict, repr=False)
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    payments: int = 0
    orders: int = 0
    cents: int = 0
    first: str = ""
    last: str = ""
    problems: tuple[tuple[str, str], ...] = ()
    left: int = 0
    version: int = 1


def run_partition(tenant: str, run: str) -> str:
    return keys.pk(tenant, "POSTING", "RUN", run)


def put_run(tenant: str, run: Run, old_version: int) -> Put:
    """Write `run`, whose version is the new one, on the one that was read (0: it is new)."""
    item = _plain(asdict(run))
    said = json.dumps({"said": item.pop("said"), "changes": item.pop("changes")})
    item |= {
        "pk": run_partition(tenant, run.id),
        "sk": "RUN",
        "sealed": fields.seal(tenant, "posting_run", run.id, "said", said),
        "list_pk": keys.pk(tenant, "POSTING", "RUNS"),
        "list_sk": keys.sk(run.created_at, run.id),
    }
    return Put(item, when=_same(old_version), label="run")


def _said(values: Mapping[str, Any]) -> Said:
    return Said(_day(values["day"]), values["counterpart"], values["account"])


def _read_run(tenant: str, item: Item) -> Run:
    values = _fields(item)
    text = fields.unseal(tenant, "posting_run", item["id"], "said", values.pop("sealed"))
    said = json.loads(text)
    return Run(
        **values
        | {
            "said": _said(said["said"]),
            "changes": {key: _said(one) for key, one in said["changes"].items()},
            "only": tuple(item["only"]),
            "without": tuple(item["without"]),
            "problems": tuple((key, code) for key, code in item["problems"]),
        }
    )


def get_run(tenant: str, run: str) -> Run | None:
    item = dynamo.get((run_partition(tenant, run), "RUN"))
    return None if item is None else _read_run(tenant, item)


def list_runs(tenant: str, limit: int) -> list[Run]:
    """The newest first."""
    partition = keys.pk(tenant, "POSTING", "RUNS")
    found = dynamo.query(partition, index="list", descending=True, limit=limit)
    return [_read_run(tenant, item) for item in found]
