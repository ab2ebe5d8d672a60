"""Runs as people see them: begun, looked at, called off, resumed, what failed sent again.

planning ──> waiting ──> running ──> ending ──> done ──resend──> planning …
    └───────────┴──────────┴── called off          halted <──> running
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.base import clock, cursors, dynamo, ids, limits, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments.delivery import model, registry, settings, store
from chalicelib.payments.delivery.channels import Channel
from chalicelib.payments.delivery.model import Attempt, Run
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import flows, positions
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position

QUEUE: Final = "deliver"
TASK: Final = "run"


@dataclass(frozen=True)
class Wanted:
    """Notices of a flow, or of the `positions` that are named. `undo_s`: how long nothing goes."""

    channel: str
    profile: str = ""
    options: dict[str, Any] | None = None
    flow: str = ""
    positions: tuple[str, ...] = ()
    undo_s: int = 0


@dataclass(frozen=True)
class Shown:
    """An attempt with what is sealed of it, opened, and whose it is."""

    attempt: Attempt
    person: Person
    notice: str
    to: str
    words: str


# ------------------------------------------------------------------ begin
def begin(
    tenant: str, wanted: Wanted, now: datetime, by: str, key: str, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Run:  # fmt: skip
    """A new run, its plan on the way; the same `key` is the same run.

    Rejected `delivery_of_nothing` (neither flow nor positions, or both), `delivery_positions`,
    `delivery_undo`, `flow_state`, `channel_unknown`, `channel_not_enabled`, and as the channel's
    own check; NotFound.
    """
    named = check_named(wanted)
    if not 0 <= wanted.undo_s <= limits.DELIVERY_UNDO_S:
        raise Rejected("delivery_undo", "So long nothing waits.", most_s=limits.DELIVERY_UNDO_S)
    options = checked(tenant, wanted.channel, wanted.profile, wanted.options or {})
    if wanted.flow:
        flow = flows.get(tenant, wanted.flow)
        if flow.state != "generated":
            raise Rejected("flow_state", "The flow is not ready.", status=409, state=flow.state)
    for name in named:
        positions.get(tenant, name)
    run = Run(
        id=ids.derive("delivery-run", tenant, key), channel=wanted.channel,
        profile=wanted.profile, options=options, state="planning", created_at=clock.stamp(now),
        starts_at=clock.stamp(now + timedelta(seconds=wanted.undo_s)), by=by, flow=wanted.flow,
        positions=named,
    )  # fmt: skip
    try:
        wakes.commit([store.put_run(tenant, run), row(tenant, run.id, now), *also])
    except ConditionFailed as failed:
        if "run" not in failed.found:
            raise
        return get(tenant, run.id)
    return run


def check_named(wanted: Wanted) -> tuple[str, ...]:
    """The positions that are named, each once. Rejected `delivery_of_nothing`,
    `delivery_positions`."""
    if bool(wanted.flow) == bool(wanted.positions):
        raise Rejected("delivery_of_nothing", "Name a flow or positions.")
    named = tuple(dict.fromkeys(wanted.positions))
    if len(named) > limits.DELIVERY_POSITIONS:
        raise Rejected("delivery_positions", "Name a flow instead.", most=limits.DELIVERY_POSITIONS)
    return named


def row(tenant: str, run_id: str, now: datetime) -> dynamo.Put:
    """The work of a run; there is one, or none when nothing is to be done."""
    return work.row(
        QUEUE, store.run_partition(tenant, run_id), "run", now, task=TASK, run=run_id,
    )  # fmt: skip


def checked(tenant: str, channel: str, profile: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a run that could go, filled in. Rejected `channel_unknown`,
    `channel_not_enabled`, and as the channel's own check."""
    found = registry.find(channel)
    if found.on_request and channel not in settings.get(tenant).enabled:
        raise Rejected(
            "channel_not_enabled", "This channel is switched on when it is asked for.",
            status=409, channel=channel,
        )  # fmt: skip
    return found.check(tenant, profile, options)


def channel_of(run: Run) -> Channel:
    return registry.find(run.channel)


# ------------------------------------------------------------------ look
def get(tenant: str, run_id: str) -> Run:
    found = store.get_run(tenant, run_id)
    if found is None:
        raise NotFound("run")
    return found


def list_runs(tenant: str, flow: str = "") -> list[Run]:
    """The newest first."""
    found = store.list_runs(tenant, limits.PAGE_ITEMS_MAX)
    return [run for run in found if not flow or run.flow == flow]


def words_of(tenant: str, run: Run) -> str:
    """What the other side said to the whole run."""
    return store.unseal(tenant, run.id, "run", run.words)


def attempts(
    tenant: str, run_id: str, state: str, cursor: str, limit: int
) -> tuple[list[Shown], str]:
    """A page of a run's attempts, by position, and the next cursor ("" at the end)."""
    get(tenant, run_id)
    asked = ids.derive("attempts", tenant, run_id, state)
    found: list[Attempt] = []
    following = ""
    after = _place(cursors.read(cursor, asked))
    for read, one in enumerate(store.list_attempts(tenant, run_id, after, limit), 1):
        if not state or one.state == state:
            found.append(one)
        if len(found) == limit or read == limits.FILTER_READ_ITEMS:
            following = cursors.write(_position_of(one), asked)
            break
    return _shown(tenant, found), following


def _position_of(attempt: Attempt) -> str:
    """A place as a cursor holds it: `<number>#<position>.<leg>`."""
    return f"{attempt.number:03d}#{attempt.position}.{attempt.leg}"


def _place(cursor: str) -> str:
    if not cursor:
        return ""
    number, _, rest = cursor.partition("#")
    position, _, leg = rest.partition(".")
    return f"A#{position}#{leg}#{number}"


def of_position(tenant: str, position_id: str) -> list[Shown]:
    """What was tried for a position, by whatever run, the newest first."""
    positions.get(tenant, position_id)
    return _shown(tenant, store.list_of_position(tenant, position_id, limits.PAGE_ITEMS_MAX))


def _shown(tenant: str, found: Sequence[Attempt]) -> list[Shown]:
    there = loaded(tenant, [one.position for one in found])
    return [
        Shown(
            one, there[one.position][1], there[one.position][0].payments[0].notice,
            store.unseal(tenant, one.name, "to", one.to),
            store.unseal(tenant, one.name, "words", one.words),
        )
        for one in found
    ]  # fmt: skip


def loaded(tenant: str, names: Sequence[str]) -> dict[str, tuple[Position, Person]]:
    """Positions with who owes them, by id; those that are not there are left out."""
    found = position_store.get_positions((tenant, name) for name in names)
    persons = due_store.get_persons(tenant, {one.person for one in found.values()})
    return {one.id: (one, persons[one.person]) for one in found.values()}


# ------------------------------------------------------------------ decide
def call_off(tenant: str, run_id: str, now: datetime, wakes: Wakes, also: Sequence[Op] = ()) -> Run:
    """Begin nothing more of it; what is on its way arrives. Repeating it is the same.

    Rejected `run_state` when everything is decided already.
    """
    run = get(tenant, run_id)
    if run.state == "called_off":
        return run
    if run.state not in model.CALLED_OFF_FROM:
        raise _not_now(run)
    ops = [store.change_run(tenant, run, state="called_off", ended_at=clock.stamp(now))]
    # Its row goes through what is still queued; a run that halted has none, and none is doubled.
    return _decide(tenant, run, ops, now, wakes, also)


def resend(
    tenant: str, run_id: str, states: Sequence[str], now: datetime, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Run:  # fmt: skip
    """New attempts for those that ended in these states, and for no others (F001-060).

    Rejected `run_state` while it goes on, `resend_states`, `resend_nothing`; and as `begin`.
    """
    run = get(tenant, run_id)
    if not states or not set(states) <= set(model.AGAIN):
        raise Rejected("resend_states", "Only these are sent again.", known=list(model.AGAIN))
    if run.state != "done":
        raise _not_now(run)
    if not any(getattr(run, state) for state in states):
        raise Rejected("resend_nothing", "There is none to send again.", status=409)
    checked(tenant, run.channel, run.profile, run.options)
    ops = [
        store.change_run(
            tenant, run, state="planning", again=sorted(set(states)), cursor="", kept={},
            starts_at=clock.stamp(now), ended_at="", code="", words=b"",
        )
    ]  # fmt: skip
    return _decide(tenant, run, ops, now, wakes, also)


def resume(tenant: str, run_id: str, now: datetime, wakes: Wakes, also: Sequence[Op] = ()) -> Run:
    """Go on with one that halted, once somebody has put right why. Rejected `run_state`."""
    run = get(tenant, run_id)
    if run.state == "running":
        return run
    if run.state != "halted":
        raise _not_now(run)
    ops = [store.change_run(tenant, run, state="running", code="", words=b"")]
    return _decide(tenant, run, ops, now, wakes, also)


def _decide(
    tenant: str, run: Run, ops: Sequence[Op], now: datetime, wakes: Wakes, also: Sequence[Op]
) -> Run:
    planned = row(tenant, run.id, now)
    # A row that is there already is simply woken; it may also be one that waits for its time.
    fields = {name: value for name, value in planned.item.items() if name not in ("pk", "sk")}
    wake = dynamo.Update(planned.key, put=fields, when=dynamo.ANY, label="work")
    try:
        dynamo.commit([*ops, wake, *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    wakes.add(QUEUE, planned.key)
    return get(tenant, run.id)


def _not_now(run: Run) -> Rejected:
    return Rejected("run_state", "That cannot be done now.", status=409, state=run.state)
