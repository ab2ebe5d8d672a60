"""A version of a flow that came after payments of the former were posted: accepted or refused.

    look      what it changes, payment by payment, and which orders that takes back
    decide    an operator says yes or no, with a note; kept for ever
    revise    what a yes causes, as far as the time goes, from wherever an earlier run was

Nothing that was posted is edited. What the version does not bear out any more is taken back by an
entry of today (storno), always in the open period; then the version counts, and what may be posted
of it is posted anew, today. While orders are being taken back the flow is posted by nobody.

T#<tenant>#SETTLED#<name>   DECIDED#<version>   what was said of it, by whom, why
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.accounting import arriving, revisions, settled, store
from chalicelib.accounting import regrouping as facts
from chalicelib.accounting.posting import service
from chalicelib.accounting.posting import store as books
from chalicelib.accounting.posting.model import Said
from chalicelib.accounting.reconciling import codes_of
from chalicelib.accounting.revisions import Change
from chalicelib.accounting.settled import Settled, Version
from chalicelib.base import clock, cursors, dynamo, fields, ids, keys, limits, work
from chalicelib.base.dynamo import ConditionFailed, Key, Op, Put, Update
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies

TASK: Final = "revise"
NOTE: Final = "flow_revised"  # in the journal: the reason of the storno
_TRIES: Final = 5


@dataclass(frozen=True)
class Decision:
    """What an operator said of a version; `post`: and its payments are posted anew."""

    version: str
    accepted: bool
    post: bool
    note: str
    by: str
    at: str


@dataclass(frozen=True)
class Difference:
    """A flow, the version `to` that waits for a decision or is on its way (None: neither), whether
    it is `running`, how many IUVs it changes, a page of `changes` with the orders that posted each,
    and what was decided before."""

    flow: Settled
    to: Version | None
    running: bool
    differing: int
    changes: tuple[tuple[Change, tuple[str, ...]], ...]
    decisions: tuple[Decision, ...]
    cursor: str


def waiting(flow: Settled) -> Version | None:
    """The version that is to be decided on: the newest that is held."""
    held = [one for one in flow.versions if one.id in flow.held]
    return settled.newest(held)[0] if held else None


# ------------------------------------------------------------------ looked at
def look(tenant: str, name: str, cursor: str, limit: int) -> Difference:
    """What the version changes, `limit` IUVs of it, in their order. NotFound; Rejected
    `cursor_invalid`."""
    flow = _flow(tenant, name)
    decisions = tuple(_decisions(tenant, name))
    running = next((one for one in flow.versions if one.id == flow.revising), None)
    to = running or waiting(flow)
    if to is None:
        return Difference(flow, None, False, 0, (), decisions, "")
    asked = ids.derive("revision", tenant, name, to.id)
    # The two versions never change, so a place in what differs is one for ever.
    start = int(cursors.read(cursor, asked).rpartition("#")[2] or 0)
    iuvs = revisions.differing(tenant, flow, to.id)
    page = iuvs[start : start + limit]
    found = revisions.changes(tenant, flow, to.id, page)
    held = books.get_held(tenant, {one.key for one in found if one.key})
    end = start + len(page)
    return Difference(
        flow, to, running is not None, len(iuvs),
        tuple((one, held[one.key].orders if one.key else ()) for one in found),
        decisions, cursors.write(f"0#{end}", asked) if end < len(iuvs) else "",
    )  # fmt: skip


def _flow(tenant: str, name: str) -> Settled:
    flow = store.get_flow(tenant, name)
    if flow is None:
        raise NotFound("flow")
    return flow


# ------------------------------------------------------------------ decided
def _decided_key(tenant: str, name: str, version: str) -> Key:
    return store.flow_partition(tenant, name), keys.sk("DECIDED", version)


def _decisions(tenant: str, name: str) -> Iterator[Decision]:
    found = dynamo.query(store.flow_partition(tenant, name), prefix=keys.sk("DECIDED", ""))
    for item in sorted(found, key=lambda one: str(one["at"])):
        note = fields.unseal(tenant, "settlement", name, f"note-{item['version']}", item["note"])
        yield Decision(
            item["version"], item["accepted"], item["post"], note, item["by"], item["at"]
        )


def decide(
    tenant: str, name: str, version: str, *, accept: bool, post: bool, note: str, by: str,
    now: datetime, wakes: Wakes, also: Sequence[Op] = (),
) -> None:  # fmt: skip
    """Accept a held version, or refuse it; the same again is the same.

    Rejected `revision_decided` (409: otherwise, before), `revision_not_held` (409: it is not the
    newest that waits), `revision_running` (409: another is on its way); NotFound, Conflict.
    """
    if not note.strip() or len(note) > limits.LINK_NOTE_CHARS:
        raise Rejected("revision_note", "Say why.", limit_chars=limits.LINK_NOTE_CHARS)
    for _ in range(_TRIES):
        flow = _flow(tenant, name)
        there = dynamo.get(_decided_key(tenant, name, version))
        if there is not None:
            if there["accepted"] == accept:
                return
            raise Rejected("revision_decided", "That was decided otherwise.", status=409)
        if flow.revising:
            raise Rejected("revision_running", "Another version is on its way.", status=409)
        to = waiting(flow)
        if to is None or to.id != version:
            raise Rejected("revision_not_held", "That version does not wait.", status=409)
        pk, sk = _decided_key(tenant, name, version)
        said: dict[str, Any] = {
            "pk": pk, "sk": sk, "version": version, "accepted": accept, "post": post, "by": by,
            "at": clock.stamp(now),
            "note": fields.seal(tenant, "settlement", name, f"note-{version}", note),
        }  # fmt: skip
        ops = _accepted(tenant, flow, to, post, by, now) if accept else _refused(tenant, flow, now)
        try:
            wakes.commit([*ops, Put(said, label="decided"), *also])
        except ConditionFailed:
            continue
        return
    raise Conflict()


def _accepted(
    tenant: str, flow: Settled, to: Version, post: bool, by: str, now: datetime
) -> list[Op]:
    own = Update(
        store.flow_key(tenant, flow.name), put={"revising": to.id},
        add={"version": 1, "changes": 1}, when=({"version": flow.version},), label="flow",
    )  # fmt: skip
    row = work.row(
        service.QUEUE, store.flow_partition(tenant, flow.name), f"revise-{to.id}", now, task=TASK,
        what="correct", flow=flow.name, to=to.id, by=by, post=post,
    )  # fmt: skip
    return [own, row]


def _refused(tenant: str, flow: Settled, now: datetime) -> list[Op]:
    """All that waits is refused with its newest: the former goes on counting."""
    own = Update(
        store.flow_key(tenant, flow.name),
        put={"held": [], "refused": [*flow.refused, *flow.held]},
        add={"version": 1, "changes": 1}, when=({"version": flow.version},), label="flow",
    )  # fmt: skip
    return [own, facts.judge_row(tenant, flow.name, now)]


# ------------------------------------------------------------------ done
def revise(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """correct: take back what the version does not bear out, then let it count; repost: post what
    may be posted of the flow again, once it may. Conflict where others change the same orders."""
    if job.item["what"] == "repost":
        _repost(job, wakes, now)
        return
    tenant, to, by = job.tenant, str(job.item["to"]), str(job.item["by"])
    flow = store.get_flow(tenant, str(job.item["flow"]))
    if flow is None or flow.revising != to:
        dynamo.commit([_end(job)])  # an earlier run came to the end
        return
    for order in _orders(tenant, flow, to):
        if remaining_ms() < limits.REMAINING_MS:
            dynamo.commit([work.again(job, now)])
            wakes.add(job.queue, job.key)
            return
        service.reverse(tenant, order, NOTE, now, by)
    # The flow as it is after that: nothing of it is posted that the version has not.
    there = _flow(tenant, flow.name)
    repost = by if job.item["post"] else ""
    try:
        ops = arriving.counted(tenant, there, to, repost, now)
        wakes.commit(facts.merged([*ops, job.done()]))
    except ConditionFailed as failed:
        raise Conflict() from failed


def _orders(tenant: str, flow: Settled, to: str) -> Iterator[str]:
    """An order of each payment that is posted and will not be matched any more. Orders that were
    posted together go together, so what one takes back is looked at again before the next."""
    codes = codes_of(bodies.get(tenant))
    for some in revisions.touched(tenant, flow, to, codes):
        for key in some:
            held = books.get_held(tenant, [key])[key]
            if held.state == "posted":
                yield held.orders[0]


def _repost(job: Work, wakes: Wakes, now: datetime) -> None:
    """Begin the run. It is of today: the day of the bank may lie in a closed period, or before the
    last number."""
    tenant, name = job.tenant, str(job.item["flow"])
    flow = _flow(tenant, name)
    if not flow.repost or not settled.standing(flow).postable:
        dynamo.commit([_end(job)])  # whoever makes it postable plans this again
        return
    taken = Update(
        store.flow_key(tenant, name), put={"repost": ""}, add={"version": 1, "changes": 1},
        when=({"version": flow.version, "repost": flow.repost},), label="flow",
    )  # fmt: skip
    key = f"revision:{name}:{flow.counting}"
    wanted = service.Wanted("flow", name, Said(day=clock.rome_day(now)))
    also: list[Op] = [taken, _end(job)]
    try:
        service.begin(tenant, wanted, now, flow.repost, key, wakes, also)
    except Rejected:
        # There is a number of a later day already; the run says of each payment what it may not.
        service.begin(tenant, service.Wanted("flow", name), now, flow.repost, key, wakes, also)


def _end(job: Work) -> dynamo.Delete:
    return dynamo.Delete(job.key, when=dynamo.ANY, label="work")
