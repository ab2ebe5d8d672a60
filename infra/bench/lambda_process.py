"""One Lambda's process for the memory figure: nothing is imported but the product.

It reads one JSON line for each invocation, `{"module", "event", "limit_ms"}`, and answers with
one, `{"answer", "wall_s", "cpu_s", "peak_kb"}`. Started with pipes, ended by closing its input.
With `"look": true` it also says which AWS calls it made (`calls`, by service and operation) and
where its CPU went (`samples`, one each SAMPLE_S, by library).
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

SAMPLE_S = 0.01
# Who works for boto3, and where our own pages are made.
_SDK = frozenset({"boto3", "botocore", "s3transfer", "urllib3", "jmespath"})
_PAGES = ("payments/notice", "payments/qr", "payments/datamatrix", "payments/codes", "base/pdf")


class Context:
    """The part of Lambda's context that the handlers ask."""

    def __init__(self, limit_ms: int) -> None:
        self._deadline_s = time.monotonic() + limit_ms / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline_s - time.monotonic()) * 1000))


def peak_kb() -> int:
    """The most memory that this process had resident, in KiB.

    Not getrusage where it can be avoided: on Linux its peak comes along from the process that
    started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def library(frame: FrameType | None) -> str:
    """Whose code runs: the innermost frame that is not the standard library's."""
    while frame is not None:
        path = frame.f_code.co_filename.replace(os.sep, "/")
        if "/site-packages/" in path:
            name = path.rpartition("/site-packages/")[2].partition("/")[0].removesuffix(".py")
            return "boto3" if name in _SDK else name
        if "/chalicelib/" in path:
            inside = path.rpartition("/chalicelib/")[2]
            return "our pages" if inside.startswith(_PAGES) else "our other code"
        frame = frame.f_back
    return "python"


_calls: Counter[str] = Counter()
_samples: Counter[str] = Counter()


def _counts(model: Any, **_: Any) -> None:
    _calls[f"{model.service_model.service_name}.{model.name}"] += 1


@contextmanager
def looking() -> Iterator[None]:
    """AWS calls and samples of the CPU are counted meanwhile."""
    from chalicelib.base import aws

    for service in ("dynamodb", "s3", "sqs", "kms"):
        aws.client(service).meta.events.register("before-call", _counts, unique_id="looking")
    _calls.clear()
    _samples.clear()
    signal.signal(signal.SIGPROF, lambda _, frame: _samples.update([library(frame)]))
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_S, SAMPLE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def invoke(call: dict[str, Any]) -> dict[str, Any]:
    if call.pop("look", False):
        with looking():
            found = invoke(call)
        return found | {"calls": _calls, "samples": _samples}
    module = importlib.import_module(call["module"])
    wall, cpu = time.perf_counter(), time.process_time()
    answer = module.handle(call["event"], Context(call["limit_ms"]))
    return {
        "answer": answer,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_kb": peak_kb(),
    }


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # The product's log lines would mix with the answers.
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere
        for line in sys.stdin:
            answers.write(json.dumps(invoke(json.loads(line))) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
