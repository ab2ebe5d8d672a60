"""The inbox of what does not agree: every filter, each alone and with others, page by page."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from chalicelib.payments.dues.model import Person
from chalicelib.payments.receipts.model import Subject
from infra.local.pagopa import fdr as simulated
from tests.entry import node_world
from tests.entry.api_world import Api
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import (
    csv,
    dated,
    drop,
    get,
    pay,
    receipt,
    remember,
    settles,
    work_off,
)

MARIA, LUCA = "RSSMRA80A41H501Y", "VRDLCU85C15F205R"
FLOW, SHORT, UNKNOWN = (
    "2026-11-19ABI06090-0001", "2026-11-20ABI06090-0002", "2026-11-18ABI06090-0009",
)  # fmt: skip


class Desk(NamedTuple):
    """Six things to look at. `names`: their ids in the API by what they are called here."""

    station: Station
    names: dict[str, str]
    iuvs: dict[str, str]
    flow: str


@pytest.fixture(scope="module")
def desk(api: Api) -> Desk:
    station = node_world.station(api)
    less, short, alone = pay(api, station), pay(api, station, 500), "01000000000099988"
    cancelled = station.place(800, person=Person(LUCA, "Verdi Luca"))
    station.house.call(api, "POST", f"/v1/body/positions/{cancelled.id}/cancel")
    late = cancelled.payments[0].iuv
    luca = Subject("F", LUCA, "Verdi Luca")
    receipt(api, station, late, 800, "late", day="2026-11-12", debtor=luca)
    for flow_id, line in ((FLOW, (less, 900)), (SHORT, (short, 500))):
        flow = dated(settles(station, line, flow_id=flow_id), api)
        data = simulated.xml(flow, station.creditor)
        drop(api, f"settlements/{station.tenant}/{flow_id}.xml", data)
    remember(api, station.house)
    rows = csv(
        ("20/11/2026", f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW}", "9,00"),
        ("21/11/2026", f"/PUR/LGPE-RIVERSAMENTO/URI/{SHORT}", "4,00"),
        ("19/11/2026", f"/PUR/LGPE-RIVERSAMENTO/URI/{UNKNOWN}", "7,77"),
        ("20/11/2026", f"/RFB/{alone}/12.00", "12,00"),
    )
    drop(api, f"statements/{station.tenant}/banca/e.csv", rows)
    work_off(api)
    flows = {one["flow_id"]: one["id"] for one in get(api, station, "flows")["flows"]}
    moves = {one["cents"]: one["id"] for one in get(api, station, "movements")["movements"]}
    return Desk(
        station,
        {
            "less": less, "late": late, "flow": flows[FLOW], "short": flows[SHORT],
            "unknown": moves[777], "alone": moves[1_200],
        },
        {"less": less, "short": short, "alone": alone, "late": late},
        flows[FLOW],
    )  # fmt: skip


def asked(api: Api, desk: Desk, **query: Any) -> list[dict[str, Any]]:
    return list(get(api, desk.station, "inbox", **query)["entries"])


def called(desk: Desk, entries: list[dict[str, Any]]) -> list[str]:
    known = {name: word for word, name in desk.names.items()}
    return [known[one["id"]] for one in entries]


@pytest.mark.feature("F001-105", "F001-106", "F001-107", "F001-108")
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, "alone flow late less short unknown"),
        ({"kind": "payment"}, "late less"),
        ({"kind": "flow"}, "flow short"),
        ({"kind": "movement"}, "alone unknown"),
        # Who paid: a flow and a movement have no payer.
        ({"tax_code": MARIA}, "less"),
        ({"tax_code": LUCA.lower()}, "late"),
        ({"tax_code": "BNCGLI80A41H501W"}, ""),
        ({"tax_code": MARIA, "kind": "flow"}, ""),
        ({"iuv": "less"}, "less"),
        ({"iuv": "alone"}, "alone"),
        ({"iuv": "short"}, ""),
        ({"iuv": "less", "tax_code": LUCA}, ""),
        # By its id as it stands in it, in a text, or by our own name for it.
        ({"flow": FLOW}, "flow less"),
        ({"flow": FLOW.lower()}, "flow less"),
        ({"flow": "name"}, "flow less"),
        ({"flow": UNKNOWN}, "unknown"),
        ({"flow": SHORT, "kind": "payment"}, ""),
        # A flow that is cashed says what is said of its lines.
        ({"label": "AMOUNT_DIFFERS"}, "flow less"),
        ({"label": "IUV_NO_RT"}, ""),
        ({"label": "CANCELLED_PAID"}, "late"),
        ({"label": "IUF_TES_DIV_IMP"}, "short"),
        ({"label": "TES_NO_IUF_OR_IUV"}, "alone unknown"),
        ({"label": "REVOKED"}, ""),
        # When it was paid, both days within.
        ({"paid_from": "2026-11-19"}, "less"),
        ({"paid_until": "2026-11-18"}, "late"),
        ({"paid_from": "2026-11-12", "paid_until": "2026-11-12"}, "late"),
        ({"paid_from": "2026-11-13", "paid_until": "2026-11-18"}, ""),
        # When its money was on the account.
        ({"banked_from": "2026-11-20"}, "alone flow less short"),
        ({"banked_until": "2026-11-19"}, "unknown"),
        ({"banked_from": "2026-11-21", "banked_until": "2026-11-21"}, "short"),
        ({"banked_from": "2026-11-20", "banked_until": "2026-11-20", "kind": "payment"}, "less"),
        ({"banked_from": "2026-11-20", "paid_until": "2026-11-19"}, "less"),
    ],
    ids=lambda one: "-".join(map(str, one.values())) if isinstance(one, dict) else "",
)  # fmt: skip
def test_the_inbox_is_filtered(api: Api, desk: Desk, query: dict[str, str], wanted: str) -> None:
    said = dict(query)
    if "iuv" in said:
        said["iuv"] = desk.iuvs[said["iuv"]]
    if said.get("flow") == "name":
        said["flow"] = desk.flow
    assert sorted(called(desk, asked(api, desk, **said))) == wanted.split()


def test_pages_of_the_inbox_are_the_whole_of_it_once(api: Api, desk: Desk) -> None:
    whole = called(desk, asked(api, desk))
    assert len(whole) == 6
    for query, wanted in (({}, whole), ({"kind": "flow"}, ["short", "flow"])):
        found: list[str] = []
        cursor = ""
        while True:
            answer = get(api, desk.station, "inbox", limit=1, cursor=cursor, **query)
            found += called(desk, answer["entries"])
            cursor = answer["cursor"]
            if not cursor:
                break
        assert found == wanted
    # A cursor is of its question.
    other = get(api, desk.station, "inbox", limit=1)["cursor"]
    refused = desk.station.house.call(
        api, "GET", "/v1/body/reconciliation/inbox", query={"cursor": other, "kind": "flow"}
    )
    assert (refused.status, refused.code) == (400, "cursor_invalid")
