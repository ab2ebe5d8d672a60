"""What a bank's statement and the flows bring is posted through the doors, in both modes: nothing
between a file and its reversale is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from infra.local.pagopa import fdr as simulated
from tests.entry import node_world
from tests.entry.api_world import Api
from tests.entry.bodies import BANK
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import (
    csv,
    dated,
    drop,
    get,
    pay,
    remember,
    settles,
    work_off,
)

ROOT = "/v1/body/reconciliation"
BOOKS = "/v1/body/posting"
FIRST, SECOND, THIRD = (f"2026-11-{day}ABI06090-000{day}" for day in (18, 19, 20))


@pytest.fixture
def station(api: Api) -> Station:
    return node_world.station(api)


def settle(api: Api, station: Station, flow_id: str, *lines: tuple[str, int]) -> str:
    """A flow comes in; its name."""
    flow = dated(settles(station, *lines, flow_id=flow_id), api)
    drop(api, f"settlements/{station.tenant}/{flow_id}.xml", simulated.xml(flow, station.creditor))
    work_off(api)
    (one,) = get(api, station, "flows", flow_id=flow_id)["flows"]
    return str(one["id"])


def load(api: Api, station: Station, name: str, *rows: tuple[str, str, str]) -> str:
    """An operator loads a statement; its id."""
    answer = station.house.call(
        api, "POST", f"{ROOT}/statements", csv(*rows), query={"name": name, "columns": "banca"}
    )
    assert answer.status == 202, answer.body
    work_off(api)
    return str(answer.json["id"])


def post(api: Api, station: Station, mode: str, name: str, **said: Any) -> dict[str, Any]:
    """The preview of a run, which makes nothing, and the run as it ended."""
    wanted = {"mode": mode, "name": name} | said
    before = orders(api, station)
    seen = station.house.call(api, "POST", f"{BOOKS}/preview", wanted)
    assert (seen.status, orders(api, station)) == (200, before)
    answer = station.house.call(
        api, "POST", f"{BOOKS}/runs", wanted, headers={"Idempotency-Key": f"{mode} {name}"}
    )
    assert answer.status == 202, answer.body
    work_off(api)
    run = dict(station.house.call(api, "GET", f"{BOOKS}/runs/{answer.json['id']}").json)
    assert (run["state"], run["orders"]) == ("posted", len(seen.json["drafts"]))
    return run


def orders(api: Api, station: Station) -> list[dict[str, Any]]:
    answer = station.house.call(api, "GET", f"{BOOKS}/orders", query={"year": 2026})
    return list(answer.json["orders"])


def books(api: Api, station: Station, path: str) -> Any:
    return station.house.call(api, "GET", f"{BOOKS}/{path}").json


@dataclass(frozen=True)
class Facts:
    """Three flows by the IUVs that each reports, their names, and two statements."""

    iuvs: dict[str, list[str]]
    names: dict[str, str]
    statements: tuple[str, str]


def facts(api: Api, station: Station) -> Facts:
    """The first flow's money is on the first statement, the second's on the second, and the third's
    is on the first, but one of its payments has no receipt."""
    iuvs = {one: [pay(api, station, cents) for cents in (1_000, 2_550)] for one in (FIRST, SECOND)}
    iuvs[THIRD] = [pay(api, station, 700)]
    names = {
        one: settle(api, station, one, *zip(iuvs[one], (1_000, 2_550), strict=True))
        for one in (FIRST, SECOND)
    }
    unpaid = station.place(300).payments[0].iuv
    names[THIRD] = settle(api, station, THIRD, (iuvs[THIRD][0], 700), (unpaid, 300))
    remember(api, station.house)
    first = load(
        api, station, "first", ("20/11/2026", f"/PUR/LGPE-RIVERSAMENTO/URI/{THIRD}", "10,00"),
        ("19/11/2026", f"RIVERSAMENTO/URI/{FIRST[:11]} {FIRST[11:]}", "35,50"),
        ("19/11/2026", "BONIFICO ROSSI QUOTA", "35,50"),
    )  # fmt: skip
    text = f"/PUR/LGPE-RIVERSAMENTO/URI/{SECOND}"
    second = load(api, station, "second", ("20/11/2026", text, "35,50"))
    return Facts(iuvs, names, (first, second))


@pytest.mark.feature("F001-001", "F001-109", "F001-111", "F001-112", "F001-113", "F001-114")
@pytest.mark.feature("F001-115")
@pytest.mark.parametrize("mode", ["statement", "flow"])
def test_a_statement_or_a_flow_is_posted_and_nothing_else(
    api: Api, station: Station, mode: str
) -> None:
    there = facts(api, station)
    # Of the first statement; or of the second flow, though its money came later.
    if mode == "statement":
        mine, other, name = FIRST, SECOND, there.statements[0]
        day, said = "2026-11-19", {}
    else:
        mine, other, name = SECOND, FIRST, there.names[SECOND]
        day, said = "2026-11-21", {"day": "2026-11-21", "counterpart": "Banca X", "account": BANK}
    run = post(api, station, mode, name, **said)
    assert (run["payments"], run["cents"], run["left"]) == (2, 3_550, 0)
    found = orders(api, station)
    assert [(one["number"], one["day"], one["flow_id"]) for one in found] == [
        (1, day, mine), (2, day, mine),
    ]  # fmt: skip
    lines = [books(api, station, f"orders/{one['id']}")["lines"] for one in found]
    assert {line["iuv"] for each in lines for line in each} == set(there.iuvs[mine])
    if said:
        assert {(one["counterpart"], one["account"]) for one in found} == {("Banca X", BANK)}
    # Each brought something of an assessment, and its flow knows that it is done.
    for line in (line for each in lines for line in each):
        assessed = books(api, station, f"assessments/{line['assessment']}")
        assert assessed["collected_cents"] == line["cents"]
    flows = {one["flow_id"]: one for one in get(api, station, "flows")["flows"]}
    assert {one: (flow["desk"], flow["posted_cents"]) for one, flow in flows.items()} == {
        mine: ("done", 3_550), other: ("ready", 0), THIRD: ("odd", 0),
    }  # fmt: skip
    money = get(api, station, "summary")["money"]
    assert (money["came"], money["posted"]) == (8_100, 3_550)
    assert {one["iuv"] for one in books(api, station, "open")["payments"]} == set(there.iuvs[other])
    # Asked for in the other mode it is nothing any more; the other flow is posted by its own.
    if mode == "statement":
        again, rest = ("flow", there.names[mine]), ("statement", there.statements[1])
    else:
        again, rest = ("statement", there.statements[1]), ("flow", there.names[other])
    assert post(api, station, *again)["orders"] == 0
    if mode == "flow":  # its day is before the last number: it stays open and says why
        late = {"mode": "flow", "name": there.names[other]}
        seen = station.house.call(api, "POST", f"{BOOKS}/preview", late).json
        assert {one["code"] for one in seen["problems"]} == {"posting_date_past"}
        rest = ("statement", there.statements[0])
        said = {"day": "2026-11-21"}
    assert post(api, station, *rest, **said)["cents"] == 3_550
    assert books(api, station, "open") == {"cents": 0, "payments": []}
    assert get(api, station, "summary")["money"]["posted"] == 7_100


@pytest.mark.feature("F001-125", "F001-110")
@pytest.mark.parametrize(
    "supplement", ["/PUR/LGPE-RIVERSAMENTO/TXT/1/URI/", "/PUR/LGPE-INTEGRAZIONE/URI/"]
)
@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_a_flow_is_posted_when_a_supplementary_transfer_completes_it(
    api: Api, station: Station, supplement: str, together: bool
) -> None:
    iuvs = [pay(api, station, cents) for cents in (300, 700)]
    name = settle(api, station, FIRST, *zip(iuvs, (300, 700), strict=True))
    remember(api, station.house)
    first = ("19/11/2026", f"/PUR/LGPE-RIVERSAMENTO/TXT/0/URI/{FIRST}", "6,00")
    second = ("20/11/2026", f"{supplement}{FIRST}", "4,00")
    if together:
        statement = load(api, station, "whole", second, first)
    else:
        load(api, station, "first", first)
        # Six of ten euros are no part of it that anything could be posted of.
        (entry,) = get(api, station, "inbox")["entries"]
        assert (entry["kind"], entry["flow"], entry["labels"]) == (
            "flow", name, ["IUF_TES_DIV_IMP"],
        )  # fmt: skip
        assert post(api, station, "flow", name)["orders"] == 0
        assert get(api, station, "summary")["money"]["open"] == 0
        statement = load(api, station, "second", second)
    assert get(api, station, "inbox")["entries"] == []
    (flow,) = get(api, station, "flows")["flows"]
    assert (flow["state"], flow["bank_cents"], flow["cents"]) == ("cashed", 1_000, 1_000)
    # The day that counts is the one on which all of it was there.
    run = post(api, station, "statement", statement)
    assert (run["payments"], run["cents"], run["left"]) == (2, 1_000, 0)
    assert [one["day"] for one in orders(api, station)] == ["2026-11-20"] * 2
    assert get(api, station, "summary")["money"] == {
        "came": 1_000, "posted": 1_000, "open": 0, "anomalous": 0,
    }  # fmt: skip
