"""Instalments that were revoked are asked for anew; what is paid, settled and posted stays so."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.accounting.posting import store as books
from chalicelib.accounting.posting.model import Setting
from chalicelib.base import dynamo
from chalicelib.payments.positions import counts
from chalicelib.payments.positions.model import Position
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Flow
from infra.local.pagopa.node_messages import Refused
from tests.entry import node_world
from tests.entry.api_world import Answer, Api
from tests.entry.bodies import BANK, POSTE
from tests.entry.node_world import Station, line
from tests.entry.reconciliation_world import (
    FLOW_ID,
    csv,
    dated,
    drop,
    get,
    receipt,
    remember,
    settles,
    work_off,
)

POSTING = "/v1/body/posting"
pytestmark = pytest.mark.feature("F001-099", "F001-155", "F001-172")


@pytest.fixture
def station(api: Api) -> Station:
    found = node_world.station(api)
    remember(api, found.house)
    dynamo.commit([books.put_setting(found.tenant, Setting(chapter="1.1", per="chapter"))])
    return found


def revoke(api: Api, station: Station, position: Position, number: int) -> None:
    """A flow with the line of outcome 3."""
    one = position.payments[number]
    rows = [(one.iuv, f"iur-{one.iuv}", 1, one.cents, "3")]
    flow = Flow(f"2026-11-21ABI06090-10{number:02d}", "ABI06090", rows, day="2026-11-21")
    data = simulated.xml(dated(flow, api), station.creditor)
    drop(api, f"settlements/{station.tenant}/revoked{number}.xml", data)
    work_off(api)


def reopen(api: Api, station: Station, position: str) -> Answer:
    path = f"/v1/body/positions/{position}/reopen"
    return station.house.call(api, "POST", path, {"note": "Revocata"})


def shown(api: Api, station: Station, name: str) -> Any:
    return station.house.call(api, "GET", f"/v1/body/positions/{name}").json


def paid_plan(api: Api, station: Station, rates: int) -> Position:
    """All of a plan is paid, settled, and at the bank."""
    position = station.place(30_000, instalments=rates)
    mine = [(one.iuv, one.cents) for one in position.instalments]
    for iuv, cents in mine:
        receipt(api, station, iuv, cents, f"iur-{iuv}")
    flow = dated(settles(station, *mine), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    data = csv(("20/11/2026", f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}", "300,00"))
    drop(api, f"statements/{station.tenant}/banca/e.csv", data)
    work_off(api)
    assert station.now(position).state == "reported"
    return position


def post(api: Api, station: Station) -> None:
    (flow, *_) = get(api, station, "flows", flow_id=FLOW_ID)["flows"]
    said = {"mode": "flow", "name": flow["id"]}
    answer = station.house.call(
        api, "POST", f"{POSTING}/runs", said, headers={"Idempotency-Key": f"k{api.now}"}
    )
    assert answer.status == 202, answer.body
    work_off(api)


def test_one_instalment_is_asked_for_anew_and_the_others_stay(api: Api, station: Station) -> None:
    position = paid_plan(api, station, 3)
    post(api, station)
    before = station.house.call(api, "GET", "/v1/body/summary").json
    uncounted = counts.recount(station.tenant).differences  # the world makes positions by hand
    balance = station.house.call(api, "GET", f"{POSTING}/balance").json
    revoke(api, station, position, 2)
    new = reopen(api, station, position.id).json
    (asked,) = new["payments"]
    assert (new["state"], new["cents"], asked["number"], asked["cents"]) == (
        "valid", 10_000, 0, 10_000,
    )  # fmt: skip
    assert reopen(api, station, position.id).json["id"] == new["id"]
    old = shown(api, station, position.id)
    assert (old["state"], old["cents"], sum(one["cents"] for one in old["lines"])) == (
        "reported", 20_000, 20_000,
    )  # fmt: skip
    assert [(one["state"], one["paid_cents"], one["anew"]) for one in old["payments"][1:]] == [
        ("paid", 10_000, ""), ("closed", 0, new["id"]), ("paid", 10_000, ""),
    ]  # fmt: skip
    assert old["timeline"][-1]["facts"] == {"note": "Revocata", "into": new["id"], "numbers": [2]}
    after = station.house.call(api, "GET", "/v1/body/summary").json
    changed = {one: after[one]["cents"] - before[one]["cents"] for one in ("due", "paid", "open")}
    assert changed == {"due": 0, "paid": -10_000, "open": 10_000}
    assert counts.recount(station.tenant).differences == uncounted
    assert get(api, station, "inbox", label="REVOKED")["entries"] == []
    # What was posted stays so, until somebody takes it back; then it is posted as it was.
    work_off(api)
    assert station.house.call(api, "GET", f"{POSTING}/balance").json == balance
    (order,) = station.house.call(api, "GET", f"{POSTING}/orders", query={"year": 2026}).json[
        "orders"
    ]
    path = f"{POSTING}/orders/{order['id']}/reverse"
    assert station.house.call(api, "POST", path, {"note": "wrong"}).status == 200
    work_off(api)
    api.tick(60)
    post(api, station)
    again = station.house.call(api, "GET", f"{POSTING}/balance").json
    assert (again["posted_cents"], again["open_cents"]) == (30_000, 0)
    # A receipt that comes for the old number after all is money to give back.
    receipt(api, station, position.payments[2].iuv, 10_000, "again")
    assert shown(api, station, position.id)["timeline"][-1]["event"] == "paid_twice"
    refused = reopen(api, station, "none")
    assert refused.status == 404


def test_a_plan_that_is_revoked_one_by_one_ends_when_nothing_is_left(
    api: Api, station: Station
) -> None:
    both = line(20_000), line(10_000, iban=POSTE)
    position = station.place(instalments=3, lines=both)
    for one in position.instalments:
        receipt(api, station, one.iuv, one.cents, f"iur-{one.iuv}")
    work_off(api)
    made: list[dict[str, Any]] = []
    for number, state in ((3, "paid"), (1, "paid"), (2, "invalid")):
        revoke(api, station, position, number)
        made.append(reopen(api, station, position.id).json)
        assert station.now(position).state == state
        assert reopen(api, station, position.id).json["id"] == made[-1]["id"]
        open_cents = station.now(position).cents if state != "invalid" else 0
        assert open_cents + sum(one["cents"] for one in made) == 30_000
        api.tick(60)
    assert len({one["id"] for one in made}) == 3
    assert [[(each["iban"], each["cents"]) for each in one["lines"]] for one in made] == [
        [(POSTE, 10_000)], [(BANK, 10_000)], [(BANK, 10_000)],
    ]  # fmt: skip
    # A notice of the plan that is left alone is still the position's, and so is what comes for it.
    late = reopen(api, station, made[0]["id"])
    assert (late.status, late.code) == (409, "reopen_not_revoked")


def test_what_is_still_asked_for_is_paid_where_it_was(api: Api, station: Station) -> None:
    position = station.place(30_000, instalments=3)
    for number in (1, 2):
        one = position.payments[number]
        receipt(api, station, one.iuv, one.cents, f"iur-{one.iuv}")
    work_off(api)
    for number in (1, 2):
        revoke(api, station, position, number)
    new = reopen(api, station, position.id).json
    # Two notices for two instalments, and the third is paid at the node by its own.
    assert [(one["number"], one["cents"]) for one in new["payments"]] == [(1, 10_000), (2, 10_000)]
    assert (station.now(position).state, station.now(position).cents) == ("partially_paid", 10_000)
    with pytest.raises(Refused) as refused:
        station.node.verify(position.payments[1].notice, station.creditor)
    assert refused.value.code == "PAA_PAGAMENTO_ANNULLATO"
    assert station.node.pay(position.payments[3].notice, station.creditor).answer == "OK"
    assert station.now(position).state == "paid"
    for one in new["payments"]:
        assert station.node.pay(one["notice"], station.creditor).answer == "OK"
    assert shown(api, station, new["id"])["state"] == "paid"
