"""From dues to debt positions and their notices, through the doors."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pypdf
import pytest
import requests

from chalicelib.base import clock, limits
from chalicelib.entry import on_dues
from chalicelib.payments import iuv
from chalicelib.payments.positions import store
from tests.entry import bodies
from tests.entry.api_world import Api, Context
from tests.entry.bodies import BANK, House
from tests.entry.test_dues import commit, dues, hand_in
from tests.payments.dues import files
from tests.payments.dues.files import COMPANY, MARIA, row, xlsx

FLOWS, POSITIONS = "/v1/body/flows", "/v1/body/positions"
DEBTOR = {"name": "Rossi Maria", "tax_code": MARIA}


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


def bring(api: Api, house: House, rows: Any, key: str = "i1") -> None:
    commit(api, house, hand_in(api, house, xlsx(rows), key)["id"])


def listing(api: Api, house: House, key: str = "f1", **wanted: Any) -> dict[str, Any]:
    """A flow whose list is there."""
    answer = house.call(api, "POST", FLOWS, wanted, headers={"Idempotency-Key": key})
    assert answer.status == 202, answer.body
    work(api)
    return dict(house.call(api, "GET", f"{FLOWS}/{answer.json['id']}").json)


def work(api: Api) -> None:
    while api.run("dues", on_dues.handle):
        pass


def generate(api: Api, house: House, flow: str, **given: Any) -> dict[str, Any]:
    answer = house.call(
        api, "POST", f"{FLOWS}/{flow}/generate", {"description": "Quota Anno 2026"} | given
    )
    assert answer.status == 202, answer.body
    work(api)
    return dict(house.call(api, "GET", f"{FLOWS}/{flow}").json)


def positions(api: Api, house: House, **query: Any) -> list[dict[str, Any]]:
    answer = house.call(api, "GET", POSITIONS, query=query)
    assert answer.status == 200, answer.body
    return list(answer.json["positions"])


def whole(api: Api, house: House, position: str) -> dict[str, Any]:
    return dict(house.call(api, "GET", f"{POSITIONS}/{position}").json)


@pytest.mark.feature("F001-005", "F001-023", "F001-043", "F001-044", "F001-045", "F001-047")
@pytest.mark.feature("F001-048", "F001-051", "F001-056", "F001-160")
def test_a_list_is_thinned_out_and_becomes_positions(api: Api, house: House) -> None:
    company = row(source="c", tax_code=COMPANY, category="società", name="Studio")
    bring(api, house, [row(source="a"), row(source="b", amount=20), company])
    assert positions(api, house) == []
    flow = listing(api, house, least_cents=10_000)
    counts = flow["state"], flow["dues"], flow["persons"], flow["cents"], flow["undated"]
    assert counts == ("listed", 2, 2, 30_000, 0)
    path = f"{FLOWS}/{flow['id']}"
    listed = house.operator.call(api, "GET", f"{path}/dues").json["dues"]
    assert {(one["name"], one["tax_code"], one["cents"], one["chapter"]) for one in listed} == {
        ("Rossi Maria", MARIA, 15_000, "1.1"), ("Studio", COMPANY, 15_000, "1.1"),
    }  # fmt: skip
    off = next(one["id"] for one in listed if one["source"] == "c")
    thinner = house.call(api, "POST", f"{path}/exclude", {"dues": [off]}).json
    assert (thinner["dues"], thinner["excluded"], thinner["cents"]) == (1, 1, 15_000)
    done = generate(api, house, flow["id"])
    assert (done["state"], done["made"], done["parameters"]["ends"]) == (
        "generated", 1, "2026-12-31",
    )  # fmt: skip
    (found,) = positions(api, house, flow=flow["id"])
    assert (found["state"], found["origin"], found["cents"]) == ("valid", "dues", 15_000)
    (payment,) = found["payments"]
    assert iuv.is_ours(payment["iuv"])
    assert payment["notice"] == "3" + payment["iuv"]
    assert payment["iuv"].startswith("01")
    # What is placed is on no list any more; what was taken off is.
    placed = {one["source"]: one["position"] for one in dues(api, house)}
    assert placed == {"a": found["id"], "b": "", "c": ""}
    assert listing(api, house, "f2")["dues"] == 2
    # The wizard's order: nothing more is taken off, and the same again is the same.
    late = house.call(api, "POST", f"{path}/exclude", {"dues": [off]})
    assert (late.status, late.code) == (409, "flow_state")
    assert generate(api, house, flow["id"])["made"] == 1
    assert len(positions(api, house)) == 1


@pytest.mark.feature("F001-052", "F001-053", "F001-054", "F001-055")
def test_a_persons_dues_are_one_notice_with_all_its_lines(api: Api, house: House) -> None:
    late = row(source="c", service="mora", reason="Sanzione", amount=30, due="")
    bring(api, house, [row(source="a", year="2025"), row(source="b"), late])
    flow = listing(api, house)
    bare = {"description": "Quote", "grouped": True, "due": "2026-12-15"}
    refused = house.call(api, "POST", f"{FLOWS}/{flow['id']}/generate", bare)
    assert (refused.status, refused.code) == (422, "flow_subject")
    undated = {"description": "Quote", "grouped": True, "subject": "Quote e sanzioni"}
    refused = house.call(api, "POST", f"{FLOWS}/{flow['id']}/generate", undated)
    assert (refused.status, refused.code) == (422, "flow_due_missing")
    assert refused.json["error"]["details"] == {"dues": 1}
    generate(api, house, flow["id"], grouped=True, subject="Quote e sanzioni", due="2026-12-15")
    (summary,) = positions(api, house)
    found = whole(api, house, summary["id"])
    assert (found["subject"], found["cents"]) == ("Quote e sanzioni", 33_000)
    lines = [(one["year"], one["service"]) for one in found["lines"]]
    assert lines[0] == (2025, "quota")
    assert set(lines[1:]) == {(2026, "quota"), (2026, "mora")}
    assert sorted(one["cents"] for one in found["transfers"]) == [3_000, 30_000]
    assert found["payments"][0]["due"] == "2026-12-15"
    assert [one["event"] for one in found["timeline"]] == ["generated"]


@pytest.mark.feature("F001-056")
def test_a_great_flow_goes_on_where_it_was_and_no_number_comes_twice(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(api, house, files.many(40))
    flow = listing(api, house)
    monkeypatch.setattr(limits, "IUV_BLOCK", 25)
    monkeypatch.setattr(limits, "TRANSACTION_ITEMS", 31)  # seven positions at once
    plan = {"count": 2, "first_due": "2026-12-31", "every_months": 6}
    times = iter([300_000] * 3 + [1_000])
    with monkeypatch.context() as short:
        short.setattr("chalicelib.payments.positions.working._SLICE", 10)
        short.setattr(Context, "get_remaining_time_in_millis", lambda _: next(times))
        given = {"description": "Quota Anno 2026", "plan": plan}
        house.call(api, "POST", f"{FLOWS}/{flow['id']}/generate", given)
        api.run("dues", on_dues.handle)
    half = house.call(api, "GET", f"{FLOWS}/{flow['id']}").json
    assert half["state"] == "generating"
    assert 0 < half["done"] < 40
    work(api)
    done = house.call(api, "GET", f"{FLOWS}/{flow['id']}").json
    assert (done["state"], done["made"], done["groups"]) == ("generated", 40, 40)
    found = positions(api, house, limit=100)
    assert len({one["id"] for one in found}) == 40
    numbers = [payment["iuv"] for one in found for payment in one["payments"]]
    assert len(numbers) == len(set(numbers)) == 120
    assert all(iuv.is_ours(number) for number in numbers)
    for one in found:
        first, *rates = one["payments"]
        assert first["cents"] == sum(rate["cents"] for rate in rates) == one["cents"]
        assert [rate["due"] for rate in rates] == ["2026-12-31", "2027-06-30"]


def test_two_flows_over_the_same_dues_place_each_once(api: Api, house: House) -> None:
    bring(api, house, files.many(5))
    first, second = listing(api, house, "f1"), listing(api, house, "f2")
    assert generate(api, house, first["id"])["made"] == 5
    done = generate(api, house, second["id"])
    assert (done["state"], done["made"], done["done"]) == ("generated", 0, 5)
    assert len(positions(api, house)) == 5


@pytest.mark.feature("F001-161", "F001-077", "F001-078", "F001-167")
def test_the_notice_of_a_position_is_a_pdf_of_the_right_name(api: Api, house: House) -> None:
    bring(api, house, [row()])
    generate(api, house, listing(api, house)["id"], late_fee_cents=500, late_fee_days=5)
    (found,) = positions(api, house)
    link = house.operator.call(api, "GET", f"{POSITIONS}/{found['id']}/notice").json
    number = found["payments"][0]
    assert link["file_name"] == f"{MARIA}_2026_{number['iuv']}.pdf"
    assert re.fullmatch(r"[A-Z0-9]+_[0-9]{4}_[0-9]{17}\.pdf", link["file_name"])
    answer = requests.get(link["url"], timeout=10)
    assert link["file_name"] in answer.headers["Content-Disposition"]
    text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert iuv.grouped(number["notice"]) in text
    for word in ("Quota annuale 2026", "Rossi Maria", "150,00", "31/12/2026", "Via Roma 1"):
        assert word in text
    # Ten days late it asks for more.
    api.tick(50 * 86_400)
    (late,) = positions(api, bodies.again(api, house))
    assert (late["payments"][0]["cents"], late["payments"][0]["asked_cents"]) == (15_000, 15_500)


def test_what_is_asked_follows_the_day_by_the_rules_of_the_flow(api: Api, house: House) -> None:
    today = clock.rome_day(api.now)
    bring(api, house, [row(due=today + timedelta(days=20))])
    changes = [
        {"kind": "reduction", "reason": "Entro dieci giorni", "days": 10, "percent": "10"},
        {"kind": "late_fee", "reason": "Mora", "days": 5, "cents": 500},
        {"kind": "late_fee", "reason": "Interessi", "yearly_percent": "3.65"},
    ]
    generate(api, house, listing(api, house)["id"], changes=changes)
    asked = {}
    for days in (0, 10, 11, 20, 21, 25, 26, 31):
        api.now = clock.parse(f"{today + timedelta(days=days)}T11:00:00.000Z")
        (found,) = positions(api, bodies.again(api, house))
        asked[days] = found["payments"][0]["asked_cents"]
    # 150.00 less 10 %; then plain; then 1.5 cents a day and, from the sixth day on, 5.00 more.
    assert asked == {
        0: 13_500, 10: 13_500, 11: 15_000, 20: 15_000, 21: 15_002, 25: 15_008, 26: 15_509,
        31: 15_517,
    }  # fmt: skip


def test_a_rule_that_says_nothing_or_too_much_is_refused(api: Api, house: House) -> None:
    bring(api, house, [row()])
    place = f"{FLOWS}/{listing(api, house)['id']}/generate"
    for change, code in (
        ({"kind": "late_fee"}, "amount_rule_empty"),
        ({"kind": "reduction", "percent": "101"}, "amount_rule_reduction"),
        ({"kind": "reduction", "cents": 1, "yearly_percent": "1"}, "amount_rule_reduction"),
    ):
        said = {"description": "Quota", "changes": [{"reason": "x"} | change]}
        answer = house.call(api, "POST", place, said)
        assert (answer.status, answer.code) == (422, code)


@pytest.mark.feature("F001-166")
def test_what_is_not_paid_is_changed_on_the_version_that_was_read(api: Api, house: House) -> None:
    bring(api, house, [row()])
    generate(api, house, listing(api, house)["id"])
    (found,) = positions(api, house)
    path = f"{POSITIONS}/{found['id']}"
    changed = {"version": 1, "subject": "Quota ridotta", "due": "2027-01-15", "ends": "2027-06-30"}
    new = house.call(api, "PATCH", path, changed).json
    assert (new["subject"], new["payments"][0]["due"], new["ends"]) == (
        "Quota ridotta", "2027-01-15", "2027-06-30",
    )  # fmt: skip
    assert new["payments"][0]["iuv"] == found["payments"][0]["iuv"]
    assert house.call(api, "PATCH", path, changed).status == 409
    cancelled = house.call(api, "POST", f"{path}/cancel").json
    assert (cancelled["state"], cancelled["payments"][0]["state"]) == ("invalid", "closed")
    assert [one["event"] for one in cancelled["timeline"]] == ["generated", "edited", "cancelled"]
    refused = house.call(api, "PATCH", path, {"version": 3, "subject": "x"})
    assert (refused.status, refused.code) == (409, "position_state")
    refused = house.call(api, "GET", f"{path}/notice")
    assert (refused.status, refused.code) == (409, "position_state")
    # Its due may be asked for again, under another number.
    generate(api, house, listing(api, house, "f2")["id"])
    (again,) = positions(api, house, state="valid")
    assert again["payments"][0]["iuv"] != found["payments"][0]["iuv"]


@pytest.mark.feature("F001-168")
def test_only_spontaneous_positions_are_deleted(api: Api, house: House) -> None:
    bring(api, house, [row()])
    generate(api, house, listing(api, house)["id"])
    (found,) = positions(api, house)
    refused = house.call(api, "DELETE", f"{POSITIONS}/{found['id']}")
    assert (refused.status, refused.code) == (409, "position_predetermined")
    made = make(api, house, "m1", manual=True, cents=1_000)
    assert house.call(api, "DELETE", f"{POSITIONS}/{made['id']}").json["state"] == "invalid"
    assert [one["id"] for one in positions(api, house, state="valid")] == [found["id"]]


def make(api: Api, house: House, key: str, **wanted: Any) -> dict[str, Any]:
    said = {"service": "quota", "debtor": DEBTOR} | wanted
    answer = house.call(api, "POST", POSITIONS, said, headers={"Idempotency-Key": key})
    assert answer.status == 201, answer.body
    return dict(answer.json)


@pytest.mark.feature("F001-143", "F001-144", "F001-145", "F001-146", "F001-149", "F001-155")
@pytest.mark.feature("F001-170", "F001-171")
def test_a_spontaneous_position_costs_what_its_service_says(api: Api, house: House) -> None:
    items = [{"code": "cert", "label": "Certificato", "cents": 1_000},
             {"code": "copia", "label": "Copia", "cents": 250}]  # fmt: skip
    prices: dict[str, Any] = {
        "segreteria": {"kind": "tariff", "items": items},
        "corso": {"kind": "fixed", "cents": 5_000},
        "offerta": {"kind": "free", "least_cents": 500, "most_cents": 10_000},
    }
    for code, price in prices.items():
        values = bodies.service(price=price, subject=code.title())
        assert house.call(api, "PUT", f"/v1/body/services/{code}", values).status == 200
    made = make(api, house, "m1", service="segreteria", chosen={"cert": 2, "copia": 3})
    assert (made["cents"], made["origin"], made["subject"]) == (2_750, "spontaneous", "Segreteria")
    assert [(one["reason"], one["cents"]) for one in made["lines"]] == [
        ("Certificato", 2_000), ("Copia", 750),
    ]  # fmt: skip
    assert made["transfers"] == [
        {"iban": BANK, "taxonomy": made["lines"][0]["taxonomy"], "cents": 2_750, "stamp": None}
    ]
    assert iuv.is_ours(made["payments"][0]["iuv"])
    # The same request is the same position, with the same number.
    assert make(api, house, "m1", service="segreteria", chosen={"cert": 2})["id"] == made["id"]
    assert make(api, house, "m2", service="corso")["cents"] == 5_000
    assert make(api, house, "m3", service="offerta", cents=700)["cents"] == 700
    assert make(api, house, "m4", service="corso", cents=1, manual=True)["cents"] == 1
    for wanted, code in (
        ({"service": "offerta", "cents": 499}, "price_out_of_limits"),
        ({"service": "quota"}, "service_unpriced"),
        (
            {"service": "corso", "debtor": {"name": "x", "tax_code": MARIA[:15] + "A"}},
            "debtor_malformed",
        ),
    ):
        said = {"service": "", "debtor": DEBTOR} | wanted
        answer = house.call(api, "POST", POSITIONS, said, headers={"Idempotency-Key": "m9"})
        assert (answer.status, answer.code) == (422, code)
    (found,) = positions(api, house, iuv=made["payments"][0]["iuv"])
    assert found["id"] == made["id"]


@pytest.mark.feature("F001-169")
def test_paid_outside_is_recorded_while_the_transition_lasts(api: Api, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    path = f"{POSITIONS}/{made['id']}/paid-outside"
    refused = house.call(api, "POST", path, {"day": "2026-11-20"})
    assert (refused.status, refused.code) == (409, "outside_ended")
    body = house.call(api, "GET", "/v1/body").json
    body.pop("logo")
    today = clock.rome_day(api.now)
    yesterday, tomorrow = (str(today + timedelta(days=days)) for days in (-1, 1))
    body["outside_until"] = str(today)
    assert house.call(api, "PUT", "/v1/body", body).status == 200
    refused = house.call(api, "POST", path, {"day": tomorrow})
    assert (refused.status, refused.code) == (422, "outside_day")
    paid = house.call(api, "POST", path, {"day": yesterday}).json
    assert (paid["state"], paid["payments"][0]["state"]) == ("paid_outside", "closed")
    assert paid["timeline"][-1]["facts"] == {"day": yesterday, "cents": 1_000}
    assert house.call(api, "POST", path, {"day": yesterday}).json["version"] == paid["version"]
    cancel = house.call(api, "POST", f"{POSITIONS}/{made['id']}/cancel")
    assert (cancel.status, cancel.code) == (409, "position_state")


@pytest.mark.feature("F001-169")
def test_what_came_outside_is_kept_with_how_and_a_note_that_nobody_else_reads(
    api: Api, house: House
) -> None:
    today = str(clock.rome_day(api.now))
    body = house.call(api, "GET", "/v1/body").json | {"outside_until": today}
    body.pop("logo")
    assert house.call(api, "PUT", "/v1/body", body).status == 200
    made = make(api, house, "m1", manual=True, cents=1_000)
    said = {"day": today, "cents": 900, "how": "cash", "note": "Contanti di Maria Rossi"}
    path = f"{POSITIONS}/{made['id']}"
    paid = house.call(api, "POST", f"{path}/paid-outside", said).json
    assert (paid["payments"][0]["paid_cents"], paid["payments"][0]["paid_on"]) == (900, today)
    assert whole(api, house, made["id"])["timeline"][-1]["facts"] == said
    stored = store.list_events(house.tenant, made["id"])[-1]
    assert b"Maria" not in bytes(stored["facts"]["note"])
    # Of a plan nobody could tell which instalment another sum is for.
    bring(api, house, [row(source="rates")])
    plan = {"count": 2, "first_due": "2026-12-31", "whole": False}
    generate(api, house, listing(api, house)["id"], plan=plan)
    (rates,) = positions(api, house, origin="dues")
    path = f"{POSITIONS}/{rates['id']}/paid-outside"
    refused = house.call(api, "POST", path, said)
    assert (refused.status, refused.code) == (422, "outside_amount")
    paid = house.call(api, "POST", path, {"day": today, "cents": 15_000}).json
    assert [one["paid_cents"] for one in paid["payments"]] == [7_500, 7_500]


@pytest.mark.feature("F001-165")
def test_amounts_by_the_day_are_shown_before_and_after_generation(api: Api, house: House) -> None:
    today = clock.rome_day(api.now)
    due = today + timedelta(days=60)
    bring(api, house, [row(source="a", due=due)])
    flow = listing(api, house)

    def on(days: int) -> str:
        return str(due + timedelta(days=days))

    path = f"{FLOWS}/{flow['id']}/preview"
    early = {"kind": "reduction", "reason": "Sconto", "days": 10, "percent": 10}
    late = {"kind": "late_fee", "reason": "Mora", "days": 30, "cents": 500, "yearly_percent": 3.65}
    changes = {"changes": [early, late]}
    found = house.call(api, "POST", path, changes).json
    assert (found["cents"], found["due"]) == (15_000, on(0))
    told = [(one["day"], one["cents"], one["daily"]) for one in found["amounts"]]
    # A cent and a half a day of interest from the 31st day on, which counts itself.
    assert told == [
        (str(today), 13_500, False), (on(-9), 15_000, False), (on(0), 15_000, False),
        (on(30), 15_000, False), (on(31), 15_502, True), (on(365), 15_000 + 500 + 503, True),
    ]  # fmt: skip
    wrong = {"changes": [{"kind": "late_fee", "reason": "x"}]}
    refused = house.call(api, "POST", path, wrong)
    assert (refused.status, refused.code) == (422, "amount_rule_empty")
    generate(api, house, flow["id"], **changes)
    (one,) = positions(api, house)
    shown = whole(api, house, one["id"])
    assert [(rule["kind"], rule["first"], rule["last"]) for rule in shown["rules"]] == [
        ("reduction", None, on(-10)), ("late_fee", on(31), None),
    ]  # fmt: skip
    assert float(shown["rules"][1]["yearly_percent"]) == 3.65
    assert [(each["day"], each["cents"]) for each in shown["amounts"]] == [
        (str(today), 13_500), (on(-9), 15_000), (on(31), 15_502),
    ]  # fmt: skip
    refused = house.call(api, "POST", path, changes)
    assert (refused.status, refused.code) == (409, "flow_state")


def test_another_bodys_position_is_as_if_it_were_not(api: Api, house: House) -> None:
    made = make(api, house, "m1", manual=True, cents=1_000)
    flow = listing(api, house)
    other = bodies.ready(api)
    for method, path, body in (
        ("GET", f"{POSITIONS}/{made['id']}", None),
        ("PATCH", f"{POSITIONS}/{made['id']}", {"version": 1}),
        ("DELETE", f"{POSITIONS}/{made['id']}", None),
        ("POST", f"{POSITIONS}/{made['id']}/cancel", None),
        ("POST", f"{POSITIONS}/{made['id']}/paid-outside", {"day": "2026-11-20"}),
        ("GET", f"{POSITIONS}/{made['id']}/notice", None),
        ("GET", f"{FLOWS}/{flow['id']}", None),
        ("GET", f"{FLOWS}/{flow['id']}/dues", None),
        ("POST", f"{FLOWS}/{flow['id']}/exclude", {"dues": ["x"]}),
        ("POST", f"{FLOWS}/{flow['id']}/generate", {"description": "x"}),
        ("POST", f"{FLOWS}/{flow['id']}/preview", {}),
    ):
        answer = other.call(api, method, path, body)
        assert (answer.status, answer.code) == (404, "not_found"), path
    assert positions(api, other, iuv=made["payments"][0]["iuv"]) == []
