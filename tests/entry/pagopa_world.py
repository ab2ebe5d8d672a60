"""Doors with pagoPA behind them: simulated services on a real socket, by the same clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.base import clock, dynamo, limits
from chalicelib.entry import on_collect
from infra.local.pagopa.gpd import KEY, Gpd
from tests.entry import bodies
from tests.entry.api_world import Answer, Api, opened
from tests.entry.bodies import House
from tests.entry.test_positions import (
    positions,
)
from tests.payments.pagopa import contracts
from tests.payments.pagopa.contracts import Exchange
from tests.tables import due_rows

PAGOPA = "/v1/body/pagopa"
REFUSALS = f"{PAGOPA}/refusals"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Api, Gpd]]:
    """The doors, and pagoPA behind them by the same clock."""
    now = [clock.now]
    with Gpd(lambda: now[0]()) as gpd, opened(NET_PRIVATE="allow", PAGOPA_URL=gpd.url) as api:
        now[0] = lambda: api.now
        yield api, gpd


@pytest.fixture
def said() -> Iterator[list[Exchange]]:
    """What is said in a test; all of it is as pagoPA's own descriptions have it, but for pages of
    HTML, which are planned. Where the descriptions are not at hand only their test says so."""
    with contracts.listening() as found:
        yield found
    for one in found if contracts.here() else ():
        if not one.answer.startswith(b"<html>"):
            contracts.check(one)


@pytest.fixture
def gpd(served: tuple[Api, Gpd], said: list[Exchange]) -> Gpd:
    served[1].forget()
    return served[1]


@pytest.fixture
def api(served: tuple[Api, Gpd]) -> Api:
    # Rows of other tests that still wait would be done here.
    for item in due_rows("collect"):
        dynamo.commit([dynamo.Delete((item["pk"], item["sk"]))])
    return served[0]


def join(api: Api, house: House, mode: str = "gpd", **changed: Any) -> Answer:
    keys = {"positions": KEY, "receipts": KEY, "biz": KEY}
    return house.call(api, "PUT", PAGOPA, {"mode": mode, "keys": keys} | changed)


@pytest.fixture
def house(api: Api, gpd: Gpd) -> House:
    """A body whose positions pagoPA keeps."""
    made = bodies.ready(api)
    assert join(api, made).status == 200
    tell(api)
    return made


def tell(api: Api, times: int = 1) -> None:
    """Every row that is open, so many times."""
    for _ in range(times):
        api.run("collect", on_collect.handle)


def creditor(api: Api, house: House) -> str:
    return str(house.call(api, "GET", PAGOPA).json["creditor"])


def allow_outside(api: Api, house: House) -> None:
    """Payments past the node may be recorded."""
    body = house.call(api, "GET", "/v1/body").json
    body.pop("logo")
    body["outside_until"] = str(clock.rome_day(api.now) + timedelta(days=400))
    assert house.call(api, "PUT", "/v1/body", body).status == 200


def there(gpd: Gpd, position: dict[str, Any], product: str = "gpd") -> dict[str, Any] | None:
    """What pagoPA has of a position of ours."""
    for (_, iupd), found in gpd.archives[product].positions.items():
        if iupd.endswith(f"-{position['id']}"):
            return found
    return None


def operations(gpd: Gpd) -> list[str]:
    return [operation for operation, _, _ in gpd.requests]


def look(api: Api, house: House) -> None:
    """Somebody opens the page of positions, later than the last time."""
    api.tick(limits.PAGOPA_LOOK_PAUSE_S)
    positions(api, house)
    tell(api, 2)
