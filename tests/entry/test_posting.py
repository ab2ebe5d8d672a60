"""Posting through the doors: runs over statements and flows, orders, the journal, the treasurer."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import openpyxl
import pytest
import requests

from chalicelib.accounting.posting import store
from chalicelib.accounting.posting.model import Payment, Share
from chalicelib.base import dynamo, limits, work
from chalicelib.entry import on_reconcile
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from tests.accounting.posting.made import DAY, Match, payment, share
from tests.entry import bodies
from tests.entry.api_world import Answer, Api
from tests.entry.bodies import BANK, House

ROOT = "/v1/body/posting"
MARIA = "RSSMRA80A41H501Y"
TREASURER = {
    "abi": "05428", "ente": "UFABCD", "istat": "000700917", "tramite_ente": "A2A-12345678",
    "tramite_bt": "A2A-87654321", "ente_bt": "0001",
}  # fmt: skip


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


@pytest.fixture
def match(monkeypatch: pytest.MonkeyPatch) -> Match:
    return Match(monkeypatch)


def setting(api: Api, house: House, **changed: Any) -> dict[str, Any]:
    old = house.call(api, "GET", f"{ROOT}/setting").json
    answer = house.call(api, "PUT", f"{ROOT}/setting", old | changed)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def work_off(api: Api) -> None:
    while api.run("reconcile", on_reconcile.handle):
        pass


def asked(api: Api, house: House, key: str = "k", **wanted: Any) -> Answer:
    said = {"mode": "statement", "name": "s1"} | wanted
    return house.call(api, "POST", f"{ROOT}/runs", said, headers={"Idempotency-Key": key})


def post(api: Api, house: House, key: str = "k", **wanted: Any) -> dict[str, Any]:
    """A run, worked off."""
    answer = asked(api, house, key, **wanted)
    assert answer.status == 202, answer.body
    work_off(api)
    return dict(house.call(api, "GET", f"{ROOT}/runs/{answer.json['id']}").json)


def orders(api: Api, house: House, **query: Any) -> list[dict[str, Any]]:
    answer = house.call(api, "GET", f"{ROOT}/orders", query={"year": 2026} | query)
    assert answer.status == 200, answer.body
    return list(answer.json["orders"])


def balance(api: Api, house: House) -> dict[str, int]:
    return dict(house.call(api, "GET", f"{ROOT}/balance").json)


def later(one: Payment, days: int, **changed: Any) -> Payment:
    return replace(one, bank_day=DAY + timedelta(days=days), **changed)


# ------------------------------------------------------------------ the two modes
@pytest.mark.feature("F001-001", "F001-111", "F001-138", "F001-126", "F001-113", "F001-116")
def test_a_whole_statement_is_posted_in_the_order_of_its_days(
    api: Api, house: House, match: Match
) -> None:
    setting(api, house, account=BANK, counterpart="psp")
    match.offer(
        house.tenant, later(payment(1), 3, provisional="19"), payment(2), later(payment(3), 1)
    )
    seen = house.operator.call(api, "POST", f"{ROOT}/preview", {"mode": "statement", "name": "s1"})
    assert [(one["number"], one["day"]) for one in seen.json["drafts"]] == [
        (1, "2026-11-20"), (2, "2026-11-21"), (3, "2026-11-23"),
    ]  # fmt: skip
    assert orders(api, house) == []
    run = post(api, house)
    assert (run["state"], run["orders"], run["payments"], run["cents"]) == ("posted", 3, 3, 30_000)
    found = orders(api, house)
    assert [(one["number"], one["day"], one["provisional"]) for one in found] == [
        (1, "2026-11-20", "17"), (2, "2026-11-21", "17"), (3, "2026-11-23", "19"),
    ]  # fmt: skip
    assert {(one["account"], one["counterpart"], one["state"]) for one in found} == {
        (BANK, "PSP", "issued")
    }
    # Whatever is repeated posts nothing twice: the request, the run, another run.
    assert asked(api, house).json["id"] == run["id"]
    assert post(api, house, "k2")["orders"] == 0
    assert len(orders(api, house)) == 3
    assert house.call(api, "GET", f"{ROOT}/open").json == {"cents": 0, "payments": []}


@pytest.mark.feature("F001-114", "F001-115")
def test_a_single_flow_is_posted_with_what_the_operator_says(
    api: Api, house: House, match: Match
) -> None:
    match.offer(house.tenant, payment(1), payment(2, flow_id="other"), payment(3))
    run = post(
        api, house, mode="flow", name="other", day="2026-11-25", counterpart="Banca Alfa",
        account="conto 7",
    )  # fmt: skip
    assert (run["orders"], run["mode"]) == (1, "flow")
    (found,) = orders(api, house)
    assert (found["day"], found["counterpart"], found["account"], found["flow_id"]) == (
        "2026-11-25", "Banca Alfa", "conto 7", "other",
    )  # fmt: skip
    assert orders(api, house, flow="other") == [found]
    assert orders(api, house, flow="2026-11-20PSP-1") == []
    # Somebody's name is nowhere in the table as it is.
    items = list(dynamo.query(store.order_key(house.tenant, found["id"])[0]))
    assert "Banca Alfa" not in repr(items)
    left = house.call(api, "GET", f"{ROOT}/open").json
    assert left["cents"] == 20_000
    # One payment may be told apart from the rest, or left out.
    keys = [one["key"] for one in left["payments"]]
    changes = {keys[0]: {"day": "2026-11-26", "account": "conto 8"}}
    post(api, house, "k2", without=[keys[1]], changes=changes)
    assert orders(api, house)[1]["account"] == "conto 8"
    assert len(orders(api, house)) == 2


def test_one_order_by_chapter_holds_many_payments(api: Api, house: House, match: Match) -> None:
    setting(api, house, per="chapter")
    match.offer(house.tenant, *(payment(number, cents=number) for number in range(1, 61)))
    run = post(api, house)
    assert (run["payments"], run["cents"]) == (60, sum(range(61)))
    found = orders(api, house)
    assert run["orders"] == len(found) < 5
    assert sum(len(one["lines"]) for one in found) == 60
    assert balance(api, house)["posted_cents"] == run["cents"]


@pytest.mark.feature("F001-111")
def test_a_day_before_the_last_number_is_refused_or_moved(
    api: Api, house: House, match: Match
) -> None:
    match.offer(house.tenant, later(payment(1), 5))
    post(api, house)
    refused = asked(api, house, "k2", day="2026-11-21")
    assert (refused.status, refused.code) == (409, "posting_date_past")
    assert refused.json["error"]["details"]["last_day"] == "2026-11-25"
    match.offer(house.tenant, later(payment(2), 1), later(payment(3), 6))
    run = post(api, house, "k3")
    # What can be posted is; the rest stays open and says why.
    assert (run["orders"], run["left"]) == (1, 1)
    assert [one["code"] for one in run["problems"]] == ["posting_date_past"]
    setting(api, house, late="last")
    assert post(api, house, "k4")["left"] == 0
    assert [(one["number"], one["day"], one["bank_day"]) for one in orders(api, house)] == [
        (1, "2026-11-25", "2026-11-25"),
        (2, "2026-11-26", "2026-11-26"),
        (3, "2026-11-26", "2026-11-21"),
    ]
    # Each financial year counts by itself.
    match.offer(house.tenant, payment(4, bank_day=date(2025, 12, 30)))
    post(api, house, "k5")
    assert [one["number"] for one in orders(api, house, year=2025)] == [1]


# ------------------------------------------------------------------ assessments
@pytest.mark.feature("F001-179")
def test_a_spontaneous_payment_makes_assessment_and_order_together(
    api: Api, house: House, match: Match
) -> None:
    line = Share("", "segreteria", "Certificato", "2.1", "competenza", 2026, 1_500)
    match.offer(house.tenant, payment(cents=1_500, lines=(line,), origin="spontaneous"))
    post(api, house)
    (found,) = orders(api, house)
    (made,) = found["lines"]
    assert made["made"]
    assessed = house.call(api, "GET", f"{ROOT}/assessments/{made['assessment']}").json
    assert (assessed["cents"], assessed["chapter"], assessed["collected_cents"]) == (
        1_500, "2.1", 1_500,
    )  # fmt: skip
    # In one commit: an entry of the journal cannot be without its assessment.
    assert assessed["collected"][0]["order"] == found["id"]


@pytest.mark.feature("F001-134")
def test_payment_assessment_and_order_lead_to_each_other(
    api: Api, house: House, match: Match
) -> None:
    """A due that two instalments pay."""
    half = share(5_000, due="due-1")
    match.offer(
        house.tenant,
        payment(1, cents=5_000, lines=(half,), position="p1"),
        later(payment(2, cents=5_000, lines=(half,), position="p1"), 1),
    )
    due = due_store.Due(
        "due-1", "p", "professional", "quota", "Quota", 2026, "1.1", "competenza", 10_000, None,
        "b", "2026-01-01T00:00:00.000Z",
    )  # fmt: skip
    dynamo.commit([due_store.put_assessment(house.tenant, due)])
    post(api, house)
    first, second = orders(api, house)
    assessed = house.call(api, "GET", f"{ROOT}/assessments/due-1").json
    assert [(one["order"], one["cents"]) for one in assessed["collected"]] == [
        (first["id"], 5_000), (second["id"], 5_000),
    ]  # fmt: skip
    assert assessed["collected_cents"] == assessed["cents"]
    line = house.call(api, "GET", f"{ROOT}/orders/{first['id']}").json["lines"][0]
    assert (line["assessment"], line["position"], line["receipt"]) == ("due-1", "p1", "r1")
    assert store.orders_of_position(house.tenant, "p1") == [first["id"], second["id"]]


# ------------------------------------------------------------------ corrections and closing
def test_an_order_is_corrected_by_a_new_entry_only(api: Api, house: House, match: Match) -> None:
    two = (share(6_000, due="a"), share(4_000, due="b"))
    match.offer(house.tenant, payment(1, lines=two))
    post(api, house)
    before = journal(api, house)
    first, second = orders(api, house)
    path = f"{ROOT}/orders/{first['id']}/reverse"
    taken = house.call(api, "POST", path, {"note": "wrong_chapter"}).json
    assert (taken["state"], taken["number"], taken["together"]) == (
        "reversed", 1, [first["id"], second["id"]],
    )  # fmt: skip
    after = journal(api, house)
    # What stood there stands there; what was posted together is taken back together.
    assert [one | {"order": None} for one in after[: len(before)]] == [
        one | {"order": None} for one in before
    ]
    assert [(one["kind"], one["note"], one["day"]) for one in after[len(before) :]] == [
        ("reversed", "wrong_chapter", "2026-11-21"),
    ] * 2
    assert house.call(api, "POST", path, {"note": "again"}).json == taken
    assert len(journal(api, house)) == len(after)
    found = balance(api, house)
    assert (found["open_cents"], found["posted_cents"], found["came_cents"]) == (10_000, 0, 10_000)
    # The payment waits again, and gets new numbers.
    match.offer(house.tenant, later(payment(1, lines=(share(10_000, due="a"),)), 5))
    post(api, house, "k2")
    assert [(one["number"], one["state"]) for one in orders(api, house)] == [
        (1, "reversed"), (2, "reversed"), (3, "issued"),
    ]  # fmt: skip


def test_a_closed_period_takes_nothing_more(api: Api, house: House, match: Match) -> None:
    match.offer(house.tenant, payment(1))
    today = house.call(api, "POST", f"{ROOT}/close", {"until": "2026-11-21"})
    assert (today.status, today.code) == (409, "period_open_end")
    closed = house.call(api, "POST", f"{ROOT}/close", {"until": "2026-11-20"})
    assert closed.json["closed_until"] == "2026-11-20"
    run = post(api, house)
    assert (run["orders"], run["problems"][0]["code"]) == (0, "period_closed")
    refused = asked(api, house, "k2", day="2026-11-20")
    assert (refused.status, refused.code) == (409, "period_closed")
    assert post(api, house, "k3", day="2026-11-21")["orders"] == 1
    back = house.call(api, "POST", f"{ROOT}/close", {"until": "2026-11-19"})
    assert (back.status, back.code) == (409, "period_closed")


# ------------------------------------------------------------------ the journal
def journal(api: Api, house: House, limit: int = 200) -> list[dict[str, Any]]:
    """All of it, page by page, as another program reads it."""
    found: list[dict[str, Any]] = []
    since = 0
    while True:
        page = house.call(
            api, "GET", f"{ROOT}/journal", query={"since": since, "limit": limit}
        ).json
        found += page["entries"]
        since = page["next"]
        if not page["more"]:
            return found


@pytest.mark.feature("F001-002", "F001-013")
def test_accounting_programs_read_every_entry_once(api: Api, house: House, match: Match) -> None:
    match.offer(house.tenant, *(payment(number) for number in range(1, 8)))
    post(api, house)
    whole = journal(api, house)
    assert [one["seq"] for one in whole] == list(range(1, len(whole) + 1))
    assert journal(api, house, limit=3) == whole
    posted = [one for one in whole if one["kind"] == "posted"]
    assert [one["order"]["id"] for one in posted] == [one["id"] for one in orders(api, house)]
    assert all(sum(leg["cents"] for leg in one["legs"]) == 0 for one in whole)
    # Whoever stops and comes back later gets what is new and nothing else.
    end = len(whole)
    match.offer(house.tenant, later(payment(9), 1))
    post(api, house, "k2")
    page = house.call(api, "GET", f"{ROOT}/journal", query={"since": end}).json
    assert [one["kind"] for one in page["entries"]] == ["arrived", "posted"]
    document = house.call(api, "GET", "/v1/openapi.json").json
    assert "/v1/body/posting/journal" in document["paths"]


def test_money_in_is_posted_open_or_anomalous_at_every_moment(
    api: Api, house: House, match: Match
) -> None:
    """A story by chance: payments come, change, go, are posted and taken back."""
    random = Random(7)
    offered: dict[str, Payment] = {}
    posted: set[str] = set()
    known: dict[str, int] = {}
    setting(api, house, late="last")
    for step in range(25):
        act = random.choice(["come", "come", "go", "post", "reverse"])
        key = payment(random.randint(1, 6)).key
        number = int(key[13:17])
        if act == "come" and key not in posted:
            offered[key] = payment(number, cents=random.randint(1, 10**6), version=step)
            match.offer(house.tenant, offered[key])
            known[key] = offered[key].cents
        elif act == "go" and key in offered and key not in posted:
            del offered[key]
            match.withdraw(house.tenant, key)
        elif act == "post":
            run = post(api, house, f"k{step}")
            assert run["left"] == 0
            posted |= offered.keys()
        elif act == "reverse" and posted:
            one = random.choice([one for one in orders(api, house) if one["state"] == "issued"])
            house.call(api, "POST", f"{ROOT}/orders/{one['id']}/reverse", {"note": "x"})
            posted -= {line["payment"] for line in one["lines"]}
        notice(api, house, f"n{step}", key)
        found = balance(api, house)
        split = ("open_cents", "anomalous_cents", "posted_cents")
        assert found["came_cents"] == sum(found[name] for name in split)
        seen = {key for key in known if store.get_held(house.tenant, [key])[key].state}
        assert found["came_cents"] == sum(known[key] for key in seen)
        assert found["posted_cents"] == sum(known[key] for key in posted)


def notice(api: Api, house: House, name: str, *names: str) -> None:
    """The match says that something of these changed."""
    partition = store.run_partition(house.tenant, f"test-{name}")
    row = work.row("reconcile", partition, name, api.now, task="postable", keys=list(names))
    dynamo.commit([row])
    work_off(api)


def test_what_is_matched_is_posted_without_anybody_where_the_body_wants_it(
    api: Api, house: House, match: Match
) -> None:
    match.offer(house.tenant, payment(1))
    notice(api, house, "a", payment(1).key)
    assert balance(api, house)["open_cents"] == 10_000
    assert orders(api, house) == []
    setting(api, house, automatic=True)
    notice(api, house, "b", payment(1).key)
    (found,) = orders(api, house)
    assert balance(api, house)["posted_cents"] == 10_000
    # What a person takes back stays with him.
    house.call(api, "POST", f"{ROOT}/orders/{found['id']}/reverse", {"note": "x"})
    notice(api, house, "c", payment(1).key)
    assert [one["state"] for one in orders(api, house)] == ["reversed"]


# ------------------------------------------------------------------ exports
@pytest.mark.feature("F001-035", "F001-013")
def test_payments_are_exported_for_registers_that_are_not_connected(
    api: Api, house: House, match: Match
) -> None:
    person = due_store.person_id(house.tenant, MARIA)
    dynamo.commit([due_store.put_person(house.tenant, person, Person(MARIA, "=Rossi"), None)])
    line = share(12_345, due="d1", reason='@Quota, 2026; "x"')
    match.offer(house.tenant, payment(cents=12_345, person=person, lines=(line,)))
    match.offer(house.tenant, later(payment(2), 9))
    post(api, house)
    query = {"first": "2026-11-01", "last": "2026-11-25"}
    link = house.operator.call(api, "GET", f"{ROOT}/export", query=query).json
    text = requests.get(link["url"], timeout=10).content.decode("utf-8-sig")
    (head, row) = csv.reader(io.StringIO(text), delimiter=";")
    found = dict(zip(head, row, strict=True))
    assert (found["IUV"], found["Codice fiscale"], found["Importo"], found["Data"]) == (
        payment().iuv, MARIA, "123,45", "20/11/2026",
    )  # fmt: skip
    assert (found["Nominativo"], found["Causale"]) == ("'=Rossi", '\'@Quota, 2026; "x"')
    for what in ("payments", "orders"):
        link = house.call(
            api, "GET", f"{ROOT}/export", query=query | {"what": what, "format": "xlsx"}
        ).json
        sheet = openpyxl.load_workbook(
            io.BytesIO(requests.get(link["url"], timeout=10).content)
        ).active
        assert sheet is not None
        assert all(cell.data_type != "f" for line in sheet for cell in line)
        said = dict(zip([one.value for one in sheet[1]], [one.value for one in sheet[2]],
                        strict=True))  # fmt: skip
        assert said["Importo"] == 123.45
        assert sheet.max_row == 2
    two_years = house.call(api, "GET", f"{ROOT}/export",
                           query={"first": "2025-01-01", "last": "2026-01-01"})  # fmt: skip
    assert (two_years.status, two_years.code) == (422, "export_days")


# ------------------------------------------------------------------ the treasurer
def test_the_treasurer_is_told_each_order_once(
    api: Api, house: House, match: Match, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.call(api, "PUT", f"{ROOT}/treasurer", TREASURER)
    match.offer(house.tenant, payment(1, provisional=""), payment(2), payment(3))
    post(api, house)
    flows = f"{ROOT}/opi-flows"
    refused = house.call(api, "POST", flows, {"year": 2026})
    assert (refused.status, refused.code) == (409, "opi_lacking")
    assert refused.json["error"]["details"] == {
        "provisionals": ["2026-0000001"],
        "chapters": ["1.1"],
    }
    setting(api, house, classifications={"1.1": {"code": 1010, "siope": "1010101"}})
    path = f"{ROOT}/orders/2026-0000001/provisional"
    assert house.call(api, "PUT", path, {"number": "21"}).json["provisional"] == "21"
    # Taken back before anybody was told: the treasurer never hears of it.
    house.call(api, "POST", f"{ROOT}/orders/2026-0000003/reverse", {"note": "x"})
    monkeypatch.setattr(limits, "OPI_ORDERS", 1)
    first = house.call(api, "POST", flows, {"year": 2026}).json
    assert first["orders"] == [{"operation": "INSERIMENTO", "order": "2026-0000001"}]
    told = house.call(api, "PUT", path, {"number": "22"})
    assert (told.status, told.code) == (409, "order_told")
    monkeypatch.setattr(limits, "OPI_ORDERS", 100)
    house.call(api, "POST", f"{ROOT}/orders/2026-0000001/reverse", {"note": "x"})
    second = house.call(api, "POST", flows, {"year": 2026}).json
    assert second["orders"] == [
        {"operation": "ANNULLO", "order": "2026-0000001"},
        {"operation": "INSERIMENTO", "order": "2026-0000002"},
    ]
    nothing = house.call(api, "POST", flows, {"year": 2026})
    assert (nothing.status, nothing.code) == (409, "opi_nothing")
    assert [one["number"] for one in house.call(
        api, "GET", flows, query={"year": 2026}).json["flows"]] == [2, 1]  # fmt: skip
    link = house.call(api, "GET", f"{flows}/2026/2").json
    data = requests.get(link["url"], timeout=10).content
    assert b"<numero_provvisorio>21</numero_provvisorio>" in data
    assert link["file_name"] == f"{second['id']}.xml"


def test_another_bodys_books_are_as_if_they_were_not(api: Api, house: House, match: Match) -> None:
    match.offer(house.tenant, payment(1))
    run = post(api, house)
    other = bodies.ready(api)
    for method, path, body in (
        ("GET", f"{ROOT}/runs/{run['id']}", None),
        ("GET", f"{ROOT}/orders/2026-0000001", None),
        ("POST", f"{ROOT}/orders/2026-0000001/reverse", {"note": "x"}),
        ("PUT", f"{ROOT}/orders/2026-0000001/provisional", {"number": "1"}),
        ("GET", f"{ROOT}/assessments/d1", None),
        ("GET", f"{ROOT}/opi-flows/2026/1", None),
        ("GET", f"{ROOT}/treasurer", None),
    ):
        answer = other.call(api, method, path, body)
        assert (answer.status, answer.code) == (404, "not_found"), path
    assert journal(api, other) == []
    assert balance(api, other)["came_cents"] == 0
