"""Hard ends: what has one, by its last day, and the work that writes down what has ended.

T#<tenant>#ENDING   <yyyymmdd>#<kind>#<id>   a position, or a flow with all of its positions
T#_house#ENDING     <tenant>                 who ever asked for one

Nothing that is read waits for this: node, portal, archive and sums see by the day that a position
is over (`model.on`, `counts`). The work only makes it a state, with its place in the timeline, and
has pagoPA looked at. It may run twice, late, or not at all one night. An entry stays until all that
it stands for is written; what was changed, paid or called off meanwhile is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, Literal

from chalicelib.base import clock, dynamo, keys, limits, work
from chalicelib.base.dynamo import ConditionFailed, Delete, Item, Op, Put
from chalicelib.base.work import Wakes, Work
from chalicelib.payments.pagopa import connections, telling
from chalicelib.payments.positions import counts, holds, model, store
from chalicelib.payments.positions.model import Position

QUEUE: Final = connections.QUEUE
TASK: Final = "positions_end"
Kind = Literal["flow", "position"]
# What became of an entry: all is written; somebody takes money just now; the flow is not whole yet.
_Outcome = Literal["done", "held", "early"]


def _partition(tenant: str) -> str:
    return keys.pk(tenant, "ENDING")


def asked(tenant: str, ends: date, kind: Kind, name: str) -> list[Op]:
    """What joins the commit that gives a flow or a position a hard end: two operations."""
    who = {"pk": keys.pk(keys.HOUSE, "ENDING"), "sk": keys.sk(tenant), "tenant": tenant}
    place = keys.sk(f"{ends:%Y%m%d}", kind, name)
    entry = {"pk": _partition(tenant), "sk": place, "kind": kind, "name": name}
    return [Put(entry, when=dynamo.ANY, label="ending"), Put(who, when=dynamo.ANY, label="ends")]


def waits(tenant: str, today: date) -> bool:
    """Whether something may have ended that is not written yet."""
    return next(iter(_over(tenant, today, 1)), None) is not None


def _over(tenant: str, today: date, limit: int = 0) -> Iterator[Item]:
    """The entries whose day is over, earliest first."""
    between = "0", f"{today:%Y%m%d}"
    yield from dynamo.query(_partition(tenant), between=between, limit=limit)


def plan(now: datetime, wakes: Wakes) -> int:
    """Work for each body of which something ended; gives how many. Twice is the same work."""
    planned = 0
    for item in dynamo.query(keys.pk(keys.HOUSE, "ENDING")):
        tenant = str(item["tenant"])
        if waits(tenant, clock.rome_day(now)):
            row = work.row(QUEUE, _partition(tenant), TASK, now, when=dynamo.ANY, task=TASK)
            wakes.commit([row])
            planned += 1
    return planned


def turn(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Write down what has ended, as far as the time goes; begun again, it passes over what is done.

    What somebody is taking money for is left until he must have done so; a flow that is still being
    made, until the next night.
    """
    tenant = job.tenant
    held = False
    for entry in list(_over(tenant, clock.rome_day(now))):
        outcome: _Outcome = "early"
        for so_far in _ended(tenant, entry, wakes, now):
            outcome = so_far
            if remaining_ms() < limits.REMAINING_MS:
                wakes.add(job.queue, job.key)
                return
        held = held or outcome == "held"
        if outcome == "done":
            dynamo.commit([Delete((entry["pk"], entry["sk"]), when=dynamo.ANY, label="ending")])
    if held:
        later = now + timedelta(seconds=limits.POSITION_HOLD_S)
        dynamo.commit([work.again(job, now, later)])
        return
    dynamo.commit([Delete(job.key, when=dynamo.ANY, label="work")])


def _ended(tenant: str, entry: Item, wakes: Wakes, now: datetime) -> Iterator[_Outcome]:
    """How it stands with an entry after each commit; the last one counts."""
    found = _Seen(tenant, entry["kind"], entry["name"], clock.rome_day(now))
    outcome: _Outcome = "done"
    positions = iter(found)
    while some := list(islice(positions, limits.ENDING_AT_ONCE)):
        if not _write(tenant, some, wakes, now):
            outcome = "held"
        yield outcome
    yield outcome if found.is_whole else "early"


class _Seen:
    """The positions of an entry that have ended. `is_whole`: once they are all read, whether there
    were as many as there should be: the list of a flow follows the table."""

    def __init__(self, tenant: str, kind: Kind, name: str, today: date) -> None:
        self.tenant, self.kind, self.name, self.today = tenant, kind, name, today
        self.is_whole = True

    def __iter__(self) -> Iterator[Position]:
        if self.kind == "position":
            one = store.get_position(self.tenant, self.name)
            if one is not None and model.has_ended(one, self.today):
                yield one
            return
        flow = store.get_flow(self.tenant, self.name)
        assert flow is not None, self.name
        count = 0
        listed = store.list_positions(self.tenant, flow=self.name, page=limits.PAGE_ITEMS_MAX)
        for _, one in listed:
            count += 1
            if model.has_ended(one, self.today):
                yield one
        self.is_whole = flow.state in ("generated", "failed") and count >= flow.made


def _write(tenant: str, some: Sequence[Position], wakes: Wakes, now: datetime) -> bool:
    """False when one of them is held just now."""
    try:
        wakes.commit(_ops(tenant, some, now))
    except ConditionFailed:
        if len(some) > 1:
            # One of them is held, or was changed meanwhile; the others are written all the same.
            free = [_write(tenant, [one], wakes, now) for one in some]
            return all(free)
        one = store.get_position(tenant, some[0].id)
        if one is None or not model.has_ended(one, clock.rome_day(now)):
            return True
        if one.version != some[0].version:
            return _write(tenant, [one], wakes, now)
        return False
    return True


def _ops(tenant: str, some: Sequence[Position], now: datetime) -> list[Op]:
    today = clock.rome_day(now)
    ops: list[Op] = []
    changes: list[counts.Change] = []
    told = {one.creditor: connections.get(tenant, one.creditor) for one in some}
    for old in some:
        new = replace(model.on(old, today), version=old.version + 1)
        ops += store.changed(tenant, new, "expire", clock.stamp(now), "calendar", ends=old.ends)
        ops.append(holds.nobody(tenant, old.id, now))
        ops += telling.ops(tenant, told[old.creditor], new, "expire", now)
        changes.append((old, new))
    return [*ops, *counts.ops(tenant, changes, some[0].id)]


# Each is written with its event, its hold looked at and pagoPA told; the sums of all, and of each
# year that one of them ended in (of one entry that is one).
assert limits.ENDING_AT_ONCE * 4 + 2 <= limits.TRANSACTION_ITEMS
