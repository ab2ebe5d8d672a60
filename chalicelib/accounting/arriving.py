"""A version of a flow comes: it is kept, and it is decided which version counts.

    brought = pieces.keep(...)          # its lines are objects now (accounting/pieces.py)
    arrive(tenant, brought, now, wakes)

Its lines go to their groups afterwards (`applying`), by a row of the same commit. A version that
comes after the flow was posted counts for nothing until a person decides: it is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from chalicelib.accounting import regrouping, settled, store
from chalicelib.accounting.flows import Origin
from chalicelib.accounting.groups import flow_name
from chalicelib.accounting.payment_match import FlowKey
from chalicelib.accounting.settled import Named, Settled, Version
from chalicelib.accounting.store import Hub
from chalicelib.base import dynamo, limits, work
from chalicelib.base.dynamo import ConditionFailed, Op, Put, Update
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.work import Wakes

_TRIES: Final = 8


@dataclass(frozen=True)
class Brought:
    """A version whose lines are kept. `flow_id` as it is written; `facts`: where it came from."""

    key: FlowKey
    flow_id: str
    version: Version
    facts: Mapping[str, Any]


def arrive(
    tenant: str, brought: Brought, now: datetime, wakes: Wakes, also: tuple[Op, ...] = ()
) -> tuple[Settled, str]:
    """Keep a version; gives the flow, and what the version is to it.

    first, newer, older, same (it is here already), held (the flow is posted). Rejected
    `flow_versions` (too many), Conflict when others keep changing it. `also` joins the commit.
    """
    for _ in range(_TRIES):
        hub = store.get_hub(tenant, brought.key[1])
        old = _of_hub(tenant, hub, brought)
        if old is not None and any(one.id == brought.version.id for one in old.versions):
            if also:
                wakes.commit(list(also))
            return old, "same"
        ops, new, said = _decided(tenant, old, hub, brought, now)
        try:
            wakes.commit(regrouping.merged([*ops, *also]))
        except ConditionFailed:
            continue
        return new, said
    raise Conflict()


def _of_hub(tenant: str, hub: Hub, brought: Brought) -> Settled | None:
    """The flow that it is a version of: that of its key, or of its id where the PSP is not known
    here or there. Whichever of two ways brings it first, the other finds it."""
    there = store.get_flows(tenant, [one.name for one in hub.flows])
    mine = there.get(flow_name(brought.key))
    came = Origin(
        str(brought.facts["psp"]), str(brought.facts["sender_code"]), str(brought.facts["trn"]),
        brought.version.settled, brought.key[2],
    )  # fmt: skip
    if mine is not None and (came.psp or any(came.is_of(one) for one in settled.origins(mine))):
        return mine
    for name in sorted(there):
        if any(came.is_of(one) for one in settled.origins(there[name])):
            return there[name]
    return mine


def _decided(
    tenant: str, old: Settled | None, hub: Hub, brought: Brought, now: datetime
) -> tuple[list[Op], Settled, str]:
    if old is not None and len(old.versions) >= limits.FLOW_VERSIONS:
        raise Rejected("flow_versions", "A flow has so many versions only by mistake.")
    new, said = _with(old, brought)
    ops, new = _counting(tenant, old, new, hub, now)
    return ops, new, said


def counted(tenant: str, flow: Settled, version: str, repost: str, now: datetime) -> list[Op]:
    """The commit by which a version counts that was held, and no older one is; `repost`: who wants
    its payments posted anew. The version is the one that `flow.revising` names."""
    assert flow.revising == version
    there = {one.id: one for one in flow.versions}
    # What came while this one was on its way is decided on by itself.
    held = tuple(one for one in flow.held if one != version
                 and settled.newest([there[version], there[one]])[0].id == one)  # fmt: skip
    known = [one for one in flow.versions if one.id not in {*flow.refused, *held}]
    counts, conflict = settled.newest(known)
    assert counts.id == version, "a version counts that nobody accepted"
    new = replace(flow, counting=version, conflict=conflict, held=held, revising="", repost=repost)
    return _counting(tenant, flow, new, store.get_hub(tenant, new.key[1]), now)[0]


def _counting(
    tenant: str, old: Settled | None, new: Settled, hub: Hub, now: datetime
) -> tuple[list[Op], Settled]:
    """What follows for the flow's id, for who looks it up, and for its lines."""
    mine = Named(new.name, new.key, new.counts.settled, new.counts.cents)
    flows = tuple(sorted([one for one in hub.flows if one.name != new.name] + [mine]))
    after = replace(hub, flows=flows)
    new = replace(new, bank=settled.owners(flows, hub.credits)[new.name])
    ops: list[Op] = [_put(tenant, old, new)]
    if after != hub:
        ops += regrouping.of_hub(tenant, hub, after, now, but=new.name)
    else:
        # The money of this flow is decided by the hub as it was read.
        ops.append(dynamo.Check(store.hub_key(tenant, new.key[1]), store.same(hub.version), "hub"))
    before = old.counts if old else None
    amounts = [[new.counts.cents, new.counts.settled.isoformat()]]
    if before is None or (before.cents, before.settled) != (new.counts.cents, new.counts.settled):
        ops += store.known_rows(tenant, new.key, new.counts.settled, new.counts.cents)
        if before is not None:
            ops.append(store.unknown_amount(tenant, new.key, before.settled, before.cents))
            amounts.append([before.cents, before.settled.isoformat()])
    partition = store.flow_partition(tenant, new.name)
    if new.counting != new.applied:
        ops.append(work.row(regrouping.QUEUE, partition, "apply", now, when=dynamo.ANY,
                            label="apply", task="match", what="apply", flow=new.name))  # fmt: skip
    ops += [
        regrouping.judge_row(tenant, new.name, now),
        work.row(regrouping.QUEUE, partition, f"seek-{new.version + 1}", now, when=dynamo.ANY,
                 label="seek", task="match", what="seek", flow=new.name, amounts=amounts),
    ]  # fmt: skip
    return ops, new


def _with(old: Settled | None, brought: Brought) -> tuple[Settled, str]:
    version = brought.version
    facts = {version.id: dict(brought.facts)}
    if old is None:
        first = Settled(
            key=brought.key, name=flow_name(brought.key), flow_id=brought.flow_id,
            versions=(version,), counting=version.id, facts=facts,
        )  # fmt: skip
        return first, "first"
    new = replace(
        old, versions=tuple(sorted([*old.versions, version])), facts={**old.facts, **facts}
    )
    if old.posted_lines or old.held or old.revising:
        later = settled.newest([old.counts, version])[0].id == version.id
        return (replace(new, held=(*old.held, version.id)), "held") if later else (new, "older")
    counts, conflict = settled.newest([one for one in new.versions if one.id not in old.refused])
    said = "newer" if counts.id == version.id else "older"
    return replace(new, counting=counts.id, conflict=conflict), said


def _put(tenant: str, old: Settled | None, new: Settled) -> Op:
    """The whole item where it is new; else what a version changes, so that shares that are added
    to meanwhile stay."""
    if old is None:
        first = replace(new, version=1, changes=1)
        return Put(store.written_flow(tenant, first), label=f"flow:{new.name}")
    item = store.written_flow(tenant, new)
    names = (
        "versions", "counting", "conflict", "held", "facts", "flow_id", "revising", "refused",
        "repost",
    )  # fmt: skip
    return Update(
        store.flow_key(tenant, new.name),
        put={name: item[name] for name in names} | store.banked(new.bank),
        add={"version": 1, "changes": 1},
        when=({"version": old.version, "posted_lines": old.posted_lines},),
        label=f"flow:{new.name}",
    )
