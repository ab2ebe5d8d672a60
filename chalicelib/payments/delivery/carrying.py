"""Parcels on their way, a few in each step.

Where repeating does no harm many are brought and then recorded together. Where it would, each is
claimed before it goes: the row says `sending`, under a check that the run was not called off. Who
dies behind the claim leaves it so; after the lease it becomes `uncertain`, and nobody sends it
again but a person who asks for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from chalicelib.base import clock, dynamo, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected, Transient
from chalicelib.payments.delivery import model, printing, service, store, throttle
from chalicelib.payments.delivery.channels import Carrier, Channel, Parcel, Skipped, Uncertain
from chalicelib.payments.delivery.model import Attempt, AttemptState, Run
from chalicelib.payments.delivery.printing import Printer
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions.model import Position

_PACE_TRIES: Final = 5


class Watch:
    """What time it is while a worker works, and what is left of its own."""

    def __init__(self, begun: datetime, remaining_ms: Callable[[], int]) -> None:
        self._begun, self._remaining_ms = begun, remaining_ms
        self._had_ms = remaining_ms()

    def now(self) -> datetime:
        """The pace of an account is counted by it: the instant of the start would be too early."""
        return self._begun + timedelta(milliseconds=max(0, self._had_ms - self._remaining_ms()))

    def has_time(self) -> bool:
        return self._remaining_ms() >= limits.DELIVERY_REMAINING_MS


class Line:
    """The carrier of a worker, connected when first needed, and what its notices are printed by."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self._held = ExitStack()
        self._carriers: dict[str, Carrier] = {}
        self._printer: tuple[object, Printer] | None = None

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def carrier(self, channel: Channel, run: Run, leg: str) -> Carrier:
        """Raises as the channel's `open`."""
        profile = channel.profile_of(run.profile, run.options, leg)
        if profile not in self._carriers:
            opened = channel.open(self.tenant, profile, run.options)
            self._carriers[profile] = self._held.enter_context(opened)
        return self._carriers[profile]

    def drop(self) -> None:
        """Connect again before the next parcel."""
        held, self._held, self._carriers = self._held, ExitStack(), {}
        held.close()

    def printer(self, run: Run, now: datetime) -> Printer:
        day = clock.rome_day(now)
        if self._printer is None or self._printer[0] != day:
            made = printing.printer(
                self.tenant, day, second=run.options.get("second", ""),
                slip=bool(run.options.get("slip", True)),
            )  # fmt: skip
            self._printer = day, made
        return self._printer[1]


@dataclass(frozen=True)
class Step:
    """What a step came to: nothing is left at all, or nothing before an instant."""

    finished: bool = False
    until: datetime | None = None


def carry(tenant: str, run: Run, channel: Channel, line: Line, watch: Watch) -> Step:
    """Some parcels of a run.

    Raises Transient and Rejected where the whole channel cannot go on; Conflict where somebody else
    changed the run.
    """
    found = _due(tenant, run, watch.now())
    if isinstance(found, Step):
        return found
    if channel.repeatable:
        _bring(tenant, run, channel, found, line, watch)
        return Step()
    # One leg at a time: each may go by an account of its own, at its own pace.
    found = [one for one in found if one.leg == found[0].leg]
    granted, until = _granted(tenant, run, channel, found, watch.now())
    if until is not None:
        return Step(until=until)
    there = service.loaded(tenant, [one.position for one in found[:granted]])
    for attempt in found[:granted]:
        if watch.has_time():
            _send(tenant, run, channel, attempt, there[attempt.position], line, watch)
    return Step()


def _due(tenant: str, run: Run, now: datetime) -> list[Attempt] | Step:
    """What may go now; or how long nothing may; or that all is decided."""
    most = limits.DELIVERY_AT_ONCE
    listed = store.list_in_state(tenant, run.id, "queued", now, most)
    if found := [one for one in listed if one.state == "queued"]:
        return found
    # The index lags behind the table, and knows nothing of those whose sender died.
    waits: list[datetime] = []
    for one in store.list_attempts(tenant, run.id):
        if one.state == "queued":
            if clock.parse(one.due) <= now:
                found.append(one)
            waits.append(clock.parse(one.due))
        elif one.state == "sending":
            claimed_at = clock.parse(one.claimed_at)
            if model.is_abandoned(claimed_at, now):
                give_up(tenant, one, now)
            else:
                waits.append(claimed_at + timedelta(seconds=limits.DELIVERY_LEASE_S))
    if found:
        return found[:most]
    return Step(until=min(waits)) if waits else Step(finished=True)


def give_up(tenant: str, attempt: Attempt, now: datetime) -> None:
    """Say of an attempt whose sender died that nobody knows."""
    _record(tenant, attempt, "uncertain", now, code="sender_died")


def _granted(
    tenant: str, run: Run, channel: Channel, found: Sequence[Attempt], now: datetime
) -> tuple[int, datetime | None]:
    """How many of one leg may go by its account, or when the next may."""
    wanted = len(found)
    profile = channel.profile_of(run.profile, run.options, found[0].leg)
    pace = channel.pace(tenant, profile, run.options)
    if pace is None:
        return wanted, None
    for _ in range(_PACE_TRIES):
        used, version = store.get_pace(tenant, pace.key)
        taken = throttle.take(used, now, pace.per_minute, pace.per_hour, wanted)
        if taken.again_at is not None:
            return 0, taken.again_at
        try:
            # Before they go: what a dead worker took is gone, which only makes it slower.
            dynamo.commit([store.put_pace(tenant, pace.key, taken.used, version)])
        except ConditionFailed:
            continue  # another run by the same account
        return taken.count, None
    raise Conflict()


# ------------------------------------------------------------------ a parcel
_There = tuple[Position, Person]


def _parcel(
    tenant: str, run: Run, attempt: Attempt, there: _There, line: Line, watch: Watch
) -> Parcel:
    """Raises Rejected where the notice cannot be printed."""
    position, person = there
    printer = line.printer(run, watch.now())
    printer.notice(position, person)
    return Parcel(
        tenant=tenant, run=run.id, name=attempt.name, leg=attempt.leg, position=position,
        person=person, body=printer.body, file_name=printing.file_name(position, person),
        options=run.options, at=watch.now(), pdf=partial(printer.pdf, position, person),
    )  # fmt: skip


@dataclass(frozen=True)
class _Outcome:
    state: AttemptState
    code: str = ""
    words: str = ""


def _hindered(
    channel: Channel, attempt: Attempt, there: _There, today: date
) -> _Outcome | None:  # fmt: skip
    """What was planned may be out of date by the time it goes."""
    position, person = there
    if not model.is_payable(position, today):
        return _Outcome("skipped", "not_payable")
    if code := channel.missing(person, attempt.leg):
        return _Outcome("skipped", code)
    return None


def _delivered(carrier: Carrier, parcel: Parcel, line: Line) -> _Outcome:
    try:
        return _Outcome("sent", "", carrier.deliver(parcel))
    except Uncertain as failure:
        line.drop()
        return _Outcome("uncertain", failure.code, failure.words)
    except Skipped as skipped:
        return _Outcome("skipped", skipped.code)
    except Rejected as refused:
        words = str(getattr(refused, "words", "")) or refused.message
        return _Outcome("failed", refused.code, words)
    except Transient as failure:
        line.drop()
        words = str(failure.details.get("words", "")) or failure.message
        return _Outcome("queued", failure.code, words)


def _moved(
    tenant: str, attempt: Attempt, found: _Outcome, now: datetime, **more: Any
) -> tuple[Op, dict[str, int]]:
    said = store.seal(tenant, attempt.name, "words", found.words[: limits.DELIVERY_WORDS_CHARS])
    values: dict[str, Any] = {"code": found.code, "words": said, **more}
    state = found.state
    if state == "queued":
        tries = attempt.tries + 1
        values |= {"tries": tries, "due": clock.stamp(model.retry_at(now, attempt.tries))}
        if tries >= limits.DELIVERY_TRIES:
            state = "failed"
    if state not in model.OPEN:
        values["ended_at"] = clock.stamp(now)
    put, _, counts = store.moved(tenant, attempt, state, **values)
    return put, counts


def _record(
    tenant: str, attempt: Attempt, state: AttemptState, now: datetime, code: str = "",
    words: str = "",
) -> None:  # fmt: skip
    put, counts = _moved(tenant, attempt, _Outcome(state, code, words), now)
    ops = [put, store.count(tenant, attempt.run, counts)] if any(counts.values()) else [put]
    dynamo.commit(ops)


def _send(
    tenant: str, run: Run, channel: Channel, attempt: Attempt, there: _There, line: Line,
    watch: Watch,
) -> None:  # fmt: skip
    """One that must not go twice."""
    hindered = _hindered(channel, attempt, there, clock.rome_day(watch.now()))
    if hindered is not None:
        _record(tenant, attempt, hindered.state, watch.now(), hindered.code)
        return
    try:
        parcel = _parcel(tenant, run, attempt, there, line, watch)
    except Rejected as refused:
        _record(tenant, attempt, "failed", watch.now(), refused.code, refused.message)
        return
    # Before the claim: where nobody answers, nothing was tried.
    carrier = line.carrier(channel, run, attempt.leg)
    to = store.seal(tenant, attempt.name, "to", channel.to(there[1], attempt.leg))
    claim, mine, _ = store.moved(
        tenant, attempt, "sending", claimed_at=clock.stamp(watch.now()), to=to
    )
    dynamo.commit([claim, store.is_running(tenant, run.id)])
    found = _delivered(carrier, parcel, line)
    _record(tenant, mine, found.state, watch.now(), found.code, found.words)


def _bring(
    tenant: str, run: Run, channel: Channel, found: Sequence[Attempt], line: Line, watch: Watch
) -> None:
    """Many that may go twice, recorded together."""
    there = service.loaded(tenant, [one.position for one in found])
    ops: list[Op] = []
    counts: Counter[str] = Counter()
    for attempt in found:
        if ops and not watch.has_time():
            break
        today = clock.rome_day(watch.now())
        outcome = _hindered(channel, attempt, there[attempt.position], today)
        if outcome is None:
            try:
                parcel = _parcel(tenant, run, attempt, there[attempt.position], line, watch)
            except Rejected as refused:
                outcome = _Outcome("failed", refused.code, refused.message)
            else:
                outcome = _delivered(line.carrier(channel, run, attempt.leg), parcel, line)
        to = store.seal(
            tenant, attempt.name, "to", channel.to(there[attempt.position][1], attempt.leg)
        )
        put, changed = _moved(tenant, attempt, outcome, watch.now(), to=to)
        ops.append(put)
        counts.update(changed)
    dynamo.commit([*ops, store.count(tenant, run.id, counts)])
