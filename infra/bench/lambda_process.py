"""One Lambda's process for the memory figure: nothing is imported but the product.

It reads one JSON line for each invocation, `{"module", "event", "limit_ms"}`, and answers with
one, `{"answer", "wall_s", "cpu_s", "peak_kb"}`. Started with pipes, ended by closing its input.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


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


def invoke(call: dict[str, Any]) -> dict[str, Any]:
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
