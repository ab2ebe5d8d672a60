"""Outages of pagoPA and of the house that are longer than the overlap of two looks.

Everything goes by the hourly schedule on the moved clock; what comes in the end is each flow once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.base import work
from chalicelib.entry import hourly
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Fdr, Flow
from tests import tables
from tests.entry import bodies, node_world
from tests.entry.api_world import Api
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import ROOT, pay, work_off

HOUR_S, DAY_S = 3_600, 86_400
REST: dict[str, Any] = {"way": "rest", "key": simulated.KEY}
SOAP: dict[str, Any] = {
    "way": "soap", "broker": bodies.PARTNER, "station": f"{bodies.PARTNER}_01",
    "password": simulated.PASSWORD,
}  # fmt: skip
WAYS = pytest.mark.parametrize("way", [REST, SOAP], ids=["rest", "soap"])


@pytest.fixture
def fdr(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fdr]:
    with Fdr(lambda: api.now) as found:
        monkeypatch.setenv("PAGOPA_URL", found.url)
        monkeypatch.setenv("NET_PRIVATE", "allow")
        yield found


@pytest.fixture
def station(api: Api) -> Iterator[Station]:
    """The only body that looks: others would ask the same server every hour."""
    items = tables.opened().keep()
    yield node_world.station(api)
    tables.opened().put_back(items)


def publish(api: Api, station: Station, fdr: Fdr) -> None:
    """A flow of the day with one payment."""
    iuv = pay(api, station, 1_000)
    day = api.now.date().isoformat()
    lines = [(iuv, f"iur-{iuv}", 1, 1_000, "0")]
    fdr.publish(station.creditor, Flow(f"{day}ABI06090-{iuv}", "ABI06090", lines, day=day))


def begin(api: Api, station: Station, fdr: Fdr, way: dict[str, Any]) -> None:
    """The schedule runs, and the first flow is here."""
    assert station.house.call(api, "PUT", f"{ROOT}/setting", way).status == 200
    publish(api, station, fdr)
    run(api)


def run(api: Api, times: int = 1, every_s: int = HOUR_S) -> None:
    """The schedule, and what it plans; a row that was put off is found by the sweeper."""
    for _ in range(times):
        hourly.hourly({}, None)
        work_off(api)
        api.tick(every_s)
        work.sweep(api.now)
        work_off(api)


def all_is_here(api: Api, station: Station, fdr: Fdr, count: int) -> None:
    house = bodies.again(api, station.house)
    found = house.call(api, "GET", f"{ROOT}/flows").json["flows"]
    assert len(found) == len({one["flow_id"] for one in found}) == count
    assert {(one["matched_cents"], one["lines"], one["complete"]) for one in found} == {
        (1_000, 1, True)
    }
    sources = house.call(api, "GET", f"{ROOT}/sources").json["sources"]
    assert Counter(one["state"] for one in sources) == {"kept": count}
    # What is here is not fetched again, however often it is listed.
    good = Counter(path for what, path, status in fdr.requests
                   if what == "payments" and status == 200)  # fmt: skip
    assert set(good.values()) <= {1}
    before = len(fdr.requests)
    run(api, 2)
    assert {what for what, _, _ in fdr.requests[before:]} == {"list"} or way_of(fdr) == "soap"


def way_of(fdr: Fdr) -> str:
    return "soap" if any(what.startswith("soap") for what, _, _ in fdr.requests) else "rest"


@pytest.mark.feature("F001-100", "F001-175")
@WAYS
def test_what_was_published_while_the_schedule_stood_still_is_fetched(
    api: Api, station: Station, fdr: Fdr, way: dict[str, Any]
) -> None:
    begin(api, station, fdr, way)
    for _ in range(4):
        api.tick(DAY_S)
        publish(api, station, fdr)
    api.tick(2 * DAY_S)
    run(api)
    all_is_here(api, station, fdr, 5)


@pytest.mark.feature("F001-100", "F001-175")
@WAYS
def test_days_without_pagopa_lose_and_double_nothing(
    api: Api, station: Station, fdr: Fdr, way: dict[str, Any]
) -> None:
    """Nothing answers for a day. Then lists do, and flows do not for three, while new ones come:
    rows give up, or would, and the last look is long past the first of them."""
    begin(api, station, fdr, way)
    lists, flows = ("soap_list", ("soap_flow",)) if way is SOAP else ("list", ("head",))
    for operation in (lists, *flows):
        fdr.faults.plan("error", operation, 1_000)
    publish(api, station, fdr)
    run(api, 2, DAY_S // 2)
    fdr.faults.clear()
    for operation in flows:
        fdr.faults.plan("error", operation, 1_000)
    for _ in range(3):
        publish(api, station, fdr)
        # The node lists a whole month each time: by it nothing falls out of a look.
        run(api, *((6, DAY_S // 4) if way is REST else (1, DAY_S)))
    fdr.faults.clear()
    run(api, 2)
    all_is_here(api, station, fdr, 5)
