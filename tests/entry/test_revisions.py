"""A flow comes anew after it was posted: an operator sees the difference, accepts or refuses."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.accounting import postable
from chalicelib.accounting.posting import store as books
from chalicelib.base import dynamo
from chalicelib.entry import on_audit
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Flow
from tests.entry import node_world
from tests.entry.api_world import Answer, Api
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import (
    FLOW_ID,
    ROOT,
    csv,
    dated,
    drop,
    get,
    pay,
    remember,
    settles,
    work_off,
)

POSTING = "/v1/body/posting"


@pytest.fixture
def station(api: Api) -> Station:
    found = node_world.station(api)
    remember(api, found.house)
    setting = books.Setting(chapter="1.1", per="chapter")
    dynamo.commit([books.put_setting(found.tenant, setting)])
    return found


def bring(api: Api, station: Station, flow: Flow, name: str) -> None:
    data = simulated.xml(dated(flow, api), station.creditor)
    drop(api, f"settlements/{station.tenant}/{name}.xml", data)
    work_off(api)


def banked(api: Api, station: Station, euros: str, name: str = "e") -> None:
    text = f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}"
    data = csv(("20/11/2026", text, euros))
    drop(api, f"statements/{station.tenant}/banca/{name}.csv", data)
    work_off(api)


def posted(api: Api, station: Station, *lines: tuple[str, int]) -> str:
    """A flow of these payments that is all posted; its name."""
    bring(api, station, settles(station, *lines), "first")
    cents = sum(cents for _, cents in lines)
    banked(api, station, f"{cents // 100},{cents % 100:02d}")
    (flow,) = get(api, station, "flows")["flows"]
    said, key = {"mode": "flow", "name": flow["id"]}, {"Idempotency-Key": "k"}
    answer = station.house.call(api, "POST", f"{POSTING}/runs", said, headers=key)
    assert answer.status == 202, answer.body
    work_off(api)
    api.tick(60)
    return str(flow["id"])


def decide(api: Api, station: Station, flow: str, **said: Any) -> Answer:
    waits = get(api, station, f"flows/{flow}/revision")["waits"]
    said = {"version": waits["id"] if waits else "none", "note": "Come da PSP"} | said
    return station.house.call(api, "POST", f"{ROOT}/flows/{flow}/revision", said)


def of(api: Api, station: Station, path: str) -> Any:
    return station.house.call(api, "GET", f"{POSTING}/{path}").json


def orders(api: Api, station: Station) -> list[tuple[int, int, str, str]]:
    found = of(api, station, "orders?year=2026")["orders"]
    return [(one["number"], one["cents"], one["state"], one["day"]) for one in found]


@pytest.mark.feature("F001-099", "F001-111", "F001-172")
def test_an_accepted_version_is_corrected_by_new_entries_in_the_open_period(
    api: Api, station: Station
) -> None:
    kept, gone, late = (pay(api, station, cents) for cents in (1_000, 2_000, 500))
    flow = posted(api, station, (kept, 1_000), (gone, 2_000))
    assert orders(api, station) == [(1, 3_000, "issued", "2026-11-20")]
    closing = station.house.call(api, "POST", f"{POSTING}/close", {"until": "2026-11-20"})
    assert closing.status == 200
    journal = of(api, station, "journal")["entries"]
    bring(api, station, settles(station, (kept, 1_000), (late, 500)), "second")
    seen = get(api, station, f"flows/{flow}/revision")
    assert (seen["counts"]["cents"], seen["waits"]["cents"], seen["differing"]) == (3_000, 1_500, 2)
    changes = {one["iuv"]: (one["kind"], one["before_cents"], one["after_cents"], one["orders"])
               for one in seen["changes"]}  # fmt: skip
    assert changes == {
        gone: ("gone", 2_000, None, ["2026-0000001"]), late: ("new", None, 500, []),
    }  # fmt: skip
    first = get(api, station, f"flows/{flow}/revision", limit=1)
    rest = get(api, station, f"flows/{flow}/revision", limit=1, cursor=first["cursor"])
    assert (first["changes"] + rest["changes"], rest["cursor"]) == (seen["changes"], None)

    version = seen["waits"]["id"]
    answer = decide(api, station, flow, accept=True)
    assert (answer.status, answer.json["running"]) == (202, True)
    # Said again at any moment it is the same; the other way it is too late.
    assert decide(api, station, flow, version=version, accept=True).status == 202
    again = decide(api, station, flow, version=version, accept=False)
    assert (again.status, again.code) == (409, "revision_decided")
    work_off(api)
    assert decide(api, station, flow, version=version, accept=True).json["running"] is False
    # Both were posted together, so both are taken back, by today's entry; what stood there stands.
    assert orders(api, station) == [(1, 3_000, "reversed", "2026-11-20")]
    now = of(api, station, "journal")["entries"]
    assert [one["seq"] for one in now[: len(journal)]] == [one["seq"] for one in journal]
    assert [(one["kind"], one["day"]) for one in now if one["note"] == "flow_revised"] == [
        ("reversed", "2026-11-21")
    ]
    # What the bank brought is not what the flow says now: nothing is posted until it is.
    (there,) = get(api, station, "flows")["flows"]
    assert (there["cents"], there["state"], there["posted_lines"]) == (1_500, "differs", 0)
    banked(api, station, "-15,00", "storno")
    assert orders(api, station)[1:] == [(2, 1_500, "issued", "2026-11-21")]
    (there,) = get(api, station, "flows")["flows"]
    assert (there["desk"], there["posted_cents"], there["labels"]) == ("done", 1_500, [])
    (row,) = get(api, station, "collections", iuv=gone)["collections"]
    assert (row["state"], row["labels"]) == ("paid", ["RT_NO_IUF"])
    balance = of(api, station, "balance")
    # The money of what is gone was in the books; now somebody has to look at it.
    assert (balance["posted_cents"], balance["anomalous_cents"], balance["open_cents"]) == (
        1_500, 2_000, 0,
    )  # fmt: skip
    (said,) = get(api, station, f"flows/{flow}/revision")["decisions"]
    assert (said["accepted"], said["note"]) == (True, "Come da PSP")
    api.run("audit", on_audit.handle)
    trail = station.house.call(api, "GET", "/v1/audit", query={"action": "flow_revised"})
    assert [one["facts"]["kind"] for one in trail.json["entries"]][:1] == ["accepted"]


@pytest.mark.feature("F001-099", "F001-172")
def test_a_refused_version_never_counts_and_what_is_posted_stays(
    api: Api, station: Station
) -> None:
    iuvs = [pay(api, station, 500) for _ in range(2)]
    flow = posted(api, station, *((iuv, 500) for iuv in iuvs))
    bring(api, station, settles(station, (iuvs[0], 500)), "second")
    answer = decide(api, station, flow, accept=False)
    assert (answer.status, answer.json["waits"]) == (202, None)
    work_off(api)
    (there,) = get(api, station, "flows")["flows"]
    assert (there["cents"], there["desk"], there["labels"]) == (1_000, "done", [])
    assert [one[2] for one in orders(api, station)] == ["issued"]
    # Not even once everything was taken back by hand, and an older version comes.
    station.house.call(api, "POST", f"{POSTING}/orders/2026-0000001/reverse", {"note": "wrong"})
    work_off(api)
    older = Flow(FLOW_ID, "ABI06090", [(iuvs[1], f"iur-{iuvs[1]}", 1, 500, "0")],
                 day="2026-11-20", created=api.now.replace(hour=1))  # fmt: skip
    drop(api, f"settlements/{station.tenant}/old.xml", simulated.xml(older, station.creditor))
    work_off(api)
    (there,) = get(api, station, "flows")["flows"]
    assert (there["cents"], len(postable.list_postable(station.tenant))) == (1_000, 2)
    nothing = decide(api, station, flow, accept=True)
    assert (nothing.status, nothing.code) == (409, "revision_not_held")


def test_what_stays_the_same_stays_posted_and_another_version_waits_for_its_turn(
    api: Api, station: Station
) -> None:
    # Each assessment by itself, so that an order holds one payment.
    setting = books.get_setting(station.tenant)
    changed = books.Setting(chapter="1.1", late="last", version=setting.version)
    dynamo.commit([books.put_setting(station.tenant, changed)])
    iuvs = [pay(api, station, 500) for _ in range(3)]
    flow = posted(api, station, *((iuv, 500) for iuv in iuvs))
    bring(api, station, settles(station, (iuvs[0], 500), (iuvs[1], 500)), "second")
    assert decide(api, station, flow, accept=True, post=False).status == 202
    api.tick(60)
    # It comes while the former is on its way.
    third = dated(settles(station, (iuvs[0], 500), (iuvs[2], 500)), api)
    drop(api, f"settlements/{station.tenant}/third.xml", simulated.xml(third, station.creditor))
    work_off(api)
    states = {one[0]: one[2] for one in orders(api, station)}
    assert list(states.values()).count("reversed") == 1
    seen = get(api, station, f"flows/{flow}/revision")
    assert (seen["running"], seen["counts"]["cents"], seen["differing"]) == (False, 1_000, 2)
    assert {one["kind"] for one in seen["changes"]} == {"gone", "new"}
    (there,) = get(api, station, "flows")["flows"]
    assert there["posted_cents"] == 1_000
