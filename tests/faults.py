"""Faults at the calls that our code makes outside: AWS by botocore's hooks, the rest by `outside`.

An invocation is armed with one Fault, which strikes the n-th call that is made in it:

    before    the process dies before the call
    after     the process dies when the call has had its effect
    throttle  the service says "too much" to every attempt
    broken    the service answers 500 to every attempt, without doing anything
    lost      it does it, and the answer to the first attempt is lost: the SDK asks again
    timeout   it does it, and no answer ever comes
    conflict  a write of the table meets another transaction, once

After its death a process calls nothing any more, also out of `finally`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber

Kind = Literal["before", "after", "throttle", "broken", "lost", "timeout", "conflict"]
CRASHES: Final[tuple[Kind, ...]] = ("before", "after")
ERRORS: Final[tuple[Kind, ...]] = ("throttle", "broken", "lost", "timeout", "conflict")
WRITES: Final = frozenset(
    f"dynamodb.{name}" for name in ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem")
)
# What "too much" is called; the others say ThrottlingException.
_THROTTLED: Final = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "s3": "SlowDown",
    "ses": "Throttling",
}
_XML: Final = {
    "s3": "<Error><Code>{}</Code><Message>injected</Message></Error>",
    "ses": "<ErrorResponse><Error><Code>{}</Code><Message>injected</Message></Error>"
    "</ErrorResponse>",
}


class Crash(BaseException):
    """The process died here: no `except Exception` may think that it could go on."""


@dataclass(frozen=True)
class Fault:
    """`number` counts the calls of an invocation from 0."""

    kind: Kind
    number: int


class _Body:
    """What botocore reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._data

    def read(self, *_: Any) -> bytes:
        return self._data


class Faults:
    """Counts the calls of invocations; `fault` strikes in the next one."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fault: Fault | None = None
        self.struck = ""
        self._running = False
        self._dead = False
        self._first: dict[str, AWSResponse] = {}
        self._lost = ""

    # --- where calls are seen -----------------------------------------------------------------

    def attach(self, client: Any) -> None:
        """See every call of a boto3 client; once for each client."""
        events = client.meta.events
        events.register_first("before-call", self._before_call)
        events.register_first("before-send", self._before_send)
        events.register_last("before-send", self._sent)
        events.register_last("after-call", self._after_call)

    def outside(self, name: str, effect: Callable[[], Any]) -> Any:
        """A call that is not AWS's; only crashes strike it."""
        self._count(name)
        answer = effect()
        self._strike("after")
        return answer

    @contextmanager
    def invocation(self) -> Iterator[None]:
        """One process from its start to its end."""
        self.calls, self.struck = [], ""
        self._running, self._dead = True, False
        try:
            yield
        finally:
            self._running, self._dead = False, False
            self.fault, self._lost = None, ""

    # --- what strikes -------------------------------------------------------------------------

    def _hits(self, *kinds: Kind) -> bool:
        fault = self.fault
        return (
            self._running
            and fault is not None
            and fault.kind in kinds
            and fault.number == len(self.calls) - 1
        )

    def _count(self, name: str) -> None:
        if not self._running:
            return
        if self._dead:
            raise Crash
        self.calls.append(name)
        self._strike("before")

    def _strike(self, kind: Kind) -> None:
        if self._hits(kind):
            self._dead = True
            self.struck = self.calls[-1]
            raise Crash

    def _before_call(self, model: Any, **_: Any) -> None:
        self._count(f"{model.service_model.service_name}.{model.name}")

    def _after_call(self, **_: Any) -> None:
        self._strike("after")
        if self._hits("timeout"):
            self.struck = self.calls[-1]
            raise ReadTimeoutError(endpoint_url="injected")

    def _before_send(self, request: Any, event_name: str = "", **_: Any) -> AWSResponse | None:
        answer = self._injected(request, event_name)
        # botocore asks all handlers and takes the first answer: moto would still do the work.
        botocore_stubber.enabled = answer is None
        return answer

    def _sent(self, **_: Any) -> None:
        botocore_stubber.enabled = True

    def _injected(self, request: Any, event_name: str) -> AWSResponse | None:
        if self._hits("throttle", "broken"):
            self.struck = self.calls[-1]
            return self._error(request, self._hits("throttle"))
        if self._hits("conflict") and not self.struck and self.calls[-1] in WRITES:
            self.struck = self.calls[-1]
            return self._conflict(request)
        if self._hits("lost"):
            return self._lose(request, event_name)
        return None

    def _lose(self, request: Any, event_name: str) -> AWSResponse | None:
        """The effect without its answer; asked again, a transaction knows its token."""
        name = self.calls[-1]
        if self._lost != name:
            self._lost = self.struck = name
            answer = botocore_stubber(event_name, request)
            if name == "dynamodb.TransactWriteItems":
                self._first[name] = answer
            return self._error(request, throttled=False)
        return self._first.pop(name, None)

    def _error(self, request: Any, throttled: bool) -> AWSResponse:
        service = self.calls[-1].split(".")[0]
        code = "InternalServerError" if service == "dynamodb" else "InternalError"
        if throttled:
            code = _THROTTLED.get(service, "ThrottlingException")
        status = (503 if service == "s3" else 400) if throttled else 500
        if service in _XML:
            return _answer(request, status, _XML[service].format(code).encode())
        body = json.dumps({"__type": f"com.amazonaws#{code}", "message": "injected"})
        return _answer(request, status, body.encode())

    def _conflict(self, request: Any) -> AWSResponse:
        body: dict[str, Any] = {
            "__type": "com.amazonaws.dynamodb#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        }
        if self.calls[-1] == "dynamodb.TransactWriteItems":
            items = json.loads(request.body)["TransactItems"]
            reasons: list[dict[str, Any]] = [{"Code": "None"} for _ in items]
            reasons[-1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing"}
            body |= {
                "__type": "com.amazonaws.dynamodb#TransactionCanceledException",
                "CancellationReasons": reasons,
            }
        return _answer(request, 400, json.dumps(body).encode())


def _answer(request: Any, status: int, body: bytes) -> AWSResponse:
    return AWSResponse(request.url, status, {}, _Body(body))
