"""The memory of one invocation that takes a great settlement flow in: read, checked, lines kept.

The flow lies in the bucket, as it was dropped or fetched; the product's own handler does the row of
work in a process of its own. The engines are other processes, so memory and CPU are the product's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import app as application
from chalicelib.accounting import flow_intake, store
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo, limits, work
from chalicelib.base.s3 import Place
from chalicelib.payments import store as bodies
from chalicelib.payments.body import Account, Body, Segregation
from infra.bench.accounting import flow_file
from infra.bench.figures import Figure, Measured
from infra.local.cloud import Cloud
from infra.local.engines import ROOT

LINES, FEW_LINES = 500_000, 50_000
PEAK_TARGET_MB = 256.0
TENANT, CREDITOR, PARTNER = "ordine", "80012000826", "12345670017"
IBAN = "IT60X0542811101000000123456"
INVOCATION_MS = 900_000


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    lines = FEW_LINES if quick else LINES
    path = folder / "flow.xml"
    flow_file(path, lines)
    with Cloud(folder, app=application.app) as cloud:
        found = _taken(path, cloud, lines)
    mib = path.stat().st_size // limits.MIB
    path.unlink()
    say(f"flow of {lines} lines taken in")
    note = f"{mib} MiB in {found['cpu_s']:.1f} s of CPU, {found['wall_s']:.1f} s with the engines"
    peak_mb = round(found["peak_kb"] * 1024 / 1e6, 1)
    return Measured(
        [Figure(f"intake_{lines}_lines_peak_memory_mb", peak_mb, "MB", PEAK_TARGET_MB, note=note)]
    )


def _taken(path: Path, cloud: Cloud, lines: int) -> dict[str, Any]:
    """What the invocation took. AssertionError where the flow is not here afterwards."""
    accounts.create_reseller(TENANT, "Ordine", "x@example.org", kind="body")
    partner = Segregation("01", PARTNER, "Partner", (f"{PARTNER}_01",))
    body = Body(CREDITOR, "Ordine", (partner,), "01", (Account(IBAN, "Ordine"),))
    dynamo.commit([bodies.put_body(TENANT, body), bodies.claim(TENANT, CREDITOR, "01")])
    # Among the house's own objects: a drop would wake the function of this process.
    place = Place(cloud.environment["DOCUMENTS_BUCKET"], "bench/flow.xml")
    cloud.client("s3").upload_file(str(path), place.bucket, place.key)
    with work.waking() as wakes:
        source = flow_intake.dropped(TENANT, place, clock.now(), wakes)
    pk, _ = flow_intake.key_of(TENANT, source.id)
    row = next(one for one in dynamo.query(pk) if one.get("task") == "flow")
    record = {"messageId": "m", "body": json.dumps({"pk": row["pk"], "sk": row["sk"]})}
    call = {"module": "chalicelib.entry.on_reconcile", "event": {"Records": [record]},
            "limit_ms": INVOCATION_MS}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "infra.bench.lambda_process"], cwd=ROOT, text=True, check=True,
        input=json.dumps(call) + "\n", stdout=subprocess.PIPE,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    if found["answer"] != {"batchItemFailures": []}:
        raise AssertionError(f"the function failed: {found['answer']}")
    kept = [one.counts.lines for _, one in store.list_flows(TENANT)]
    if kept != [lines]:
        raise AssertionError(f"{kept} lines are here, not {lines}")
    return found
