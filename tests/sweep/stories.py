"""What the stories of a body have in common: the body itself, and people who ask until they are
answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, work
from chalicelib.base.errors import Failure
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies, taxonomy
from chalicelib.payments.body import Account, Body, Segregation, Service
from tests.payments.taxonomy_csv import FEE, taxonomy_csv
from tests.world import World

TENANT, CREDITOR, PARTNER = "ordine", "80012000826", "12345670017"
IBAN = "IT60X0542811101000000123456"


def open_body(world: World, *held: str, stations: tuple[str, ...] = ()) -> None:
    """An empty world with one body and its service `quota`; the functions `held` are another
    story's."""
    world.reset()
    world.held = frozenset(held)
    accounts.create_reseller(TENANT, "Ordine", "ordine@example.org", kind="body")
    taxonomy.load(taxonomy_csv(), clock.now())
    segregation = Segregation("01", PARTNER, "Partner", stations)
    body = Body(CREDITOR, "Ordine", (segregation,), "01", (Account(IBAN, "Ordine"),))
    bodies.save(TENANT, body)
    bodies.save_service(TENANT, Service("quota", "Quota", FEE, IBAN, "1.1"), clock.now())


def say(world: World, act: Callable[[Wakes], object]) -> None:
    """As a person says it who says it again when it failed."""

    def call() -> bool:
        with (
            suppress(Failure, ClientError, BotoCoreError),
            world.faults.invocation(),
            work.waking() as wakes,
        ):
            act(wakes)
            return True
        return False

    world.requests.append(call)


def known(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Deliveries (`rows`: position, number, channel, state) with those of which nobody knows what
    became of them as they would have been undisturbed."""
    there = {row[:3]: row[3] for row in wanted["rows"]}
    rows = [
        (*row[:3], there[row[:3]] if row[3] == "uncertain" else row[3]) for row in found["rows"]
    ]
    return found | {"rows": rows}
