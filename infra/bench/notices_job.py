"""The job of 10,000 notices by its real handler in a process of its own, which dies in the middle.

A flow of positions is delivered by the channel "zip": each notice an object of its own name, then
one archive of all. The engines are other processes, so memory and CPU are those of one process of
the product. Each invocation gets a short time, so that the run keeps its place and goes on; once
the process is killed, and its message comes again. What it had used by then counts; which calls it
had made nobody knows, so calls and libraries are told of the smaller job, which nothing disturbs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo, limits, work
from chalicelib.payments import numbers
from chalicelib.payments import store as bodies
from chalicelib.payments.body import Account, Body, Segregation
from chalicelib.payments.delivery import archive, service
from chalicelib.payments.delivery.model import Run
from chalicelib.payments.delivery.service import Wanted
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import store as positions
from chalicelib.payments.positions.model import Line, Payment, Position
from chalicelib.payments.positions.store import Flow
from infra.bench import processes
from infra.bench.figures import Figure, Measured
from infra.local.cloud import Cloud
from infra.local.engines import ROOT, Engines, running_engines

CREDITOR, PARTNER, FLOW_ID = "80012000826", "12345670017", "quote2026"
IBAN, TAXONOMY = "IT60X0542811101000000123456", "9/1201001AP/"
DAY, CENTS = date(2026, 12, 31), 15_000
MODULE, QUEUE = "chalicelib.entry.on_deliver", "DeliverQueue"
# Work of ten seconds, then the worker has only what it keeps to stop in order.
INVOCATION_MS = limits.DELIVERY_REMAINING_MS + 10_000
POLL_S = 0.05
PER_COMMIT = 20
TIME_TARGET = 10.5
PEAK_TARGET_MB = 256.0
STEPS_MAX = 1_000


@dataclass
class Job:
    """What the notices of one flow took; `wall_s` from event to answer, waiting for the engines
    included."""

    notices: int
    wall_s: float = 0
    cpu_s: float = 0
    # CPU that others took while the process worked: what it waited for is longer then.
    elsewhere_s: float = 0
    peak_kb: int = 0
    invocations: int = 0
    killed: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)


class _Function:
    """The product's process; another one comes after one that died."""

    def __init__(self, job: Job, is_time_to_die: Callable[[], bool]) -> None:
        self._job, self._is_time_to_die = job, is_time_to_die
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "infra.bench.lambda_process"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def warm_up(self) -> None:
        """An event of nothing: what it loads is no part of the job."""
        self._ask({"Records": []})

    def close(self) -> None:
        for end in (self._process.stdin, self._process.stdout):
            assert end
            end.close()
        self._process.wait(10)

    def handle(self, event: Any, context: Any) -> Any:
        """As Lambda; where the process dies, SQS gives the same message again."""
        del context
        job, over = self._job, threading.Event()
        watcher = threading.Thread(target=self._kill, args=(over,), daemon=True)
        watcher.start()
        begun, elsewhere = time.perf_counter(), processes.elsewhere_s()
        found = self._ask(event)
        job.wall_s += time.perf_counter() - begun
        job.elsewhere_s += max(0.0, processes.elsewhere_s() - elsewhere)
        over.set()
        watcher.join()
        if found is None:
            if job.killed != 1:
                raise AssertionError("the product's process ended; its own words are above")
            self.close()
            self._process = self._started()
            self.warm_up()
            return self.handle(event, None)
        job.invocations += 1
        job.cpu_s += found["cpu_s"]
        job.peak_kb = max(job.peak_kb, found["peak_kb"])
        job.calls.update(found["calls"])
        job.samples.update(found["samples"])
        return found["answer"]

    def _kill(self, over: threading.Event) -> None:
        """Once, in the middle of an invocation, if its time comes before it is over."""
        before = processes.used_s(self._process.pid)
        while not self._job.killed and not over.wait(POLL_S):
            if self._is_time_to_die():
                self._job.killed += 1
                self._job.cpu_s += processes.used_s(self._process.pid) - before
                self._process.kill()

    def _ask(self, event: Any) -> dict[str, Any] | None:
        """One invocation; None when the process died in it."""
        call = {"module": MODULE, "event": event, "limit_ms": INVOCATION_MS, "look": True}
        writes, reads = self._process.stdin, self._process.stdout
        assert writes
        assert reads
        writes.write(json.dumps(call) + "\n")
        writes.flush()
        line = reads.readline()
        return dict(json.loads(line)) if line else None


def deliver(count: int, engines: Engines, folder: Path, *, dies: bool) -> Job:
    """All notices of a flow of `count` positions, in a cloud of its own; with `dies` the process is
    killed when half of them are made."""
    job, tenant = Job(count), f"ordine{count}"
    with ExitStack() as opened:
        cloud = opened.enter_context(
            Cloud(folder, handlers={"on_deliver": lambda *given: function.handle(*given)},
                  app=application.app, real_time=True, engines=engines)
        )  # fmt: skip
        _make(tenant, count)
        with work.waking() as wakes:
            wanted = Wanted("zip", flow=FLOW_ID)
            begun = service.begin(tenant, wanted, clock.now(), "bench", "k", wakes)
        function = _Function(job, lambda: dies and _run(tenant, begun.id).sent * 2 >= count)
        opened.callback(function.close)
        function.warm_up()
        (mapping,) = (one for one in cloud.stack.mappings if one.queue == QUEUE)
        for _ in range(STEPS_MAX):
            if _run(tenant, begun.id).state == "done":
                break
            if batch := cloud.pump.receive(mapping, 1, wait_s=1):
                cloud.pump.deliver(mapping, batch)
            if cloud.pump.errors:
                raise AssertionError(f"the job failed: {cloud.pump.errors[0]}")
        _check(cloud, tenant, _run(tenant, begun.id), job)
    if job.killed != dies:
        raise AssertionError(f"the process was killed {job.killed} times")
    return job


def _run(tenant: str, name: str) -> Run:
    return service.get(tenant, name)


def _make(tenant: str, count: int) -> None:
    """A body and a flow, as generation leaves one."""
    accounts.create_reseller(tenant, "Ordine", "x@example.org", kind="body")
    partner = Segregation("01", PARTNER, "Partner", (f"{PARTNER}_01",))
    body = Body(CREDITOR, "Ordine di prova", (partner,), "01", (Account(IBAN, "Ordine"),))
    dynamo.commit([bodies.put_body(tenant, body), bodies.claim(tenant, CREDITOR, "01")])
    at, taken = clock.stamp(clock.now()), numbers.take(tenant, CREDITOR, "01", count)
    flow = Flow(FLOW_ID, "generated", at, {}, groups=count, done=count, made=count)
    dynamo.commit([positions.put_flow(tenant, flow, 0)])
    for start in range(0, count, PER_COMMIT):
        ops: list[Any] = []
        for number in range(start, min(start + PER_COMMIT, count)):
            who = due_store.person_id(tenant, _tax_code(number))
            person = Person(_tax_code(number), f"Rossi Maria {number}", f"Via Roma {number}",
                            "20121", "Milano", "MI")  # fmt: skip
            line = Line("quota", "Quota", CENTS, TAXONOMY, IBAN, "1.1", "competenza", 2026)
            position = Position(
                f"p{number:06d}", "valid", "dues", who, CREDITOR, "Quota annuale 2026", CENTS,
                (line,), (Payment(0, taken[number], CENTS, DAY),), at, DAY, FLOW_ID,
            )  # fmt: skip
            ops += positions.born(tenant, position, "bench")
            ops.append(due_store.put_person(tenant, who, person, None))
        dynamo.commit(ops)


def _tax_code(number: int) -> str:
    """Another one for each; its check letter does not matter to who prints it."""
    return f"RSS{chr(65 + number // 1_000 % 26)}RA80A01H{number % 1_000:03d}U"


def _check(cloud: Cloud, tenant: str, run: Run, job: Job) -> None:
    """A figure of work that was not done would be worth nothing."""
    if (run.state, run.sent, run.queued) != ("done", job.notices, 0):
        raise AssertionError(f"{run.state}: {run.sent} of {job.notices}")
    bucket = cloud.environment["DOCUMENTS_BUCKET"]
    place = archive.place_of(tenant, run.id, archive.zip_name(1))
    with tempfile.TemporaryFile() as file:
        cloud.client("s3").download_fileobj(Bucket=bucket, Key=place.key, Fileobj=file)
        with zipfile.ZipFile(file) as found:
            names = found.namelist()
            whole = found.read(names[-1])[:5] == b"%PDF-"
    if len(set(names)) != job.notices or not whole:
        raise AssertionError(f"the archive holds {len(set(names))} of {job.notices}")


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    many, few = (500, 50) if quick else (10_000, 1_000)
    with running_engines(folder) as engines:
        small = deliver(few, engines, folder, dies=False)
        say(f"{few} notices: {small.wall_s:.1f} s, of which {small.cpu_s:.1f} s our own CPU")
        large = deliver(many, engines, folder, dies=True)
        say(f"{many} notices: {large.wall_s:.1f} s, of which {large.cpu_s:.1f} s our own CPU")
    calls = small.calls.total() / few
    said = ", ".join(f"{name} {count / few:.2f}" for name, count in small.calls.most_common(5))
    cut = f"{large.invocations} invocations of 10 s, one more killed in the middle"
    figures = [
        Figure("job_notices_per_second", round(many / large.wall_s, 1), "1/s", better="higher",
               note=f"{many} notices and their ZIP, {cut}, engines included"),
        Figure("job_cpu_per_notice", round(large.cpu_s / many * 1000, 2), "ms",
               note=_shares(small.samples)),
        Figure("job_calls_per_notice", round(calls, 2), "calls", note=said),
        Figure("job_peak_memory_mb", round(large.peak_kb * 1024 / 1e6, 1), "MB", PEAK_TARGET_MB,
               note=f"{small.peak_kb * 1024 / 1e6:.0f} MB for {few}"),
        Figure("job_10000_over_1000_cpu_time", round(large.cpu_s / small.cpu_s, 2), "ratio",
               TIME_TARGET, note=f"{large.cpu_s:.1f} s over {small.cpu_s:.1f} s"),
        Figure("job_10000_over_1000_time", round(large.wall_s / small.wall_s, 2), "ratio",
               note=f"{large.wall_s:.1f} s over {small.wall_s:.1f} s, engines included; others "
               f"used {_share(large):.0%} of the machine, {_share(small):.0%} before"),
    ]  # fmt: skip
    return Measured(figures)


def _share(job: Job) -> float:
    return job.elsewhere_s / job.wall_s / (os.cpu_count() or 1)


def _shares(samples: Counter[str]) -> str:
    whole = samples.total() or 1
    return ", ".join(f"{name} {count / whole:.0%}" for name, count in samples.most_common(6))
