"""What reconciliation comes to: what is odd and for whom, links by hand, what is posted, alarms,
single transfers, revoked payments."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.accounting import postable
from chalicelib.base import dynamo, fields, keys, work
from chalicelib.entry import hourly, on_reconcile
from chalicelib.payments.positions import counts
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Flow
from tests.accounting.facts_world import kept_receipt
from tests.entry import bodies, node_world
from tests.entry.api_world import Api, Context
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import (
    FLOW_ID,
    ROOT,
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
from tests.tables import due_rows


@pytest.fixture
def station(api: Api) -> Station:
    return node_world.station(api)


def test_a_lying_flow_is_kept_as_anomalous_and_posted_by_nobody(api: Api, station: Station) -> None:
    iuv = pay(api, station)
    flow = dated(settles(station, (iuv, 1_000), said_count=64, said_cents=220_400), api)
    answer = station.house.call(
        api, "POST", f"{ROOT}/flows", simulated.xml(flow, station.creditor),
        query={"name": "f.xml"},
    )  # fmt: skip
    assert answer.status == 202, answer.body
    work_off(api)
    (one,) = get(api, station, "flows")["flows"]
    assert (one["state"], one["desk"]) == ("anomalous", "odd")
    detail = get(api, station, f"flows/{one['id']}")
    assert {"count_differs", "sum_differs"} <= set(detail["versions"][0]["labels"])
    (entry,) = get(api, station, "inbox", kind="flow")["entries"]
    assert (entry["flow_id"], "FLOW_ANOMALOUS" in entry["labels"]) == (FLOW_ID, True)
    assert postable.list_postable(station.tenant) == []
    broken = station.house.call(api, "POST", f"{ROOT}/flows", b"<html/>", query={"name": "x.xml"})
    assert broken.status == 202
    work_off(api)
    refused = next(one for one in get(api, station, "sources")["sources"]
                   if one["state"] == "refused")  # fmt: skip
    assert refused["code"] == "flow_not_a_flow"


def test_an_operator_links_with_a_note_and_takes_it_back(api: Api, station: Station) -> None:
    iuv = pay(api, station)
    flow = dated(settles(station, (iuv, 1_000)), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    remember(api, station.house)
    cut = "/PUR/LGPE-RIVERSAMENTO/URI/2"
    drop(api, f"statements/{station.tenant}/banca/e.csv", csv(("20/11/2026", cut, "10,00")))
    work_off(api)
    (entry,) = get(api, station, "inbox", kind="movement")["entries"]
    assert (entry["labels"], entry["text"]) == (["TES_PROPOSED"], cut)
    assert postable.list_postable(station.tenant) == []
    name = get(api, station, "flows")["flows"][0]["id"]
    (statement,) = get(api, station, "statements")["statements"]
    mine = {"statement": statement["id"], "open": True}
    (line,) = get(api, station, "movements", **mine)["movements"]
    assert (line["id"], line["text"], line["outcome"]) == (entry["id"], cut, "proposed")
    assert get(api, station, f"statements/{statement['id']}")["outcomes"] == {"proposed": 1}
    path = f"{ROOT}/movements/{entry['id']}"
    found = get(api, station, f"movements/{entry['id']}")
    bare = {"flow": name, "version": found["version"]}
    assert station.house.call(api, "POST", f"{path}/link", bare).status == 400
    linked = station.house.call(api, "POST", f"{path}/link", bare | {"note": "Visto in banca"})
    assert linked.status == 200, linked.body
    work_off(api)
    (one,) = postable.list_postable(station.tenant)
    assert (one.iuv, one.bank) == (iuv, entry["id"])
    assert get(api, station, "inbox")["entries"] == []
    assert get(api, station, "movements", **mine)["movements"] == []
    (line,) = get(api, station, "movements")["movements"]
    assert (line["outcome"], line["link"]["flow"]) == ("linked", name)
    said = {"version": linked.json["version"], "note": "Era un altro"}
    undone = station.house.call(api, "POST", f"{path}/unlink", said)
    notes = [(each["note"], each["link"] and each["link"]["kind"]) for each in undone.json["notes"]]
    assert notes == [("Visto in banca", "flow"), ("Era un altro", None)]
    work_off(api)
    assert postable.list_postable(station.tenant) == []
    stale = station.house.call(api, "POST", f"{path}/unlink", said)
    assert stale.status == 409


def test_what_is_posted_is_posted_once_and_a_later_version_is_held(
    api: Api, station: Station
) -> None:
    iuvs = [pay(api, station, 500) for _ in range(2)]
    flow = dated(settles(station, *((iuv, 500) for iuv in iuvs)), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    remember(api, station.house)
    text = f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}"
    drop(api, f"statements/{station.tenant}/banca/e.csv", csv(("20/11/2026", text, "10,00")))
    work_off(api)
    found = postable.list_postable(station.tenant)
    assert len(found) == 2
    apart = [op for one in found for op in postable.posted(station.tenant, [one], "2026-1")]
    dynamo.commit(postable.merged(apart))
    assert postable.list_postable(station.tenant) == []
    with pytest.raises(dynamo.ConditionFailed):
        postable.posted(station.tenant, found[:1], "2026-2")
    work_off(api)
    (one,) = get(api, station, "flows")["flows"]
    assert (one["desk"], one["posted_lines"], one["posted_cents"]) == ("done", 2, 1_000)
    assert get(api, station, "summary")["money"] == {
        "came": 1_000, "posted": 1_000, "open": 0, "anomalous": 0,
    }  # fmt: skip
    api.tick(60)
    later = dated(settles(station, (iuvs[0], 500)), api)
    drop(api, f"settlements/{station.tenant}/g.xml", simulated.xml(later, station.creditor))
    work_off(api)
    (one,) = get(api, station, "flows")["flows"]
    assert (one["cents"], one["desk"]) == (1_000, "odd")
    assert "revised_after_posting" in one["labels"]
    # Taken back, it may be posted again once somebody has looked.
    ops = postable.released(station.tenant, [each.key for each in found], "2026-1")
    dynamo.commit(postable.merged(ops))
    work_off(api)
    (one,) = get(api, station, "flows")["flows"]
    assert one["posted_lines"] == 0


def test_what_waits_too_long_is_told_once(api: Api, station: Station) -> None:
    from chalicelib.accounting import alerts

    pay(api, station)
    iuv = pay(api, station, 700)
    flow = dated(settles(station, (iuv, 700)), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    work_off(api)
    assert get(api, station, "inbox")["entries"] == []
    api.tick(5 * 86_400)  # Thursday: three working days after Friday's receipt are over
    for _ in range(2):
        hourly.hourly({}, None)
        work_off(api)
        api.tick(86_400)
    again = station.again(api)
    entries = get(api, again, "inbox")["entries"]
    assert {(one["kind"], one["overdue"]) for one in entries} == {("flow", True), ("payment", True)}
    letters = [
        row for row in due_rows("tell") if f"#{station.tenant}#" in row["pk"]
    ]  # fmt: skip
    assert len(letters) == 1
    assert list(alerts.late(station.tenant, api.now.date()))


def test_late_things_are_told_to_those_whom_the_body_names(api: Api, station: Station) -> None:
    pay(api, station)
    work_off(api)
    path, said = f"{ROOT}/setting", {"way": "none"}
    for bad in ["niente"], ["a@example.org"] * 11, ["Ä@example.org"]:
        refused = station.house.call(api, "PUT", path, said | {"recipients": bad})
        assert 400 <= refused.status < 500, refused.body
    names = ["conti@example.org", "presidenza@example.org"]
    saved = station.house.call(api, "PUT", path, said | {"recipients": [*names, names[0]]})
    assert saved.json["recipients"] == names
    # What says nothing of them leaves them; no address stands in the table as it is.
    kept = station.house.call(api, "PUT", path, said | {"version": saved.json["version"]})
    assert (kept.status, kept.json["recipients"]) == (200, names)
    items = list(dynamo.query(keys.pk(station.tenant, "BODY")))
    assert "example.org" not in repr([one for one in items if "SETTLEMENTS" in one["sk"]])
    api.tick(5 * 86_400)
    for _ in range(2):
        hourly.hourly({}, None)
        work_off(api)
        api.tick(3_600)
    rows = [dynamo.get((row["pk"], row["sk"])) or {} for row in _letters(station)]
    found = [fields.unseal(station.tenant, "letter", row["letter"], row["kind"], row["sealed"])
             for row in rows]  # fmt: skip
    assert sorted(json.loads(one)["to"] for one in found) == names
    again = bodies.again(api, station.house)
    none = said | {"recipients": [], "version": kept.json["version"]}
    assert again.call(api, "PUT", path, none).json["recipients"] == []


def _letters(station: Station) -> list[dict[str, Any]]:
    return [
        row for shard in range(work.SHARDS)
        for row in dynamo.query(f"due#{shard}", index="due")
        if row["queue"] == "tell" and f"#{station.tenant}#" in row["pk"]
    ]  # fmt: skip


def test_a_flow_stands_for_a_receipt_that_nobody_has(api: Api, station: Station) -> None:
    """Outcome 9: no receipt comes; after some days the flow pays the position, and the receipt that
    comes after all is the same payment."""
    position = station.place(1_000)
    iuv = position.payments[0].iuv
    flow = dated(Flow(FLOW_ID, "ABI06090", [(iuv, "late", 1, 1_000, "9")], day="2026-11-20"), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    said = {"way": "none", "stand_in_days": 3}
    assert station.house.call(api, "PUT", f"{ROOT}/setting", said).status == 200
    work_off(api)
    (row,) = get(api, station, "collections")["collections"]
    assert (row["state"], row["labels"]) == ("reported_only", ["IUV_NO_RT", "NO_RECEIPT_YET"])
    api.tick(6 * 86_400)
    hourly.hourly({}, None)
    work_off(api)
    again = station.again(api)
    (row,) = get(api, again, "collections")["collections"]
    assert (row["state"], row["labels"]) == ("reported", ["RT_IUF"])
    assert (station.now(position).state, row["position"]) == ("reported", position.id)
    receipt(api, station, iuv, 1_000, "late", day="2026-11-19")
    work_off(api)
    (row,) = get(api, again, "collections")["collections"]
    assert (row["state"], row["paid_day"]) == ("reported", "2026-11-19")
    (flow_now,) = get(api, again, "flows")["flows"]
    assert (flow_now["matched_cents"], flow_now["anomalous_cents"]) == (1_000, 0)


def test_a_stamp_is_in_no_flow_and_nobody_is_alarmed(api: Api, station: Station) -> None:
    position = station.place(1_600)
    iuv = position.payments[0].iuv
    stamp = replace(kept_receipt(station.creditor, iuv, "s1", 1_600).transfers[0], stamp=True)
    receipt(api, station, iuv, 1_600, "s1", transfers=(stamp,))
    work_off(api)
    api.tick(9 * 86_400)
    again = station.again(api)
    (row,) = get(api, again, "collections")["collections"]
    assert (row["labels"], row["overdue"]) == (["STAMP"], False)
    assert get(api, again, "inbox")["entries"] == []


def test_what_is_paid_of_a_cancelled_position_is_odd(api: Api, station: Station) -> None:
    position = station.place(1_000)
    path = f"/v1/body/positions/{position.id}/cancel"
    assert station.house.call(api, "POST", path).status == 200
    receipt(api, station, position.payments[0].iuv, 1_000, "c1")
    work_off(api)
    (entry,) = get(api, station, "inbox")["entries"]
    assert (entry["kind"], "CANCELLED_PAID" in entry["labels"]) == ("payment", True)


# ------------------------------------------------------------------ single transfers
def _brings(api: Api, station: Station, *rows: tuple[str, str]) -> str:
    """A statement with these texts and amounts; its id."""
    remember(api, station.house)
    day = "20/11/2026"
    said = csv(*((day, text, amount) for text, amount in rows))
    drop(api, f"statements/{station.tenant}/banca/e.csv", said)
    work_off(api)
    return str(get(api, station, "statements")["statements"][0]["id"])


def _books(api: Api, station: Station, path: str) -> Any:
    return station.house.call(api, "GET", f"/v1/body/posting/{path}").json


@pytest.mark.feature("F001-109", "F001-110", "F001-125")
def test_a_single_transfer_of_the_receipts_amount_is_posted_without_a_hand(
    api: Api, station: Station
) -> None:
    told, bare, other = (pay(api, station, cents) for cents in (3_000, 1_550, 2_000))
    name = _brings(
        api, station, (f"/RFB/{told}/30.00", "30,00"),
        (f"ACCREDITO /RFB/ {bare[:9]} {bare[9:]}/TXT/QUOTA", "15,50"), (f"/RFB/{other}", "19,00"),
    )  # fmt: skip
    rows = {row["iuv"]: row for row in get(api, station, "collections")["collections"]}
    assert [(rows[one]["state"], rows[one]["bank_day"]) for one in (told, bare, other)] == [
        ("cashed", "2026-11-20"), ("cashed", "2026-11-20"), ("paid", None),
    ]  # fmt: skip
    # What is not the receipt's amount waits for a person, who reads what to do.
    (entry,) = get(api, station, "inbox", kind="movement")["entries"]
    assert (entry["labels"], entry["cents"], entry["text"]) == (
        ["RT_TES_DIV_IMP"], 1_900, f"/RFB/{other}",
    )  # fmt: skip
    (same,) = get(api, station, "inbox", iuv=other, label="RT_TES_DIV_IMP")["entries"]
    assert (same["kind"], same["id"]) == ("movement", entry["id"])
    assert {one["iuv"] for one in _books(api, station, "open")["payments"]} == {told, bare}
    run = station.house.call(
        api, "POST", "/v1/body/posting/runs", {"mode": "statement", "name": name},
        headers={"Idempotency-Key": "k"},
    )  # fmt: skip
    assert run.status == 202, run.body
    work_off(api)
    done = _books(api, station, f"runs/{run.json['id']}")
    assert (done["payments"], done["cents"], done["left"], done["problems"]) == (2, 4_550, 0, [])
    assert _books(api, station, "open") == {"cents": 0, "payments": []}
    assert get(api, station, "summary")["money"] == {
        "came": 6_450, "posted": 4_550, "open": 0, "anomalous": 1_900,
    }  # fmt: skip
    # A flow that speaks of it after all brings no second posting of it.
    flow = dated(settles(station, (told, 3_000)), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    work_off(api)
    assert postable.list_postable(station.tenant) == []
    assert get(api, station, "summary")["money"]["posted"] == 4_550


def test_a_single_transfer_that_says_another_amount_waits_for_a_hand(
    api: Api, station: Station
) -> None:
    iuvs = [pay(api, station, 2_000), pay(api, station, 2_000)]
    said, halves = iuvs
    _brings(
        api, station, (f"/RFB/{said}/21.00", "20,00"), (f"/RFB/{halves}", "12,00"),
        (f"/RFB/{halves}", "8,00"),
    )  # fmt: skip
    assert postable.list_postable(station.tenant) == []
    entries = {one["id"]: one for one in get(api, station, "inbox")["entries"]}
    assert [one["labels"] for one in entries.values()] == [["RT_TES_DIV_IMP"]] * 2
    for name in entries:
        found = get(api, station, f"movements/{name}")
        iuv = said if said in found["text"] else halves
        path = f"{ROOT}/movements/{name}/link"
        by_hand = {"iuv": iuv, "version": found["version"], "note": "In tutto è giusto"}
        answer = station.house.call(api, "POST", path, by_hand)
        assert answer.status == 200, answer.body
    work_off(api)
    assert {one.iuv for one in postable.list_postable(station.tenant)} == set(iuvs)
    assert get(api, station, "inbox")["entries"] == []


@pytest.mark.feature("F001-110", "F001-111", "F001-125")
@pytest.mark.parametrize("way", ["flow", "single"])
def test_what_is_paid_of_a_cancelled_position_is_posted_and_shown_whichever_way_it_came(
    api: Api, station: Station, way: str
) -> None:
    position = station.place(1_000)
    iuv = position.payments[0].iuv
    station.house.call(api, "POST", f"/v1/body/positions/{position.id}/cancel")
    receipt(api, station, iuv, 1_000, f"iur-{iuv}")
    if way == "flow":
        flow = dated(settles(station, (iuv, 1_000)), api)
        drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    said = {"flow": f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}", "single": f"/RFB/{iuv}/10.00"}
    name = _brings(api, station, (said[way], "10,00"))
    assert [one.iuv for one in postable.list_postable(station.tenant)] == [iuv]
    run = {"mode": "statement", "name": name}
    key = {"Idempotency-Key": way}
    station.house.call(api, "POST", "/v1/body/posting/runs", run, headers=key)
    work_off(api)
    assert get(api, station, "summary")["money"] == {
        "came": 1_000, "posted": 1_000, "open": 0, "anomalous": 0,
    }  # fmt: skip
    # Posted or not, an operator sees that nobody had asked for it any more.
    (entry,) = get(api, station, "inbox", label="CANCELLED_PAID")["entries"]
    assert (entry["kind"], entry["id"]) == ("payment", iuv)
    assert get(api, station, "summary")["anomalies"] == {"CANCELLED_PAID": 1}


# ------------------------------------------------------------------ revoked payments
def _revokes(api: Api, station: Station, iuv: str, cents: int, iur: str = "") -> None:
    """A flow with the line of outcome 3."""
    revoked = [(iuv, iur or f"iur-{iuv}", 1, cents, "3")]
    flow = Flow("2026-11-21ABI06090-0009", "ABI06090", revoked, day="2026-11-21")
    data = simulated.xml(dated(flow, api), station.creditor)
    drop(api, f"settlements/{station.tenant}/revoked.xml", data)
    work_off(api)


def _reopen(api: Api, station: Station, position: str, note: str = "Revocato dal PSP") -> Any:
    path = f"/v1/body/positions/{position}/reopen"
    return station.house.call(api, "POST", path, {"note": note})


@pytest.mark.parametrize("reported", [False, True])
def test_a_revoked_payment_is_asked_for_anew_by_a_person(
    api: Api, station: Station, reported: bool
) -> None:
    position = station.place(3_000)
    iuv = position.payments[0].iuv
    receipt(api, station, iuv, 3_000, f"iur-{iuv}")
    if reported:
        flow = dated(settles(station, (iuv, 3_000)), api)
        drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    work_off(api)
    assert station.now(position).state == ("reported" if reported else "paid")
    early = _reopen(api, station, position.id)
    assert (early.status, early.code) == (409, "reopen_not_revoked")
    _revokes(api, station, iuv, 3_000)
    (entry, *_) = get(api, station, "inbox", label="REVOKED")["entries"]
    assert entry["position"] == position.id
    before = station.house.call(api, "GET", "/v1/body/summary").json
    uncounted = counts.recount(station.tenant).differences  # the world makes positions by hand

    answer = _reopen(api, station, position.id)
    assert answer.status == 200, answer.body
    new = answer.json
    assert (new["state"], new["cents"]) == ("valid", 3_000)
    (asked,) = new["payments"]
    assert asked["iuv"] != iuv
    assert _reopen(api, station, position.id, "Ancora").json["id"] == new["id"]
    # What was paid is asked for again, and no more than that.
    after = station.house.call(api, "GET", "/v1/body/summary").json
    changed = {one: after[one]["cents"] - before[one]["cents"] for one in ("due", "paid", "open")}
    assert changed == {"due": 0, "paid": -3_000, "open": 3_000}
    assert counts.recount(station.tenant).differences == uncounted
    old = station.house.call(api, "GET", f"/v1/body/positions/{position.id}").json
    assert (old["state"], old["timeline"][-1]["event"]) == ("invalid", "reopened")
    assert old["timeline"][-1]["facts"] == {"note": "Revocato dal PSP", "into": new["id"]}
    items = list(dynamo.query(f"T#{station.tenant}#POSITION#{position.id}"))
    assert "Revocato dal PSP" not in repr(items)
    # Nobody has to look at it again, and whoever looks finds the new one.
    work_off(api)
    assert get(api, station, "inbox", label="REVOKED")["entries"] == []
    rows = get(api, station, "collections", iuv=iuv)["collections"]
    assert {row["reopened"] for row in rows} == {new["id"]}
    # The new number is paid as any other.
    receipt(api, station, asked["iuv"], 3_000, "again")
    work_off(api)
    paid = station.house.call(api, "GET", f"/v1/body/positions/{new['id']}").json
    assert (paid["state"], paid["payments"][0]["state"]) == ("paid", "paid")


def test_what_was_paid_otherwise_is_not_asked_for_anew(api: Api, station: Station) -> None:
    position = station.place(2_000)
    iuv = position.payments[0].iuv
    for iur in ("a1", "a2"):
        receipt(api, station, iuv, 2_000, iur)
    _revokes(api, station, iuv, 2_000, "a1")
    refused = _reopen(api, station, position.id)
    assert (refused.status, refused.code) == (409, "reopen_paid_otherwise")
    assert station.now(position).state == "paid"
    assert _reopen(api, station, position.id, "").status == 400
    assert _reopen(api, station, "none").status == 404


class _Hurried(Context):
    """Of a process whose time is over once it has begun."""

    def __init__(self) -> None:
        self._left = [300_000]

    def get_remaining_time_in_millis(self) -> int:
        return self._left.pop() if self._left else 0


def _standing_in(station: Station) -> list[dict[str, Any]]:
    mine = f"T#{station.tenant}#ALERTS"
    return [row for row in due_rows("reconcile")
            if row["pk"] == mine and "stand_in" in row["sk"]]  # fmt: skip


def test_what_is_odd_for_ever_keeps_nobody_from_a_stand_in(api: Api, station: Station) -> None:
    said = {"way": "none", "stand_in_days": 3}
    assert station.house.call(api, "PUT", f"{ROOT}/setting", said).status == 200
    first, second, last = station.place(700), station.place(700), station.place(1_000)
    for number, (position, cents) in enumerate([(first, 600), (second, 600), (last, 1_000)]):
        # Of the first two the amounts differ: no flow ever stands for their receipts.
        day = f"2026-11-{18 + number}"
        rows = [(position.payments[0].iuv, f"s{number}", 1, cents, "9")]
        flow = Flow(f"{day}ABI06090-000{number}", "ABI06090", rows, day=day)
        data = simulated.xml(dated(flow, api), station.creditor)
        drop(api, f"settlements/{station.tenant}/{number}.xml", data)
    work_off(api)
    api.tick(8 * 86_400)
    for _ in range(4):  # until a working day
        api.tick(86_400)
        hourly.hourly({}, None)
        if _standing_in(station):
            break
    assert _standing_in(station)
    for _ in range(9):
        rows = _standing_in(station)
        if not rows:
            break
        (row,) = rows
        body = json.dumps({"pk": row["pk"], "sk": row["sk"]})
        done = on_reconcile.handle({"Records": [{"messageId": "m", "body": body}]}, _Hurried())
        assert done == {"batchItemFailures": []}
    assert [station.now(one).state for one in (first, second, last)] == [
        "valid", "valid", "reported",
    ]  # fmt: skip
