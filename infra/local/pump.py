"""Does between the queues and the functions what AWS does: polls, invokes, deletes, repeats.

Two ways to use it. `drain` runs in the caller's thread until nothing is left to deliver, which is
what a test wants; `run_forever` polls with threads until it is told to stop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.clock import Clock
from infra.local.functions import FunctionSettings, Handler, logical_id
from infra.local.lambdas import (
    BadAnswer,
    LambdaContext,
    Message,
    failed_ids,
    schedule_event,
    sqs_event,
)
from infra.local.resources import QueueMapping, Schedule, Stack
from infra.local.schedule import is_due

log = logging.getLogger("sportello.local.pump")

SQS_BATCH_MAX = 10
ERRORS_MAX = 1000
WORKERS_PER_QUEUE = 2
LONG_POLL_S = 1
SCHEDULE_TICK_S = 0.5
BACK_OFF_S = 0.5
LOOK_S = 0.05
MAX_ROUNDS = 200


class PumpError(Exception):
    """The pump cannot do what it was asked; not an error of a function."""


@dataclass(frozen=True)
class FunctionError:
    """One invocation that failed, wholly or for some messages."""

    function: str
    messages: tuple[str, ...]
    text: str
    cause: BaseException | None = None

    def __str__(self) -> str:
        return f"{self.function} failed ({len(self.messages)} messages): {self.text}"


@dataclass
class Drained:
    """What `drain` did: messages done and failed by function, and the rounds it took."""

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    rounds: int = 0


@dataclass(frozen=True)
class Outcome:
    done: tuple[Message, ...]
    failed: tuple[Message, ...]


class Pump:
    """`handlers` are by the function's name or logical id (on_send or OnSend)."""

    def __init__(
        self,
        stack: Stack,
        handlers: Mapping[str, Handler],
        clock: Clock,
        *,
        sqs: Any,
        functions: Mapping[str, FunctionSettings] | None = None,
        visible: Callable[[], Mapping[str, int]] | None = None,
    ) -> None:
        """`visible`: how many messages each queue would give now, by its name, where one call can
        tell; asking every empty queue is most of what `drain` costs."""
        self._visible = visible
        self._stack = stack
        self._handlers = {logical_id(name): handler for name, handler in handlers.items()}
        self._clock = clock
        self._sqs = sqs
        self._functions = functions or {}
        # moto may give one message to two consumers who ask in the same moment.
        self._ready = {mapping.queue: threading.Event() for mapping in stack.mappings}
        self._receiving = {mapping.queue: threading.Lock() for mapping in stack.mappings}
        self._last_run = {schedule.name: clock.now() for schedule in stack.schedules}
        self.errors: list[FunctionError] = []

    # --- one invocation -----------------------------------------------------------------------

    def invoke(self, function: str, event: Any) -> Any:
        """Calls a function as Lambda does; what it raises comes through."""
        name = logical_id(function)
        if name not in self._handlers:
            raise PumpError(f"there is no handler for {name}")
        settings = self._functions.get(name) or FunctionSettings(
            name, timeout_s=self._mapped_timeout_s(name)
        )
        begun = time.monotonic()
        try:
            return self._handlers[name](event, LambdaContext(settings))
        finally:
            took = time.monotonic() - begun
            if took > settings.timeout_s:
                self._fail(name, (), f"ran {took:.0f} s and may run {settings.timeout_s} s")

    def deliver(self, mapping: QueueMapping, batch: Sequence[Message]) -> Outcome:
        """One batch to its function; what was done is deleted, the rest comes again later."""
        failed = self._failed_of(mapping, batch)
        outcome = Outcome(
            done=tuple(message for message in batch if message.id not in failed),
            failed=tuple(message for message in batch if message.id in failed),
        )
        for start in range(0, len(outcome.done), SQS_BATCH_MAX):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt_handle}
                for number, message in enumerate(outcome.done[start : start + SQS_BATCH_MAX])
            ]
            # One that cannot be deleted (it was, or its time is over) is seen again: no error.
            self._sqs.delete_message_batch(QueueUrl=mapping.queue_url, Entries=entries)
        return outcome

    def _failed_of(self, mapping: QueueMapping, batch: Sequence[Message]) -> set[str]:
        sent = {message.id for message in batch}
        try:
            answer = self.invoke(mapping.function, sqs_event(batch))
            if not mapping.reports_failures:
                return set()
            failed = failed_ids(answer, sent)
        except (PumpError, BadAnswer) as error:
            self._fail(mapping.function, tuple(sent), str(error), error)
            return sent
        except Exception as error:  # whatever a function raises is Lambda's to handle
            self._fail(mapping.function, tuple(sent), f"{type(error).__name__}: {error}", error)
            return sent
        if failed:
            self._fail(mapping.function, tuple(failed), f"reported {len(failed)} of {len(batch)}")
        return failed

    def _fail(
        self,
        function: str,
        messages: tuple[str, ...],
        text: str,
        cause: BaseException | None = None,
    ) -> None:
        error = FunctionError(function, messages, text, cause)
        self.errors.append(error)
        del self.errors[:-ERRORS_MAX]
        log.warning("%s", error, exc_info=cause if log.isEnabledFor(logging.DEBUG) else None)

    def _mapped_timeout_s(self, function: str) -> int:
        found = [each.timeout_s for each in self._stack.mappings if each.function == function]
        return found[0] if found else FunctionSettings(function).timeout_s

    # --- schedules ----------------------------------------------------------------------------

    def run_due_schedules(self) -> int:
        """Runs each schedule that is due by the clock, once however long ago; how many ran.

        Work is what is due and not what hour it is, so that a missed run needs no second one.
        """
        ran = 0
        for schedule in self._stack.schedules:
            now = self._clock.now()
            if is_due(schedule.expression, self._last_run[schedule.name], now, schedule.zone):
                self._last_run[schedule.name] = now
                self.run_schedule(schedule)
                ran += 1
        return ran

    def run_schedule(self, schedule: Schedule) -> None:
        try:
            self.invoke(schedule.function, schedule_event(schedule.name, self._clock.now()))
        except Exception as error:  # as above: the function's error, kept for whoever looks
            self._fail(schedule.function, (), f"{type(error).__name__}: {error}", error)

    # --- in the caller's thread ---------------------------------------------------------------

    def drain(
        self,
        *,
        max_rounds: int = MAX_ROUNDS,
        order: Random | None = None,
        duplicate: bool = False,
        queues: Iterable[str] | None = None,
    ) -> Drained:
        """Delivers what is visible, and what that causes, until nothing is visible any more.

        A failed message is not visible until its time has passed, so it is tried once here;
        `clock.advance` and another `drain` try it again.

        Args:
            order: shuffles queues and messages, as SQS promises no order.
            duplicate: delivers each batch twice, as SQS may.
            queues: only these (logical ids).

        Raises:
            PumpError: after `max_rounds` there still is something to deliver.
        """
        mappings = [
            each for each in self._stack.mappings if queues is None or each.queue in set(queues)
        ]
        result = Drained()
        for _ in range(max_rounds):
            if order is not None:
                order.shuffle(mappings)
            found = self._visible() if self._visible else None
            if not sum(
                self._drain_queue(each, result, order, duplicate)
                for each in mappings
                if found is None or found.get(each.queue_url.rpartition("/")[2])
            ):
                return result
            result.rounds += 1
        raise PumpError(f"there still is work after {max_rounds} rounds: {dict(result.done)}")

    def _drain_queue(
        self, mapping: QueueMapping, result: Drained, order: Random | None, duplicate: bool
    ) -> int:
        messages: list[Message] = []
        while received := self.receive(mapping, SQS_BATCH_MAX):
            messages += received
            if len(received) < SQS_BATCH_MAX:
                break
        if order is not None:
            order.shuffle(messages)
        for start in range(0, len(messages), mapping.batch_size):
            batch = messages[start : start + mapping.batch_size]
            outcome = self.deliver(mapping, batch)
            if duplicate:
                again = self.deliver(mapping, [message.once_more() for message in batch])
                outcome = _either(outcome, again)
            result.done[mapping.function] += len(outcome.done)
            result.failed[mapping.function] += len(outcome.failed)
        return len(messages)

    def receive(self, mapping: QueueMapping, count: int, wait_s: int = 0) -> list[Message]:
        with self._receiving[mapping.queue]:
            answer = self._sqs.receive_message(
                QueueUrl=mapping.queue_url,
                MaxNumberOfMessages=min(count, SQS_BATCH_MAX),
                WaitTimeSeconds=wait_s,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        return [Message.received(each, mapping.queue_arn) for each in answer.get("Messages", [])]

    def waiting(self) -> dict[str, int]:
        """How many messages each queue holds, visible or not; also the dead-letter queues."""
        counts = {}
        for name, kind in self._stack.kinds.items():
            if kind == "AWS::SQS::Queue":
                attributes = self._sqs.get_queue_attributes(
                    QueueUrl=self._stack.outputs[name],
                    AttributeNames=["All"],
                )["Attributes"]
                counts[name] = sum(
                    int(attributes[each])
                    for each in (
                        "ApproximateNumberOfMessages",
                        "ApproximateNumberOfMessagesNotVisible",
                        "ApproximateNumberOfMessagesDelayed",
                    )
                )
        return counts

    # --- with threads -------------------------------------------------------------------------

    def run_forever(
        self, stop: threading.Event, *, workers_per_queue: int = WORKERS_PER_QUEUE
    ) -> None:
        """Polls and invokes until `stop` is set; returns when the last invocation has ended."""
        threads = [
            threading.Thread(
                target=self._work, args=(mapping, stop), name=f"{mapping.function}-{number}"
            )
            for mapping in self._stack.mappings
            for number in range(workers_per_queue)
        ]
        threads.append(threading.Thread(target=self._tick, args=(stop,), name="schedules"))
        if self._visible is not None:
            threads.append(threading.Thread(target=self._look, args=(stop,), name="looking"))
        for thread in threads:
            thread.daemon = True
            thread.start()
        try:
            stop.wait()
        finally:  # Ctrl-C comes out of the waiting
            stop.set()
            for thread in threads:
                thread.join()

    def _work(self, mapping: QueueMapping, stop: threading.Event) -> None:
        ready = self._ready[mapping.queue]
        # Where one look tells of all queues, nobody keeps the engine busy by asking for nothing.
        wait_s = LONG_POLL_S if self._visible is None else 0
        while not stop.is_set():
            if self._visible is not None and not ready.wait(BACK_OFF_S):
                continue
            try:
                batch = self.receive(mapping, mapping.batch_size, wait_s)
                if batch:
                    self.deliver(mapping, batch)
                else:
                    ready.clear()
            except (BotoCoreError, ClientError) as error:
                # The engine is ending, or did not answer: the message comes again by itself.
                if not stop.wait(BACK_OFF_S):
                    log.warning("%s cannot be polled: %s", mapping.queue, error)

    def _look(self, stop: threading.Event) -> None:
        assert self._visible is not None
        while not stop.wait(LOOK_S):
            try:
                found = self._visible()
            except OSError:  # the engine is ending
                continue
            for mapping in self._stack.mappings:
                if found.get(mapping.queue_url.rpartition("/")[2]):
                    self._ready[mapping.queue].set()

    def _tick(self, stop: threading.Event) -> None:
        while not stop.wait(SCHEDULE_TICK_S):
            self.run_due_schedules()


def _either(first: Outcome, second: Outcome) -> Outcome:
    """A message delivered twice is deleted if either delivery was a success."""
    done = {message.id for message in (*first.done, *second.done)}
    every = (*first.done, *first.failed)
    return Outcome(
        done=tuple(message for message in every if message.id in done),
        failed=tuple(message for message in every if message.id not in done),
    )
