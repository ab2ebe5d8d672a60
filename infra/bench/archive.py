"""Intake of a ZIP of 10,000 invoices by the real handlers in a process of their own.

The engines, the poller and the maker of the ZIP are other processes, so the peak is the product's.
Each invocation gets a short time, so that the handler stops, keeps its place and goes on.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import dynamo, limits
from chalicelib.invoicing import store
from infra.bench import samples
from infra.bench.figures import Figure
from infra.local import subjects
from infra.local.cloud import Cloud
from infra.local.engines import ROOT, Engines, running_engines

# Work of two seconds, then the handler has only what it keeps to stop in order.
INVOCATION_MS = limits.REMAINING_MS + 2_000
PEAK_TARGET_MB = 256
TIME_TARGET = 10.5
QUEUES = ("IntakeQueue", "ReceiveQueue")


@dataclass
class Run:
    """What the intake of one archive took."""

    members: int
    wall_s: float = 0
    handler_s: float = 0
    cpu_s: float = 0
    peak_kb: int = 0
    invocations: int = 0
    chunk_runs: int = 0
    chunks: set[str] = field(default_factory=set)

    @property
    def resumes(self) -> int:
        return self.chunk_runs - len(self.chunks)


class _Function:
    """The product's process, invoked through pipes as Lambda's runtime would."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.bench.lambda_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)

    def intake(self, event: Any, context: Any) -> Any:
        return self._invoke("chalicelib.entry.on_intake", event)

    def receive(self, event: Any, context: Any) -> Any:
        for record in event["Records"]:
            task = json.loads(record["body"])["sk"]
            if "chunk-" in task:
                self._run.chunk_runs += 1
                self._run.chunks.add(task)
        return self._invoke("chalicelib.entry.on_receive", event)

    def _invoke(self, module: str, event: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        call = {"module": module, "event": event, "limit_ms": INVOCATION_MS}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self._run.invocations += 1
        self._run.handler_s += answer["wall_s"]
        self._run.cpu_s += answer["cpu_s"]
        self._run.peak_kb = answer["peak_kb"]
        return answer["answer"]


def take_in(members: int, engines: Engines, folder: Path) -> Run:
    """Drop one archive into a cloud of its own and wait until it is unpacked."""
    run = Run(members)
    function: _Function | None = None

    def intake(event: Any, context: Any) -> Any:
        assert function
        return function.intake(event, context)

    def receive(event: Any, context: Any) -> Any:
        assert function
        return function.receive(event, context)

    cloud = Cloud(
        folder,
        handlers={"on_intake": intake, "on_receive": receive},
        app=application.app,
        real_time=True,
        engines=engines,
    )
    with cloud:
        now = cloud.clock.now()
        accounts.create_reseller(samples.TENANT, "Bench S.r.l.", "hub@bench.example")
        vat = f"IT{subjects.SELLER.vat}"
        customer = Customer(samples.CUSTOMER, "Officina", (vat,))
        accounts.save_customer(samples.TENANT, customer, now, new=True)
        data = samples.archive(members, now.date().isoformat())
        # S3's own test messages are no part of the work.
        with _Function(Run(0)) as function:
            cloud.pump.drain(queues=QUEUES)
        with _Function(run) as function:
            cloud.client("s3").put_object(
                Bucket=cloud.environment["INTAKE_BUCKET"],
                Key=f"drop/{samples.TENANT}/bench.zip",
                Body=data,
            )
            _drain(cloud, run)
        if cloud.pump.errors:
            raise AssertionError(f"the intake failed: {cloud.pump.errors[0]}")
        _check(members)
    return run


def _drain(cloud: Cloud, run: Run) -> None:
    begun = time.perf_counter()
    # S3's event comes a moment after the object.
    while not run.chunks and time.perf_counter() - begun < 10:
        cloud.pump.drain(queues=QUEUES)
    run.wall_s = time.perf_counter() - begun


def _check(members: int) -> None:
    """A figure of work that was not done would be worth nothing."""
    unpacked = store.state_partition(samples.TENANT, "unpacked")
    (archive,) = (store.read(item) for item in dynamo.query(unpacked, index="state"))
    if (archive.members, archive.documents) != (members, members):
        raise AssertionError(f"{archive.documents} documents of {archive.members} members")


def measure(folder: Path, *, quick: bool, say: Any) -> list[Figure]:
    many, few, repeats = (200, 20, 1) if quick else (10_000, 1_000, 3)
    with running_engines(folder) as engines:
        small = []
        for number in range(repeats):
            small.append(take_in(few, engines, folder))
            say(f"ZIP of {few}, run {number + 1} of {repeats}: {small[-1].wall_s:.1f} s")
        large = take_in(many, engines, folder)
        say(f"ZIP of {many}: {large.wall_s:.1f} s, of which {large.cpu_s:.1f} s our own CPU")

    def ratio(name: str) -> float:
        before = statistics.median(float(getattr(one, name)) for one in small)
        return float(getattr(large, name)) / before

    walls = ", ".join(f"{one.wall_s:.1f}" for one in small)
    cut = f"{large.invocations} invocations of {INVOCATION_MS // 1000} s, {large.resumes} resumes"
    peak = large.peak_kb * 1024 / 1e6
    return [
        Figure("zip_10000_peak_memory_mb", round(peak, 1), "MB", PEAK_TARGET_MB, note=cut),
        Figure(
            "zip_10000_over_1000_time",
            round(ratio("wall_s"), 2),
            "ratio",
            TIME_TARGET,
            note=f"{large.wall_s:.1f} s over the median of {walls} s, engines included",
        ),
        Figure(
            "zip_10000_over_1000_handler_time",
            round(ratio("handler_s"), 2),
            "ratio",
            note="inside the handlers, waiting for the engines included",
        ),
        Figure(
            "zip_10000_over_1000_cpu_time",
            round(ratio("cpu_s"), 2),
            "ratio",
            note=f"the product's own CPU: {large.cpu_s / many * 1000:.2f} ms for each member",
        ),
    ]
