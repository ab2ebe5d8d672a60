"""Intake of a ZIP of 10,000 invoices by the real handlers in processes of their own.

The engines, the pollers and the maker of the ZIP are other processes, so the peak is that of one
process of the product. As on AWS, several chunks run at once, each in a process of its own.
Each invocation gets a short time, so that the handler stops, keeps its place and goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import dynamo, limits
from chalicelib.invoicing import store
from chalicelib.invoicing.document import Document
from infra.bench import processes, samples
from infra.bench.figures import Figure, Measured
from infra.local import seeds, subjects
from infra.local.cloud import Cloud
from infra.local.engines import ROOT, Engines, running_engines

# Work of two seconds, then the handler has only what it keeps to stop in order.
INVOCATION_MS = limits.REMAINING_MS + 2_000
PEAK_TARGET_MB = 256
TIME_TARGET = 10.5
INTAKE = "chalicelib.entry.on_intake"
RECEIVE = "chalicelib.entry.on_receive"
QUEUES = ("IntakeQueue", "ReceiveQueue")
# On AWS many chunks run at once; here as many as there usually are cores.
PROCESSES = 2
POLL_S = 0.02


@dataclass
class Run:
    """What the intake of one archive took."""

    members: int
    wall_s: float = 0
    handler_s: float = 0
    cpu_s: float = 0
    engines_s: float = 0
    elsewhere_s: float = 0
    peak_kb: int = 0
    invocations: int = 0
    chunk_runs: int = 0
    chunks: set[str] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def disturbed(self) -> float:
        """The share of the machine that others used meanwhile."""
        return max(0.0, self.elsewhere_s) / self.wall_s / (os.cpu_count() or 1)

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

    def warm_up(self, run: Run) -> None:
        """Events of nothing; what comes after belongs to `run`."""
        for module in (INTAKE, RECEIVE):
            self._invoke(module, {"Records": []})
        self._run = run

    def intake(self, event: Any) -> Any:
        return self._invoke(INTAKE, event)

    def receive(self, event: Any) -> Any:
        task = json.loads(event["Records"][0]["body"])["sk"]
        if "chunk-" in task:
            with self._run.guard:
                self._run.chunk_runs += 1
                self._run.chunks.add(task)
        return self._invoke(RECEIVE, event)

    def _invoke(self, module: str, event: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        call = {"module": module, "event": event, "limit_ms": INVOCATION_MS}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("the product's process ended; its own words are above")
        answer = json.loads(line)
        with self._run.guard:
            self._run.invocations += 1
            self._run.handler_s += answer["wall_s"]
            self._run.cpu_s += answer["cpu_s"]
            self._run.peak_kb = max(self._run.peak_kb, answer["peak_kb"])
        return answer["answer"]


class _Poller:
    """Gives the queues' messages to the processes, as AWS's pollers do."""

    def __init__(self, cloud: Cloud, run: Run) -> None:
        self._cloud = cloud
        self._run = run
        self._mappings = [one for one in cloud.stack.mappings if one.queue in QUEUES]
        self._ended = threading.Event()
        self._exit = contextlib.ExitStack()

    def __enter__(self) -> Self:
        # Started and imported before the time is taken: it would flatter the smaller archive.
        self._functions = [self._exit.enter_context(_Function(Run(0))) for _ in range(PROCESSES)]
        for function in self._functions:
            function.warm_up(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def until_unpacked(self) -> None:
        """Raises what a poller met, or a failed invocation."""
        engines, elsewhere = processes.cpu_s(), processes.elsewhere_s()
        begun = time.perf_counter()
        with ThreadPoolExecutor(PROCESSES) as pool:
            threads = [pool.submit(self._poll, function) for function in self._functions]
            for thread in as_completed(threads):
                self._ended.set()
                thread.result()
        self._run.wall_s = time.perf_counter() - begun
        # What these processes' children used, without the product's part of it.
        self._run.engines_s = processes.cpu_s() - engines - self._run.cpu_s
        self._run.elsewhere_s = processes.elsewhere_s() - elsewhere

    def _poll(self, function: _Function) -> None:
        pump = self._cloud.pump
        _FUNCTION.process = function
        while not self._ended.is_set():
            idle = True
            for mapping in self._mappings:
                batch = pump.receive(mapping, 1)
                if not batch:
                    continue
                idle = False
                pump.deliver(mapping, batch)
                if pump.errors:
                    raise AssertionError(f"the intake failed: {pump.errors[0]}")
                self._throw_away()
                if "finish" in batch[0].body and _unpacked():
                    self._ended.set()
            if idle:
                time.sleep(POLL_S)

    def _throw_away(self) -> None:
        """Take from the other queues what on_send and on_tell would take meanwhile.

        The local SQS becomes slower with each message that waits, which AWS's does not.
        """
        sqs = self._cloud.client("sqs")
        for name in ("SEND_QUEUE_URL", "TELL_QUEUE_URL"):
            url = self._cloud.environment[name]
            while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                handles = [one["ReceiptHandle"] for one in found]
                entries = [{"Id": str(n), "ReceiptHandle": one} for n, one in enumerate(handles)]
                sqs.delete_message_batch(QueueUrl=url, Entries=entries)


_FUNCTION = threading.local()


def _intake(event: Any, context: Any) -> Any:
    return _FUNCTION.process.intake(event)


def _receive(event: Any, context: Any) -> Any:
    return _FUNCTION.process.receive(event)


def take_in(members: int, engines: Engines, folder: Path) -> Run:
    """Drop one archive into a cloud of its own and wait until it is unpacked."""
    cloud = Cloud(
        folder,
        handlers={"on_intake": _intake, "on_receive": _receive},
        app=application.app,
        real_time=True,
        engines=engines,
    )
    run = Run(members)
    with cloud:
        now = cloud.clock.now()
        accounts.create_reseller(samples.TENANT, "Bench S.r.l.", "hub@bench.example")
        seeds.give_credits(samples.TENANT, now)
        vat = f"IT{subjects.SELLER.vat}"
        customer = Customer(samples.CUSTOMER, "Officina", (vat,))
        accounts.save_customer(samples.TENANT, customer, now, new=True)
        data = samples.archive(members, now.date().isoformat())
        with _Poller(cloud, run) as poller:
            cloud.client("s3").put_object(
                Bucket=cloud.environment["INTAKE_BUCKET"],
                Key=f"drop/{samples.TENANT}/bench.zip",
                Body=data,
            )
            poller.until_unpacked()
        _check(members)
    return run


def _unpacked() -> list[Document]:
    state = store.state_partition(samples.TENANT, "unpacked")
    return [store.read(item) for item in dynamo.query(state, index="state")]


def _check(members: int) -> None:
    """A figure of work that was not done would be worth nothing."""
    (archive,) = _unpacked()
    if (archive.members, archive.documents) != (members, members):
        raise AssertionError(f"{archive.documents} documents of {archive.members} members")


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
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

    disturbed = statistics.median(one.disturbed for one in small)
    walls = ", ".join(f"{one.wall_s:.1f}" for one in small)
    cut = f"{large.invocations} invocations of {INVOCATION_MS // 1000} s, {large.resumes} resumes"
    peak = large.peak_kb * 1024 / 1e6
    figures = [
        Figure("zip_10000_peak_memory_mb", round(peak, 1), "MB", PEAK_TARGET_MB, note=cut),
        Figure(
            "zip_10000_over_1000_time",
            round(ratio("wall_s"), 2),
            "ratio",
            TIME_TARGET,
            note=f"{large.wall_s:.1f} s over the median of {walls} s, engines included; "
            f"others used {large.disturbed:.0%} of the machine, {disturbed:.0%} before",
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
    if large.engines_s > 0:
        figures.append(
            Figure(
                "zip_10000_over_1000_engines_cpu_time",
                round(ratio("engines_s"), 2),
                "ratio",
                note=f"the engines' CPU: {large.engines_s / many * 1000:.2f} ms for each member",
            )
        )
    return Measured(figures)
