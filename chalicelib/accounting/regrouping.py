"""The operations by which facts join and leave groups and flows, and what follows from them.

Whatever changes a group changes the shares of flows by the difference, in the same commit; so a
flow's shares are what its groups say, whichever of them came first. Each flow that is touched is
judged afterwards (`reconciling.judge`): a row for that is part of the commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.accounting import bank_store, groups, reported, settled, store
from chalicelib.accounting.bank_store import Banked
from chalicelib.accounting.groups import Held, Part, Single, Sums
from chalicelib.accounting.payment_match import MATCHED
from chalicelib.accounting.reported import Turned
from chalicelib.accounting.settled import Credit
from chalicelib.accounting.store import Hub, Stored
from chalicelib.base import dynamo, limits, work
from chalicelib.base.dynamo import Op, Put, Update

QUEUE: Final = "reconcile"
Change = Callable[[Held], Held]


def judge_row(tenant: str, name: str, now: datetime) -> Put:
    """The row that looks how a flow stands after a change."""
    return work.row(
        QUEUE, store.flow_partition(tenant, name), "judge", now, when=dynamo.ANY,
        label=f"judge:{name}", task="match", what="judge", flow=name,
    )  # fmt: skip


def of_groups(
    tenant: str, changes: Mapping[str, Change], codes: Set[str], now: datetime,
    facts: Mapping[str, Mapping[str, Any]] | None = None, *, mine: str = "", position: str = "",
) -> tuple[list[Op], Sums]:  # fmt: skip
    """The commit that changes groups, by IUV, and what the shares of the flow `mine` change by:
    its own operation is the caller's, those of other flows are among these. So are those of
    positions that are reported from now on, or not any more; `position` the caller writes himself.

    `codes`: segregation codes of the body. A group that stays as it is costs nothing.
    """
    there = store.get_groups(tenant, changes)
    ops: list[Op] = []
    found: dict[str, Sums] = defaultdict(Sums)
    turned: list[Turned] = []
    lost: dict[str, int] = {}
    for iuv, old in there.items():
        held = changes[iuv](old.held)
        said = {**old.facts, **(facts or {}).get(iuv, {})}
        if held == old.held and said == old.facts:
            continue
        new = replace(old, held=held, parts=groups.resolve(held, codes), facts=said)
        ops += _written(tenant, old, new, now)
        turned += _turned(old, new)
        gone = _reported(old) - _reported(new)
        lost |= dict.fromkeys(sorted(key for key, _ in gone), new.version)
        for flow, sums in groups.moved(old.parts, new.parts).items():
            found[flow] = found[flow].plus(sums)
    own = found.pop(mine, Sums())
    for flow in sorted(found):
        ops += [store.added(tenant, flow, found[flow]), judge_row(tenant, flow, now)]
    if lost:
        # Whoever reads the flow finds these no more: posting is told of them by name.
        (first, version), keys = next(iter(lost.items())), list(lost)
        place = store.group_key(tenant, first.partition("#")[0])[0]
        ops += postable_rows(tenant, place, f"lost-{version + 1}", keys, now)
    turned = [one for one in turned if one.position != position]
    if turned:
        ops += reported.ops(tenant, turned, now)
    return ops, own


def _reported(stored: Stored) -> set[tuple[str, str]]:
    """Keys of payments that a flow has, with the flow: one may pass to another."""
    return {
        (key_of(stored.iuv, one), one.flow)
        for one in stored.parts
        if one.flow and one.share == MATCHED
    }


def _turned(old: Stored, new: Stored) -> list[Turned]:
    is_so = groups.is_reported(new.held, new.parts)
    name = str(new.facts.get("position", ""))
    if not name or is_so == groups.is_reported(old.held, old.parts):
        return []
    return [Turned(name, int(new.facts["number"]), is_so)]


def _written(tenant: str, old: Stored, new: Stored, now: datetime) -> list[Op]:
    ops: list[Op] = [store.put_group(tenant, new)]
    before, after = (groups.is_single(one.held, one.parts) for one in (old, new))
    if before != after:
        keys = sorted({key_of(new.iuv, one) for one in (*old.parts, *new.parts)})
        ops += postable_rows(
            tenant, store.group_key(tenant, new.iuv)[0], str(new.version + 1), keys, now
        )
    return ops


def key_of(iuv: str, part: Part) -> str:
    """The stable name of a payment."""
    return f"{iuv}#{part.iur}#{part.transfer}"


def postable_rows(
    tenant: str, partition: str, name: str, keys: Sequence[str], now: datetime
) -> list[Op]:
    """Rows that tell posting which payments became postable, or are so no longer; `name` is of the
    change that made them."""
    return [
        work.row(
            QUEUE, partition, f"postable-{name}-{start}", now, when=dynamo.ANY,
            label=f"postable:{name}:{start}", task="postable",
            keys=list(keys[start : start + limits.POSTABLE_KEYS]),
        )
        for start in range(0, len(keys), limits.POSTABLE_KEYS)
    ]  # fmt: skip


# ------------------------------------------------------------------ movements
def of_movement(
    tenant: str, old: Banked, new: Banked, codes: Set[str], now: datetime,
    known: Mapping[str, Hub] | None = None,
) -> list[Op]:  # fmt: skip
    """The commit that writes a movement as it is found to be now, with what it leaves and joins.
    `known`: hubs that were read already."""
    ops: list[Op] = [bank_store.put(tenant, new)]
    if old.target == new.target:
        return ops
    hubs: dict[str, Hub] = {}
    changes: dict[str, Change] = {}
    for kind, name, _ in (old.target, new.target):
        if kind == "flow" and name not in hubs:
            hubs[name] = (known or {}).get(name) or store.get_hub(tenant, name)
        elif kind == "iuv":
            changes[name] = _without(new.identity)
    kind, name, said = new.target
    if kind == "iuv":
        single = Single(new.identity, new.day, new.cents, said == "hand", new.found.cents)
        changes[name] = _with(single)
    for flow_id, hub in hubs.items():
        credits = [one for one in hub.credits if one.identity != new.identity]
        if (kind, name) == ("flow", flow_id):
            further = bool(new.found.supplement)
            credits.append(Credit(new.identity, new.day, new.cents, said, further))
        ops += of_hub(tenant, hub, replace(hub, credits=tuple(sorted(credits))), now)
    if changes:
        ops += of_groups(tenant, changes, codes, now)[0]
    return ops


def _without(identity: str) -> Change:
    return lambda held: groups.with_bank(held, identity, None)


def _with(single: Single) -> Change:
    return lambda held: groups.with_bank(held, single.identity, single)


def of_hub(tenant: str, old: Hub, new: Hub, now: datetime, *, but: str = "") -> list[Op]:
    """The commit that changes who has an id and who names it; of the flow `but` the caller writes
    its money himself."""
    before, after = _banks(old), _banks(new)
    ops: list[Op] = [store.put_hub(tenant, new)]
    for name in sorted(after):
        if name != but and before.get(name) != after[name]:
            ops.append(
                Update(
                    store.flow_key(tenant, name), put=store.banked(after[name]),
                    add={"changes": 1, "version": 1}, label=f"flow:{name}",
                )
            )  # fmt: skip
            ops.append(judge_row(tenant, name, now))
    return ops


def _banks(hub: Hub) -> dict[str, settled.Bank]:
    return settled.owners(hub.flows, hub.credits)


def merged(ops: Iterable[Op]) -> list[Op]:
    """Without the second of two rows of one name: they ask for the same."""
    found: dict[dynamo.Key, Op] = {}
    for op in ops:
        known = found.get(op.key)
        assert known is None or (isinstance(op, Put) and "queue" in op.item), op.key
        found.setdefault(op.key, op)
    return list(found.values())
