"""Debt positions, their notices and their flows in the table.

T#<tenant>#POSITION#<id>   POSITION        a position; in the lists of all, its state, its flow
T#<tenant>#POSITION#<id>   EVENT#<version> what happened to it
T#<tenant>#NOTICE#<iuv>    NOTICE          whose an IUV is; the first in the debtor's list
T#<tenant>#FLOW#<id>       FLOW            a generation
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Item, Key, Op, Put, Update
from chalicelib.payments.amounts import Rule
from chalicelib.payments.positions.model import Anew, Line, Payment, Position, StandIn
from chalicelib.payments.stamps import Stamp

FlowState = Literal["listing", "listed", "generating", "generated", "failed"]
# An invoice that a position pays (payments/invoices.py), a registration for a training event.
TIES: Final = ("INVOICE", "REGISTRATION")
_KEYS = ("pk", "sk", "list_pk", "list_sk", "state_pk", "customer_pk")


@dataclass(frozen=True)
class Flow:
    """A generation: the list that its `filter` gave less `excluded`, then the positions made of it.

    `dues`, `persons`, `cents` and `undated` (dues without a due date) are of the list as it is.
    `done` of `groups` are decided: `made` are positions, the rest was gone meanwhile. `block` are
    numbers that were taken and are not used yet: segregation code, the next one, how many.
    """

    id: str
    state: FlowState
    created_at: str
    filter: dict[str, Any]
    excluded: tuple[str, ...] = ()
    dues: int = 0
    persons: int = 0
    cents: int = 0
    undated: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)
    groups: int = 0
    done: int = 0
    made: int = 0
    block: tuple[str, int, int] = ("", 0, 0)
    code: str = ""
    version: int = 1


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# ------------------------------------------------------------------ positions
def position_key(tenant: str, position_id: str) -> Key:
    return keys.pk(tenant, "POSITION", position_id), keys.sk("POSITION")


def notice_key(tenant: str, iuv: str) -> Key:
    """Where it stands whose an IUV is: `position`, its `number` in it, `person`, `creditor`."""
    return keys.pk(tenant, "NOTICE", iuv), keys.sk("NOTICE")


def born(tenant: str, position: Position, by: str) -> list[Op]:
    """A new position, its first event, and a row for each of its IUVs: 2 and one for each."""
    notices = [
        Put(
            {
                "pk": notice_key(tenant, one.iuv)[0],
                "sk": notice_key(tenant, one.iuv)[1],
                "position": position.id,
                # So that the node's question about a debtor needs no reading of the position first.
                "person": position.person,
                "number": one.number,
                "creditor": position.creditor,
            }
            | (_of_person(tenant, position) if one is position.payments[0] else {}),
            label=f"notice:{one.iuv}",
        )
        for one in position.payments
    ]
    return [*_written(tenant, position, "generated", position.created_at, by, 0), *notices]


def _of_person(tenant: str, position: Position) -> Item:
    """The place of a position in the list of its debtor's: at its first notice, which is there as
    long as it is."""
    return {
        "list_pk": keys.pk(tenant, "POSITIONS", "PERSON", position.person),
        "list_sk": keys.sk(position.created_at, position.id),
    }


def of_another(tenant: str, position: Position) -> list[Op]:
    """The rows of its IUVs, once somebody else is its debtor."""
    return [
        Update(
            notice_key(tenant, one.iuv),
            put={"person": position.person}
            | (_of_person(tenant, position) if one is position.payments[0] else {}),
            label=f"notice:{one.iuv}",
        )
        for one in position.payments
    ]


def tie_key(tenant: str, position_id: str, name: str) -> Key:
    """Where it stands that something (of TIES) counts on what a position asks for."""
    return position_key(tenant, position_id)[0], name


def changed(
    tenant: str, position: Position, event: str, at: str, by: str, **facts: Any
) -> list[Op]:
    """The position, whose version is the new one, and what happened to it."""
    return _written(tenant, position, event, at, by, position.version - 1, **facts)


def _written(
    tenant: str, position: Position, event: str, at: str, by: str, old: int, **facts: Any
) -> list[Op]:
    pk, sk = position_key(tenant, position.id)
    item = _plain(asdict(position)) | {
        "pk": pk,
        "sk": sk,
        "list_pk": keys.pk(tenant, "POSITIONS"),
        "list_sk": keys.sk(position.created_at, position.id),
        "state_pk": keys.pk(tenant, "POSITIONS", position.state),
    }
    paid = [line for one in item["payments"] if one["anew"] for line in one["anew"]["lines"]]
    for line in (*item["lines"], *paid):
        if line["stamp"] is None:  # as nearly all of them
            del line["stamp"]
    for payment in item["payments"]:
        for name in ("stood_in", "anew"):
            if payment[name] is None:
                del payment[name]
    if position.flow:
        item["customer_pk"] = keys.pk(tenant, "POSITIONS", "FLOW", position.flow)
    row = {
        "pk": pk,
        "sk": keys.sk("EVENT", f"{position.version:06d}"),
        "event": event,
        "state": position.state,
        "at": at,
        "by": by,
        "facts": _plain(facts),
    }
    return [
        Put(item, when=_same(old), label=f"position:{position.id}"),
        Put(row, label=f"event:{position.id}"),
    ]


def read_position(item: Item) -> Position:
    """What the item of `position_key` says."""
    fields = {name: value for name, value in item.items() if name not in _KEYS}
    payments = (_payment(one) for one in item["payments"])
    rules = (
        Rule(
            **one
            | {
                "first": _day(one["first"]),
                "last": _day(one["last"]),
                "rate": Decimal(one["rate"]),
                "yearly_rate": Decimal(one["yearly_rate"]),
            }
        )
        for one in item["rules"]
    )
    return Position(
        **fields
        | {
            "lines": tuple(_line(one) for one in item["lines"]),
            "payments": tuple(payments),
            "rules": tuple(rules),
            "ends": date.fromisoformat(item["ends"]),
        }
    )


def _line(item: Item) -> Line:
    stamp = item.get("stamp")
    return Line(**item | {"stamp": Stamp(**stamp) if stamp else None})


def _payment(item: Item) -> Payment:
    found = item | {name: _day(item.get(name)) for name in ("due", "paid_on")}
    if said := item.get("stood_in"):
        found["stood_in"] = StandIn(**said | {"day": date.fromisoformat(said["day"])})
    if said := item.get("anew"):
        lines = tuple(_line(one) for one in said["lines"])
        found["anew"] = Anew(said["position"], lines)
    return Payment(**found)


def get_position(tenant: str, position_id: str) -> Position | None:
    item = dynamo.get(position_key(tenant, position_id))
    return None if item is None else read_position(item)


def get_positions(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Position]:
    """Those of (tenant, position) that are there, in one read."""
    asked = {position_key(*one): one for one in wanted}
    found = dynamo.batch_get(asked)
    return {asked[key]: read_position(item) for key, item in found.items()}


def find_position(tenant: str, iuv: str) -> tuple[str, int] | None:
    """The position that an IUV belongs to, and the number of the payment in it."""
    item = dynamo.get(notice_key(tenant, iuv))
    return None if item is None else (item["position"], item["number"])


def list_positions(
    tenant: str, state: str = "", flow: str = "", after: str = "", page: int = 0,
    between: tuple[str, str] = ("", ""),
) -> Iterator[tuple[str, Position]]:  # fmt: skip
    """With their places in the list, newest first; below `after` where one is given, and of
    instants from the first to before the second of `between` ("": no end)."""
    index, partition = "list", keys.pk(tenant, "POSITIONS")
    if flow:
        index, partition = "customer", keys.pk(tenant, "POSITIONS", "FLOW", flow)
    elif state:
        index, partition = "state", keys.pk(tenant, "POSITIONS", state)
    bounds = _bounds(after, between)
    for item in dynamo.query(partition, between=bounds, index=index, descending=True, page=page):
        if item["list_sk"] != after:
            yield item["list_sk"], read_position(item)


def list_of_person(
    tenant: str, person: str, after: str = "", between: tuple[str, str] = ("", "")
) -> Iterator[tuple[str, str]]:
    """As `list_positions`, the ids of those of one debtor."""
    partition = keys.pk(tenant, "POSITIONS", "PERSON", person)
    bounds = _bounds(after, between)
    for item in dynamo.query(partition, between=bounds, index="list", descending=True):
        if item["list_sk"] != after:
            yield item["list_sk"], item["position"]


def _bounds(after: str, between: tuple[str, str]) -> tuple[str, str] | None:
    first, last = between
    if not (after or first or last):
        return None
    # A place is `<instant>#<id>`: behind its instant, and before the next one.
    high = min(one for one in (after, last, "~") if one)
    return min(first or "0", high), high


def list_events(tenant: str, position_id: str) -> list[Item]:
    """What happened to a position, oldest first: event, state, at, by, facts."""
    partition = position_key(tenant, position_id)[0]
    return list(dynamo.query(partition, prefix=keys.sk("EVENT", "")))


# ------------------------------------------------------------------ flows
def flow_partition(tenant: str, flow_id: str) -> str:
    return keys.pk(tenant, "FLOW", flow_id)


def put_flow(tenant: str, flow: Flow, old_version: int) -> Put:
    """Write `flow`, whose version is the new one, on the one that was read (0: it is new)."""
    item = _plain(asdict(flow)) | {
        "pk": flow_partition(tenant, flow.id),
        "sk": keys.sk("FLOW"),
        "list_pk": keys.pk(tenant, "FLOWS"),
        "list_sk": keys.sk(flow.created_at, flow.id),
    }
    return Put(item, when=_same(old_version), label="flow")


def _read_flow(item: Item) -> Flow:
    fields = {name: value for name, value in item.items() if name not in _KEYS}
    segregation, first, count = item["block"]
    return Flow(
        **fields | {"excluded": tuple(item["excluded"]), "block": (segregation, first, count)}
    )


def get_flow(tenant: str, flow_id: str) -> Flow | None:
    item = dynamo.get((flow_partition(tenant, flow_id), keys.sk("FLOW")))
    return None if item is None else _read_flow(item)


def list_flows(tenant: str, limit: int) -> list[Flow]:
    """The newest first."""
    found = dynamo.query(keys.pk(tenant, "FLOWS"), index="list", descending=True, limit=limit)
    return [_read_flow(item) for item in found]
