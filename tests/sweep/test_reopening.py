"""A revoked payment is asked for anew under crashes: one position takes its place, told once."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.accounting import reopening
from chalicelib.accounting import store as facts
from chalicelib.base import clock, work
from chalicelib.payments.dues.model import Person
from chalicelib.payments.pagopa import connections, looking, told
from chalicelib.payments.positions import counts, plans, positions, store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.positions import Wanted
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from infra.local.pagopa.gpd import KEY, Gpd
from tests.faults import CRASHES, Kind
from tests.payments.dues.files import MARIA
from tests.sweep.stories import CREDITOR, TENANT, open_body, say
from tests.sweep.test_crash import Step, disturb, points, thinned, walk
from tests.sweep.test_pagopa import gpd as gpd
from tests.sweep.test_pagopa import served as served
from tests.world import World

pytestmark = pytest.mark.feature("F001-057", "F001-099", "F001-155")
# What of a position is paid, and what of that is revoked.
STORIES: dict[str, tuple[int, tuple[int, ...], tuple[int, ...]]] = {
    "the whole": (0, (0,), (0,)),
    "two instalments of three": (3, (1, 2, 3), (1, 3)),
}


def _begin(world: World, gpd: Gpd, story: str) -> str:
    """A position that is paid and settled, and a flow that takes back what the story says; its
    id."""
    rates, paid, revoked = STORIES[story]
    open_body(world, "OnDeliver")
    gpd.forget()
    with work.waking() as wakes:
        keys = {"positions": KEY, "receipts": KEY}
        connections.save(TENANT, "gpd", "test", "", keys, 0, clock.now(), wakes)
    world.rest()
    plan = plans.Plan(rates, date(2026, 12, 31)) if rates else None
    wanted = Wanted("quota", Person(MARIA, "Rossi Maria"), cents=10_000, manual=True, plan=plan)
    made = positions.make(TENANT, wanted, clock.now(), "user:u", "k")
    world.rest()
    for number in paid:
        gpd.archive.pay(CREDITOR, made.payments[number].notice, f"token-{number}")
    with work.waking() as wakes:
        looking.look(TENANT, clock.now(), wakes)
    world.rest()
    for name, numbers, code in (("0001", paid, "0"), ("0002", revoked, "3")):
        rows = [
            (made.payments[one].iuv, f"token-{one}", 1, made.payments[one].cents, code)
            for one in numbers
        ]
        flow = Flow(f"2026-11-20ABI06090-{name}", "ABI06090", rows, day="2026-11-20")
        data = fdr.xml(replace(flow, created=clock.now()), CREDITOR)
        world.put("INTAKE_BUCKET", f"settlements/{TENANT}/{name}.xml", data)
        world.rest()
    assert positions.get(TENANT, made.id).state == "reported"
    gpd.archive.done.clear()
    return made.id


def _seen(position: Position) -> dict[str, Any]:
    last = told.get(TENANT, position.id)
    return {
        "is": (position.state, position.cents, position.version),
        "payments": [(one.number, one.cents, one.state, one.paid_cents, bool(one.anew))
                     for one in position.payments],
        "events": [one["event"] for one in store.list_events(TENANT, position.id)],
        "told": (last.state, last.status, last.version),
    }  # fmt: skip


def outcome(world: World, gpd: Gpd, old: str) -> dict[str, Any]:
    """What it has come to, here and at pagoPA; numbers that were taken in vain are gaps."""
    found = [one for _, one in store.list_positions(TENANT)]
    first = next(one for one in found if one.id == old)
    groups = facts.get_groups(TENANT, [one.iuv for one in first.payments])
    recount = counts.recount(TENANT)
    return {
        "old": _seen(first),
        "new": [(one.id, _seen(one)) for one in found if one.id != old],
        "marks": [groups[one.iuv].facts.get("reopened") for one in first.payments],
        "there": sorted(
            (one["status"], [each["amount"] for each in one["paymentOption"]])
            for one in gpd.archive.positions.values()
        ),
        "done": [what for what, _ in gpd.archive.done],
        "sums": (recount.quiet, dict(recount.differences)),
        "work": [row["sk"] for row in world.work() if row["queue"] in ("collect", "reconcile")],
        "waiting": world.waiting(),
    }


def _undisturbed(
    world: World, gpd: Gpd, story: str
) -> tuple[str, list[Step], list[Any], dict[str, Any]]:
    """The position, the steps of reopening it, what pagoPA has before each, and what it comes
    to."""
    name = _begin(world, gpd, story)
    say(world, lambda wakes: reopening.reopen(
        TENANT, name, "Revocato", clock.now(), "user:u", wakes
    ))  # fmt: skip
    theirs: list[Any] = []
    archive = gpd.archive
    steps = walk(world, lambda: theirs.append(copy.deepcopy((archive.positions, archive.done))))
    return name, steps, theirs, outcome(world, gpd, name)


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
@pytest.mark.parametrize("story", STORIES)
def test_every_call_may_be_the_last(
    world: World, gpd: Gpd, story: str, kinds: tuple[Kind, ...]
) -> None:
    name, steps, theirs, wanted = _undisturbed(world, gpd, story)
    ((new, is_so),) = wanted["new"]
    revoked = STORIES[story][2]
    assert wanted["old"]["events"][-1] == "reopened"
    assert [bool(one) for one in wanted["marks"]] == [
        one in revoked for one in range(len(wanted["marks"]))
    ]
    assert set(wanted["marks"]) <= {new, None}
    assert (is_so["is"][0], is_so["told"][:2], wanted["done"]) == (
        "valid", ("told", "VALID"), ["create"],
    )  # fmt: skip
    if story != "the whole":
        assert wanted["old"]["is"][:2] == ("reported", 3_333)
        assert [one[1] for one in is_so["payments"]] == [3_334, 3_333]
    assert (wanted["sums"], wanted["work"], wanted["waiting"]) == ((True, {}), [], {})
    for step, fault in points(steps, kinds, every=thinned(11)):
        gpd.archive.positions, gpd.archive.done = copy.deepcopy(theirs[step.number])
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(world, gpd, name) == wanted, point
