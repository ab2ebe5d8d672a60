"""Dues and positions under crashes and errors: each due once, one position, no number twice."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from chalicelib.base import clock, limits
from chalicelib.payments import iuv
from chalicelib.payments.dues import imports
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.positions import flows, store
from chalicelib.payments.positions.grouping import Parameters
from tests.faults import CRASHES, Kind
from tests.payments.dues import files
from tests.sweep.stories import TENANT, open_body, say
from tests.sweep.test_crash import Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-004")
COUNT, TWICE = 7, 2
ENDS = date(2026, 12, 31)


def _prepare(world: World) -> None:
    """A body with one service and, for an update, the first dues of the file already there."""
    open_body(world)


def _rows() -> list[dict[str, Any]]:
    """COUNT dues, the first of somebody who has TWICE of them."""
    rows = list(files.many(COUNT))
    for number in range(1, TWICE):
        rows[number] |= {"tax_code": rows[0]["tax_code"], "name": rows[0]["name"],
                         "mail": rows[0]["mail"]}  # fmt: skip
    return rows


def _hand_in(world: World) -> None:
    data = files.xlsx(_rows())
    say(world, lambda wakes: imports.hand_in(
        TENANT, "q.xlsx", "standard", data, clock.now(), "k", wakes))  # fmt: skip


def _import(world: World) -> None:
    (batch,) = imports.list_imports(TENANT)
    say(world, lambda wakes: imports.commit(TENANT, batch.id, False, clock.now(), wakes))


def _list(world: World) -> None:
    say(world, lambda wakes: flows.begin(TENANT, Filter(), clock.now(), "k", wakes))


def _generate(world: World) -> None:
    (flow,) = flows.list_flows(TENANT)
    given = Parameters("Quota", ENDS, grouped=True, subject="Quote")
    say(world, lambda wakes: flows.generate(TENANT, flow.id, given, clock.now(), wakes))


ACTS = {"handed in": _hand_in, "imported": _import, "listed": _list, "generated": _generate}


def outcome(world: World) -> dict[str, Any]:
    """What it has come to; of numbers only that they are good and each is one's own."""
    dues = [due for _, due in due_store.list_dues(TENANT, None)]
    found = [position for _, position in store.list_positions(TENANT)]
    numbers = Counter(one.iuv for position in found for one in position.payments)
    assert all(iuv.is_ours(number) for number in numbers)
    assert set(numbers.values()) <= {1}
    for position in found:
        for one in position.payments:
            assert store.find_position(TENANT, one.iuv) == (position.id, one.number)
    notices = [item for item in world.items() if item["sk"] == "NOTICE"]
    assert len(notices) == len(numbers)
    batch = [(one.state, one.good, one.done, one.counts) for one in imports.list_imports(TENANT)]
    return {
        "dues": sorted((due.source, due.cents, due.state, due.version) for due in dues),
        "placed": sorted(
            (due.source, len([p for p in found if due.id in {line.due for line in p.lines}]))
            for due in dues
        ),
        "assessed": sum(due_store.get_assessment(TENANT, due.id) is not None for due in dues),
        "persons": len(due_store.get_persons(TENANT, {due.person for due in dues})),
        "positions": sorted((one.cents, len(one.lines), one.state) for one in found),
        "events": [len(store.list_events(TENANT, one.id)) for one in found],
        "imports": batch,
        "flows": [(one.state, one.dues, one.done, one.made) for one in flows.list_flows(TENANT)],
        "work": [row["sk"] for row in world.work()],
        "waiting": world.waiting(),
    }


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pieces, a dry run in two, several transactions, several blocks of numbers."""
    monkeypatch.setattr(limits, "DUES_PART_ROWS", 4)
    monkeypatch.setattr(limits, "DUES_CHECKED_ROWS", 5)
    monkeypatch.setattr(limits, "DUES_AT_ONCE", 2)
    monkeypatch.setattr(limits, "TRANSACTION_ITEMS", 18)
    monkeypatch.setattr(limits, "IUV_BLOCK", 4)


def _undisturbed(world: World, name: str) -> tuple[list[Step], dict[str, Any]]:
    _prepare(world)
    for other, act in ACTS.items():
        act(world)
        if other == name:
            break
        world.rest()
    return walk(world), outcome(world)


def test_the_story_undisturbed(world: World) -> None:
    steps, found = _undisturbed(world, "generated")
    assert steps
    assert [state for _, _, state, _ in found["dues"]] == ["placed"] * COUNT
    assert [count for _, count in found["placed"]] == [1] * COUNT
    assert (found["assessed"], found["persons"]) == (COUNT, COUNT - TWICE + 1)
    assert sorted(count for _, count, _ in found["positions"]) == [1] * (COUNT - TWICE) + [TWICE]
    assert (found["work"], found["waiting"]) == ([], {})


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
@pytest.mark.parametrize("name", ACTS)
def test_every_call_may_be_the_last(world: World, name: str, kinds: tuple[Kind, ...]) -> None:
    steps, wanted = _undisturbed(world, name)
    assert sum(len(step.calls) for step in steps) > 5
    for step, fault in points(steps, kinds):
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(world) == wanted, point
