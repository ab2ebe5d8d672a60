"""One queue's function in a process of its own, and what its invocations used.

The engines, the pump and whoever makes the work are other processes, so memory, CPU and calls are
those of one process of the product. Each invocation gets the time that its maker gives it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from infra.bench.figures import Figure
from infra.local.cloud import Cloud
from infra.local.engines import ROOT

STEPS_MAX = 1_000


@dataclass
class Used:
    """What the invocations took together; `wall_s` with waiting for the engines."""

    wall_s: float = 0
    cpu_s: float = 0
    peak_kb: int = 0
    invocations: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)

    def peak(self, name: str, target_mb: float, note: str) -> Figure:
        return Figure(name, round(self.peak_kb * 1024 / 1e6, 1), "MB", target_mb, note=note)

    def shares(self) -> str:
        """Where the CPU went, by library."""
        whole = self.samples.total() or 1
        most = self.samples.most_common(5)
        return ", ".join(f"{name} {count / whole:.0%}" for name, count in most)


class Worker:
    """`module`'s handler, invoked through pipes as Lambda's runtime would; `look`: calls and
    samples are counted too, which costs a little."""

    def __init__(self, module: str, limit_ms: int, *, look: bool) -> None:
        self.used = Used()
        self._call = {"module": module, "limit_ms": limit_ms, "look": look}
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.bench.lambda_process"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        # An event of nothing: what it loads is no part of the job.
        self._ask({"Records": []})
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._process.stdin, self._process.stdout):
            assert end
            end.close()
        self._process.wait(10)

    def handle(self, event: Any, context: Any) -> Any:
        """As Lambda."""
        del context
        found, used = self._ask(event), self.used
        used.invocations += 1
        used.wall_s += found["wall_s"]
        used.cpu_s += found["cpu_s"]
        used.peak_kb = max(used.peak_kb, found["peak_kb"])
        used.calls.update(found.get("calls", {}))
        used.samples.update(found.get("samples", {}))
        return found["answer"]

    def _ask(self, event: Any) -> dict[str, Any]:
        writes, reads = self._process.stdin, self._process.stdout
        assert writes
        assert reads
        writes.write(json.dumps(self._call | {"event": event}) + "\n")
        writes.flush()
        line = reads.readline()
        if not line:
            raise AssertionError("the product's process ended; its own words are above")
        return dict(json.loads(line))


def follow(cloud: Cloud, queue: str, is_over: Callable[[], bool]) -> None:
    """Give the queue's messages to its function until it is over. Raises what an invocation met."""
    (mapping,) = (one for one in cloud.stack.mappings if one.queue == queue)
    for _ in range(STEPS_MAX):
        if is_over():
            return
        if batch := cloud.pump.receive(mapping, 1, wait_s=1):
            cloud.pump.deliver(mapping, batch)
        if cloud.pump.errors:
            raise AssertionError(f"the job failed: {cloud.pump.errors[0]}")
    raise AssertionError("the job does not end")
