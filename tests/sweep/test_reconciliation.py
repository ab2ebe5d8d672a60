"""A flow and a statement that are dropped, under crashes: each fact once, one state."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.accounting import postable, store, summing
from chalicelib.base import clock, limits, work
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from tests.accounting import facts_world
from tests.faults import CRASHES, Kind
from tests.sweep.stories import TENANT
from tests.sweep.test_crash import Step, disturb, points, thinned, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-010", "F001-099", "F001-100")
FLOW_ID = "2026-11-20ABI06090-0001"
IUVS = [f"010000000000{number:05d}" for number in range(5)]
# Poste's layout is known without anybody saying its columns.
STATEMENT = (
    ";IT60X0542811101000000123456;;;;;;;\n"
    f"20/11/2026;20/11/2026;ACCREDITO;;;;5,00;;/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}\n"
    "20/11/2026;20/11/2026;BONIFICO;;;;7,00;;CANONE\n"
).encode()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FLOW_PIECE_LINES", 3)
    monkeypatch.setattr(limits, "FLOW_LINES_AT_ONCE", 2)


def _begin(world: World) -> None:
    world.reset()
    facts_world.body(TENANT)
    for iuv in IUVS:
        kept = facts_world.kept_receipt(facts_world.CREDITOR, iuv, f"iur-{iuv}", 100)
        with work.waking() as wakes:
            receipts.record(TENANT, kept, iuv.encode(), clock.now(), wakes)
    world.held = frozenset({"OnDeliver"})
    rows = [(iuv, f"iur-{iuv}", 1, 100, "0") for iuv in IUVS]
    flow = Flow(FLOW_ID, "ABI06090", rows, day="2026-11-20", created=clock.now())
    world.put("INTAKE_BUCKET", f"settlements/{TENANT}/f.xml", fdr.xml(flow, facts_world.CREDITOR))
    world.put("INTAKE_BUCKET", f"statements/{TENANT}/e.csv", STATEMENT)


def outcome() -> dict[str, Any]:
    """What it has come to, as people and posting see it."""
    flows = [
        (one.sums, one.bank, one.postable, one.applied == one.counting)
        for _, one in store.list_flows(TENANT)
    ]
    found = postable.list_postable(TENANT)
    parts = {
        iuv: [(part.labels, part.share) for part in stored.parts]
        for iuv, stored in store.get_groups(TENANT, IUVS).items()
    }
    return {
        "flows": flows,
        "postable": [(one.key, one.cents, one.bank, one.bank_day) for one in found],
        "parts": parts,
        "money": summing.money(TENANT),
    }


def _undisturbed(world: World) -> tuple[list[Step], dict[str, Any]]:
    _begin(world)
    return walk(world), outcome()


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
def test_every_call_may_be_the_last(world: World, kinds: tuple[Kind, ...]) -> None:
    steps, wanted = _undisturbed(world)
    assert len(wanted["postable"]) == len(IUVS)
    assert wanted["money"].came == 500
    for step, fault in points(steps, kinds, every=thinned(9)):
        disturb(world, step, fault)
        assert outcome() == wanted, f"step {step.number}, {fault.kind} call {fault.number}"
