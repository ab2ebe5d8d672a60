"""The night after a hard end under crashes and conflicts: each position ends once, whoever dies."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.base import clock, keys
from chalicelib.base.errors import Failure
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import counts, ending, positions, store
from chalicelib.payments.positions.positions import Wanted
from tests.faults import CRASHES, Kind
from tests.payments.dues.files import many
from tests.sweep.stories import TENANT, open_body
from tests.sweep.test_crash import disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-048")
COUNT = 3


def _prepare(world: World) -> date:
    """A body with some positions that end, one that was cancelled, and one that ends when it likes;
    gives the day after."""
    open_body(world, "OnDeliver", "OnReconcile")
    ends = clock.rome_day(clock.now()) + timedelta(days=2)
    made = []
    for number, row in enumerate(many(COUNT + 2)):
        wanted = Wanted(
            "quota", Person(row["tax_code"], row["name"]), cents=1_000 + number, manual=True,
            ends=ends, hard_end=number < COUNT + 1,
        )  # fmt: skip
        made.append(positions.make(TENANT, wanted, clock.now(), "test", f"p{number}"))
    positions.cancel(TENANT, made[COUNT].id, clock.now(), "test")
    return ends + timedelta(days=1)


def _night(world: World, day: date) -> None:
    """The schedule, which Lambda asks again when it failed."""
    world.clock.set(datetime.combine(day, time(0, 30), clock.ROME).astimezone(UTC))

    def call() -> bool:
        try:
            world.pump.invoke("nightly", {})
        except (ClientError, BotoCoreError, Failure):
            return False  # EventBridge comes again
        return True

    world.requests.append(call)


def outcome(world: World) -> dict[str, Any]:
    recount = counts.recount(TENANT)
    found = [one for _, one in store.list_positions(TENANT)]
    return {
        "positions": sorted((one.cents, one.state, one.version) for one in found),
        "events": [
            [each["event"] for each in store.list_events(TENANT, one.id)]
            for one in sorted(found, key=lambda one: one.cents)
        ],
        "sums": (recount.quiet, dict(recount.differences)),
        "waits": ending.waits(TENANT, clock.rome_day(clock.now())),
        "entries": [one["sk"] for one in world.items() if one["pk"] == keys.pk(TENANT, "ENDING")],
        "waiting": world.waiting(),
    }


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict", "timeout")], ids=["crashes", "errors"])
def test_every_call_of_the_night_may_be_the_last(world: World, kinds: tuple[Kind, ...]) -> None:
    _night(world, _prepare(world))
    steps = walk(world)
    wanted = outcome(world)
    assert [state for _, state, _ in wanted["positions"]] == [
        *["expired"] * COUNT, "invalid", "valid",
    ]  # fmt: skip
    assert wanted["events"][0] == ["generated", "expire"]
    assert (wanted["sums"], wanted["waits"], wanted["entries"]) == ((True, {}), False, [])
    for step, fault in points(steps, kinds):
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(world) == wanted, point
