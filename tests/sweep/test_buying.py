"""Buying credits under crashes and errors: one order, one lot, one letter, whatever dies when."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.accounts import audit
from chalicelib.accounts.audit import Action, Actor
from chalicelib.base import clock, work
from chalicelib.base.errors import Failure
from chalicelib.credits import activation, catalogue, orders
from chalicelib.credits.default_catalogue import DEFAULT
from chalicelib.credits.order import Coupon
from infra.local.subjects import SUPPLIER
from tests.faults import CRASHES, ERRORS, Kind
from tests.sweep.journey import ALFA, TELL, TOKEN, Act
from tests.sweep.test_crash import failures, undisturbed
from tests.world import World

pytestmark = pytest.mark.feature("F004-007")
LINES = [
    {"product": "xml_pa", "quantity": 100},
    {"product": "pdf_conversion", "quantity": 50},
    {"product": "indigita", "customer": "C2"},
]


def _prepare(world: World) -> None:
    """A first order long ago; a coupon; a customer whose preservation was switched on."""
    world.add_customer(ALFA, "C2", SUPPLIER)
    with work.waking() as wakes:
        wanted = [orders.Wanted("xml_private", 1_000)]
        orders.place(ALFA, "first", wanted, "", "test", clock.now(), wakes)
        orders.confirm(ALFA, "first", clock.now(), wakes)
    orders.give_coupon(ALFA, Coupon("C"))
    activation.activate(ALFA, "C2", "preservation", clock.now(), served=True)


def _place(key: str, coupon: str = "") -> Callable[[World], None]:
    def do(world: World) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        body = json.dumps({"lines": LINES, "coupon": coupon}).encode()
        world.request("POST", "/v1/credits/orders", TOKEN, body=body, headers=headers)

    return do


def _id(key: str) -> str:
    return orders.order_id(ALFA, f"{TOKEN.split('_')[2]}:{key}")


def _confirm(key: str) -> Callable[[World], None]:
    """As the operator's command, who says it again when it failed."""

    def do(world: World) -> None:
        told = Actor("support", "operator")

        def call() -> bool:
            order = _id(key)
            entry = audit.entry(
                ALFA, told, Action.ORDER_CONFIRMED, f"order:{order}", clock.now(), name=order
            )
            with (
                suppress(Failure, ClientError, BotoCoreError),
                world.faults.invocation(),
                work.waking() as wakes,
            ):
                orders.confirm(ALFA, order, clock.now(), wakes, also=[entry])
                return True
            return False

        world.requests.append(call)

    return do


def _cancel(key: str) -> Callable[[World], None]:
    def do(world: World) -> None:
        world.request("POST", f"/v1/credits/orders/{_id(key)}/cancellation", TOKEN)

    return do


def _trust(_world: World) -> None:
    changed = catalogue.to_json(DEFAULT) | {"id": "fido", "confirmation": "at_once"}
    orders.install(catalogue.from_json(changed))


def _go_on(_world: World) -> None:
    """What was held runs now."""


ACTS: dict[str, Act] = {
    "prepared": Act(_prepare, TELL, swept=False),
    "placed": Act(_place("one", "C"), TELL),
    "given up": Act(_cancel("one"), TELL),
    "placed again": Act(_place("two", "C"), TELL, swept=False),
    "confirmed": Act(_confirm("two"), TELL),
    "confirmed once more": Act(_confirm("two"), TELL, swept=False),
    "told": Act(_go_on, swept=False),
}
AT_ONCE: dict[str, Act] = {
    "prepared": Act(_prepare, TELL, swept=False),
    "trusted": Act(_trust, TELL, swept=False),
    "placed and confirmed": Act(_place("three", "C"), TELL),
}


def swept(name: str) -> dict[str, Act]:
    return AT_ONCE if name in AT_ONCE and name not in ACTS else ACTS


SWEPT = [name for acts in (ACTS, AT_ONCE) for name, act in acts.items() if act.swept]


@pytest.mark.parametrize("name", SWEPT)
def test_every_call_may_be_the_last(world: World, name: str) -> None:
    steps, wanted = undisturbed(world, name, swept(name))
    assert sum(len(step.calls) for step in steps) > 3
    assert failures(world, name, CRASHES, wanted, steps) == []


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("name", ["given up", "placed and confirmed"])
def test_every_call_may_fail(world: World, name: str, kind: Kind) -> None:
    """Of the request itself: what comes after it are workers that have sweeps of their own."""
    (request, *_), wanted = undisturbed(world, name, swept(name))
    assert failures(world, name, [kind], wanted, [request]) == []


def test_the_whole_story_ends_as_it_should(world: World) -> None:
    """One lot of each product, one licence, one letter for each confirmed order."""
    steps, _ = undisturbed(world, "told", ACTS)
    del steps
    items = world.items()
    lots = [item for item in items if "price_cents" in item and item.get("order") == _id("two")]
    assert sorted((item["product"], item["quantity"]) for item in lots) == [
        ("pdf_conversion", 50), ("xml_pa", 100),
    ]  # fmt: skip
    assert len([item for item in items if item["sk"].startswith("LICENCE#")]) == 1
    said = [mail for mail in world.mails() if orders.get(ALFA, _id("two")).reference in mail.body]
    assert len(said) == 1
    assert DEFAULT.pec in said[0].body
