"""Facts of one payment at the same moment, on DynamoDB Local: whoever comes first, one state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest

from chalicelib.accounting import postable, settled, store
from chalicelib.accounting.facts import FlowVersion, Receipt, Reported
from chalicelib.base import aws, clock, dynamo, fields
from chalicelib.entry import on_reconcile
from infra.local.cloud import Cloud
from tests.accounting import facts_world as world
from tests.engine.conftest import at_once, bad

pytestmark = [
    pytest.mark.feature("F001-010", "F001-172"),
]  # fmt: skip
FLOW_ID, COUNT = "2026-11-20ABI06090-0001", 6
DAY = date(2026, 11, 20)


def _iuv(number: int) -> str:
    return f"010000000000{number:05d}"


def _flow(created: int, cents: int) -> FlowVersion:
    lines = tuple(Reported(n, _iuv(n), f"iur{n}", 1, cents, "0") for n in range(1, COUNT + 1))
    at = datetime(2026, 11, 20, created, tzinfo=clock.ROME)
    return FlowVersion("ABI06090", FLOW_ID, 2026, at, 0, DAY, COUNT * cents, True, lines)


def _ready() -> str:
    for name in ("dynamodb", "sqs", "kms", "s3"):
        aws.client(name)
    tenant = world.body()
    fields.seal(tenant, "test", "x", "y", "the key is there")
    return tenant


def _all(jobs: Sequence[Any]) -> None:
    assert not bad(at_once(jobs))


def test_two_facts_at_once_are_one_state(cloud: Cloud) -> None:
    del cloud
    tenant = _ready()
    text = f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}"
    receipts = [
        partial(world.receive, tenant, Receipt(_iuv(n), f"iur{n}", 1, 100, DAY))
        for n in range(1, COUNT + 1)
    ]
    credit = partial(world.credit, tenant, world.movement(text, COUNT * 100, DAY))
    # Two versions of the flow, the older one second, its receipts and its money, all at once.
    _all(
        [*receipts, partial(world.settle, tenant, _flow(12, 100)),
         partial(world.settle, tenant, _flow(9, 70)), credit]
    )  # fmt: skip
    for _ in range(40):
        rows = [
            row for shard in range(4) for row in dynamo.query(f"due#{shard}", index="due")
            if row["queue"] == "reconcile" and "#postable-" not in row["sk"]
        ]  # fmt: skip
        if not rows:
            break
        at_once([partial(_one, row) for row in rows[:8]])
    ((_, listed),) = store.list_flows(tenant)
    flow = store.get_flow(tenant, listed.name)
    assert flow is not None
    assert (flow.counts.cents, flow.sums.cents) == (COUNT * 100, (COUNT * 100, 0, 0, 0))
    assert settled.standing(flow).postable
    found = postable.list_postable(tenant)
    assert [one.cents for one in found] == [100] * COUNT
    # Two who post the same at once: one of them does.
    ops = [postable.merged(postable.posted(tenant, found, f"2026-{n}")) for n in (1, 2)]
    answers = at_once([partial(dynamo.commit, one) for one in ops])
    assert [type(one) for one in bad(answers)] == [dynamo.ConditionFailed]


def _one(row: dict[str, Any]) -> None:
    import json

    from tests.entry.api_world import Context

    body = json.dumps({"pk": row["pk"], "sk": row["sk"]})
    on_reconcile.handle({"Records": [{"messageId": "m", "body": body}]}, Context())
    there = dynamo.get((row["pk"], row["sk"]))
    if there is not None and there["waits"]:
        # Who lost a race is done again a moment later.
        on_reconcile.handle({"Records": [{"messageId": "m", "body": body}]}, Context())
