"""What reconciliation needs: payments, flows and statements that are brought in, and its worker."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

from chalicelib.base import aws, work
from chalicelib.entry import on_reconcile
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa.fdr import Flow
from tests.accounting.facts_world import kept_receipt
from tests.entry.api_world import Api, Context
from tests.entry.bodies import BANK, House
from tests.entry.node_world import Station
from tests.tables import due_rows

ROOT = "/v1/body/reconciliation"
FLOW_ID = "2026-11-20ABI06090-0001"


def work_off(api: Api) -> None:
    """Rows of reconciliation until only those are left that wait for a later moment."""
    for _ in range(30):
        rows = [row for row in due_rows("reconcile") if not row.get("waits")]
        if not rows:
            return
        records = [
            {"messageId": f"m{at}", "body": json.dumps({"pk": row["pk"], "sk": row["sk"]})}
            for at, row in enumerate(rows[:10])
        ]
        done = on_reconcile.handle({"Records": records}, Context())
        assert done == {"batchItemFailures": []}
    raise AssertionError("reconciliation does not come to rest")


def drop(api: Api, key: str, data: bytes) -> None:
    """An object in the intake bucket, and its notification."""
    bucket = os.environ["INTAKE_BUCKET"]
    put = aws.client("s3").put_object(Bucket=bucket, Key=key, Body=data)
    record = {
        "eventTime": "2026-11-21T09:00:00.000Z",
        "s3": {
            "bucket": {"name": bucket},
            "object": {"key": key, "size": len(data), "versionId": put["VersionId"]},
        },
    }
    message = {"messageId": "s3", "body": json.dumps({"Records": [record]})}
    assert on_reconcile.handle({"Records": [message]}, Context()) == {"batchItemFailures": []}


def pay(api: Api, station: Station, cents: int = 1_000, iur: str = "") -> str:
    """A position that is paid at the node; its IUV."""
    position = station.place(cents)
    iuv = position.payments[0].iuv
    receipt(api, station, iuv, cents, iur or f"iur-{iuv}")
    return iuv


def receipt(api: Api, station: Station, iuv: str, cents: int, iur: str, **more: Any) -> None:
    kept = kept_receipt(station.creditor, iuv, iur, cents, **more)
    with work.waking() as wakes:
        receipts.record(station.tenant, kept, iur.encode(), api.now, wakes)


def settles(station: Station, *lines: tuple[str, int], flow_id: str = FLOW_ID, **more: Any) -> Flow:
    rows = [(iuv, f"iur-{iuv}", 1, cents, "0") for iuv, cents in lines]
    return Flow(flow_id, "ABI06090", rows, day=flow_id[:10], **more)


def csv(*rows: tuple[str, str, str]) -> bytes:
    head = "Estratto conto;;\nData contabile;Descrizione;Importo\n"
    return (head + "".join(f'{day};"{text}";{amount}\n' for day, text, amount in rows)).encode(
        "cp1252"
    )


def remember(api: Api, house: House, name: str = "banca") -> None:
    columns = {"day": 0, "texts": [1], "amount": 2, "first_row": 3, "mark": ","}
    answer = house.call(api, "PUT", f"{ROOT}/columns/{name}", {"account": BANK, "columns": columns})
    assert answer.status == 200, answer.body


def get(api: Api, station: Station, path: str, **query: Any) -> Any:
    answer = station.house.call(api, "GET", f"{ROOT}/{path}", query=query)
    assert answer.status == 200, answer.body
    return answer.json


def dated(flow: Flow, api: Api) -> Flow:
    return replace(flow, created=api.now)
