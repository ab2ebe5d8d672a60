"""What a payment asks of DynamoDB until it is matched, and until it is posted, in full batches.

Receipts, one settlement flow and one statement come together, as at the end of a month; positions
learn that they are reported, posting is told, and a run posts what is there. The product's own
handlers work on the queue against DynamoDB Local. That receipts are recorded before, each by a call
of the node, is not counted here: `node_*` says what the node asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import app as application
from chalicelib.accounting import postable, store
from chalicelib.accounting.posting import service
from chalicelib.accounting.posting import store as books
from chalicelib.accounting.posting.model import Per, Setting
from chalicelib.accounts import service as accounts
from chalicelib.base import aws, clock, dynamo, log, work
from chalicelib.payments import numbers
from chalicelib.payments import store as bodies
from chalicelib.payments.body import Account, Body, Segregation
from chalicelib.payments.positions import counts
from chalicelib.payments.positions import store as positions
from chalicelib.payments.positions.model import Line, Payment, Position
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt, ReceiptTransfer
from infra.bench.figures import Figure, Measured
from infra.local.cloud import Cloud
from infra.local.pagopa import fdr

MATCHED_CALLS_TARGET = 2.0
POSTED_CALLS_TARGET = 2.0
TENANT, CREDITOR, PARTNER = "ordine", "80012000826", "12345670017"
IBAN, TAXONOMY = "IT60X0542811101000000123456", "9/1201001AP/"
DAY, CENTS = date(2026, 11, 20), 15_000
FLOW_ID = f"{DAY.isoformat()}ABI06090-0001"
QUEUES = ("ReconcileQueue",)


class _Silent:
    def write(self, text: str) -> int:
        return len(text)


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    payments = 100 if quick else 500
    figures: list[Figure] = []
    with Cloud(folder, app=application.app) as cloud:
        log.use(_Silent())  # type: ignore[arg-type]
        try:
            for per in ("chapter", "assessment"):
                figures += _figures(cloud, f"{TENANT}{per}", payments, per)
                say(f"{payments} payments matched and posted by {per}")
        finally:
            log.use(None)
    return Measured(figures)


def _figures(cloud: Cloud, tenant: str, count: int, per: Per) -> list[Figure]:
    segregation = "01" if per == "chapter" else "02"
    paid = _paid(tenant, count, segregation)
    dynamo.commit([books.put_setting(tenant, Setting(per=per, chapter="1.1"))])
    rows = [(one.payments[0].iuv, f"iur{one.id}", 1, CENTS, "0") for one in paid]
    flow = fdr.Flow(FLOW_ID, "ABI06090", rows, day=DAY.isoformat(), created=clock.now())
    for key, data in (
        (f"settlements/{tenant}/f.xml", fdr.xml(flow, CREDITOR)),
        (f"statements/{tenant}/e.csv", _statement(count)),
    ):
        cloud.client("s3").put_object(Bucket=cloud.environment["INTAKE_BUCKET"], Key=key, Body=data)
    with _counted() as matched:
        _settle(cloud)
    if len(postable.list_postable(tenant)) != count:
        raise AssertionError("not all of them were matched")
    if counts.summary(tenant, clock.now()).states["reported"].count != count:
        raise AssertionError("not all positions are reported")
    ((_, settled),) = store.list_flows(tenant)
    with _counted() as posted:
        with work.waking() as wakes:
            wanted = service.Wanted("flow", settled.name)
            run = service.begin(tenant, wanted, clock.now(), "bench", "k", wakes)
        _settle(cloud)
    done = service.get_run(tenant, run.id)
    if (done.state, done.payments, done.left) != ("posted", count, 0):
        raise AssertionError(f"{done.payments} of {count} were posted, {done.left} left")
    found = [
        Figure(f"posted_calls_by_{per}", round(posted.total() / count, 2), "calls",
               POSTED_CALLS_TARGET, note=_said(posted, count)),
    ]  # fmt: skip
    if per == "chapter":
        note = f"{count} receipts, one flow, one movement: {_said(matched, count)}"
        found.insert(0, Figure("matched_calls", round(matched.total() / count, 2), "calls",
                               MATCHED_CALLS_TARGET, note=note))  # fmt: skip
    return found


def _paid(tenant: str, count: int, segregation: str) -> list[Position]:
    """A body and positions whose receipts wait to be reconciled."""
    accounts.create_reseller(tenant, "Ordine", "x@example.org", kind="body")
    partner = Segregation(segregation, PARTNER, "Partner", (f"{PARTNER}_01",))
    body = Body(CREDITOR, "Ordine", (partner,), segregation, (Account(IBAN, "Ordine"),))
    dynamo.commit([bodies.put_body(tenant, body), bodies.claim(tenant, CREDITOR, segregation)])
    made = []
    for at, number in enumerate(numbers.take(tenant, CREDITOR, segregation, count)):
        line = Line("quota", "Quota", CENTS, TAXONOMY, IBAN, "1.1", "competenza", 2026, f"d{at}")
        position = Position(
            id=f"{at:06d}", state="valid", origin="dues", person=f"someone{at}", creditor=CREDITOR,
            subject="Quota", cents=CENTS, lines=(line,),
            payments=(Payment(0, number, CENTS, None),), created_at=clock.stamp(clock.now()),
            ends=date(2026, 12, 31),
        )  # fmt: skip
        made.append(position)
        dynamo.commit([*positions.born(tenant, position, "bench"),
                       *counts.ops(tenant, [(None, position)], position.id)])  # fmt: skip
        # No message: the rows wait until all of them are there, then come in full batches.
        _record(tenant, position)
    return made


def _record(tenant: str, position: Position) -> None:
    number = position.payments[0].iuv
    receipt = Receipt(
        id=f"iur{position.id}", iuv=number, creditor=CREDITOR, cents=CENTS, fee_cents=150,
        paid_at="", day=DAY.isoformat(), method="creditCard", channel="onLine", psp_id="ABI06090",
        psp_name="Banca di Prova", description="Quota", company="Ordine",
        transfers=(ReceiptTransfer(1, CREDITOR, CENTS, IBAN, "Quota", TAXONOMY),), source="node",
        notice=f"3{number}",
    )  # fmt: skip
    with work.waking() as wakes:
        receipts.record(tenant, receipt, number.encode(), clock.now(), wakes)


def _statement(count: int) -> bytes:
    """The postal layout, which nobody has to describe."""
    euros = f"{count * CENTS // 100},{count * CENTS % 100:02d}"
    day, text = f"{DAY:%d/%m/%Y}", f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}"
    return f";{IBAN};;;;;;;\n{day};{day};ACCREDITO;;;;{euros};;{text}\n".encode()


def _settle(cloud: Cloud) -> None:
    cloud.pump.drain(queues=QUEUES)
    if cloud.pump.errors:
        raise AssertionError(f"a function failed: {cloud.pump.errors[0]}")


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """The product's calls of DynamoDB by name."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    client = aws.client("dynamodb")
    client.meta.events.register_first("before-call", count)
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-call", count)


def _said(calls: Counter[str], count: int) -> str:
    return ", ".join(f"{name} {number / count:.2f}" for name, number in sorted(calls.items()))
