"""A settlement flow that stands for a receipt, and the receipt that comes after all."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import pytest

from chalicelib.accounting.posting import store as books
from chalicelib.base import dynamo
from chalicelib.entry import hourly
from chalicelib.payments.positions import counts
from chalicelib.payments.positions.model import Position
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Flow
from tests.entry import bodies, node_world
from tests.entry.api_world import Api
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import FLOW_ID, ROOT, csv, drop, receipt, remember, work_off

MOMENTS: Final = ("before the flow", "after the flow", "after the stand-in", "after posting")
PAID: Final = "2026-11-20"  # as the flow's line says


class Case:
    """A body with one position that a flow pays, and the moment at which its receipt comes."""

    def __init__(self, api: Api, moment: str, iur: str) -> None:
        self.api, self.moment, self.iur = api, moment, iur
        self.station: Station = node_world.station(api)
        self.position: Position = self.station.place(1_000)
        self.iuv = self.position.payments[0].iuv
        remember(api, self.station.house)
        said = {"way": "none", "stand_in_days": 3}
        assert self.station.house.call(api, "PUT", f"{ROOT}/setting", said).status == 200
        dynamo.commit([books.put_setting(self.station.tenant, books.Setting(chapter="1.1"))])

    def came(self, moment: str) -> None:
        if moment == self.moment:
            receipt(self.api, self.station, self.iuv, 1_000, self.iur or "late", day=PAID)

    def settle(self) -> None:
        rows = [(self.iuv, self.iur, 1, 1_000, "9")]
        flow = Flow(FLOW_ID, "ABI06090", rows, day=PAID, created=self.api.now)
        data = simulated.xml(flow, self.station.creditor)
        drop(self.api, f"settlements/{self.station.tenant}/f.xml", data)

    def post(self) -> None:
        """By a later session: the first one is over by then."""
        tenant, text = self.station.tenant, f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}"
        drop(self.api, f"statements/{tenant}/banca/e.csv", csv(("20/11/2026", text, "10,00")))
        work_off(self.api)
        path, said = "/v1/body/posting/runs", {"mode": "flow", "name": self.flow()["id"]}
        answer = self.house().call(
            self.api, "POST", path, said, headers={"Idempotency-Key": self.moment}
        )
        assert answer.status == 202, answer.body

    def house(self) -> Any:
        return bodies.again(self.api, self.station.house)

    def get(self, path: str) -> Any:
        answer = self.house().call(self.api, "GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def flow(self) -> Any:
        (found,) = self.get(f"{ROOT}/flows")["flows"]
        return found

    def outcome(self) -> dict[str, Any]:
        """All that people and programs see of it in the end, no ids of its own."""
        (row,) = self.get(f"{ROOT}/collections")["collections"]
        position = self.station.now(self.position)
        (orders,) = [self.get("/v1/body/posting/orders?year=2026")["orders"]]
        summary = asdict(counts.summary(self.station.tenant, self.api.now))
        flow = self.flow()
        return {
            "position": (position.state, [
                (one.state, one.paid_on, one.paid_cents, one.reported, one.stood_in)
                for one in position.payments
            ]),
            "receipts": [
                (one.double, one.position == position.id)
                for one in receipts.of_position(self.station.tenant, position.id)
            ],
            "row": (row["state"], row["labels"], row["paid_day"], row["overdue"]),
            "flow": {name: flow[name] for name in flow if name.endswith(("cents", "lines"))},
            "orders": [(one["number"], one["cents"], one["state"]) for one in orders],
            "balance": self.get("/v1/body/posting/balance"),
            "sums": {name: summary[name] for name in ("paid", "open", "states", "payments")},
        }  # fmt: skip


@pytest.mark.feature("F001-099", "F001-172", "F001-175")
@pytest.mark.parametrize("iur", ["late", ""], ids=["named", "unnamed"])
def test_the_receipt_is_the_same_payment_whenever_it_comes(api: Api, iur: str) -> None:
    cases = [Case(api, moment, iur) for moment in MOMENTS]

    def all_came(moment: str) -> None:
        for case in cases:
            case.came(moment)
        work_off(api)

    all_came(MOMENTS[0])
    for case in cases:
        case.settle()
    work_off(api)
    all_came(MOMENTS[1])
    api.tick(6 * 86_400)
    hourly.hourly({}, None)
    work_off(api)
    for case in cases:
        position = case.station.now(case.position)
        waits = case.moment in MOMENTS[2:]
        assert (position.state, position.payments[0].stood_in is not None) == ("reported", waits)
    all_came(MOMENTS[2])
    for case in cases:
        case.post()
    work_off(api)
    all_came(MOMENTS[3])
    first, *others = [case.outcome() for case in cases]
    assert first["receipts"] == [(False, True)]
    assert first["orders"] == [(1, 1_000, "issued")]
    assert first["position"][1][0][3:] == (True, None)
    for case, found in zip(cases[1:], others, strict=True):
        assert found == first, case.moment


def test_another_payment_after_a_stand_in_is_a_second_one(api: Api) -> None:
    case = Case(api, "never", "late")
    case.settle()
    work_off(api)
    api.tick(6 * 86_400)
    hourly.hourly({}, None)
    work_off(api)
    # Another IUR is other money, whatever else is alike; the one that was waited for is not.
    for iur in ("other", "late", "late"):
        receipt(api, case.station, case.iuv, 1_000, iur, day=PAID)
        work_off(api)
    found = receipts.of_position(case.station.tenant, case.position.id)
    assert {one.id: one.double for one in found} == {"other": True, "late": False}
    events = case.station.events(case.position)
    assert events[-3:] == ["pay", "paid_twice", "receipt_came"]
