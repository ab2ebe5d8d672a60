"""A run in the background, as far as the time goes: planned, carried, ended.

Each step reads the run again, so that one that was called off stops at the next parcel. One row of
work drives a run; two workers that meet do no harm: every change is made on what was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from chalicelib.base import clock, dynamo, limits, log
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Rejected, Transient
from chalicelib.base.work import Wakes, Work, again
from chalicelib.payments.delivery import carrying, model, printing, service, store
from chalicelib.payments.delivery.carrying import Line, Watch
from chalicelib.payments.delivery.channels import Arrived, Channel, Options
from chalicelib.payments.delivery.model import Attempt, Run
from chalicelib.payments.positions import store as position_store

# How often one run of a worker may find that somebody else was quicker.
_BEATEN: Final = 10
# What a step gives that has ended the row itself.
_OVER: Final = datetime.max


def _at_once() -> int:
    """A position goes to two places at most, mail and PEC; a resend writes old and new."""
    return limits.DELIVERY_PLANNED_AT_ONCE // 2


def do(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """One run, as far as the time goes; what is left waits for the next message or its time.

    Raises Transient where a server does not answer: the row is put off.
    """
    tenant, watch, beaten = job.tenant, Watch(now, remaining_ms), 0
    with Line(tenant) as line:
        while True:
            run = service.get(tenant, job.item["run"])
            if run.state in ("done", "halted"):
                dynamo.commit([dynamo.Delete(job.key, when=dynamo.ANY, label="work")])
                return
            if not watch.has_time():
                dynamo.commit([again(job, watch.now())])
                wakes.add(job.queue, job.key)
                return
            try:
                until = _step(tenant, run, job, line, watch)
            except ConditionFailed:
                # Another worker or a person was there first: what is there now decides.
                beaten += 1
                if beaten == _BEATEN:
                    raise
                continue
            if until == _OVER:
                return
            if until is not None:
                dynamo.commit([again(job, watch.now(), until)])
                return


def _step(tenant: str, run: Run, job: Work, line: Line, watch: Watch) -> datetime | None:
    """The next piece; gives an instant where nothing can be done before."""
    now = watch.now()
    if run.state == "planning":
        _plan_some(tenant, run, now)
    elif run.state == "waiting":
        starts_at = clock.parse(run.starts_at)
        if now < starts_at:
            return starts_at
        dynamo.commit([store.change_run(tenant, run, state="running")])
    elif run.state == "running":
        return _carry(tenant, run, job, line, watch)
    elif run.state == "ending":
        return _end(tenant, run, job, watch)
    else:
        return _drop(tenant, run, job, now)
    return None


# ------------------------------------------------------------------ the plan
def _plan_some(tenant: str, run: Run, now: datetime) -> None:
    """Attempts for the next positions, in one transaction with how far the plan has come."""
    if run.again:
        made, cursor, last, counts = _planned_again(tenant, run, now)
    else:
        made, cursor, last, counts = _planned(tenant, run, now)
    values: dict[str, Any] = {"cursor": cursor}
    if last:
        waits = now < clock.parse(run.starts_at)
        values |= {"state": "waiting" if waits else "running", "cursor": "", "again": []}
    dynamo.commit([store.change_run(tenant, run, counts, **values), *made])


_Plan = tuple[list[Op], str, bool, Counter[str]]


def _planned(tenant: str, run: Run, now: datetime) -> _Plan:
    names, cursor, last = _next_positions(tenant, run)
    channel, ops, counts = service.channel_of(run), list[Op](), Counter[str]()
    for position, person in service.loaded(tenant, names).values():
        for leg in channel.legs(person, run.options):
            code = "" if model.is_payable(position, clock.rome_day(now)) else "not_payable"
            code = code or channel.missing(person, leg)
            attempt = _attempt(tenant, run, position.id, leg, 1, now)
            if code:
                attempt = replace(attempt, state="skipped", code=code, ended_at=clock.stamp(now))
            ops.append(store.put_attempt(tenant, attempt, 0))
            counts[attempt.state] += 1
    return ops, cursor, last, counts


def _next_positions(tenant: str, run: Run) -> tuple[list[str], str, bool]:
    """Ids, the cursor behind them, whether they are the last."""
    if run.positions:
        at = int(run.cursor or 0)
        names = list(run.positions[at : at + _at_once()])
        end = at + len(names)
        return names, str(end), end >= len(run.positions)
    listed = position_store.list_positions(tenant, flow=run.flow, after=run.cursor, page=_at_once())
    found = list(islice(listed, _at_once()))
    cursor = found[-1][0] if found else run.cursor
    return [one.id for _, one in found], cursor, len(found) < _at_once()


def _attempt(tenant: str, run: Run, position: str, leg: str, number: int, now: datetime) -> Attempt:
    return Attempt(
        run=run.id, position=position, leg=leg, number=number, channel=run.channel,
        name=store.name_of(tenant, run.id, position, leg, number), state="queued",
        planned_at=clock.stamp(now), due=run.starts_at,
    )  # fmt: skip


def _planned_again(tenant: str, run: Run, now: datetime) -> _Plan:
    """A new attempt for the last ones that ended in the wanted states."""
    page = list(islice(
        store.list_attempts(tenant, run.id, run.cursor, _at_once()), _at_once()
    ))  # fmt: skip
    wanted = [
        one
        for one in page
        if one.last and one.state in run.again and one.number < limits.DELIVERY_ATTEMPTS
    ]
    channel, ops, counts = service.channel_of(run), list[Op](), Counter[str]()
    there = service.loaded(tenant, [one.position for one in wanted])
    for old in wanted:
        position, person = there[old.position]
        payable = model.is_payable(position, clock.rome_day(now))
        if channel.missing(person, old.leg) or not payable:
            continue  # nothing has changed that could help: the row goes on saying so
        put, _, _ = store.moved(tenant, old, old.state, last=False)
        new = _attempt(tenant, run, old.position, old.leg, old.number + 1, now)
        ops += [put, store.put_attempt(tenant, new, 0)]
        counts[old.state] -= 1
        counts["queued"] += 1
    cursor = model.place(page[-1]) if page else run.cursor
    return ops, cursor, len(page) < _at_once(), counts


# ------------------------------------------------------------------ on the way
def _carry(tenant: str, run: Run, job: Work, line: Line, watch: Watch) -> datetime | None:
    channel = service.channel_of(run)
    try:
        found = carrying.carry(tenant, run, channel, line, watch)
    except Transient as failure:
        # The server, not one parcel: everything waits, and in the end a person looks.
        words = str(failure.details.get("words", "")) or failure.message
        if job.attempts + 1 >= limits.DELIVERY_OPEN_TRIES:
            _halt(tenant, run, failure.code, words)
            return None
        said = store.seal(tenant, run.id, "run", words[: limits.DELIVERY_WORDS_CHARS])
        dynamo.commit([store.change_run(tenant, run, code=failure.code, words=said)])
        raise
    except Rejected as refused:
        _halt(tenant, run, refused.code, getattr(refused, "words", "") or refused.message)
        return None
    if found.finished:
        dynamo.commit([store.change_run(tenant, run, state="ending", code="", words=b"")])
        return None
    return found.until


def _halt(tenant: str, run: Run, code: str, words: str) -> None:
    said = store.seal(tenant, run.id, "run", words[: limits.DELIVERY_WORDS_CHARS])
    dynamo.commit([store.change_run(tenant, run, state="halted", code=code, words=said)])
    log.write(log.Event.DELIVERY, tenant=tenant, id=run.id, state="halted", code=code)


# ------------------------------------------------------------------ the end
class Job:
    """What is left of a run, as a channel's `finish` sees it (channels.Finishing)."""

    def __init__(self, tenant: str, run: Run, watch: Watch) -> None:
        self.tenant, self.run, self.profile = tenant, run.id, run.profile
        self.options: Options = run.options
        self.begun = clock.parse(run.created_at).astimezone(clock.ROME)
        self.kept: Mapping[str, Any] = dict(run.kept)
        self._stored, self._watch = run, watch

    def keep(self, **values: Any) -> None:
        new = {**self.kept, **values}
        dynamo.commit([store.change_run(self.tenant, self._stored, kept=new)])
        self.kept = new
        self._stored = replace(self._stored, kept=new, version=self._stored.version + 1)

    def sent(self, after: str = "") -> Iterator[Arrived]:
        return arrived(self.tenant, self.run, after)

    def has_time(self) -> bool:
        return self._watch.has_time()


def arrived(tenant: str, run_id: str, after: str = "") -> Iterator[Arrived]:
    """The parcels of a run that arrived, in a fixed order, behind the place `after`."""
    waiting: list[Attempt] = []
    for one in store.list_attempts(tenant, run_id, after):
        if one.state == "sent" and one.last:
            waiting.append(one)
        if len(waiting) == limits.DELIVERY_AT_ONCE:
            yield from _arrived(tenant, waiting)
            waiting = []
    yield from _arrived(tenant, waiting)


def _arrived(tenant: str, found: Sequence[Attempt]) -> Iterator[Arrived]:
    there = service.loaded(tenant, [one.position for one in found])
    for one in found:
        position, person = there[one.position]
        name = printing.file_name(position, person)
        yield Arrived(model.place(one), one.leg, position, person, name)


def _end(tenant: str, run: Run, job: Work, watch: Watch) -> datetime | None:
    channel: Channel = service.channel_of(run)
    if channel.finish is not None:
        try:
            if not channel.finish(Job(tenant, run, watch)):
                return None
        except Rejected as refused:
            words = str(getattr(refused, "words", "")) or refused.message
            _halt(tenant, service.get(tenant, run.id), refused.code, words)
            return None
        run = service.get(tenant, run.id)
    done = store.change_run(tenant, run, state="done", ended_at=clock.stamp(watch.now()))
    dynamo.commit([done, dynamo.Delete(job.key, when=dynamo.ANY, label="work")])
    log.write(log.Event.DELIVERY, tenant=tenant, id=run.id, state="done", count=run.sent)
    return None


def _drop(tenant: str, run: Run, job: Work, now: datetime) -> datetime | None:
    """What a run that was called off has not begun is called off too; what is under way ends."""
    ops: list[Op] = []
    lease_ends: datetime | None = None
    for one in store.list_attempts(tenant, run.id, page=limits.PAGE_ITEMS_MAX):
        if one.state == "queued":
            ops.append(store.moved(tenant, one, "called_off", ended_at=clock.stamp(now))[0])
        if one.state == "sending":
            claimed_at = clock.parse(one.claimed_at)
            if model.is_abandoned(claimed_at, now):
                carrying.give_up(tenant, one, now)
            else:
                lease_ends = claimed_at + timedelta(seconds=limits.DELIVERY_LEASE_S)
        if len(ops) == limits.DELIVERY_PLANNED_AT_ONCE:
            break
    if ops:
        gone = {"queued": -len(ops), "called_off": len(ops)}
        dynamo.commit([*ops, store.count(tenant, run.id, gone)])
        return None
    if lease_ends is None:
        dynamo.commit([dynamo.Delete(job.key, when=dynamo.ANY, label="work")])
        return _OVER
    return lease_ends
