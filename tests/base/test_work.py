"""Work rows: planned, woken, done, lost, put off, parked; batches of any fortune (moto)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.base import clock, dynamo, limits, work
from chalicelib.base.dynamo import Item, Key
from chalicelib.base.errors import Conflict, Rejected, Transient
from chalicelib.base.work import GRACE_S, Wakes, Work
from tests.faults import Crash, Fault
from tests.world import START, World

PK = "T#a#D#one"
QUEUES = ("receive", "send", "tell")
Each = Callable[[Work, Any, Wakes], None]
Body = dict[str, Any]


@pytest.fixture(autouse=True)
def _empty(world: World) -> None:
    """Every test here works on the world's table and queues."""


def plan(name: str = "1", queue: str = "send", **more: Any) -> Key:
    """Plan a row and send its message."""
    row = work.row(queue, PK, name, clock.now(), **more)
    with work.waking() as wakes:
        wakes.commit([row])
    return row.key


def record(key: Key, number: int = 0, received: int = 1) -> Body:
    return {
        "messageId": f"m{number}",
        "body": json.dumps({"pk": key[0], "sk": key[1]}),
        "attributes": {"ApproximateReceiveCount": str(received)},
    }


def run(records: list[Body], each: Each, left_ms: Callable[[], int] = lambda: 60_000) -> set[str]:
    """Ids of the messages that must come back."""
    context = SimpleNamespace(get_remaining_time_in_millis=left_ms)
    answer = work.run({"Records": records}, context, lambda jobs: None, each)
    return {one["itemIdentifier"] for one in answer["batchItemFailures"]}


def finish(job: Work, _shared: Any, _wakes: Wakes) -> None:
    dynamo.commit([job.done()])


def put_off(job: Work, _shared: Any, _wakes: Wakes) -> None:
    raise Transient("away", "The world failed for a moment.")


def row_of(key: Key) -> Item:
    found = dynamo.get(key)
    assert found is not None
    return found


def woken(world: World) -> list[Key]:
    """Take every message of the work queues: whom they wake."""
    found = []
    for mapping in world.stack.mappings:
        if mapping.function in ("OnReceive", "OnSend", "OnTell"):
            for message in world.pump.receive(mapping, 10):
                body = json.loads(message.body)
                found.append((body["pk"], body["sk"]))
    world.lose_messages()
    return found


def test_planned_woken_done(world: World) -> None:
    key = plan(document="one")
    assert woken(world) == [key]
    seen: list[Work] = []

    def each(job: Work, shared: Any, wakes: Wakes) -> None:
        seen.append(job)
        finish(job, shared, wakes)

    assert run([record(key)], each) == set()
    assert dynamo.get(key) is None
    (job,) = seen
    assert (job.queue, job.tenant, job.attempts, job.again) == ("send", "a", 0, False)
    assert job.item["document"] == "one"


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_wakes_its_worker(world: World, queue: str) -> None:
    plan(queue=queue)
    assert world.waiting() == {f"world-{queue.title()}Queue": 1}


def test_a_row_that_is_not_there_is_done(world: World) -> None:
    calls: list[Work] = []
    key = (PK, "W#send#gone")
    assert run([record(key)], lambda job, *_: calls.append(job)) == set()
    assert calls == []


def test_the_same_row_twice_in_a_batch_runs_once() -> None:
    key = plan()
    runs: list[Key] = []
    assert run([record(key, 1), record(key, 2)], lambda job, *_: runs.append(job.key)) == set()
    assert runs == [key]


@pytest.mark.parametrize(("received", "woken_before"), [(2, False), (1, True)])
def test_a_repeat_knows_that_it_is_one(world: World, received: int, woken_before: bool) -> None:
    key = plan()
    if woken_before:
        world.pass_time(GRACE_S + 1)
        work.sweep(clock.now())
    seen: list[bool] = []
    run([record(key, received=received)], lambda job, *_: seen.append(job.again))
    assert seen == [True]


def test_no_work_without_its_decision(world: World) -> None:
    """The message goes out only after the commit, and only if it was one."""
    plan()
    with pytest.raises(dynamo.ConditionFailed):
        plan()
    assert len(woken(world)) == 1


def test_a_lost_message_is_found_after_its_grace(world: World) -> None:
    key = plan()
    world.lose_messages()
    world.pass_time(GRACE_S - 1)
    assert work.sweep(clock.now()) == 0
    world.pass_time(1)
    assert work.sweep(clock.now()) == 1
    assert woken(world) == [key]
    assert row_of(key)["woken"] == 1


@pytest.mark.parametrize("kind", ["throttle", "broken", "timeout"])
def test_a_message_that_cannot_be_sent_is_no_failure(world: World, kind: Any) -> None:
    world.faults.fault = Fault(kind, 1)
    with world.faults.invocation():
        plan()
        assert world.faults.calls == ["dynamodb.PutItem", "sqs.SendMessageBatch"]
    world.lose_messages()
    world.pass_time(GRACE_S)
    assert work.sweep(clock.now()) == 1


def test_two_sweeps_at_once_wake_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read the row; the condition lets one of them push it on."""
    key = plan()
    world.lose_messages()
    world.pass_time(GRACE_S)
    there = row_of(key)
    with work.waking() as wakes:
        counts = [work._wake_overdue(there, clock.now(), wakes) for _ in range(2)]
    assert [bool(count) for count in counts] == [True, False]
    assert woken(world) == [key]
    assert work.sweep(clock.now()) == 0


def test_every_shard_is_swept(world: World) -> None:
    keys = [work.row("send", f"T#a#D#{n}", "1", clock.now()) for n in range(40)]
    dynamo.commit(keys)
    assert {row.item["wk"] for row in keys} == {f"due#{n}" for n in range(work.SHARDS)}
    world.pass_time(GRACE_S)
    assert work.sweep(clock.now()) == 40
    assert world.waiting() == {"world-SendQueue": 40}


def test_a_sweeper_that_dies_loses_nothing(world: World) -> None:
    """Rows pushed on without a message are overdue again later."""
    dynamo.commit([work.row("send", f"T#a#D#{n}", "1", clock.now()) for n in range(5)])
    world.pass_time(GRACE_S)
    world.faults.fault = Fault("before", 7)
    with pytest.raises(Crash), world.faults.invocation():
        work.sweep(clock.now())
    world.pass_time(GRACE_S)
    assert work.sweep(clock.now()) == 5


def test_what_is_planned_for_later_waits_for_the_sweeper(world: World) -> None:
    later = START + timedelta(hours=5)
    key = plan(start_at=later)
    assert woken(world) == []
    world.pass_time(5 * 3_600 - 1)
    assert work.sweep(clock.now()) == 0
    world.pass_time(1)
    assert work.sweep(clock.now()) == 1
    assert woken(world) == [key]
    assert row_of(key)["woken"] == 0, "it was not overdue, only due"


@pytest.mark.parametrize("failure", [Transient("away", "x"), Conflict()])
def test_a_passing_failure_puts_off_with_growing_pauses(world: World, failure: Exception) -> None:
    key = plan()

    def fail(*_: Any) -> None:
        raise failure

    pauses = []
    for attempt in range(1, limits.WORK_ATTEMPTS):
        assert run([record(key)], fail) == set(), "its message is done: the row comes back itself"
        there = row_of(key)
        assert there["attempts"] == attempt
        due = clock.parse(there["due"])
        pauses.append((due - clock.now()).total_seconds())
        world.clock.set(due)
        assert work.sweep(clock.now()) == 1
        assert woken(world)[-1] == key
    assert pauses[0] >= limits.WORK_RETRY_S
    assert pauses == sorted(pauses)
    assert pauses[-1] == limits.WORK_RETRY_MAX_S
    assert row_of(key)["woken"] <= 1


def _parked(world: World) -> Key:
    key = plan()
    for _ in range(limits.WORK_ATTEMPTS):
        run([record(key)], put_off)
    return key


def test_after_too_many_it_is_parked_and_can_be_given_back(world: World) -> None:
    key = _parked(world)
    world.lose_messages()
    assert [(one["pk"], one["sk"]) for one in work.parked()] == [key]
    world.pass_time(30 * 86_400)
    assert work.sweep(clock.now()) == 0
    dynamo.commit([work.unpark("a", key, clock.now())])
    assert work.parked() == []
    assert work.sweep(clock.now()) == 1
    assert woken(world) == [key]
    assert run([record(key)], finish) == set()
    assert dynamo.get(key) is None


def test_only_its_own_tenant_gives_it_back_and_only_once(world: World) -> None:
    key = _parked(world)
    with pytest.raises(AssertionError):
        work.unpark("b", key, clock.now())
    dynamo.commit([work.unpark("a", key, clock.now())])
    with pytest.raises(dynamo.ConditionFailed):
        dynamo.commit([work.unpark("a", key, clock.now())])


def test_a_row_that_nobody_ever_finishes_is_parked(world: World) -> None:
    """Its worker dies each time, so that only the sweeper can count."""
    key = plan()
    for _ in range(limits.WORK_ATTEMPTS):
        world.pass_time(GRACE_S + 1)
        assert work.sweep(clock.now()) == 1
    world.pass_time(GRACE_S + 1)
    assert work.sweep(clock.now()) == 0
    assert row_of(key)["wk"] == work.PARKED


def test_of_two_that_put_a_row_off_one_counts() -> None:
    key = plan()
    job = work._work(row_of(key), again=False)
    for _ in range(2):
        work.later(job, clock.now(), Transient("away", "x"))
    assert row_of(key)["attempts"] == 1


def test_a_row_that_was_done_meanwhile_is_not_put_off() -> None:
    key = plan()
    job = work._work(row_of(key), again=False)
    dynamo.commit([job.done()])
    work.later(job, clock.now(), Transient("away", "x"))
    assert dynamo.get(key) is None


@pytest.mark.parametrize("bad", list(itertools.product([False, True], repeat=4)))
def test_those_that_fail_come_back_and_no_others(bad: tuple[bool, ...]) -> None:
    """Every subset of a batch: a bug in one does not take the others with it."""
    keys = [plan(str(n)) for n in range(len(bad))]

    def each(job: Work, shared: Any, wakes: Wakes) -> None:
        if bad[keys.index(job.key)]:
            raise RuntimeError("a bug")
        finish(job, shared, wakes)

    failed = run([record(key, n) for n, key in enumerate(keys)], each)
    assert failed == {f"m{n}" for n, broken in enumerate(bad) if broken}
    assert [dynamo.get(key) is not None for key in keys] == list(bad)


FATES = ("done", "bug", "rejected", "put off", "malformed", "gone")


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=10))
def test_a_batch_of_any_fortune(world: World, fates: list[str]) -> None:
    world.reset()
    keys = [(PK, f"W#send#{n}") for n in range(len(fates))]
    records = [record(key, n) for n, key in enumerate(keys)]
    for number, fate in enumerate(fates):
        if fate != "gone":
            plan(str(number))
        if fate == "malformed":
            records[number]["body"] = "no JSON" if number % 2 else '{"pk": 1}'

    def each(job: Work, shared: Any, wakes: Wakes) -> None:
        fate = fates[keys.index(job.key)]
        if fate == "bug":
            raise ZeroDivisionError
        if fate == "rejected":
            raise Rejected("no", "No.")
        (put_off if fate == "put off" else finish)(job, shared, wakes)

    failed = run(records, each)
    back = {"bug", "rejected", "malformed"}
    assert failed == {f"m{n}" for n, fate in enumerate(fates) if fate in back}
    for key, fate in zip(keys, fates, strict=True):
        assert (dynamo.get(key) is None) == (fate in ("done", "gone"))


def test_nothing_fails_in_an_empty_batch() -> None:
    assert run([], finish) == set()
    assert run([{"messageId": "x", "body": "{"}], finish) == {"x"}


def test_what_does_not_fit_the_time_comes_back() -> None:
    keys = [plan(str(n)) for n in range(5)]
    left = iter([60_000, limits.REMAINING_MS, limits.REMAINING_MS - 1, 0, 0])
    failed = run([record(key, n) for n, key in enumerate(keys)], finish, lambda: next(left))
    assert failed == {"m2", "m3", "m4"}
    assert [dynamo.get(key) is None for key in keys] == [True, True, False, False, False]


def test_wakes_go_out_also_after_a_bug(world: World) -> None:
    """Its row is committed, so its message may go at once."""
    key = plan("1")
    world.lose_messages()
    planned: list[Key] = []

    def each(job: Work, _shared: Any, wakes: Wakes) -> None:
        row = work.row("tell", PK, "2", clock.now())
        wakes.commit([row])
        planned.append(row.key)
        raise RuntimeError("a bug")

    assert run([record(key)], each) == {"m0"}
    assert woken(world) == planned


@pytest.mark.parametrize("count", [1, 10, 11, 25])
def test_ten_messages_go_in_one_call(world: World, count: int) -> None:
    with world.faults.invocation():
        with work.waking() as wakes:
            wakes.commit([work.row("send", PK, str(n), clock.now()) for n in range(count)])
        sent = [call for call in world.faults.calls if call.startswith("sqs")]
    assert len(sent) == (count + 9) // 10
    assert world.waiting() == {"world-SendQueue": count}
