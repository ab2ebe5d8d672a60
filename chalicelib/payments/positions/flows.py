"""Generating debt positions: first the list, then what is taken off it, then the parameters.

    listing ──> listed ──exclude…──> generate ──> generating ──> generated

The order is enforced: parameters are asked only when the list is final (F001-047).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from chalicelib.base import clock, config, dynamo, ids, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.payments import amounts, bodies
from chalicelib.payments.amounts import Rule, Turn
from chalicelib.payments.dues import imports
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.dues.imports import Owed
from chalicelib.payments.positions import ending, store
from chalicelib.payments.positions.grouping import Change, Parameters, rules_of
from chalicelib.payments.positions.plans import Plan
from chalicelib.payments.positions.store import Flow

QUEUE: Final = imports.QUEUE
# Of each due on a list: id, person, cents, whether it says by when.
Listed = tuple[str, str, int, bool]


def list_place(tenant: str, flow_id: str, what: str) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), f"{tenant}/flows/{flow_id}/{what}.json")


def default_end(now: datetime) -> date:
    """31 December of the current year (F001-048); indicative unless asked for (D15)."""
    return date(clock.rome_day(now).year, 12, 31)


def begin(tenant: str, wanted: Filter, now: datetime, key: str, wakes: Wakes) -> Flow:
    """A new flow, its list on the way; the same `key` is the same flow."""
    bodies.get(tenant)
    said = {name: _said(value) for name, value in asdict(wanted).items()}
    flow = Flow(ids.derive("flow", tenant, key), "listing", clock.stamp(now), said)
    row = _row(tenant, flow, "list", now)
    try:
        wakes.commit([store.put_flow(tenant, flow, 0), row])
    except ConditionFailed:
        return get(tenant, flow.id)
    return flow


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def filter_of(flow: Flow) -> Filter:
    """What the list was asked by."""
    days = ("assessed_from", "assessed_until", "due_from", "due_until")
    said = dict(flow.filter)
    for name in days:
        said[name] = date.fromisoformat(said[name]) if said[name] else None
    for name in ("categories", "chapters", "services"):
        said[name] = tuple(said[name])
    return Filter(**said)


def _row(tenant: str, flow: Flow, task: str, now: datetime) -> Any:
    return work.row(
        QUEUE, store.flow_partition(tenant, flow.id), f"{task}-{flow.version}", now,
        task=task, flow=flow.id,
    )  # fmt: skip


def get(tenant: str, flow_id: str) -> Flow:
    found = store.get_flow(tenant, flow_id)
    if found is None:
        raise NotFound("flow")
    return found


def list_flows(tenant: str) -> list[Flow]:
    return store.list_flows(tenant, limits.PAGE_ITEMS_MAX)


def read_list(tenant: str, flow_id: str, excluded: Iterable[str]) -> list[Listed]:
    """The dues of the list that are not taken off it, in its order."""
    off = frozenset(excluded)
    found = json.loads(s3.get(list_place(tenant, flow_id, "list")))
    return [(name, who, cents, dated) for name, who, cents, dated in found if name not in off]


def counted(flow: Flow, listed: Sequence[Listed]) -> Flow:
    """The flow with the counts of its list."""
    return replace(
        flow,
        dues=len(listed),
        persons=len({who for _, who, _, _ in listed}),
        cents=sum(cents for _, _, cents, _ in listed),
        undated=sum(not dated for _, _, _, dated in listed),
    )


def page(tenant: str, flow_id: str, offset: int, limit: int) -> list[Owed]:
    """A page of the list with names; a due that was deleted meanwhile is left out."""
    flow = get(tenant, flow_id)
    if flow.state == "listing":
        return []
    listed = read_list(tenant, flow_id, flow.excluded)[offset : offset + limit]
    dues = due_store.get_dues(tenant, (name for name, _, _, _ in listed))
    return imports.with_persons(tenant, [dues[one[0]] for one in listed if one[0] in dues])


def exclude(tenant: str, flow_id: str, dues: Sequence[str]) -> Flow:
    """Take dues off the list; repeating it is the same. Rejected `flow_state`, `flow_excluded`."""
    flow = _listed(tenant, flow_id)
    excluded = tuple(dict.fromkeys((*flow.excluded, *dues)))
    if len(excluded) > limits.FLOW_EXCLUDED:
        raise Rejected("flow_excluded", "Filter instead.", most=limits.FLOW_EXCLUDED)
    new = counted(
        replace(flow, excluded=excluded, version=flow.version + 1),
        read_list(tenant, flow_id, excluded),
    )
    _commit([store.put_flow(tenant, new, flow.version)])
    return new


def _listed(tenant: str, flow_id: str) -> Flow:
    flow = get(tenant, flow_id)
    if flow.state != "listed":
        raise Rejected("flow_state", "The list is not open.", status=409, state=flow.state)
    return flow


@dataclass(frozen=True)
class Previewed:
    """A due as an example: its `cents`, by when, and what is asked by the day."""

    cents: int
    due: date
    turns: list[Turn]


def preview(
    tenant: str, flow_id: str, due: date | None, late_fee: tuple[int, int],
    changes: Sequence[Change], today: date,
) -> Previewed:  # fmt: skip
    """What rules make of the first due of the list; `late_fee` in cents after so many days.

    Rejected `flow_state`, `flow_empty`, `flow_due_missing`, and as `amounts.due_on`.
    """
    _listed(tenant, flow_id)
    found = page(tenant, flow_id, 0, 1)
    if not found:
        raise Rejected("flow_empty", "There is no due on the list.", status=409)
    first = found[0].due
    by = first.due or due
    if by is None:
        raise Rejected("flow_due_missing", "Say by when it is to be paid.")
    given = Parameters(
        "preview", by, late_fee_cents=late_fee[0], late_fee_days=late_fee[1],
        changes=tuple(changes),
    )  # fmt: skip
    rules = rules_of(given, by)
    # Interest grows by the day: a month and a year show how fast.
    later = [by, *(by + timedelta(days=days) for days in (30, 365) if _grows(rules))]
    return Previewed(first.cents, by, amounts.calendar(first.cents, rules, today, later))


def _grows(rules: Iterable[Rule]) -> bool:
    return any(one.yearly_rate for one in rules)


def generate(
    tenant: str,
    flow_id: str,
    given: Parameters,
    now: datetime,
    wakes: Wakes,
    also: Sequence[Op] = (),
) -> Flow:
    """Make positions of the list; asked for again, it is the same.

    Rejected `flow_state`, `flow_empty`, `flow_due_missing` when dues without a day are on the list
    and the parameters have none, and as `amounts.plan`, `model.check_end`.
    """
    flow = get(tenant, flow_id)
    if flow.state in ("generating", "generated"):
        return flow
    flow = _listed(tenant, flow_id)
    if not flow.dues:
        raise Rejected("flow_empty", "There is no due on the list.", status=409)
    if flow.undated and given.due is None:
        raise Rejected(
            "flow_due_missing", "Say by when those are to be paid that do not say it.",
            dues=flow.undated,
        )  # fmt: skip
    given.check_end(clock.rome_day(now))
    said = {name: _said(value) for name, value in asdict(given).items()}
    if given.plan:
        said["plan"] = {name: _said(value) for name, value in asdict(given.plan).items()}
    said["changes"] = [asdict(one) for one in given.changes]
    new = replace(flow, state="generating", parameters=said, version=flow.version + 1)
    ops: list[Op] = [store.put_flow(tenant, new, flow.version), _row(tenant, new, "generate", now)]
    if given.hard_end:
        ops += ending.asked(tenant, given.ends, "flow", flow.id)
    try:
        wakes.commit([*ops, *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new


def parameters_of(flow: Flow) -> Parameters:
    """What was said about the flow."""
    said = dict(flow.parameters)
    said["ends"] = date.fromisoformat(said["ends"])
    said["due"] = date.fromisoformat(said["due"]) if said["due"] else None
    if said["plan"]:
        plan = said["plan"]
        said["plan"] = Plan(**plan | {"first_due": date.fromisoformat(plan["first_due"])})
    said["changes"] = tuple(
        Change(**one | {"rate": Decimal(one["rate"]), "yearly_rate": Decimal(one["yearly_rate"])})
        for one in said.get("changes", ())
    )
    return Parameters(**said)


def _commit(ops: Sequence[Op]) -> None:
    try:
        dynamo.commit(ops)
    except ConditionFailed as failed:
        raise Conflict() from failed
