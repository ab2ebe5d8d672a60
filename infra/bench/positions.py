"""IUVs with the call that takes them, and 10,000 positions generated as a job.

IUVs are counted by the clock on the wall, the block's call of DynamoDB included. Generation is a
flow of dues, listed and made by the real handler in a process of its own, as many invocations as
it takes; the engines are other processes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import app as application
from chalicelib.base import clock, dynamo, limits, work
from chalicelib.payments import numbers
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.dues.model import Due, Person
from chalicelib.payments.positions import flows
from chalicelib.payments.positions.grouping import Parameters
from infra.bench import dues, processes
from infra.bench.figures import Figure, Measured
from infra.bench.worker import Used, Worker, follow
from infra.local.cloud import Cloud
from infra.local.engines import Engines, running_engines
from infra.local.subjects import vat_number

IUVS_TARGET = 100_000.0
TIME_TARGET = 10.5
PEAK_TARGET_MB = 256.0
ENDS = date(2026, 12, 31)
# Work of ten seconds, then the worker has only what it keeps to stop in order.
INVOCATION_MS = limits.REMAINING_MS + 10_000
PER_COMMIT = 30  # dues, each with its assessment and its person


def iuvs(tenant: str, rounds: int) -> float:
    """Seconds for a whole block of IUVs and the call that takes it, the best of `rounds`."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        found = list(numbers.take(tenant, dues.CREDITOR, "01", limits.IUV_BLOCK))
        times.append(time.perf_counter() - begun)
        if len(set(found)) != limits.IUV_BLOCK:
            raise AssertionError("a number came twice")
    return min(times)  # whatever disturbs the machine only adds


def _make(tenant: str, count: int) -> None:
    """So many open dues, each of somebody else, as an import leaves them."""
    at = clock.stamp(clock.now())
    for start in range(0, count, PER_COMMIT):
        ops: list[Any] = []
        for number in range(start, min(start + PER_COMMIT, count)):
            code = vat_number(number, 58)
            who = due_store.person_id(tenant, code)
            due = Due(
                f"d{number:06d}", who, "company", "quota", "Quota annuale 2026", 2026, "1.1",
                "competenza", dues.CENTS, ENDS, "bench", at, f"2026-{number:06d}",
            )  # fmt: skip
            person = Person(code, f"Studio {number}", "Via Roma 1", "20121", "Milano", "MI")
            ops += [due_store.put_due(tenant, due, 0), due_store.put_assessment(tenant, due),
                    due_store.put_person(tenant, who, person, None)]  # fmt: skip
        dynamo.commit(ops)


def generate(count: int, engines: Engines, folder: Path) -> tuple[Used, float]:
    """What the list and the positions of a flow of `count` dues took, in a cloud of its own; and
    the share of the machine that others used meanwhile."""
    tenant = f"ordine{count}"
    with (
        Cloud(folder, handlers={"on_dues": lambda *given: worker.handle(*given)},
              app=application.app, real_time=True, engines=engines) as cloud,
        Worker(dues.MODULE, INVOCATION_MS, look=True) as worker,
    ):  # fmt: skip
        dues.body_of(tenant)
        _make(tenant, count)
        begun, elsewhere = time.perf_counter(), processes.elsewhere_s()
        with work.waking() as wakes:
            flow = flows.begin(tenant, Filter(), clock.now(), "k", wakes)
        follow(cloud, dues.QUEUE, lambda: flows.get(tenant, flow.id).state == "listed")
        with work.waking() as wakes:
            flows.generate(tenant, flow.id, Parameters("Quota 2026", ENDS), clock.now(), wakes)
        follow(cloud, dues.QUEUE, lambda: flows.get(tenant, flow.id).state != "generating")
        others = (processes.elsewhere_s() - elsewhere) / (time.perf_counter() - begun)
        found = flows.get(tenant, flow.id)
    if (found.state, found.made) != ("generated", count):
        raise AssertionError(f"{found.state} {found.code}: {found.made} of {count}")
    return worker.used, max(0.0, others)


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    many, few = (500, 50) if quick else (10_000, 1_000)
    with running_engines(folder) as engines:
        with Cloud(folder, app=application.app, real_time=True, engines=engines):
            dues.body_of("numbers")
            block_s = iuvs("numbers", 3 if quick else 20)
        say(f"{limits.IUV_BLOCK} IUVs: {block_s * 1000:.0f} ms")
        small, _ = generate(few, engines, folder)
        say(f"{few} positions: {small.wall_s:.1f} s, of which {small.cpu_s:.1f} s our own CPU")
        large, others = generate(many, engines, folder)
        say(f"{many} positions: {large.wall_s:.1f} s, of which {large.cpu_s:.1f} s our own CPU")
    said = ", ".join(f"{name} {n / many:.3f}" for name, n in large.calls.most_common(5))
    figures = [
        Figure("iuvs_per_second", round(limits.IUV_BLOCK / block_s), "iuvs/s", IUVS_TARGET,
               better="higher", note=f"{limits.IUV_BLOCK} of a block and its call of DynamoDB: "
               f"{block_s * 1000:.0f} ms"),
        Figure("generated_positions_per_second", round(many / large.wall_s, 1), "1/s",
               better="higher", note=f"{many} from list to last position, {large.invocations} "
               f"invocations, engines included; others used {others:.1f} processors"),
        Figure("generated_cpu_per_position", round(large.cpu_s / many * 1000, 2), "ms",
               note=large.shares()),
        Figure("generated_calls_per_position", round(large.calls.total() / many, 3), "calls",
               note=said),
        large.peak("generated_peak_memory_mb", PEAK_TARGET_MB, f"{many} positions"),
        Figure("generated_10000_over_1000_cpu_time", round(large.cpu_s / small.cpu_s, 2), "ratio",
               TIME_TARGET, note=f"{large.cpu_s:.1f} s over {small.cpu_s:.1f} s"),
    ]  # fmt: skip
    return Measured(figures)
