"""A later version of a posted flow is accepted, under crashes: each storno and posting once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounting import store as facts
from chalicelib.accounting.posting import revising, service, store
from chalicelib.accounting.posting.model import Setting
from chalicelib.base import clock, dynamo, limits, work
from chalicelib.base.work import Wakes
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from tests.accounting import facts_world
from tests.faults import CRASHES, Kind
from tests.sweep.stories import TENANT, say
from tests.sweep.test_crash import Step, disturb, points, thinned, walk
from tests.sweep.test_reconciliation import FLOW_ID, IUVS, STATEMENT
from tests.world import World

pytestmark = pytest.mark.feature("F001-099", "F001-111")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FLOW_LINES_AT_ONCE", 2)


def _flow(iuvs: list[str], minutes: int) -> bytes:
    rows = [(iuv, f"iur-{iuv}", 1, 100, "0") for iuv in iuvs]
    created = clock.now() + timedelta(minutes=minutes)
    flow = Flow(FLOW_ID, "ABI06090", rows, day="2026-11-20", created=created)
    return fdr.xml(flow, facts_world.CREDITOR)


def _begin(world: World) -> None:
    """Five payments are posted; then a version comes in which one of them is another's."""
    world.reset()
    facts_world.body(TENANT)
    dynamo.commit([store.put_setting(TENANT, Setting(chapter="1.1", late="last"))])
    others = [*IUVS, "01000000000000099"]
    for iuv in others:
        kept = facts_world.kept_receipt(facts_world.CREDITOR, iuv, f"iur-{iuv}", 100)
        with work.waking() as wakes:
            receipts.record(TENANT, kept, iuv.encode(), clock.now(), wakes)
    world.held = frozenset({"OnDeliver"})
    world.put("INTAKE_BUCKET", f"settlements/{TENANT}/f.xml", _flow(IUVS, 0))
    world.put("INTAKE_BUCKET", f"statements/{TENANT}/e.csv", STATEMENT)
    world.rest()
    name = flow_name()
    with work.waking() as wakes:
        wanted = service.Wanted("flow", name)
        service.begin(TENANT, wanted, clock.now(), "test", "k", wakes)
    world.rest()
    world.put("INTAKE_BUCKET", f"settlements/{TENANT}/g.xml", _flow([*IUVS[1:], others[-1]], 1))
    world.rest()
    say(world, lambda wakes: _accept(name, wakes))


def flow_name() -> str:
    ((_, flow),) = facts.list_flows(TENANT)
    return flow.name


def _accept(name: str, wakes: Wakes) -> None:
    flow = facts.get_flow(TENANT, name)
    assert flow is not None
    version = max(flow.versions, key=lambda one: one.created).id
    revising.decide(
        TENANT, name, version, accept=True, post=True, note="n", by="test",
        now=clock.now(), wakes=wakes,
    )  # fmt: skip


def outcome(world: World) -> dict[str, Any]:
    ((_, flow),) = facts.list_flows(TENANT)
    found = [kept.order for kept in store.list_orders(TENANT, "2026-", "2026-~")]
    return {
        "orders": [(one.number, one.state, [line.iuv for line in one.draft.lines])
                   for one in found],
        "kinds": sorted(one.kind for one in store.entries(TENANT, 0)),
        "sums": store.sums(TENANT),
        "flow": (flow.counts.lines, flow.held, flow.revising, flow.repost, flow.sums,
                 flow.posted_lines, flow.posted_cents, flow.applied == flow.counting),
        "runs": sorted((one.state, one.orders) for one in store.list_runs(TENANT, 5)),
        "work": [row["sk"] for row in world.work()],
    }  # fmt: skip


def _undisturbed(world: World) -> tuple[list[Step], dict[str, Any]]:
    _begin(world)
    return walk(world), outcome(world)


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
def test_every_call_may_be_the_last(world: World, kinds: tuple[Kind, ...]) -> None:
    steps, wanted = _undisturbed(world)
    assert [one[:2] for one in wanted["orders"]] == [
        (1, "reversed"), *((number, "issued") for number in range(2, 7)),
    ]  # fmt: skip
    assert wanted["flow"][:4] == (5, (), "", "")
    assert wanted["sums"]["posted:2026:1.1"] == 500
    for step, fault in points(steps, kinds, every=thinned(23)):
        disturb(world, step, fault)
        assert outcome(world) == wanted, f"step {step.number}, {fault.kind} call {fault.number}"
