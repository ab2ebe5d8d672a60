"""Positions whose money is in a settlement flow are "reported", as long as the flow says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.accounting import reported
from chalicelib.accounting.facts import FlowVersion, Receipt, Reported
from chalicelib.base import clock
from chalicelib.payments.positions import archive, counts, store
from chalicelib.payments.positions.model import Payment
from chalicelib.payments.receipts import model
from infra.local.pagopa import fdr as simulated
from tests.accounting import facts_world as world
from tests.entry import node_world
from tests.entry.api_world import Api
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import dated, drop, get, pay, settles, work_off
from tests.payments.receipts.test_effect import MONEY, position

pytestmark = pytest.mark.feature("F001-006", "F001-099", "F001-172")
DAY = date(2026, 11, 20)


@pytest.fixture
def station(api: Api) -> Station:
    return node_world.station(api)


def test_a_flow_reports_its_payments_and_a_newer_one_takes_that_back(
    api: Api, station: Station
) -> None:
    iuvs = [pay(api, station, 500) for _ in range(3)]
    flow = dated(settles(station, *((iuv, 500) for iuv in iuvs)), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    work_off(api)
    assert states(station, iuvs) == ["reported"] * 3
    listed = station.house.call(api, "GET", "/v1/body/positions", query={"state": "reported"}).json
    assert {one["payments"][0]["iuv"] for one in listed["positions"]} == set(iuvs)
    assert all(one["payments"][0]["reported"] for one in listed["positions"])
    summary = station.house.call(api, "GET", "/v1/body/summary").json
    assert summary["states"]["reported"] == {"count": 3, "cents": 1_500}
    assert summary["paid"]["cents"] == 1_500
    api.tick(60)
    later = dated(settles(station, (iuvs[0], 500), (iuvs[1], 500)), api)
    drop(api, f"settlements/{station.tenant}/g.xml", simulated.xml(later, station.creditor))
    work_off(api)
    assert states(station, iuvs) == ["reported", "reported", "paid"]
    gone, _ = store.find_position(station.tenant, iuvs[2]) or ("", 0)
    events = [one["event"] for one in store.list_events(station.tenant, gone)]
    assert events == ["generated", "pay", "report", "unreport"]
    assert get(api, station, "collections", iuv=iuvs[2])["collections"][0]["state"] == "paid"


def states(station: Station, iuvs: list[str]) -> list[str]:
    return [archive.by_iuv(station.tenant, iuv)[0].position.state for iuv in iuvs]


# ------------------------------------------------------------------ any order
IUVS = [f"010000000000{number:05d}" for number in range(3)]
_CREATED = datetime(2026, 11, 20, 9, tzinfo=clock.ROME)


def _flow(number: int, lines: list[int], hour: int) -> FlowVersion:
    told = tuple(
        Reported(place, IUVS[one], f"iur{one}", 1, 500, "0") for place, one in enumerate(lines, 1)
    )
    created = _CREATED.replace(hour=9 + hour)
    name = f"2026-11-20ABI06090-000{number}"
    return FlowVersion("ABI06090", name, 2026, created, 0, DAY, 500 * len(lines), True, told)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**16), data=st.data())
def test_every_order_of_receipts_and_flows_ends_in_one_state(
    api: Api, seed: int, data: st.DataObject
) -> None:
    """A plan of two instalments and its whole: paid one way, or both; a flow in two versions."""
    paid = data.draw(st.lists(st.sampled_from([0, 1, 2]), unique=True))
    versions = [data.draw(st.lists(st.sampled_from([0, 1, 2]), unique=True)) for _ in range(2)]
    flows = [_flow(1, lines, hour) for hour, lines in enumerate(versions) if lines]
    numbers = set(paid) & {int(one.iur[3:]) for one in flows[-1].lines} if flows else set()
    settled = 0 in paid or {1, 2} <= set(paid)
    in_flows = 0 in numbers or {1, 2} <= numbers
    random, found = Random(seed), set()
    for _ in range(2):
        tenant = world.body()
        plan = replace(
            world.placed(IUVS[0], 1_000),
            payments=tuple(
                Payment(number, iuv, 1_000 if not number else 500, None)
                for number, iuv in enumerate(IUVS)
            ),
        )
        world.born(tenant, plan)
        facts: list[FlowVersion | Receipt] = [*flows]
        facts += [Receipt(IUVS[number], f"iur{number}", 1, 500, DAY) for number in paid]
        random.shuffle(facts)
        for fact in facts:
            if isinstance(fact, Receipt):
                world.receive(tenant, fact)
            else:
                world.settle(tenant, fact)
            if random.random() < 0.5:
                world.work_off(random)
        world.work_off(random)
        now = store.get_position(tenant, plan.id)
        assert now is not None
        assert {one.number for one in now.payments if one.reported} == numbers
        again = counts.recount(tenant)
        assert (again.quiet, again.differences) == (True, Counter())
        found.add(now.state)
    wanted = "valid" if not paid else "partially_paid"
    if settled:
        wanted = "reported" if in_flows else "paid"
    assert found == {wanted}


def test_what_is_marked_is_the_whole_or_every_instalment() -> None:
    one = position(3)
    for number in (1, 2):
        done = model.effect(one, number)
        one = replace(one, state=done.state, payments=done.payments)
        one = reported.marked(one, {number: True})
        assert one.state == "partially_paid"
    done = model.effect(one, 3)
    one = replace(one, state=done.state, payments=done.payments)
    assert one.state == "paid"
    whole = reported.marked(one, {3: True})
    assert (whole.state, whole.version) == ("reported", one.version + 1)
    assert reported.marked(whole, {3: True}) is whole
    assert reported.marked(whole, {1: False, 2: True}).state == "paid"
    # A second payment changes nothing about what flows have.
    done = model.effect(whole, 0, DAY, MONEY)
    assert (done.state, done.double) == ("reported", True)
