"""The crash sweep over credits: bought, waited for, held, captured, assigned, enabled, expired.

Every call of every act dies once before and once after its effect, what died is followed by
another process, and the end is the one of the act undisturbed: no credit lost, none made.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.base import clock, work
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import Transient
from chalicelib.credits import monitor, service
from chalicelib.credits.lots import Lot
from infra.local.subjects import SELLER, SUPPLIER
from tests.faults import CRASHES, ERRORS, Kind
from tests.sweep.journey import ALFA, SEND, TELL, TOKEN, Act, invoice
from tests.sweep.snapshot import snapshot
from tests.sweep.test_crash import Step, failures, walk
from tests.world import World

pytestmark = pytest.mark.feature("F004-009", "F004-016", "F004-031", "F004-041", "F004-042")
ORDERED = date(2024, 12, 20)
_PASSING = (ClientError, BotoCoreError, Transient)


def _begin(world: World) -> None:
    world.reset()
    world.add_reseller(ALFA, credits=0)
    world.add_customer(ALFA, "C1", SELLER)
    world.add_customer(ALFA, "C2", SUPPLIER)


def _buy(order: str, quantity: int, ordered_on: date | None = None) -> Callable[[World], None]:
    """An order is confirmed; who repeats the request finds its lot there."""

    def begin(world: World) -> None:
        def call() -> bool:
            day = ordered_on or clock.rome_day(world.clock.at)
            lot = Lot("xml_private", quantity, order, day, 5_000)
            with world.faults.invocation(), work.waking() as wakes:
                try:
                    wakes.commit(service.lot_ops(ALFA, lot, world.clock.at))
                except ConditionFailed as failed:
                    return "lot:xml_private" in failed.found
                except _PASSING:
                    return False  # asked again, as after any 5xx
            return True

        world.requests.append(call)

    return begin


def _ask(method: str, path: str, key: str = "", body: Any = None) -> Callable[[World], None]:
    def begin(world: World) -> None:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        data = json.dumps(body).encode() if body is not None else b""
        world.request(method, f"/v1/customers/{path}", TOKEN, body=data, headers=headers)

    return begin


def _drop(*numbers: str, **more: Any) -> Callable[[World], None]:
    def begin(world: World) -> None:
        for number in numbers:
            world.drop(f"{ALFA}/{number}.xml", invoice(number, **more))

    return begin


def _assign(key: str, quantity: int) -> Callable[[World], None]:
    body = {"product": "xml_private", "quantity": quantity, "note": "per dicembre"}
    return _ask("POST", "C2/credits/assignments", key, body)


def _night(world: World) -> None:
    """The old lot's last day is over, and the night comes; a failed one comes again."""
    world.clock.set(clock.parse("2026-12-21T00:20:00.000Z"))

    def call() -> bool:
        try:
            world.pump.invoke("nightly", {})
        except _PASSING:
            return False  # EventBridge comes again
        return True

    world.requests.append(call)


def _go_on(_world: World) -> None:
    pass


ACTS: dict[str, Act] = {
    "two wait for credit": Act(_drop("1", "2"), SEND | TELL),
    "a lot comes and one goes": Act(_buy("o1", 1), SEND | TELL),
    "another comes and both are gone": Act(_buy("o2", 3, ORDERED), SEND | TELL),
    "they are sent": Act(_go_on, TELL),
    "one draws what is left and the pool is low": Act(_drop("3"), SEND | TELL),
    "it is sent and told": Act(_go_on, swept=False),
    "an old lot and a new one": Act(_buy("o3", 6, ORDERED), SEND | TELL),
    "credits are assigned": Act(_assign("give", 4), SEND | TELL),
    "he draws his own": Act(
        _ask("PUT", "C2/credits/policy", body={"modes": {"xml_private": "assigned"}}), SEND | TELL
    ),
    "one of his own": Act(_drop("4", seller=SUPPLIER), SEND | TELL),
    "some are returned": Act(_assign("take", -1), SEND | TELL),
    "the other one is enabled by hand": Act(
        _ask("PUT", "C1/credits/policy", body={"enablement": "manual"}), SEND | TELL
    ),
    "his waits": Act(_drop("5"), SEND | TELL),
    "he is enabled": Act(_ask("POST", "C1/credits/enable"), SEND | TELL),
    "all are sent": Act(_go_on, TELL, swept=False),
    "the lot ends": Act(_night, SEND | TELL),
}


def _undisturbed(world: World, name: str) -> tuple[list[Step], dict[str, Any]]:
    _begin(world)
    for other, act in ACTS.items():
        act.begin(world)
        if other == name:
            return walk(world), snapshot(world)
        world.rest()
    raise AssertionError(name)


def test_the_story_is_what_it_says(world: World) -> None:
    """The acts do what their names say; a sweep over acts that do nothing would prove nothing."""
    _begin(world)
    seen: list[tuple[int, int, int, int, int]] = []
    for act in ACTS.values():
        act.begin(world)
        world.rest()
        found = next(
            one.position
            for one in monitor.balances(ALFA, world.clock.at)
            if one.product == "xml_private"
        )
        seen.append((found.pool, found.assigned, found.held, found.consumed, found.expired))
        assert monitor.verify(ALFA, world.clock.at).faults == ()
    assert dict(zip(ACTS, seen, strict=True)) == {
        "two wait for credit": (0, 0, 0, 0, 0),
        "a lot comes and one goes": (0, 0, 1, 0, 0),
        "another comes and both are gone": (2, 0, 2, 0, 0),
        "they are sent": (2, 0, 0, 2, 0),
        "one draws what is left and the pool is low": (1, 0, 1, 2, 0),
        "it is sent and told": (1, 0, 0, 3, 0),
        "an old lot and a new one": (7, 0, 0, 3, 0),
        "credits are assigned": (3, 4, 0, 3, 0),
        "he draws his own": (3, 4, 0, 3, 0),
        "one of his own": (3, 3, 1, 3, 0),
        "some are returned": (4, 2, 1, 3, 0),
        "the other one is enabled by hand": (4, 2, 1, 3, 0),
        "his waits": (4, 2, 1, 3, 0),
        "he is enabled": (3, 2, 2, 3, 0),
        "all are sent": (3, 2, 0, 5, 0),
        "the lot ends": (0, 0, 0, 5, 5),
    }


@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.swept])
def test_every_call_may_be_the_last(world: World, name: str) -> None:
    steps, wanted = _undisturbed(world, name)
    assert sum(len(step.calls) for step in steps) > 3
    assert failures(world, name, CRASHES, wanted, steps) == []


SHORT = ("a lot comes and one goes", "credits are assigned", "he is enabled", "the lot ends")


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("name", SHORT)
def test_every_call_may_fail(
    world: World, name: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep() -> None:
        """One that fails is not repeated: the next is a minute away and does the same work."""
        with suppress(*_PASSING):
            world.pump.invoke("sweep", {})

    monkeypatch.setattr(world, "sweep", sweep)
    steps, wanted = _undisturbed(world, name)
    assert failures(world, name, [kind], wanted, steps) == []
