"""Posting and write-back under crashes: each payment once, numbers without gaps, told once."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from chalicelib.accounting.posting import service, store
from chalicelib.accounting.posting.model import Setting, Share
from chalicelib.accounting.posting.service import Wanted
from chalicelib.accounting.registers import service as registers
from chalicelib.accounting.registers import store as register_store
from chalicelib.accounting.registers.contract import Setting as Register
from chalicelib.base import clock, dynamo, limits
from chalicelib.payments import store as body_store
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Due, Person
from tests.accounting.posting.made import DAY, Match, payment
from tests.engine.test_positions import BODY
from tests.faults import CRASHES
from tests.sweep.stories import TENANT, say
from tests.sweep.test_crash import Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-034", "F001-111")
COUNT = 5
MARIA = Person("RSSMRA80A41H501Y", "Rossi Maria")


@pytest.fixture(autouse=True)
def match(monkeypatch: pytest.MonkeyPatch) -> Match:
    """Several commits of a run."""
    monkeypatch.setattr(limits, "POSTING_OPS", 20)
    return Match(monkeypatch)


def _prepare(world: World, match: Match) -> None:
    world.reset()
    dynamo.commit([body_store.put_body(TENANT, BODY)])
    dynamo.commit([store.put_setting(TENANT, Setting(counterpart="psp"))])
    registers.save(TENANT, Register("isi", "isi", "s3", "csv"), None)
    person = due_store.person_id(TENANT, MARIA.tax_code)
    dynamo.commit([due_store.put_person(TENANT, person, MARIA, None)])
    for number in range(1, COUNT + 1):
        due = Due(
            f"d{number}", person, "professional", "quota", "Quota", 2026, "1.1", "competenza",
            1_000, DAY, "b", clock.stamp(clock.now()), f"isi/{number}",
        )  # fmt: skip
        dynamo.commit([due_store.put_due(TENANT, due, 0)])
        line = Share(due.id, "quota", "Quota", "1.1", "competenza", 2026, 1_000)
        match.offer(TENANT, payment(number, cents=1_000, lines=(line,)))


def _post(world: World) -> None:
    wanted = Wanted("statement", "s1")
    say(world, lambda wakes: service.begin(TENANT, wanted, clock.now(), "test", "k", wakes))


def outcome(world: World) -> dict[str, Any]:
    found = [kept.order for kept in store.list_orders(TENANT, "2026-", "2026-~")]
    reports = list(register_store.list_reports(TENANT, "", 50))
    files = {
        name: data
        for name, data in world.objects().items()
        if f"registers/{TENANT}/isi/out" in name
    }
    return {
        "numbers": [one.number for one in found],
        "payments": sorted(line.payment for one in found for line in one.draft.lines),
        "entries": [(one.seq, one.kind) for one in store.entries(TENANT, 0)],
        "sums": store.sums(TENANT),
        "collected": [
            sum(one.cents for one in store.list_collected(TENANT, f"d{number}"))
            for number in range(1, COUNT + 1)
        ],
        "run": [(one.state, one.orders, one.left) for one in store.list_runs(TENANT, 5)],
        "reports": sorted(
            (one.state, *(line.source for line in one.lines), *(line.state for line in one.lines))
            for one in reports
        ),
        "told": sorted(line for data in files.values() for line in data.decode().splitlines()[1:]),
        "work": [row["sk"] for row in world.work()],
        "waiting": world.waiting(),
    }


def _undisturbed(world: World, match: Match) -> tuple[list[Step], dict[str, Any]]:
    _prepare(world, match)
    _post(world)
    return walk(world), outcome(world)


def test_the_story_undisturbed(world: World, match: Match) -> None:
    steps, found = _undisturbed(world, match)
    assert steps
    assert found["numbers"] == list(range(1, COUNT + 1))
    assert found["collected"] == [1_000] * COUNT
    assert found["run"] == [("posted", COUNT, 0)]
    assert len(found["reports"]) > 1
    assert len(found["told"]) == COUNT
    assert (found["work"], found["waiting"]) == ([], {})


def test_every_call_may_be_the_last(world: World, match: Match) -> None:
    steps, wanted = _undisturbed(world, match)
    assert sum(len(step.calls) for step in steps) > 10
    for step, fault in points(steps, CRASHES):
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(world) == wanted, point


def test_every_write_may_meet_another(world: World, match: Match) -> None:
    steps, wanted = _undisturbed(world, match)
    for step, fault in points(steps, ("conflict",)):
        disturb(world, step, fault)
        assert outcome(world) == wanted, (step.number, fault)


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_may_come_twice_and_in_any_order(world: World, match: Match, seed: int) -> None:
    _, wanted = _undisturbed(world, match)
    _prepare(world, match)
    world.twice, world.order = True, Random(seed)
    _post(world)
    world.rest()
    assert outcome(world) == wanted
