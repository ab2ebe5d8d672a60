"""What the match found is posted and taken back, under crashes: marks, counters, orders and what
registers are told stand or fall together. Nothing between the facts and the books is played."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.accounting import postable, settled, summing
from chalicelib.accounting import store as facts
from chalicelib.accounting.posting import service, store
from chalicelib.accounting.posting.model import Setting
from chalicelib.accounting.registers import service as registers
from chalicelib.accounting.registers import store as register_store
from chalicelib.accounting.registers.contract import Setting as Register
from chalicelib.base import clock, dynamo, limits, work
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Due, Person
from chalicelib.payments.positions.model import Line
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from tests.accounting import facts_world
from tests.faults import CRASHES, Kind
from tests.sweep.stories import TENANT, say
from tests.sweep.test_crash import Step, disturb, points, thinned, walk
from tests.sweep.test_reconciliation import FLOW_ID, IUVS, STATEMENT
from tests.world import Kept, World

pytestmark = pytest.mark.feature("F001-034", "F001-111", "F001-112", "F001-117")
MARIA = Person("RSSMRA80A41H501Y", "Rossi Maria")
DAY = date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several commits of a run."""
    monkeypatch.setattr(limits, "POSTING_OPS", 30)


def _begin(world: World) -> None:
    """Dues of a register, paid, settled by a flow, and their money on the account."""
    world.reset()
    facts_world.body(TENANT)
    dynamo.commit([store.put_setting(TENANT, Setting(chapter="1.1", late="last"))])
    registers.save(TENANT, Register("isi", "isi", "s3", "csv"), None)
    person = due_store.person_id(TENANT, MARIA.tax_code)
    dynamo.commit([due_store.put_person(TENANT, person, MARIA, None)])
    for number, iuv in enumerate(IUVS, 1):
        due = Due(
            f"d{number}", person, "professional", "quota", "Quota", 2026, "1.1", "competenza",
            100, DAY, "b", clock.stamp(clock.now()), f"isi/{number}",
        )  # fmt: skip
        dynamo.commit([due_store.put_due(TENANT, due, 0), due_store.put_assessment(TENANT, due)])
        line = Line(
            "quota", "Quota", 100, "9/0101002IM/", facts_world.IBAN, "1.1", "competenza", 2026,
            due.id,
        )  # fmt: skip
        position = replace(facts_world.placed(iuv, 100), lines=(line,), origin="dues")
        facts_world.born(TENANT, position)
        kept = facts_world.kept_receipt(facts_world.CREDITOR, iuv, f"iur-{iuv}", 100)
        with work.waking() as wakes:
            receipts.record(TENANT, kept, iuv.encode(), clock.now(), wakes)
    world.held = frozenset({"OnDeliver"})
    rows = [(iuv, f"iur-{iuv}", 1, 100, "0") for iuv in IUVS]
    flow = Flow(FLOW_ID, "ABI06090", rows, day="2026-11-20", created=clock.now())
    world.put("INTAKE_BUCKET", f"settlements/{TENANT}/f.xml", fdr.xml(flow, facts_world.CREDITOR))
    world.put("INTAKE_BUCKET", f"statements/{TENANT}/e.csv", STATEMENT)
    world.rest()


def _post(world: World, key: str) -> None:
    ((_, flow),) = facts.list_flows(TENANT)
    wanted = service.Wanted("flow", flow.name)
    say(world, lambda wakes: service.begin(TENANT, wanted, clock.now(), "test", key, wakes))


def _take_back(world: World) -> None:
    for number in range(1, len(IUVS) + 1):
        order = f"2026-{number:07d}"
        say(world, lambda _, order=order: service.reverse(  # type: ignore[misc]
            TENANT, order, "n", clock.now(), "test"))  # fmt: skip


def outcome(world: World) -> dict[str, Any]:
    ((_, flow),) = facts.list_flows(TENANT)
    found = [kept.order for kept in store.list_orders(TENANT, "2026-", "2026-~")]
    waiting = postable.list_postable(TENANT)
    names = {line.payment for one in found for line in one.draft.lines}
    marks = (one for _, stored in facts.list_groups(TENANT) for one in _marks(stored.iuv))
    files = {
        name: data for name, data in world.objects().items()
        if f"registers/{TENANT}/isi/out" in name
    }  # fmt: skip
    return {
        "orders": [(one.number, one.state, [line.iuv for line in one.draft.lines])
                   for one in found],
        "entries": [(one.seq, one.kind) for one in store.entries(TENANT, 0)],
        "sums": store.sums(TENANT),
        "held": sorted((key, one.state) for key, one in store.get_held(TENANT, names).items()),
        "collected": [
            sum(one.cents for one in store.list_collected(TENANT, f"d{number}"))
            for number in range(1, len(IUVS) + 1)
        ],
        "marks": sorted(marks),
        "flow": (flow.posted_lines, flow.posted_cents, flow.sums, settled.standing(flow).postable),
        "waiting": [(one.iuv, one.cents) for one in waiting],
        "money": summing.money(TENANT),
        "runs": sorted((one.state, one.orders, one.left) for one in store.list_runs(TENANT, 5)),
        "reports": sorted(
            (one.kind, one.state, *(line.source for line in one.lines))
            for one in register_store.list_reports(TENANT, "", 50)
        ),
        "told": sorted(line for data in files.values() for line in data.decode().splitlines()[1:]),
        "work": [row["sk"] for row in world.work() if row["queue"] != "deliver"],
    }  # fmt: skip


def _marks(iuv: str) -> list[tuple[str, str]]:
    partition = facts.group_key(TENANT, iuv)[0]
    return [(iuv, item["order"]) for item in dynamo.query(partition, prefix="POSTED")]


def _undisturbed(world: World) -> tuple[list[Step], dict[str, Any], Kept]:
    """The steps until nothing is left, what they come to, and the world as it is then."""
    return walk(world), outcome(world), world.checkpoint()


def _sweep(
    world: World, steps: list[Step], wanted: dict[str, Any], kinds: tuple[Kind, ...]
) -> None:
    for step, fault in points(steps, kinds, every=thinned(29)):
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(world) == wanted, point


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
def test_every_call_may_be_the_last(world: World, kinds: tuple[Kind, ...]) -> None:
    count, whole = len(IUVS), 100 * len(IUVS)
    _begin(world)
    assert len(outcome(world)["waiting"]) == count

    _post(world, "k1")
    steps, wanted, posted = _undisturbed(world)
    assert [one[:2] for one in wanted["orders"]] == [(n, "issued") for n in range(1, count + 1)]
    assert (wanted["flow"][:2], wanted["waiting"]) == ((count, whole), [])
    assert [order for _, order in wanted["marks"]] == [
        f"2026-{number:07d}" for number in range(1, count + 1)
    ]
    assert (wanted["collected"], wanted["money"].posted) == ([100] * count, whole)
    assert len(wanted["reports"]) > 1
    assert (len(wanted["told"]), wanted["work"]) == (count, [])
    _sweep(world, steps, wanted, kinds)

    world.restore(posted)
    _take_back(world)
    steps, wanted, back = _undisturbed(world)
    assert {state for _, state, _ in wanted["orders"]} == {"reversed"}
    assert (wanted["flow"][:2], wanted["marks"]) == ((0, 0), [])
    assert len(wanted["waiting"]) == count
    assert (wanted["collected"], wanted["money"].open) == ([0] * count, whole)
    assert (len(wanted["told"]), wanted["work"]) == (2 * count, [])
    _sweep(world, steps, wanted, kinds)

    # It waits as if it had never been posted, and is posted under the next numbers.
    world.restore(back)
    _post(world, "k2")
    world.rest()
    again = outcome(world)
    assert [number for number, state, _ in again["orders"] if state == "issued"] == list(
        range(count + 1, 2 * count + 1)
    )
    assert (again["flow"][:2], again["waiting"]) == ((count, whole), [])
