"""The lines of a flow's version go to the groups of their IUVs, and those of others leave them.

Some IUVs in one commit, with the flow's own operation in it: it says how far it came and adds what
its shares changed by, on the version that is being applied. So a run that dies, comes twice, or is
overtaken by another version loses and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from datetime import datetime
from itertools import groupby, islice
from typing import Final

from chalicelib.accounting import pieces, regrouping, store
from chalicelib.accounting.groups import Held, Kept, Sums, with_lines
from chalicelib.accounting.payment_match import ANOMALOUS
from chalicelib.accounting.settled import Settled
from chalicelib.base import dynamo, limits, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict
from chalicelib.base.work import Wakes, Work

Remaining = Callable[[], int]
_TRIES: Final = 8
# Of a transaction that is divided: lines do not cause equally many operations.
_ROOM: Final = 10
_DROP: Final = "-"  # between the version that comes and one that leaves


def apply(job: Work, codes: Set[str], wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """As much of it as the time goes; the row ends with the last line. Conflict when others keep
    changing the same groups."""
    tenant, name = job.tenant, str(job.item["flow"])
    tries = 0
    while tries < _TRIES:
        flow = store.get_flow(tenant, name)
        assert flow is not None, "a row of a flow without it"
        try:
            done = _run(tenant, job, flow, codes, wakes, now, remaining_ms)
        except ConditionFailed:
            tries += 1
            continue
        if not done:
            dynamo.commit([work.again(job, now)])
            wakes.add(job.queue, job.key)
        return
    raise Conflict()


def _run(
    tenant: str, job: Work, flow: Settled, codes: Set[str], wakes: Wakes, now: datetime,
    remaining_ms: Remaining,
) -> bool:  # fmt: skip
    """Whether all is done. ConditionFailed where the flow or a group is another by now."""
    target = flow.counting
    cursor = flow.cursor
    touched = flow.touched
    if flow.applied == target and not cursor[0]:
        there: dynamo.Condition = ({"counting": target, "applied": target},)
        wakes.commit([dynamo.Check(store.flow_key(tenant, flow.name), there), job.done()])
        return True
    if target not in touched:
        touched = (*touched, target)
    for leg in _legs(target, touched, cursor[0]):
        at = cursor[1] if cursor[0] == leg else 0
        version = leg.removeprefix(f"{target}{_DROP}")
        chunks = _chunks(pieces.lines(tenant, flow, version, at))
        for chunk in () if _is_crowded(flow, version) else chunks:
            if remaining_ms() < limits.REMAINING_MS:
                return False
            at += len(chunk)
            dropping = leg != target
            _commit(tenant, flow, target, [] if dropping else chunk, chunk, codes, wakes, now,
                    cursor, (leg, at), touched)  # fmt: skip
            cursor = leg, at
    _end(tenant, job, flow, target, wakes, now, cursor)
    return True


def _legs(target: str, touched: Sequence[str], begun: str) -> list[str]:
    """What is to be done for the version, from where an earlier run was: its lines come, then those
    of others leave."""
    legs = [target, *(f"{target}{_DROP}{one}" for one in touched if one != target)]
    return legs[legs.index(begun) :] if begun in legs else legs


def _is_crowded(flow: Settled, version: str) -> bool:
    return next(one.crowded for one in flow.versions if one.id == version)


def _chunks(lines: Iterator[Kept]) -> Iterator[list[Kept]]:
    while chunk := list(islice(lines, limits.FLOW_LINES_AT_ONCE)):
        yield chunk


def _commit(
    tenant: str, flow: Settled, target: str, coming: Sequence[Kept], chunk: Sequence[Kept],
    codes: Set[str], wakes: Wakes, now: datetime, before: tuple[str, int],
    after: tuple[str, int], touched: Sequence[str],
) -> None:  # fmt: skip
    """One chunk, in as many commits as there is room for: all but the last are only part of it, and
    doing that part again changes nothing."""
    changes = {
        iuv: _joining(target, list(found) if coming else [], flow)
        for iuv, found in groupby(sorted(chunk, key=_iuv), key=_iuv)
    }
    ops, sums = regrouping.of_groups(tenant, changes, codes, now, mine=flow.name)
    if len(ops) >= limits.TRANSACTION_ITEMS:
        size = len(chunk) // (len(ops) // (limits.TRANSACTION_ITEMS - _ROOM) + 1)
        assert size, "one IUV does not fit into a transaction"
        rest = iter(sorted(chunk, key=_iuv))
        parts = list(iter(lambda: list(islice(rest, size)), []))
        for place, part in enumerate(parts, 1):
            to = after if place == len(parts) else before
            _commit(tenant, flow, target, part if coming else [], part, codes, wakes, now,
                    before, to, touched)  # fmt: skip
        return
    own = store.added(
        tenant, flow.name, sums,
        put={"cursor": list(after), "touched": list(touched)},
        when=({"counting": target, "cursor": list(before)},),
    )  # fmt: skip
    wakes.commit([own, *ops])


def _iuv(one: Kept) -> str:
    return one.line.iuv


def _joining(target: str, lines: Sequence[Kept], flow: Settled) -> Callable[[Held], Held]:
    return lambda held: with_lines(held, target, lines, flow.key)


def _end(
    tenant: str, job: Work, flow: Settled, target: str, wakes: Wakes, now: datetime,
    cursor: tuple[str, int],
) -> None:  # fmt: skip
    counts = flow.counts
    lump = (counts.cents, counts.lines) if counts.crowded else (0, 0)
    cents, lines = [0, 0, 0, 0], [0, 0, 0, 0]
    cents[ANOMALOUS] = lump[0] - flow.lump[0]
    lines[ANOMALOUS] = lump[1] - flow.lump[1]
    own = store.added(
        tenant, flow.name,
        Sums(tuple(cents), tuple(lines)),  # type: ignore[arg-type]
        put={"applied": target, "cursor": ["", 0], "touched": [target], "lump": list(lump)},
        when=({"counting": target, "cursor": list(cursor)},),
    )  # fmt: skip
    ops: list[Op] = [own, job.done(), regrouping.judge_row(tenant, flow.name, now)]
    wakes.commit(ops)
