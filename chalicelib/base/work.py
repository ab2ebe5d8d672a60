"""Work rows: what a decision causes, stored with the decision, and the sweeper that forgets none.

A row is an ordinary item with these attributes beside its payload:

    wk        shard of the sparse index `due` ("due#0".."due#3"), or "parked"
    due       instant after which the sweeper wakes it again
    queue     which worker: "receive", "send", "tell" (the variable <QUEUE>_QUEUE_URL)
    attempts  how often a worker put it off (Transient, Conflict)
    woken     how often the sweeper had to wake it although a message should have
    waits     True: no message is on its way, the sweeper is meant to wake it at `due`

The row is the truth and the SQS message only an alarm clock: a message without a row is done
already, a row without a message is found by the sweeper. Nothing depends on a message arriving.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.base import aws, clock, config, dynamo, keys, limits, log
from chalicelib.base.dynamo import Delete, Item, Key, Op, Put, Update
from chalicelib.base.errors import Conflict, Failure, Transient

Shared = TypeVar("Shared")

SHARDS: Final = 4
PARKED: Final = "parked"
# How long the first message may take before the sweeper sends another: longer than any worker's
# visibility time-out would only delay repair, shorter than its run would double the work.
GRACE_S: Final = 900


@dataclass(frozen=True)
class Work:
    """A row as a worker sees it; `again` says that an earlier run may have got part of the way."""

    key: Key
    queue: str
    attempts: int
    item: Item
    again: bool

    @property
    def tenant(self) -> str:
        return keys.tenant_of(self.key[0])

    def done(self, label: str = "work") -> Delete:
        """The operation that ends it; part of the transaction that records the result."""
        return Delete(self.key, label=label)


def _shard(partition: str) -> str:
    return f"due#{zlib.crc32(partition.encode()) % SHARDS}"


def row(
    queue: str,
    partition: str,
    name: str,
    now: datetime,
    *,
    start_at: datetime | None = None,
    grace_s: int = GRACE_S,
    label: str = "",
    when: dynamo.Condition = dynamo.NEW,
    **payload: Any,
) -> Put:
    """The operation that plans work. `start_at` waits for the sweeper; without it a message is
    expected, and the sweeper comes `grace_s` later."""
    due = start_at or now + timedelta(seconds=grace_s)
    item = {
        **payload,
        "pk": partition,
        "sk": keys.sk("W", queue, name),
        "wk": _shard(partition),
        "due": clock.stamp(due),
        "queue": queue,
        "attempts": 0,
        "woken": 0,
        "waits": start_at is not None,
    }
    return Put(item, when=when, label=label or f"work:{queue}")


class Wakes:
    """Messages to send after commits; ten go in one call."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Key]] = {}

    def commit(self, ops: Sequence[Op]) -> None:
        """`dynamo.commit`, then remember the work rows that the operations plan for now."""
        dynamo.commit(ops)
        for op in ops:
            if isinstance(op, Put) and op.item.get("queue") and not op.item.get("waits"):
                self.add(op.item["queue"], op.key)

    def add(self, queue: str, key: Key) -> None:
        waiting = self._waiting.setdefault(queue, [])
        waiting.append(key)
        if len(waiting) == 10:
            del self._waiting[queue]
            _send(queue, waiting)

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for queue, found in waiting.items():
            _send(queue, found)


def _send(queue: str, found: Sequence[Key]) -> None:
    try:
        aws.client("sqs").send_message_batch(
            QueueUrl=config.get(f"{queue.upper()}_QUEUE_URL"),
            Entries=[
                {"Id": str(n), "MessageBody": json.dumps({"pk": key[0], "sk": key[1]})}
                for n, key in enumerate(found)
            ],
        )
    except (ClientError, BotoCoreError) as error:
        # The rows are stored: the sweeper wakes what this message should have woken.
        log.write(log.Event.WORK_RETRY, queue=queue, error=type(error).__name__)


@contextmanager
def waking() -> Iterator[Wakes]:
    """Collects wakes and sends what is left at the end, also after a failure."""
    wakes = Wakes()
    try:
        yield wakes
    finally:
        wakes.flush()


def _backoff(attempts: int) -> timedelta:
    seconds = min(limits.WORK_RETRY_S * 2**attempts, limits.WORK_RETRY_MAX_S)
    return timedelta(seconds=seconds)


def later(work: Work, now: datetime, failure: Failure) -> None:
    """Put the row off after a passing failure; park it after too many, or where the failure
    itself asks for a person (`park`)."""
    attempts = work.attempts + 1
    parked = attempts >= limits.WORK_ATTEMPTS or bool(failure.details.get("park"))
    try:
        dynamo.commit(
            [
                Update(
                    work.key,
                    put={
                        "attempts": attempts,
                        "error": failure.code,
                        "waits": True,
                        "due": clock.stamp(now + _backoff(attempts)),
                        "wk": PARKED if parked else _shard(work.key[0]),
                    },
                    when=({"attempts": work.attempts},),
                )
            ]
        )
    except Conflict:
        return  # done, or put off by somebody else meanwhile
    event = log.Event.WORK_PARKED if parked else log.Event.WORK_RETRY
    log.write(event, tenant=work.tenant, work=work.key[1], code=failure.code, attempts=attempts)
    if parked:
        log.metric("WorkParked", 1)


def again(work: Work, now: datetime, at: datetime | None = None) -> Update:
    """Let a row go on that got on: by a message that its worker sends (None), or when the sweeper
    finds it `at`. Unlike `later` this is no failure, however often it happens."""
    return Update(
        work.key,
        put={
            "attempts": 0,
            "woken": 0,
            "waits": at is not None,
            "due": clock.stamp(at or now + timedelta(seconds=GRACE_S)),
            "wk": _shard(work.key[0]),
        },
        label="work",
    )


def unpark(tenant: str, key: Key, now: datetime) -> Update:
    """Give a parked row back to its worker."""
    assert keys.tenant_of(key[0]) == tenant
    return Update(
        key,
        put={"wk": _shard(key[0]), "due": clock.stamp(now), "attempts": 0, "woken": 0},
        when=({"wk": PARKED},),
    )


def parked(limit: int = 100) -> list[Item]:
    """Keys of parked rows, oldest first, for the operator."""
    return list(dynamo.query(PARKED, index="due", limit=limit))


def sweep(now: datetime, limit: int = 2_000) -> int:
    """Wake every overdue row; gives how many. Each row is pushed on first, so a sweep that runs
    twice or together with another wakes it once."""
    woken = overdue = 0
    with waking() as wakes:
        for shard in range(SHARDS):
            found = dynamo.query(
                f"due#{shard}", index="due", between=("0", clock.stamp(now)), limit=limit
            )
            for item in found:
                if _wake_overdue(item, now, wakes):
                    woken += 1
                    overdue += not item.get("waits")
    if woken:
        log.write(log.Event.SWEPT, count=woken)
    if overdue:
        # These had a message that never led to anything: lost, or its worker died.
        log.metric("WorkOverdue", overdue)
    return woken


def _wake_overdue(item: Item, now: datetime, wakes: Wakes) -> bool:
    key = item["pk"], item["sk"]
    woken = int(item.get("woken", 0)) + (0 if item.get("waits") else 1)
    stuck = woken > limits.WORK_ATTEMPTS
    change: dict[str, Any] = {
        "woken": woken,
        "waits": False,
        "due": clock.stamp(now + timedelta(seconds=GRACE_S)),
    }
    if stuck:
        change["wk"] = PARKED
    try:
        dynamo.commit([Update(key, put=change, when=({"due": item["due"]},))])
    except Conflict:
        return False
    if stuck:
        log.write(log.Event.WORK_PARKED, tenant=keys.tenant_of(key[0]), work=key[1])
        log.metric("WorkParked", 1)
        return False
    wakes.add(item["queue"], key)
    return True


def run(
    event: Mapping[str, Any],
    context: Any,
    prepare: Callable[[list[Work]], Shared],
    each: Callable[[Work, Shared, Wakes], None],
) -> dict[str, Any]:
    """A batch of wake-up messages: load the rows, do each, answer the failed ones to SQS.

    `prepare` sees all rows of the batch at once (one read for what they share). A Transient or
    Conflict puts the row off; anything else is a bug, its message goes back to the queue.
    """
    records: list[tuple[str, Key, bool]] = []
    failed: list[str] = []
    for record in event.get("Records", []):
        try:
            body = json.loads(record["body"])
            again = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)) > 1
            records.append((record["messageId"], (body["pk"], body["sk"]), again))
        except (ValueError, KeyError, TypeError):
            failed.append(record["messageId"])
    if not records:
        return failures(failed)
    items = dynamo.batch_get(key for _, key, _ in records)
    jobs = [(message, _work(items[key], again)) for message, key, again in records if key in items]
    shared = prepare([job for _, job in jobs])
    seen: set[Key] = set()
    with waking() as wakes:
        for message, job in jobs:
            if job.key in seen:
                continue
            seen.add(job.key)
            if context.get_remaining_time_in_millis() < limits.REMAINING_MS:
                failed.append(message)
                continue
            if not attempt(message, partial(each, job, shared, wakes), job):
                failed.append(message)
    return failures(failed)


def _work(item: Item, again: bool) -> Work:
    return Work(
        key=(item["pk"], item["sk"]),
        queue=item["queue"],
        attempts=item["attempts"],
        item=item,
        again=again or item["attempts"] > 0 or item["woken"] > 0,
    )


def attempt(message: str, do: Callable[[], None], job: Work | None = None) -> bool:
    """Run one item of a batch; False when its message must come back."""
    try:
        do()
    except (Transient, Conflict) as failure:
        if job is None:
            log.write(log.Event.BATCH_ITEM_FAILED, id=message, code=failure.code)
            return False
        later(job, clock.now(), failure)
    except Exception as error:  # one bad item must not take the batch with it
        log.write(
            log.Event.BATCH_ITEM_FAILED, id=message, error=f"{type(error).__name__}: {_at(error)}"
        )
        return False
    return True


def _at(error: BaseException) -> str:
    """Where it happened; the text of an exception may hold what a log must not."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('chalicelib', 1)[-1]}:{trace.tb_lineno}"


def failures(messages: Iterable[str]) -> dict[str, Any]:
    """The answer SQS understands (ReportBatchItemFailures)."""
    return {"batchItemFailures": [{"itemIdentifier": message} for message in messages]}
