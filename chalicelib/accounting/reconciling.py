"""What is done with facts as they come: rows of the queue "reconcile".

receipt     a receipt was kept: its transfers to this body join their group
cancelled   a position was cancelled: so are its groups
match       apply: the lines of a flow join their groups; seek: movements that may be of it;
            judge: how it stands after whatever changed it; tell: posting is told of its payments

Each fact is stored once; what they mean together is worked out anew for the one group, id or flow
that it belongs to. Doing a row twice, late or in another order gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from chalicelib.accounting import (
    applying,
    bank_store,
    groups,
    identifying,
    pieces,
    regrouping,
    settled,
    store,
)
from chalicelib.accounting.facts import Receipt
from chalicelib.accounting.groups import Held
from chalicelib.accounting.payment_match import MATCHED
from chalicelib.base import dynamo, limits, work
from chalicelib.base.dynamo import ConditionFailed, Op, Update
from chalicelib.base.errors import Conflict
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Body
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.receipts import store as receipt_store
from chalicelib.payments.receipts.model import Receipt as Kept

Remaining = Callable[[], int]
_TRIES: Final = 5


def codes_of(body: Body) -> frozenset[str]:
    """The segregation codes under which the body's IUVs are ours."""
    return frozenset(one.code for one in body.segregations)


# ------------------------------------------------------------------ receipts
@dataclass(frozen=True)
class _Came:
    """A receipt's row, what it says, and the position that it paid."""

    job: Work
    receipt: Kept
    position: Position | None


def receipt(job: Work, wakes: Wakes, now: datetime, _: Remaining) -> None:
    """One receipt; `receipts` takes many at once."""
    receipts([job], wakes, now)


def receipts(jobs: Sequence[Work], wakes: Wakes, now: datetime) -> None:
    """The receipts of rows of one tenant, together: three calls for all of them.

    Conflict when others keep changing the same groups; then none of them is done.
    """
    if not jobs:
        return
    tenant = jobs[0].tenant
    body, found = _read(tenant, jobs)
    changes: dict[str, regrouping.Change] = {}
    facts: dict[str, dict[str, Any]] = {}
    for iuv, mine in _by_iuv(found, body.fiscal_code).items():
        changes[iuv] = _receiving([fact for _, fact in mine])
        facts[iuv] = _facts(tenant, mine[0][0])
    done = [job.done() for job in jobs]
    for _ in range(_TRIES):
        ops = regrouping.of_groups(tenant, changes, codes_of(body), now, facts)[0]
        try:
            wakes.commit([*ops, *done])
        except ConditionFailed as failed:
            if "work" in failed.found:
                raise Conflict() from failed  # somebody else did one of them
            continue
        return
    raise Conflict()


def _read(tenant: str, jobs: Sequence[Work]) -> tuple[Body, list[_Came]]:
    keys = [
        receipt_store.key_of(tenant, str(job.item["creditor"]), str(job.item["receipt"]))
        for job in jobs
    ]
    places = [
        position_store.position_key(tenant, str(job.item["position"]))
        for job in jobs
        if job.item["position"]
    ]
    setting = body_store.setting_key(tenant)
    there = dynamo.batch_get([setting, *keys, *places])
    found = []
    for job, key in zip(jobs, keys, strict=True):
        item = there.get(position_store.position_key(tenant, str(job.item["position"])))
        position = position_store.read_position(item) if item else None
        found.append(_Came(job, receipt_store.read(tenant, there[key]), position))
    return body_store.read_body(there[setting]), found


def _by_iuv(found: Iterable[_Came], creditor: str) -> dict[str, list[tuple[_Came, Receipt]]]:
    """What each receipt brings to this body: of a notice of several bodies only its own part."""
    facts: dict[str, list[tuple[_Came, Receipt]]] = {}
    for came in found:
        one = came.receipt
        # What a flow stood for keeps its name: it may be posted under it.
        iur = one.id if one.settled_as is None else one.settled_as
        for transfer in one.transfers:
            if transfer.creditor == creditor:
                facts.setdefault(one.iuv, []).append(
                    (came, Receipt(one.iuv, iur, transfer.number, transfer.cents,
                                   date.fromisoformat(one.day), transfer.stamp))
                )  # fmt: skip
    return facts


def _facts(tenant: str, came: _Came) -> dict[str, Any]:
    one, position = came.receipt, came.position
    person = position.person if position else ""
    if not person and one.debtor is not None:
        person = due_store.person_id(tenant, one.debtor.code)
    return {
        "position": one.position,
        "number": one.number,
        "person": person,
        "origin": position.origin if position else "",
        "creditor": one.creditor,
    }


def _receiving(found: Iterable[Receipt]) -> regrouping.Change:
    kept = tuple(found)
    return lambda held: groups.with_receipts(held, kept)


# ------------------------------------------------------------------ cancellations
def cancelled(job: Work, wakes: Wakes, now: datetime, _: Remaining) -> None:
    """A position is asked for no longer; what is paid of it nevertheless is odd."""
    tenant = job.tenant
    position = position_store.get_position(tenant, str(job.item["position"]))
    body = bodies.get(tenant)
    iuvs = [one.iuv for one in position.payments] if position else []
    for start in range(0, max(len(iuvs), 1), _AT_ONCE):
        part = dict.fromkeys(iuvs[start : start + _AT_ONCE], groups.as_cancelled)
        last = start + _AT_ONCE >= len(iuvs)
        _commit_groups(tenant, part, body, now, wakes, [job.done()] if last else [])


_AT_ONCE: Final = 30


def _commit_groups(
    tenant: str, changes: Mapping[str, Callable[[Held], Held]], body: Body, now: datetime,
    wakes: Wakes, also: Sequence[Op],
) -> None:  # fmt: skip
    for _ in range(_TRIES):
        ops = [*regrouping.of_groups(tenant, changes, codes_of(body), now)[0], *also]
        if not ops:
            return
        try:
            wakes.commit(ops)
        except ConditionFailed as failed:
            if "work" in failed.found:
                return
            continue
        return
    raise Conflict()


# ------------------------------------------------------------------ a flow
def match(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """What its row says of a flow: apply, seek or judge."""
    what = job.item["what"]
    if what == "judge":
        judge(job, wakes, now)
        return
    if what == "tell":
        _tell(job, wakes, now, remaining_ms)
        return
    codes = codes_of(bodies.get(job.tenant))
    if what == "apply":
        applying.apply(job, codes, wakes, now, remaining_ms)
    else:
        _seek(job, codes, wakes, now)


def _seek(job: Work, codes: frozenset[str], wakes: Wakes, now: datetime) -> None:
    """Look again at the movements that may be of a flow which came, or has another amount."""
    tenant = job.tenant
    flow = store.get_flow(tenant, str(job.item["flow"]))
    assert flow is not None
    found = bank_store.sought_by_head(tenant, store.head_of(flow.key[1]))
    for cents, text in job.item["amounts"]:
        day = date.fromisoformat(text)
        found += bank_store.sought_by_cents(
            tenant, cents, day - identifying.NEAR, day + identifying.NEAR
        )
    identifying.again(tenant, dict.fromkeys(found), codes, now, wakes)
    wakes.commit([job.done()])


def judge(job: Work, wakes: Wakes, now: datetime) -> None:
    """Put a flow on the desk where it belongs now; where posting should know, plan to tell it.
    Conflict where it changes at this moment."""
    tenant = job.tenant
    flow = store.get_flow(tenant, str(job.item["flow"]))
    assert flow is not None
    stands = settled.standing(flow)
    said = (stands.postable, flow.sums.lines[MATCHED], flow.version)
    change: dict[str, Any] = {"postable": stands.postable, **store.listed(tenant, flow)}
    ops: list[Op] = [job.done()]
    if (stands.postable or flow.told[0]) and said != flow.told:
        change["told"] = list(said)
        ops.append(
            work.row(
                regrouping.QUEUE, store.flow_partition(tenant, flow.name), "tell", now,
                when=dynamo.ANY, task="match", what="tell", flow=flow.name, at=0,
                change=str(flow.changes),
            )
        )  # fmt: skip
    if stands.postable and flow.repost:
        # An operator accepted another version: what it brings is posted without asking again.
        ops.append(
            work.row(
                regrouping.QUEUE, store.flow_partition(tenant, flow.name), "repost", now,
                when=dynamo.ANY, task="revise", what="repost", flow=flow.name,
            )
        )  # fmt: skip
    own = Update(
        store.flow_key(tenant, flow.name), put=change, when=({"changes": flow.changes},),
        label="flow",
    )  # fmt: skip
    wakes.commit([own, *ops])


def _tell(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Plan rows for posting, which name the payments of a flow, as far as the time goes."""
    tenant, at = job.tenant, int(job.item["at"])
    flow = store.get_flow(tenant, str(job.item["flow"]))
    assert flow is not None
    name = str(job.item["change"])
    mine: dynamo.Condition = ({"at": at, "change": name},)
    lines = () if flow.counts.crowded else pieces.lines(tenant, flow, flow.counting, at)
    rest = iter(lines)
    while chunk := list(islice(rest, limits.POSTABLE_KEYS)):
        there = store.get_groups(tenant, dict.fromkeys(one.line.iuv for one in chunk))
        keys = sorted(
            regrouping.key_of(iuv, part)
            for iuv, stored in there.items()
            for part in stored.parts
            if part.flow == flow.name and part.share == MATCHED
        )
        rows = regrouping.postable_rows(
            tenant, store.flow_partition(tenant, flow.name), f"{name}-{at}", keys, now
        )
        at += len(chunk)
        wakes.commit([Update(job.key, put={"at": at}, when=mine, label="work"), *rows])
        mine = ({"at": at, "change": name},)
        if remaining_ms() < limits.REMAINING_MS:
            wakes.add(job.queue, job.key)
            return
    wakes.commit([dynamo.Delete(job.key, when=mine, label="work")])


assert _AT_ONCE * 3 < limits.TRANSACTION_ITEMS
