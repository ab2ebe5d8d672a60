"""Counts what the product asks of AWS, by function, service and operation, while it runs here.

The product's boto3 clients come from boto3's default session, those of the local cloud from
another: hooks on the first see the product alone. Each function's time is taken as it runs.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import boto3

from chalicelib.base import aws, log
from infra.local.functions import CONFIG, logical_id
from infra.local.house import House

API = "APIHandler"
_API_SETTING = "api_handler"
# Lambda's CPU grows with its memory: one whole core at this much.
CORE_MB = 1769
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
# Work that tells people; its calls are counted apart.
TELLING = frozenset({"OnTell", "OnMailEvent"})
Key = tuple[str, str, str]


@dataclass
class Function:
    """The invocations of one Lambda: `messages` in them, `cpu_s` of its own, `wall_s` in all."""

    invocations: int = 0
    messages: int = 0
    wall_s: float = 0
    cpu_s: float = 0

    def billed_s(self, memory_mb: int) -> float:
        """CPU as slow as this much memory makes it, waiting as it was here."""
        slower = max(1.0, CORE_MB / memory_mb)
        return self.cpu_s * slower + max(0.0, self.wall_s - self.cpu_s)


@dataclass
class Count:
    """What was counted since the meter was last emptied."""

    calls: Counter[Key] = field(default_factory=Counter)
    units: Counter[tuple[str, str]] = field(default_factory=Counter)  # (function, read or write)
    functions: dict[str, Function] = field(default_factory=dict)
    log_bytes: Counter[str] = field(default_factory=Counter)

    def function(self, name: str) -> Function:
        return self.functions.setdefault(name, Function())

    def with_polls(self) -> Counter[Key]:
        """Also the calls that Lambda's pollers make on our behalf: two for each batch."""
        found = Counter(self.calls)
        for name, function in self.functions.items():
            if name != API:
                found[name, "sqs", "ReceiveMessage"] += function.invocations
                found[name, "sqs", "DeleteMessageBatch"] += function.invocations
        return found


class _Lines(io.TextIOBase):
    """Where the product's log goes: only its length is kept."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def write(self, text: str) -> int:
        self._meter.count.log_bytes[self._meter.running] += len(text.encode())
        return len(text)


class Meter:
    """See the module. Use `metered`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._on = False
        self._local = threading.local()
        self._guard = threading.Lock()
        self.count = Count()

    @property
    def running(self) -> str:
        """The function of this thread; the gateway's threads run the API."""
        name: str = getattr(self._local, "function", API)
        return name

    def empty(self) -> Count:
        """Give what was counted and begin anew."""
        counted, self.count = self.count, Count()
        return counted

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count what happens inside; looking at results comes outside."""
        self._on = True
        try:
            yield
        finally:
            self._on = False

    def attach(self) -> None:
        boto3.DEFAULT_SESSION = None
        boto3.setup_default_session()
        events = boto3.DEFAULT_SESSION.events
        events.register("before-call", self._before)
        events.register("before-parameter-build.dynamodb", self._ask_capacity)
        events.register("after-call.dynamodb", self._after)
        aws.forget()
        pump: Any = self._house.cloud.pump
        gateway: Any = self._house.gateway
        pump.invoke = partial(self._invoke, pump.invoke)
        gateway.answer = partial(self._timed, API, 1, gateway.answer)
        lines: Any = _Lines(self)
        log.use(lines)

    def detach(self) -> None:
        log.use(None)
        boto3.DEFAULT_SESSION = None
        aws.forget()

    def _invoke(self, invoke: Callable[..., Any], name: str, event: dict[str, Any]) -> Any:
        messages = len(event.get("Records", []))
        return self._timed(logical_id(name), messages, invoke, name, event)

    def _timed(self, name: str, messages: int, run: Callable[..., Any], *given: Any) -> Any:
        self._local.function = name
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            return run(*given)
        finally:
            if self._on:
                with self._guard:
                    function = self.count.function(name)
                    function.invocations += 1
                    function.messages += messages
                    function.wall_s += time.perf_counter() - wall
                    function.cpu_s += time.thread_time() - cpu

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        if not self._on:
            return
        name = self.running
        if model.service_model.service_name == "sqs":
            # A wake of the tell queue is part of telling, whoever sends it.
            queue = json.loads(params["body"])["QueueUrl"]
            if queue == self._house.cloud.environment["TELL_QUEUE_URL"]:
                name = "OnTell"
        with self._guard:
            self.count.calls[name, model.service_model.service_name, model.name] += 1

    def _ask_capacity(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def _after(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if not self._on:
            return
        used = parsed.get("ConsumedCapacity") or []
        if parsed.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            # A write that was refused is billed as one that was done, and its answer is silent.
            used = {"CapacityUnits": 1.0}
        kind = "read" if model.name in _READS else "write"
        with self._guard:
            for one in used if isinstance(used, list) else [used]:
                self.count.units[self.running, kind] += one["CapacityUnits"]


@contextlib.contextmanager
def metered(house: House) -> Iterator[Meter]:
    meter = Meter(house)
    meter.attach()
    try:
        yield meter
    finally:
        meter.detach()


def memories() -> dict[str, int]:
    """MB of each function, as deployed, by logical id."""
    stage = json.loads(CONFIG.read_text(encoding="utf-8"))["stages"]["prod"]
    found = {
        logical_id(name): int(one["lambda_memory_size"])
        for name, one in stage["lambda_functions"].items()
    }
    found[API] = found.pop(logical_id(_API_SETTING))
    return found


def exact(value: float) -> Decimal:
    """A measured value for the prices, which are exact."""
    return Decimal(str(round(value, 6)))
