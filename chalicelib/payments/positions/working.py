"""Lists and generations in the background, as far as the time goes.

Groups are decided once, before the first number is taken, and kept; the flow itself says how many
are done. Positions, their IUVs, their dues and the flow change in one transaction, under a check
that the numbers are still this tenant's to make.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from chalicelib.base import clock, dynamo, ids, limits, s3
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies, iuv, numbers
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Body, Service
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Due
from chalicelib.payments.pagopa import connections, telling
from chalicelib.payments.pagopa.connection import Connection
from chalicelib.payments.positions import counts, flows, grouping, happened, store
from chalicelib.payments.positions.counts import Change
from chalicelib.payments.positions.grouping import Draft, Parameters
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.store import Flow

# The flow, the claim's check, what pagoPA and people are told of the whole, and the body's sums: in
# all, and of three years, which is what the dues of one flow seldom have more of.
_OWN_OPS: Final = 8
_TRIES: Final = 3
_SLICE: Final = 100  # groups read at once; how many go into a transaction is seen by their size


def do(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """One task of a flow; what is left waits for the next message."""
    tenant = job.tenant
    flow = store.get_flow(tenant, job.item["flow"])
    assert flow is not None
    end = dynamo.Delete(job.key, when=dynamo.ANY, label="work")
    if job.item["task"] == "list" and flow.state == "listing":
        dynamo.commit([store.put_flow(tenant, _listed(tenant, flow), flow.version), end])
        return
    if job.item["task"] == "generate":
        # Decided once and then fixed: read once, however many slices follow.
        groups: list[list[str]] = []
        while flow.state == "generating":
            if remaining_ms() < limits.REMAINING_MS:
                wakes.add(job.queue, job.key)
                return
            if flow.groups and not groups:
                groups = json.loads(s3.get(flows.list_place(tenant, flow.id, "groups")))
            try:
                flow = _generate_some(tenant, flow, groups, wakes, now)
            except Rejected as refused:
                # What was made stays; the rest of the list is still open for another flow.
                failed = replace(flow, state="failed", code=refused.code, version=flow.version + 1)
                told = _told_whole(tenant, failed, now)
                wakes.commit([store.put_flow(tenant, failed, flow.version), *told, end])
                return
            wakes.flush()
    dynamo.commit([end])


def _listed(tenant: str, flow: Flow) -> Flow:
    wanted = flows.filter_of(flow)
    found: list[flows.Listed] = [
        (due.id, due.person, due.cents, due.due is not None)
        for _, due in due_store.list_dues(tenant, "open")
        if wanted.matches(due)
    ]
    place = flows.list_place(tenant, flow.id, "list")
    s3.put(place, json.dumps(found).encode(), "application/json")
    return flows.counted(replace(flow, state="listed", version=flow.version + 1), found)


# ------------------------------------------------------------------ generation
def _generate_some(
    tenant: str, flow: Flow, groups: Sequence[Sequence[str]], wakes: Wakes, now: datetime
) -> Flow:
    services = {one.code: one for one in bodies.list_services(tenant)}
    given = flows.parameters_of(flow)
    if not flow.groups:
        return _grouped(tenant, flow, services, given, clock.rome_day(now))
    body = bodies.get(tenant)
    connection = connections.get(tenant, body.fiscal_code)
    end = min(flow.done + _SLICE, flow.groups)
    most = _at_once(groups[flow.done : end], given)
    while flow.done < end:
        some = groups[flow.done : min(flow.done + most, end)]
        flow = _place(tenant, flow, body, connection, services, given, some, wakes, now)
    return flow


def _told_whole(tenant: str, flow: Flow, now: datetime) -> list[Op]:
    """The row that tells pagoPA of a great flow once it is made, or as far as it was."""
    if not flow.made or not telling.as_files(flow.groups):
        return []
    connection = connections.own(tenant)
    return [telling.files(tenant, flow.id, now)] if connection.tells else []


def _at_once(groups: Sequence[Sequence[str]], given: Parameters) -> int:
    """How many groups surely fit one transaction: each is a position, an event, what pagoPA is
    told, its notices and its dues."""
    most = max(len(group) for group in groups)
    return max(1, (limits.TRANSACTION_ITEMS - _OWN_OPS) // (3 + given.numbers + most))


def _grouped(
    tenant: str, flow: Flow, services: Mapping[str, Service], given: Parameters, today: date
) -> Flow:  # fmt: skip
    listed = flows.read_list(tenant, flow.id, flow.excluded)
    there = due_store.get_dues(tenant, (name for name, _, _, _ in listed))
    dues = [there[name] for name, _, _, _ in listed if name in there]
    grouping.check_stamps(dues, given)
    groups = grouping.group(dues, services, given.grouped, today)
    if given.hard_end:
        # Nothing is made of a list with a due that comes after the end.
        for group in groups:
            grouping.draft([there[name] for name in group], services, given, today)
    place = flows.list_place(tenant, flow.id, "groups")
    s3.put(place, json.dumps(groups).encode(), "application/json")
    state: store.FlowState = "generating" if groups else "generated"
    new = replace(flow, groups=len(groups), state=state, version=flow.version + 1)
    dynamo.commit([store.put_flow(tenant, new, flow.version)])
    return new


def _place(
    tenant: str, flow: Flow, body: Body, connection: Connection, services: Mapping[str, Service],
    given: Parameters, groups: Sequence[Sequence[str]], wakes: Wakes, now: datetime,
) -> Flow:  # fmt: skip
    for attempt in range(_TRIES):
        there = due_store.get_dues(tenant, (name for group in groups for name in group))
        drafts = []
        for group in groups:
            # What another flow placed meanwhile, or an import changed, is not asked for here.
            dues = [there[name] for name in group if name in there and there[name].state == "open"]
            if dues:
                drafts.append(grouping.draft(dues, services, given, clock.rome_day(now)))
        flow_with = _numbered(tenant, flow, body, len(drafts) * given.numbers, given)
        ops, new = _decided(tenant, flow_with, body, connection, given, drafts, len(groups), now)
        if new.state == "generated":
            ops += [*_told_whole(tenant, new, now), happened.flow_row(tenant, flow.id, now)]
        if len(groups) > 1 and len(ops) + 1 > limits.TRANSACTION_ITEMS:
            # Dues of many years: each is another row of the body's sums.
            half = groups[: len(groups) // 2]
            return _place(tenant, flow, body, connection, services, given, half, wakes, now)
        try:
            wakes.commit([store.put_flow(tenant, new, flow.version), *ops])
        except ConditionFailed as failed:
            if {"flow", "claim"} & failed.found.keys() or attempt + 1 == _TRIES:
                raise
            continue
        return new
    raise AssertionError("the loop returns or raises")


def _numbered(tenant: str, flow: Flow, body: Body, count: int, given: Parameters) -> Flow:
    """The flow with so many numbers at least; those of a block that is too small stay a gap."""
    segregation, _, left = flow.block
    if left >= count and (segregation == body.segregation or not count):
        return flow
    wanted = min(limits.IUV_BLOCK, (flow.groups - flow.done) * given.numbers)
    block = numbers.take(tenant, body.fiscal_code, body.segregation, max(wanted, count))
    return replace(flow, block=(block.segregation, block.first, block.count))


def _decided(
    tenant: str, flow: Flow, body: Body, connection: Connection, given: Parameters,
    drafts: Sequence[Draft], groups: int, now: datetime,
) -> tuple[list[Op], Flow]:  # fmt: skip
    segregation, following, left = flow.block
    ops: list[Op] = []
    if drafts:
        ops.append(body_store.holds_claim(tenant, body.fiscal_code, segregation))
    made: list[Change] = []
    for number, draft in enumerate(drafts):
        name = ids.derive("position", tenant, flow.id, str(flow.done), str(number))
        payments = []
        for one in draft.asked:
            payments.append(replace(one, iuv=iuv.make(segregation, following)))
            following, left = following + 1, left - 1
        position = Position(
            id=name, state=connection.first_state, origin="dues", person=draft.dues[0].person,
            creditor=body.fiscal_code, subject=draft.subject, cents=draft.cents,
            lines=draft.lines, payments=tuple(payments), created_at=clock.stamp(now),
            ends=given.ends, flow=flow.id, rules=draft.rules, hard_end=given.hard_end,
        )  # fmt: skip
        ops += store.born(tenant, position, f"flow:{flow.id}")
        made.append((None, position))
        if not telling.as_files(flow.groups):
            ops += telling.ops(tenant, connection, position, "generated", now)
        ops += [_placed(tenant, due, name) for due in draft.dues]
    ops += counts.ops(tenant, made, flow.id)
    done = flow.done + groups
    new = replace(
        flow,
        block=(segregation, following, left),
        done=done,
        made=flow.made + len(drafts),
        state="generated" if done == flow.groups else "generating",
        version=flow.version + 1,
    )
    return ops, new


def _placed(tenant: str, due: Due, position: str) -> Op:
    new = replace(due, state="placed", position=position, version=due.version + 1)
    return due_store.put_due(tenant, new, due.version)
