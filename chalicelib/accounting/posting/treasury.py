"""Flows of orders for the treasurer, and his outcomes.

A flow takes the journal from where the last one of its year ended: what was posted since is
INSERIMENTO, what was taken back is ANNULLO, and what was posted and taken back in between never
reaches him. So each order is told once, whoever asks how often.

T#<tenant>#POSTING      TREASURER          how both are known in SIOPE+
T#<tenant>#POSTING      OPI#<year>         the last flow of a year and where in the journal it ended
T#<tenant>#OPI          <year>#<number>    a flow
T#<tenant>#ORDER#<id>   OUTCOME#<at>#<id>  what the treasurer said of an order
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from chalicelib.accounting.posting import opi, outcomes, store
from chalicelib.accounting.posting.model import Order, Setting
from chalicelib.accounting.posting.opi import Operation, Payer, Treasurer
from chalicelib.accounting.posting.outcomes import Fault, Outcome
from chalicelib.accounting.posting.store import Kept
from chalicelib.base import clock, config, dynamo, ids, keys, limits, s3
from chalicelib.base.dynamo import ConditionFailed, Item, Op, Put
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.payments import bodies
from chalicelib.payments.dues import store as due_store

_TRIES: Final = 5


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


# ------------------------------------------------------------------ the setting
def get_treasurer(tenant: str) -> Treasurer:
    """NotFound before it is said."""
    item = dynamo.get((keys.pk(tenant, "POSTING"), "TREASURER"))
    if item is None:
        raise NotFound("treasurer")
    return Treasurer(**{name: value for name, value in item.items() if name not in ("pk", "sk")})


def save_treasurer(tenant: str, wanted: Treasurer, also: Sequence[Op] = ()) -> Treasurer:
    """On the version that was read (0: for the first time). Conflict."""
    bodies.get(tenant)
    version = wanted.version + 1
    item = asdict(wanted) | {
        "pk": keys.pk(tenant, "POSTING"), "sk": "TREASURER", "version": version,
    }  # fmt: skip
    try:
        dynamo.commit([Put(item, when=_same(wanted.version), label="treasurer"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(wanted, version=version)


# ------------------------------------------------------------------ flows
@dataclass(frozen=True)
class Flow:
    """A flow: `id` is what the treasurer knows it by, `orders` what it asks of each."""

    id: str
    year: int
    number: int
    created_at: str
    cents: int
    orders: tuple[tuple[Operation, str], ...]
    key: str


def _flow_item(tenant: str, flow: Flow) -> Put:
    item: Item = asdict(flow) | {
        "pk": keys.pk(tenant, "OPI"),
        "sk": keys.sk(str(flow.year), f"{flow.number:07d}"),
        "orders": [list(one) for one in flow.orders],
    }
    return Put(item, label="flow")


def _read_flow(item: Item) -> Flow:
    values = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return Flow(**values | {"orders": tuple((op, order) for op, order in item["orders"])})


def list_flows(tenant: str, year: int) -> list[Flow]:
    """The newest first."""
    found = dynamo.query(keys.pk(tenant, "OPI"), prefix=keys.sk(str(year), ""), descending=True,
                         limit=limits.PAGE_ITEMS_MAX)  # fmt: skip
    return [_read_flow(item) for item in found]


def link(tenant: str, year: int, number: int) -> tuple[str, str]:
    """A link to the flow's file and its name. NotFound."""
    item = dynamo.get((keys.pk(tenant, "OPI"), keys.sk(str(year), f"{number:07d}")))
    if item is None:
        raise NotFound("flow")
    flow, name = _read_flow(item), f"{item['id']}.xml"
    place = Place(config.get("DOCUMENTS_BUCKET"), flow.key)
    return s3.download_link(place, name, limits.DOWNLOAD_LINK_S), name


def make(tenant: str, year: int, now: datetime, also: Sequence[Op] = ()) -> Flow:
    """The next flow of a year, of at most OPI_ORDERS orders.

    Rejected `opi_nothing`, `opi_lacking` (orders without a provisional number, chapters without a
    classification: told by `details`); NotFound `treasurer`.
    """
    body, treasurer = bodies.get(tenant), get_treasurer(tenant)
    setting = store.get_setting(tenant)
    for _ in range(_TRIES):
        head = dynamo.get((keys.pk(tenant, "POSTING"), keys.sk("OPI", str(year)))) or {}
        orders, seq = _since(tenant, year, head.get("seq", 0))
        if not orders:
            raise Rejected("opi_nothing", "There is nothing new for the treasurer.", status=409)
        wanted = opi.lacking((order for _, order in orders), setting.classifications)
        if wanted:
            raise Rejected(
                "opi_lacking", "The treasurer needs more of these.", status=409,
                **{name: values[: limits.PAGE_ITEMS] for name, values in wanted.items()},
            )  # fmt: skip
        number = head.get("number", 0) + 1
        name = f"{body.fiscal_code}-{year}-{number:05d}"
        said = opi.Head(name, now, year, body.fiscal_code, body.name)
        data = _written(tenant, said, treasurer, orders, setting)
        key = f"{tenant}/opi/{name}-{ids.sha256(data)[:16]}.xml"
        # Before the flow names it, so that a flow never names what is not there.
        s3.put(Place(config.get("DOCUMENTS_BUCKET"), key), data, "application/xml")
        flow = Flow(
            name, year, number, clock.stamp(now), sum(order.draft.cents for _, order in orders),
            tuple((operation, order.id) for operation, order in orders), key,
        )  # fmt: skip
        version = head.get("version", 0)
        item = {"pk": keys.pk(tenant, "POSTING"), "sk": keys.sk("OPI", str(year)), "seq": seq,
                "number": number, "version": version + 1}  # fmt: skip
        try:
            dynamo.commit(
                [_flow_item(tenant, flow), Put(item, when=_same(version), label="opi"), *also]
            )
        except ConditionFailed:
            continue
        return flow
    raise Conflict()


def _since(tenant: str, year: int, after: int) -> tuple[list[tuple[Operation, Order]], int]:
    """What the journal holds for the treasurer behind an entry, and where that ends."""
    found: dict[str, Operation] = {}
    seq = after
    for entry in store.entries(tenant, after):
        if len(found) == limits.OPI_ORDERS:
            break
        seq = entry.seq
        if not entry.order.startswith(f"{year}-"):
            continue
        if entry.kind == "posted":
            found[entry.order] = "INSERIMENTO"
        elif found.pop(entry.order, None) is None:
            found[entry.order] = "ANNULLO"
    orders = store.get_orders(tenant, found)
    return [(found[name], orders[name].order) for name in sorted(found)], seq


def _written(
    tenant: str, head: opi.Head, treasurer: Treasurer, orders: Sequence[tuple[Operation, Order]],
    setting: Setting,
) -> bytes:  # fmt: skip
    payers = payers_of(tenant, [order for _, order in orders])
    return opi.write(head, treasurer, orders, payers, setting.classifications)


def payers_of(tenant: str, orders: Sequence[Order]) -> dict[str, Payer]:
    """Who paid, by the blind index that lines have of him."""
    wanted = {line.person for order in orders for line in order.draft.lines if line.person}
    found = due_store.get_persons(tenant, wanted) if wanted else {}
    return {name: Payer(one.name, one.tax_code) for name, one in found.items()}


def set_provisional(tenant: str, order: str, number: str, also: Sequence[Op] = ()) -> Kept:
    """The provisional number of the money that an order regularises, where the bank's file had none
    or there are several (F001-126).

    Rejected `provisional_malformed`, `order_told` when the treasurer has it already.
    """
    if not opi.is_provisional(number):
        raise Rejected("provisional_malformed", "A provisional number has 1 to 18 digits.")
    for _ in range(_TRIES):
        found = store.get_orders(tenant, [order])
        if order not in found:
            raise NotFound("order")
        kept = found[order]
        if kept.order.draft.provisional == number:
            return kept
        head = dynamo.get((keys.pk(tenant, "POSTING"), keys.sk("OPI", str(kept.order.year)))) or {}
        if kept.order.seq <= head.get("seq", 0):
            raise Rejected("order_told", "The treasurer has it already.", status=409)
        new = replace(
            kept.order, draft=replace(kept.order.draft, provisional=number),
            version=kept.order.version + 1,
        )  # fmt: skip
        # A flow that is made meanwhile moves this mark.
        mark = dynamo.Check(
            (keys.pk(tenant, "POSTING"), keys.sk("OPI", str(new.year))),
            ({"version": head["version"]},) if head else ({"pk": dynamo.ABSENT},), label="opi",
        )  # fmt: skip
        try:
            dynamo.commit([store.put_order(tenant, new, kept.together), mark, *also])
        except ConditionFailed:
            continue
        return Kept(new, kept.together)
    raise Conflict()


# ------------------------------------------------------------------ outcomes
def take_outcomes(tenant: str, data: bytes, also: Sequence[Op] = ()) -> tuple[int, list[str]]:
    """Keep what the treasurer said; how many orders it is of, and numbers that are none of ours.

    The same message again changes nothing. Raises as `outcomes.read`.
    """
    found = outcomes.read(data)
    known = store.get_orders(tenant, {one.order for one in found})
    unknown = sorted({one.order for one in found} - known.keys())
    told = [one for one in found if one.order in known]
    for start in range(0, len(told), limits.OPI_OUTCOMES_AT_ONCE):
        _keep(tenant, told[start : start + limits.OPI_OUTCOMES_AT_ONCE])
    if also:
        dynamo.commit(also)
    return len({one.order for one in told}), unknown


def _keep(tenant: str, told: Sequence[Outcome]) -> None:
    for _ in range(_TRIES):
        orders = store.get_orders(tenant, {one.order for one in told})
        ops: dict[Any, Op] = {}
        for one in sorted(told, key=lambda each: each.at):
            row = _outcome_item(tenant, one)
            ops[row.key] = row
            kept = orders[one.order]
            # The latest word counts, in whatever order messages come.
            said = f"{one.at} {one.word}"
            if kept.order.outcome < said:
                new = Kept(replace(kept.order, outcome=said), kept.together)
                orders[one.order] = new
                version = kept.order.version + 1
                put = store.put_order(tenant, replace(new.order, version=version), new.together)
                ops[put.key] = put
        try:
            dynamo.commit(list(ops.values()))
        except ConditionFailed:
            continue
        return
    raise Conflict()


def _outcome_item(tenant: str, one: Outcome) -> Put:
    name = ids.derive("outcome", repr(one))
    item = asdict(one) | {
        "pk": store.order_key(tenant, one.order)[0],
        "sk": keys.sk("OUTCOME", one.at, name),
        "faults": [asdict(fault) for fault in one.faults],
    }
    return Put(item, when=dynamo.ANY, label=f"outcome:{name}")


def outcomes_of(tenant: str, order: str) -> list[Outcome]:
    """What the treasurer said of an order, oldest first."""
    partition = store.order_key(tenant, order)[0]
    return [_read_outcome(item) for item in dynamo.query(partition, prefix=keys.sk("OUTCOME", ""))]


def _read_outcome(item: Mapping[str, Any]) -> Outcome:
    values = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return Outcome(**values | {"faults": tuple(Fault(**one) for one in item["faults"])})
