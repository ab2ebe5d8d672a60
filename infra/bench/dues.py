"""A file of 100,000 dues: its dry run by the real handler in a process of its own.

What is timed is all that the worker does with the file (fetched, inflated, read, checked, good rows
sealed and kept, the import's progress) against openpyxl doing nothing but reading the same rows,
each in CPU seconds of a process of its own. CSV is set against the bare csv module, to tell only.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo, s3, work
from chalicelib.payments import store as bodies
from chalicelib.payments.body import Account, Body, Segregation, Service
from chalicelib.payments.dues import imports
from chalicelib.payments.dues.columns import COLUMNS
from infra.bench.figures import Figure, Measured
from infra.bench.worker import Used, Worker, follow
from infra.local.cloud import Cloud
from infra.local.engines import ROOT, running_engines
from infra.local.subjects import vat_number

CREDITOR, PARTNER = "80012000826", "12345670017"
IBAN, TAXONOMY = "IT60X0542811101000000123456", "9/1201001AP/"
DUE, CENTS = date(2026, 12, 31), 15_000
MODULE, QUEUE = "chalicelib.entry.on_dues", "DuesQueue"
INVOCATION_MS = 300_000  # of .chalice/config.json
OVER_OPENPYXL_TARGET = 1.5
PEAK_TARGET_MB = 256.0
TURNS = 2
HEADERS = [column.header for column in COLUMNS]

_OPENPYXL = """
import json, sys, time
import openpyxl
begun = time.process_time()
book = openpyxl.load_workbook(sys.argv[1], read_only=True)
rows = sum(1 for row in book.worksheets[0].iter_rows(values_only=True) if any(row))
print(json.dumps([time.process_time() - begun, rows]))
"""
_CSV = """
import csv, json, sys, time
begun = time.process_time()
with open(sys.argv[1], encoding="cp1252", newline="") as source:
    rows = sum(1 for row in csv.reader(source, delimiter=";") if any(row))
print(json.dumps([time.process_time() - begun, rows]))
"""


def rows(count: int) -> Iterator[list[Any]]:
    """So many dues in the standard layout, each of another company."""
    values: dict[str, Any] = {
        "category": "società", "address": "Via Roma 1", "postcode": "20121", "city": "Milano",
        "province": "MI", "service": "quota", "reason": "Quota annuale 2026", "year": "2026",
        "due": DUE,
    }  # fmt: skip
    for number in range(count):
        said = values | {
            "source": f"2026-{number:06d}", "name": f"Studio associato {number} S.t.p.",
            "tax_code": vat_number(number, 58), "amount": (CENTS + number % 300) / 100,
            "mail": f"studio{number}@example.org",
        }  # fmt: skip
        yield [said.get(column.field, "") for column in COLUMNS]


def write_xlsx(path: Path, count: int) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"strings_to_numbers": False})
    sheet = book.add_worksheet("Quote")
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, HEADERS)
    for number, values in enumerate(rows(count), 1):
        for place, value in enumerate(values):
            if isinstance(value, date):
                sheet.write_datetime(number, place, value, days)
            elif value != "":
                sheet.write(number, place, value)
    book.close()


def write_csv(path: Path, count: int) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADERS)
    for values in rows(count):
        writer.writerow(_as_text(value) for value in values)
    path.write_bytes(out.getvalue().encode("cp1252"))


def _as_text(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:.2f}".replace(".", ",") if isinstance(value, float) else str(value)


def body_of(tenant: str) -> None:
    """A body with the service that the dues are for."""
    accounts.create_reseller(tenant, "Ordine", "x@example.org", kind="body")
    partner = Segregation("01", PARTNER, "Partner", (f"{PARTNER}_01",))
    body = Body(CREDITOR, "Ordine di prova", (partner,), "01", (Account(IBAN, "Ordine"),))
    service = Service("quota", "Quota", TAXONOMY, IBAN, "1.1")
    dynamo.commit([
        bodies.put_body(tenant, body), bodies.claim(tenant, CREDITOR, "01"),
        bodies.put_service(tenant, service),
    ])  # fmt: skip


def dry_run(cloud: Cloud, current: dict[str, Worker], tenant: str, file: Path, count: int) -> Used:
    """The check of one file by a fresh process, and what it used."""
    with Worker(MODULE, INVOCATION_MS, look=False) as worker:
        current["worker"] = worker
        now = clock.now()
        begun = imports.begin(tenant, file.name, "standard", now, f"{file.name}{now}").batch
        data = file.read_bytes()
        s3.put(imports.place_of(tenant, begun.id), data, "application/octet-stream")
        with work.waking() as wakes:
            imports.check(tenant, begun.id, now, wakes)
        follow(cloud, QUEUE, lambda: imports.get(tenant, begun.id).state != "checking")
        found = imports.get(tenant, begun.id)
    # A figure of work that was not done would be worth nothing.
    if (found.state, found.good, found.faulty) != ("checked", count, 0):
        raise AssertionError(f"{found.state} {found.code}: {found.good} of {count}")
    return worker.used


def alone(script: str, file: Path, count: int) -> float:
    """CPU seconds that another reader takes for the same rows, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    taken, found = json.loads(done.stdout)
    if found != count + 1:
        raise AssertionError(f"{found} rows of {count} and the headers")
    return float(taken)


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    count, tenant = 10_000 if quick else 100_000, "ordine"
    current: dict[str, Worker] = {}
    xlsx, text = folder / "dues.xlsx", folder / "dues.csv"
    write_xlsx(xlsx, count)
    write_csv(text, count)
    size, other = (one.stat().st_size / 1e6 for one in (xlsx, text))
    say(f"{count} dues: {size:.1f} MB as XLSX, {other:.1f} MB as CSV")
    ours: list[Used] = []
    theirs: list[float] = []
    handlers = {"on_dues": lambda *given: current["worker"].handle(*given)}
    with (
        running_engines(folder) as engines,
        Cloud(folder, handlers=handlers, app=application.app, real_time=True, engines=engines)
        as cloud,
    ):  # fmt: skip
        body_of(tenant)
        # In turns: what slows the machine for a while slows both.
        for _ in range(TURNS):
            theirs.append(alone(_OPENPYXL, xlsx, count))
            ours.append(dry_run(cloud, current, tenant, xlsx, count))
            say(f"XLSX: {ours[-1].cpu_s:.1f} s of CPU, openpyxl alone {theirs[-1]:.1f} s")
        plain = dry_run(cloud, current, tenant, text, count)
        bare = alone(_CSV, text, count)
        say(f"CSV: {plain.cpu_s:.1f} s of CPU, the csv module alone {bare:.1f} s")
    for one in (xlsx, text):
        one.unlink()
    best, alone_s = min(ours, key=lambda one: one.cpu_s), min(theirs)
    figures = [
        Figure("dues_rows_per_second", round(count / best.cpu_s), "rows/s", better="higher",
               note=f"{count} rows of XLSX read, checked, sealed and kept; {best.wall_s:.1f} s "
               "with the engines"),
        Figure("dues_over_openpyxl", round(best.cpu_s / alone_s, 2), "ratio", OVER_OPENPYXL_TARGET,
               note=f"{best.cpu_s:.1f} s of CPU, openpyxl reads them in {alone_s:.1f} s"),
        best.peak("dues_peak_memory_mb", PEAK_TARGET_MB, f"{count} rows of XLSX"),
        Figure("dues_csv_rows_per_second", round(count / plain.cpu_s), "rows/s", better="higher",
               note=f"{plain.cpu_s:.1f} s of CPU, the bare csv module {bare:.2f} s"),
        plain.peak("dues_csv_peak_memory_mb", PEAK_TARGET_MB, f"{count} rows of CSV"),
    ]  # fmt: skip
    return Measured(figures)
