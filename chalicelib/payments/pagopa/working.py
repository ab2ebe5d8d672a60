"""Telling pagoPA in the background: one position, all that is open, all that was refused.

Each call is one that may be repeated: what GPD has is looked at, and only what is missing is done.
So a run that died after a call, a call whose answer was lost, and a run that comes twice end alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from chalicelib.base import clock, dynamo, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Delete, Op, Update
from chalicelib.base.errors import Conflict, Failure, NotFound, Rejected, Transient
from chalicelib.base.net import Reply
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.pagopa import client, connections, gpd, telling, told
from chalicelib.payments.pagopa.client import Access, Refused, Throttled
from chalicelib.payments.pagopa.connection import Connection
from chalicelib.payments.pagopa.gpd import Step
from chalicelib.payments.pagopa.told import Told
from chalicelib.payments.positions import counts, model, states, store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.states import OPEN, UNPAID

Remaining = Callable[[], int]
# What may be refused because it happened already, or because the position is not as we thought.
_LOOK_AGAIN: Final = frozenset({400, 404, 409, 422})


def tell(job: Work, wakes: Wakes, now: datetime, _: Remaining) -> None:
    """Tell pagoPA what one position is; ends in told, refused, or later.

    Raises Transient `pagopa_unavailable`, `pagopa_busy`; Conflict when the position changed.
    """
    tenant, name = job.tenant, str(job.item["position"])
    connection = connections.get(tenant, str(job.item["creditor"]))
    if not connection.tells:
        dynamo.commit([Delete(job.key, when=dynamo.ANY, label="work")])
        return
    if connection.paused_until > clock.stamp(now):
        put_off(job, clock.parse(connection.paused_until), name)
        return
    last = told.take(tenant, name, now)
    try:
        outcome = _told(job, connection, last, now)
    except Throttled as throttled:
        told.free(tenant, name, last.busy_until)
        until = now + timedelta(seconds=throttled.seconds)
        connections.pause(tenant, connection, until)
        put_off(job, until, name)
        return
    except Failure:
        told.free(tenant, name, last.busy_until)
        raise
    try:
        wakes.commit(outcome)
    except ConditionFailed as failed:
        told.free(tenant, name, last.busy_until)
        raise Conflict() from failed


def put_off(job: Work, until: datetime, name: str) -> None:
    """Let the row wait without counting it as a failure; rows that wait together come apart by
    some seconds each, or the limit would be met again."""
    apart = int(ids.derive("apart", name, chars=2).encode().hex(), 16) % limits.PAGOPA_PAUSE_S
    due = until + timedelta(seconds=apart)
    change = Update(
        job.key, put={"due": clock.stamp(due), "waits": True, "error": "pagopa_throttled"},
        when=({"due": job.item["due"]},), label="work",
    )  # fmt: skip
    try:
        dynamo.commit([change])
    except ConditionFailed:
        return  # a newer change planned it anew


# ------------------------------------------------------------------ one position
@dataclass(frozen=True)
class _Told:
    """Everything that one telling goes by."""

    tenant: str
    connection: Connection
    access: Access
    position: Position
    deleted: bool
    day: date


def _told(job: Work, connection: Connection, last: Told, now: datetime) -> list[Op]:
    """The calls, and the operations that record what came of them."""
    tenant = job.tenant
    # Read when nobody else tells it: what is told must not be older than what was told.
    position = store.get_position(tenant, last.position)
    assert position is not None
    deleted = bool(job.item["deleted"])
    base = Told(
        position.id, place=connection.place, version=position.version, at=clock.stamp(now),
        deleted=deleted,
    )  # fmt: skip
    end: Op = Delete(job.key, when=({"version": dynamo.at_most(position.version)},), label="work")
    try:
        access = connections.access(tenant, connection, "positions")
        day = clock.rome_day(now)
        said = _Told(tenant, connection, access, model.on(position, day), deleted, day)
        wanted = _wanted(said)
        debtor = told.debtor_of(tenant, wanted["fullName"]) if wanted else ""
        known = last.place == connection.place and bool(last.status)
        # What a run died over may be there, and what a file found there is.
        likely = last.takes > 1 or bool(job.item.get("look"))
        # What does not show cannot be compared: a name is told again until it is noted here.
        renamed = known and debtor != last.debtor
        status = _say(said, wanted, known or likely, renamed=renamed)
    except Refused as refused:
        outcome = replace(
            base, state="refused", code=refused.code, answered=refused.answered, said=refused.said
        )
        return [told.put(tenant, outcome, last.busy_until), end]
    except (Rejected, Transient) as failure:
        if isinstance(failure, Throttled):
            raise
        # After the last attempt a person is to see it, instead of a row that is parked.
        if isinstance(failure, Transient) and job.attempts + 1 < limits.WORK_ATTEMPTS:
            raise
        outcome = replace(base, state="refused", code=failure.code)
        return [told.put(tenant, outcome, last.busy_until), end]
    outcome = replace(base, state="told", status=status, debtor=debtor)
    ops: list[Op] = [told.put(tenant, outcome, last.busy_until)]
    new = known_there(position, connection, status)
    if new is not position:
        ops += store.changed(
            tenant, new, "published", clock.stamp(now), "pagopa", status=status.lower()
        )
        ops += counts.ops(tenant, [(position, new)], position.id)
    return [*ops, _following(tenant, new, now, end)]


def known_there(position: Position, connection: Connection, status: str) -> Position:
    """The position once pagoPA, which keeps it, knows of it; itself where that changes nothing."""
    state = position.state
    if connection.mode != "gpd" or status not in ("PUBLISHED", "VALID"):
        return position
    if state == "draft":
        state = states.after(state, "publish")
    if state == "published" and status == "VALID":
        state = states.after(state, "begin")
    if state == position.state:
        return position
    return replace(position, state=state, version=position.version + 1)


def _following(tenant: str, position: Position, now: datetime, end: Op) -> Op:
    """The end of the row, or the same row for the next day on which the amount changes."""
    day = gpd.changes_on(position, clock.rome_day(now))
    if day is None:
        return end
    assert isinstance(end, Delete)
    return telling.on_day(tenant, position, day, now, end.when)


def _say(
    said: _Told, wanted: Mapping[str, Any] | None, known: bool, renamed: bool
) -> str:  # fmt: skip
    """Step by step until pagoPA knows what it has to; gives its status for the position.

    What is not `known` there is created without looking, unless it is over. A step that is refused
    is looked at once more: it may have happened already, by a run that died after it.
    """
    name = gpd.iupd(said.position)
    look = known or wanted is None or said.position.state == "expired"
    found = _found(said, name) if look else None
    refused: tuple[Step, Refused] | None = None
    for _ in range(limits.PAGOPA_ROUNDS):
        step = gpd.next_step(said.position, said.deleted, wanted, found, renamed)
        if step is None:
            return gpd.status_of(found)
        if refused is not None and refused[0] == step:
            raise refused[1]
        reply = _do(said, name, step, wanted)
        if reply.status < 300:
            if step.kind in ("create", "update", "publish"):
                status = gpd.status_of(client.parsed(reply))
                if status:
                    return status
            refused = None
            renamed = renamed and step.kind not in ("create", "update")
        elif reply.status in _LOOK_AGAIN:
            refused = step, Refused("pagopa_refused", reply.status, client.said(reply))
        else:
            raise Refused("pagopa_refused", reply.status, client.said(reply))
        found = _found(said, name)
    raise Transient("pagopa_unsettled", "pagoPA does not come to what it is told.")


def _wanted(said: _Told) -> Mapping[str, Any] | None:
    position = said.position
    if position.state not in UNPAID:
        return None
    body = bodies.get(said.tenant)
    person = due_store.get_persons(said.tenant, [position.person])[position.person]
    return gpd.written(body, person, position, said.day)


def _path(said: _Told, *rest: str) -> str:
    start = f"{said.connection.service}/organizations/{said.connection.creditor}"
    return "/".join([start, *rest])


def _found(said: _Told, name: str) -> Mapping[str, Any] | None:
    reply = client.call(said.access, "GET", _path(said, "debtpositions", name))
    if reply.status == 404:
        return None
    if reply.status >= 300:
        raise Refused("pagopa_refused", reply.status, client.said(reply))
    return client.needed(reply)


def _do(said: _Told, name: str, step: Step, wanted: Mapping[str, Any] | None) -> Reply:
    publish = {"toPublish": "true"}
    if step.kind == "create":
        path = _path(said, "debtpositions")
        return client.call(said.access, "POST", path, wanted, query=publish)
    path = _path(said, "debtpositions", name)
    if step.kind == "update":
        return client.call(said.access, "PUT", path, wanted, query=publish)
    if step.kind == "delete":
        return client.call(said.access, "DELETE", path)
    if step.kind == "pay":
        path = _path(said, "paymentoptions", "paids", step.notice)
        day = {"paymentDate": gpd.noon_of(_paid_on(said))}
        return client.call(said.access, "POST", path, day)
    return client.call(said.access, "POST", f"{path}/{step.kind}")


def _paid_on(said: _Told) -> date:
    """The day that its timeline says; what was paid by a receipt, today: pagoPA has the receipt."""
    for event in store.list_events(said.tenant, said.position.id):
        if event["event"] == "paid_outside":
            return date.fromisoformat(event["facts"]["day"])
    return said.day


# ------------------------------------------------------------------ many
_AT_ONCE: Final = 24


def retell(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Plan the telling of all that is open, or of all that was refused, as far as the time goes.

    A position that waited for a place that is no more is payable by itself again.
    """
    tenant, what = job.tenant, job.item["what"]
    connection = connections.own(tenant)
    after = str(job.item["after"])
    listed = _refused(tenant, after) if what == "refused" else _open(tenant, after)
    some: list[tuple[str, Position, bool]] = []
    for found in listed:
        some.append(found)
        if len(some) == _AT_ONCE:
            after = _replan(tenant, connection, some, wakes, now)
            some = []
            if remaining_ms() < limits.REMAINING_MS:
                dynamo.commit([Update(job.key, put={"after": after}, label="work")])
                wakes.add(job.queue, job.key)
                return
    if some:
        _replan(tenant, connection, some, wakes, now)
    dynamo.commit([Delete(job.key, when=dynamo.ANY, label="work")])


def _open(tenant: str, after: str) -> Any:
    for place, position in store.list_positions(tenant, after=after, page=limits.PAGE_ITEMS_MAX):
        if position.state in OPEN:
            yield place, position, False


def _refused(tenant: str, after: str) -> Any:
    for place, one in told.refusals(tenant, after, limits.PAGE_ITEMS_MAX):
        position = store.get_position(tenant, one.position)
        if position is not None:
            yield place, position, one.deleted


def _replan(
    tenant: str, connection: Connection, some: list[tuple[str, Position, bool]], wakes: Wakes,
    now: datetime,
) -> str:  # fmt: skip
    for _, position, deleted in some:
        ops: list[Op] = []
        if connection.tells:
            ops = [telling.again(tenant, position, now, deleted)]
        elif position.state == "draft":
            valid = replace(position, state="valid", version=position.version + 1)
            ops = store.changed(tenant, valid, "published", clock.stamp(now), "pagopa")
            ops += counts.ops(tenant, [(position, valid)], position.id)
        if not ops:
            continue
        try:
            wakes.commit(ops)
        except ConditionFailed:
            continue  # whoever changed it meanwhile planned what follows
    return some[-1][0]


def retry(
    tenant: str, position_id: str, now: datetime, wakes: Wakes, also: list[Op] | None = None
) -> Told:
    """Tell a position once more because a person says so. NotFound; Rejected `pagopa_untold` where
    nobody is to be told; Conflict when it changes at this moment. `also` joins the commit."""
    position = store.get_position(tenant, position_id)
    if position is None:
        raise NotFound("position")
    connection = connections.get(tenant, position.creditor)
    if not connection.tells:
        raise Rejected("pagopa_untold", "Nobody is told of this body's positions.", status=409)
    last = told.get(tenant, position_id)
    row = telling.again(tenant, position, now, last.deleted)
    try:
        wakes.commit([row, *(also or [])])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return told.get(tenant, position_id)


def retry_all(tenant: str, key: str, now: datetime, wakes: Wakes, also: list[Op]) -> None:
    """Tell everything once more that was refused; the same `key` is the same asking."""
    connections.own(tenant)
    row = connections.retell(tenant, "refused", ids.derive("retell", tenant, key), now)
    wakes.commit([row, *also])
