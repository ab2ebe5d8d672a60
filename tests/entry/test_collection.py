"""From a file of dues to receipts without anybody's hand; sums that are right at each moment."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.accounts.model import SCOPES
from chalicelib.base import clock, dynamo
from chalicelib.base.work import waking
from chalicelib.entry import on_audit, on_dues
from chalicelib.payments import numbers, taxonomy
from chalicelib.payments.positions import counts, store
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.checkout import Checkout
from infra.local.pagopa.fdr import Flow
from tests.entry import bodies, node_world, portal_world, visitors
from tests.entry import routes as known
from tests.entry.api_world import Api
from tests.entry.bodies import House
from tests.entry.node_world import Station
from tests.entry.portal_world import press
from tests.entry.reconciliation_world import csv, drop, remember, work_off
from tests.entry.test_dues import hand_in
from tests.entry.test_positions import bring, generate, listing, make, positions
from tests.payments.dues import files
from tests.payments.dues.files import MARIA, row
from tests.payments.receipts import made
from tests.payments.taxonomy_csv import FEE, LATE, taxonomy_csv

COURSE = "9/1201003AP/"
COURSE_ROW = (
    "12;Ordini;01;Quote;Quote degli iscritti;003;Corsi;AP;Corsi di formazione;1;"
    f"{COURSE};01/01/2020;12/31/2099;x;x"
)
SUMMARY, DUES = "/v1/body/summary", "/v1/body/dues"
_numbers = itertools.count(1)
LUCA = "VRDLCU85B02F205S"


@pytest.fixture
def at(api: Api) -> Station:
    return node_world.station(api)


@pytest.fixture
def page(at: Station) -> Iterator[Checkout]:
    with portal_world.checkout(at) as service:
        yield service


def summary(api: Api, house: House) -> dict[str, Any]:
    answer = house.operator.call(api, "GET", SUMMARY)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def sums(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    names = ("due", "paid", "open", "overdue")
    return {name: (found[name]["count"], found[name]["cents"]) for name in names}


def follows(tenant: str) -> bool:
    """Whether the stored sums are what counting all positions gives."""
    found = counts.recount(tenant)
    return found.quiet and not found.differences


@pytest.mark.feature("F001-001", "F001-004", "F001-005", "F001-006", "F001-007", "F001-008")
@pytest.mark.feature("F001-009", "F001-012")
def test_from_an_excel_file_to_a_receipt_without_a_manual_step(
    api: Api, at: Station, page: Checkout
) -> None:
    house = at.house
    remember(api, house)
    setting = books(api, house, "setting") | {"automatic": True}
    assert house.call(api, "PUT", "/v1/body/posting/setting", setting).status == 200
    assert sums(summary(api, house)) == dict.fromkeys(("due", "paid", "open", "overdue"), (0, 0))
    late = row(source="b", tax_code=LUCA, name="Verdi Luca", amount=20)
    bring(api, house, [row(source="a"), late])
    generate(api, house, listing(api, house)["id"])
    before = summary(api, house)
    assert sums(before) == {
        "due": (2, 17_000), "paid": (0, 0), "open": (2, 17_000), "overdue": (0, 0),
    }  # fmt: skip
    # Maria searches and pays on the portal; nobody of the body does anything.
    portal = portal_world.portal(api, at)
    (summary_of,) = positions(api, house, tax_code=MARIA)
    position = store.get_position(house.tenant, summary_of["id"])
    assert position is not None
    cart = portal.cart(portal.key(position)).json
    press(cart["redirect"], "pay")
    # At once, before any worker ran: the receipt decided it all in its own commit.
    paid = summary(api, house)
    assert sums(paid) == {
        "due": (2, 17_000), "paid": (1, 15_000), "open": (1, 2_000), "overdue": (0, 0),
    }  # fmt: skip
    assert (paid["states"]["paid"], paid["states"]["valid"]) == (
        {"count": 1, "cents": 15_000}, {"count": 1, "cents": 2_000},
    )  # fmt: skip
    assert paid["services"] == [{
        "service": "quota", "subject": "Quota annuale", "due": {"count": 2, "cents": 17_000},
        "settled": {"count": 1, "cents": 15_000},
    }]  # fmt: skip
    month = {"made": {"count": 2, "cents": 17_000}, "paid": {"count": 1, "cents": 15_000}}
    assert paid["month"] == paid["year"] == month
    (shown,) = positions(api, house, state="paid", paid_from=paid["day"], paid_until=paid["day"])
    assert shown["payments"][0]["paid_cents"] == 15_000
    whole = house.operator.call(api, "GET", f"/v1/body/positions/{shown['id']}").json
    assert [one["event"] for one in whole["timeline"]] == ["generated", "pay"]
    assert whole["timeline"][-1]["by"].startswith("node:")
    _money_comes(api, at, shown)
    # When the day is over, the other one is overdue, although nothing has run.
    api.tick(45 * 86_400)
    assert sums(summary(api, bodies.again(api, house)))["overdue"] == (1, 2_000)
    assert follows(house.tenant)


def _money_comes(api: Api, at: Station, position: dict[str, Any]) -> None:
    """What the node settles and the bank books of it is entered without anybody, as the body had
    said once that it should be."""
    house = at.house
    assert books(api, house, "balance")["posted_cents"] == 0
    (receipt,) = house.call(api, "GET", "/v1/body/receipts").json["receipts"]
    line = (receipt["iuv"], receipt["id"], 1, receipt["cents"], "0")
    flow = Flow("2026-11-20ABI06090-0001", "ABI06090", [line], day="2026-11-20", created=api.now)
    drop(api, f"settlements/{house.tenant}/f.xml", simulated.xml(flow, at.creditor))
    text = f"/PUR/LGPE-RIVERSAMENTO/URI/{flow.id}"
    drop(api, f"statements/{house.tenant}/banca/e.csv", csv(("20/11/2026", text, "150,00")))
    work_off(api)
    (order,) = books(api, house, "orders", year=2026)["orders"]
    assert (order["cents"], order["day"], order["state"]) == (15_000, "2026-11-20", "issued")
    (entered,) = books(api, house, f"orders/{order['id']}")["lines"]
    assert (entered["position"], entered["receipt"]) == (position["id"], receipt["id"])
    assessed = books(api, house, f"assessments/{entered['assessment']}")
    assert assessed["collected_cents"] == assessed["cents"] == 15_000
    found = books(api, house, "balance")
    assert (found["posted_cents"], found["open_cents"], found["anomalous_cents"]) == (15_000, 0, 0)
    assert summary(api, house)["reconciled"] == {
        "cents": 15_000, "posted_cents": 15_000, "open_cents": 0, "anomalous_cents": 0,
    }  # fmt: skip


def books(api: Api, house: House, path: str, **query: Any) -> Any:
    answer = house.call(api, "GET", f"/v1/body/posting/{path}", query=query)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.feature("F001-004", "F001-009")
def test_a_thousand_members_are_asked_once_in_one_run(api: Api) -> None:
    house = bodies.ready(api)
    rows = list(files.many(1_000))
    bring(api, house, rows)
    bring(api, house, rows, "i2")
    assert generate(api, house, listing(api, house)["id"])["made"] == 1_000
    assert listing(api, house, "f2")["dues"] == 0
    found = counts.summary(house.tenant, api.now)
    assert (found.due.count, found.due.cents) == (
        1_000, sum(round(one["amount"] * 100) for one in rows),
    )  # fmt: skip
    assert follows(house.tenant)


@pytest.mark.feature("F001-008", "F001-009")
def test_whatever_happens_in_whatever_order_the_sums_follow(api: Api, at: Station) -> None:
    house, chance = at.house, random.Random(7)
    body = house.call(api, "GET", "/v1/body").json
    body.pop("logo")
    today = str(clock.rome_day(api.now))
    assert house.call(api, "PUT", "/v1/body", body | {"outside_until": today}).status == 200
    plan = {"count": 3, "first_due": "2026-12-31", "every_months": 6}
    bring(api, house, [row(source=str(n), amount=10 + n) for n in range(8)])
    generate(api, house, listing(api, house)["id"], plan=plan)
    for n in range(4):
        make(api, house, f"m{n}", manual=True, cents=1_000 + n)
    for _ in range(30):
        one = chance.choice(positions(api, house, limit=100))
        path = f"/v1/body/positions/{one['id']}"
        asked = chance.choice(one["payments"])
        act = chance.choice(("pay", "pay", "cancel", "outside", "edit", "delete"))
        if act == "pay":
            # Told whatever our answer was: money that came counts in any state.
            receipt = made_receipt(house.tenant, one["id"], asked["number"])
            with waking() as wakes:
                receipts.record(house.tenant, receipt, made.RAW, api.now, wakes)
        elif act == "cancel":
            house.call(api, "POST", f"{path}/cancel")
        elif act == "outside":
            house.call(api, "POST", f"{path}/paid-outside", {"day": today})
        elif act == "edit":
            edit = {"version": one["version"], "due": "2027-02-01"}
            house.call(api, "PATCH", path, edit)
        else:
            house.call(api, "DELETE", path)
    states = {one["state"] for one in positions(api, house, limit=100)}
    assert len(states) > 2
    assert follows(house.tenant)
    said = summary(api, house)
    assert sum(one["count"] for one in said["states"].values()) == 12
    # What was changed by hand in the table is found, and put right.
    key = next(iter(dynamo.query(f"T#{house.tenant}#SUMMARY")))
    wrong = dynamo.Update((key["pk"], key["sk"]), add={"due:cents": 5})
    dynamo.commit([wrong])
    assert not follows(house.tenant)
    counts.repair(house.tenant, counts.recount(house.tenant))
    assert follows(house.tenant)
    assert summary(api, house) == said


def made_receipt(tenant: str, position_id: str, number: int) -> Receipt:
    """A receipt of that payment, another one each time."""
    position = store.get_position(tenant, position_id)
    assert position is not None
    return made.of(position, number, id=f"iur{next(_numbers)}")


@pytest.mark.feature("F001-026")
def test_trainees_are_asked_by_themselves(api: Api) -> None:
    house = bodies.ready(api)
    trainee = row(source="t", category="praticante", tax_code=LUCA, name="Verdi Luca")
    bring(api, house, [row(source="p"), trainee])
    answer = house.call(api, "GET", DUES, query={"categories": "trainee"})
    assert [one["source"] for one in answer.json["dues"]] == ["t"]
    generate(api, house, listing(api, house, categories=["trainee"])["id"])
    assert [one["tax_code"] for one in positions(api, house)] == [LUCA]


@pytest.mark.feature("F001-016")
def test_what_a_due_is_for_decides_its_taxonomy(api: Api, at: Station) -> None:
    house = at.house
    training = bodies.service(subject="Corso", taxonomy=COURSE, chapter="1.3")
    taxonomy.load(taxonomy_csv(COURSE_ROW), api.now)
    assert house.call(api, "PUT", "/v1/body/services/corso", training).status == 200
    kinds = {"quota": (150, FEE), "mora": (20, LATE), "corso": (80, COURSE)}
    rows = [
        row(source=kind, service=kind, reason=f"{kind} 2026", amount=amount)
        for kind, (amount, _) in kinds.items()
    ]
    bring(api, house, rows)
    said = {"grouped": True, "subject": "Quote e altro", "due": "2026-12-15"}
    generate(api, house, listing(api, house)["id"], **said)
    (position,) = positions(api, house)
    # As pagoPA is told it, when somebody pays.
    paid = at.node.activate(position["payments"][0]["notice"], at.creditor)
    assert {(one.cents, one.category) for one in paid.transfers} == {
        (amount * 100, code) for amount, code in kinds.values()
    }
    # A type that the body has not is no due.
    wrong = hand_in(api, house, files.xlsx([row(source="x", service="altro")]), "x")
    assert (wrong["good"], wrong["faulty"]) == (0, 1)
    faults = house.call(api, "GET", f"{DUES}/imports/{wrong['id']}/faults").json["faults"]
    assert [(one["row"], one["column"]) for one in faults] == [
        (2, "ABCDEFGHIJKLMNOP"[list(files.HEADERS).index("service")])
    ]


# ------------------------------------------------------------------ how dues come in
@pytest.mark.feature("F001-014")
def test_a_mode_that_is_off_is_shown_and_refused(api: Api) -> None:
    house = bodies.ready(api)
    token = api.key(house.tenant, *SCOPES)
    body = house.call(api, "GET", "/v1/body").json
    assert body["modes"] == ["file", "register_isi", "register_external", "accounting"]
    body.pop("logo")
    files_, data = "/v1/body/dues/files", files.xlsx([row()])
    head = {"Idempotency-Key": "k", "Content-Type": "application/octet-stream"}

    def by_person() -> Any:
        return house.call(api, "POST", files_, data, query={"name": "a.xlsx"}, headers=head)

    def by_key() -> Any:
        return api.call("POST", files_, token, data, query={"name": "a.xlsx"}, headers=head)

    def begun(**auth: Any) -> Any:
        path, said = "/v1/body/dues/imports", {"file_name": "a.xlsx"}
        return house.call(api, "POST", path, said, headers={"Idempotency-Key": "i"}, **auth)

    for kind in ("isi", "opi"):
        said = {"kind": kind, "way": "s3", "format": "csv" if kind == "isi" else "json"}
        assert house.call(api, "PUT", f"/v1/body/registers/{kind}", said).status == 200

    def fetched(kind: str) -> Any:
        path = f"/v1/body/registers/{kind}/fetches"
        return house.call(api, "POST", path, {"year": 2026}, headers={"Idempotency-Key": "f"})

    ways = {
        "file": (by_person, begun), "accounting": (by_key,),
        "register_isi": (lambda: fetched("isi"),), "register_external": (lambda: fetched("opi"),),
    }  # fmt: skip
    for off in ways:
        said = body | {"modes": [one for one in ways if one != off], "version": body["version"]}
        changed = house.call(api, "PUT", "/v1/body", said)
        assert changed.status == 200, changed.body
        body["version"] = changed.json["version"]
        assert off not in changed.json["modes"]
        for mode, calls in ways.items():
            for call in calls:
                answer = call()
                if mode == off:
                    assert (answer.status, answer.code) == (409, "mode_off")
                    assert answer.json["error"]["details"] == {"mode": mode}
                else:
                    assert answer.status in (201, 202), answer.body
    # Whoever does not speak of modes leaves them as they are.
    said = {name: value for name, value in body.items() if name != "modes"}
    kept = house.call(api, "PUT", "/v1/body", said).json
    assert "register_external" not in kept["modes"]
    while api.run("dues", on_dues.handle):
        pass


# ------------------------------------------------------------------ who did what
@pytest.mark.feature("F001-174")
def test_each_change_of_the_portals_people_is_logged_and_found_by_person_and_period(
    api: Api,
) -> None:
    house = bodies.ready(api)
    head, hand = house.administrator, house.operator
    one = make(api, house, "m1", manual=True, cents=1_000)
    api.tick(86_400)
    house = bodies.again(api, house)
    path = f"/v1/body/positions/{one['id']}"
    house.operator.call(api, "GET", path)
    house.call(api, "PATCH", path, {"version": 1, "subject": "Altro"})
    house.call(api, "POST", f"{path}/cancel")
    api.run("audit", on_audit.handle)

    def found(**query: Any) -> list[tuple[str, str]]:
        entries = house.call(api, "GET", "/v1/audit", query={"limit": 200} | query).json["entries"]
        return [(one["action"], one["what"]) for one in entries if one["action"] != "audit_read"]

    today, what = str(clock.rome_day(api.now)), f"position:{one['id']}"
    assert found(since=today) == [
        ("position_cancelled", what), ("position_changed", what), ("position_read", what),
    ]  # fmt: skip
    assert found(since=today, actor=hand.user) == [("position_read", what)]
    assert found(until=today, actor=hand.user) == [("position_read", what)]
    assert ("body_changed", "body") in found(actor=head.user)
    assert ("body_changed", "body") not in found(actor=head.user, since=today)
    assert ("service_changed", "service:quota") in found(actor=head.user, action="service_changed")
    # No route changes what is there.
    trail = {route.method for route in known.routes() if route.path.startswith("/v1/audit")}
    assert trail == {"GET"}


# ------------------------------------------------------------------ not for a practice
@pytest.mark.feature("U-03")
def test_a_practice_has_no_generator_of_ivus(api: Api) -> None:
    """Neither its people, whom no route of bodies opens, nor a key of its own with every scope."""
    home = visitors.tenant(api, "practice")
    holder = visitors.enter(api, home, "practice", "holder")
    token = api.key(home, *SCOPES)
    of_bodies = [route for route in known.routes() if route.path.startswith("/v1/body")]
    assert len(of_bodies) > 50
    for route in of_bodies:
        key = {"Idempotency-Key": "k"} if route.idempotency_key else {}
        answer = known.call(api, route, headers=holder.headers | key)
        assert answer.status in (403, 404), (route.path, answer.status)
    refused = api.call("PUT", "/v1/body", token, bodies.setting())
    assert (refused.status, refused.code) == (422, "not_a_body")
    said = {"service": "quota", "debtor": {"name": "Rossi Maria", "tax_code": MARIA},
            "manual": True, "cents": 100}  # fmt: skip
    head = {"Idempotency-Key": "k"}
    for method, path, body in (
        ("GET", "/v1/body", None),
        ("POST", "/v1/body/positions", said),
        ("POST", "/v1/body/flows", {}),
        ("POST", "/v1/body/dues/imports", {"file_name": "a.csv"}),
        ("POST", "/v1/body/exports", {"format": "csv"}),
    ):
        answer = api.call(method, path, token, body, headers=head)
        assert (answer.status, answer.code) == (404, "not_found"), path
    assert positions_of(home) == []
    assert dynamo.get(numbers.key_of(home, "80012000826", "01")) is None


def positions_of(tenant: str) -> list[str]:
    return [position.id for _, position in store.list_positions(tenant)]
