"""Credits through the doors: balances, the book and its filters, assignments, policies."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from chalicelib.base import clock, work
from chalicelib.credits import monitor, service
from chalicelib.credits.lots import Lot
from chalicelib.entry import nightly, on_credits, on_send
from chalicelib.invoicing import dispatch
from chalicelib.invoicing.channels import sdicoop
from chalicelib.invoicing.channels.sdicoop import Receipt
from infra.local.invoices import make
from infra.local.subjects import SUPPLIER
from tests.entry import api_world
from tests.entry.api_world import Answer, Api, Context, Person

api = api_world.api
_BUCKETS = (
    "pool", "assigned", "held", "consumed", "expired", "refunded", "overdraft", "settled",
)  # fmt: skip


@pytest.fixture
def gamma(api: Api) -> Person:
    """A reseller who has bought 10 XML PA and 20 XML private, with two customers."""
    person = api.add_reseller(f"gamma{next(api_world._names)}", credits=0)
    api.add_customer(person.tenant)
    api.add_customer(person.tenant, "c2", SUPPLIER)
    for product, quantity in (("xml_pa", 10), ("xml_private", 20)):
        buy(api, person, product, quantity)
    return person


def buy(
    api: Api, person: Person, product: str, quantity: int, order: str = "o1", on: date | None = None
) -> Lot:
    lot = Lot(product, quantity, order, on or clock.rome_day(api.now), 5_000)
    with work.waking() as wakes:
        wakes.commit(service.lot_ops(person.tenant, lot, api.tick()))
    return lot


def get(api: Api, person: Person, path: str, **query: Any) -> Any:
    answer = api.call("GET", path, person.token, query=query or None)
    assert answer.status == 200, answer.body
    return answer.json


def product(api: Api, person: Person, name: str) -> dict[str, Any]:
    (found,) = [
        one for one in get(api, person, "/v1/credits")["products"] if one["product"] == name
    ]
    for one in (found, *found["lots"]):
        assert one["purchased"] == sum(one[bucket] for bucket in _BUCKETS)
    return dict(found)


def of_customer(api: Api, person: Person, customer: str, name: str) -> dict[str, Any]:
    found = get(api, person, f"/v1/customers/{customer}/credits")
    (one,) = [each for each in found["products"] if each["product"] == name]
    assert one["assigned"] == one["left"] + one["own_held"] + one["own_consumed"] + one["expired"]
    assert one["residual"] == one["assigned"] - one["own_consumed"] - one["expired"]
    return dict(one)


def assign(api: Api, person: Person, customer: str, key: str, quantity: int, **more: Any) -> Answer:
    body = {"product": "xml_private", "quantity": quantity} | more
    return api.call(
        "POST", f"/v1/customers/{customer}/credits/assignments", person.token, body,
        headers={"Idempotency-Key": key},
    )  # fmt: skip


def put_policy(api: Api, person: Person, customer: str, **policy: Any) -> dict[str, Any]:
    path = f"/v1/customers/{customer}/credits/policy"
    answer = api.call("PUT", path, person.token, policy)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def send(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """SdI takes what is ready; who signs is not the matter."""
    monkeypatch.setattr(dispatch, "_signed", lambda job, document: (document.raw, b"signed"))
    monkeypatch.setattr(dispatch, "_endpoint", lambda url: url)
    monkeypatch.setattr(sdicoop, "send", lambda *_, **__: Receipt("1", "", ""))
    api.run("send", on_send.handle)


# --- balances -------------------------------------------------------------------------------------
@pytest.mark.feature("F004-036")
def test_what_is_left_by_product_and_lot(api: Api, gamma: Person) -> None:
    old = buy(api, gamma, "xml_pa", 5, "o2", date(2016, 12, 31))
    found = product(api, gamma, "xml_pa")
    assert (found["purchased"], found["pool"], found["available"]) == (15, 15, 15)
    first, second = found["lots"]
    assert (first["order"], first["expires_on"]) == ("o1", "2028-11-21")
    assert (second["lot"], second["expires_on"], second["usable"]) == (old.id, None, True)
    assert [one["product"] for one in get(api, gamma, "/v1/credits")["products"]] == [
        "xml_pa", "xml_private", "pdf_conversion", "preservation",
    ]  # fmt: skip


@pytest.mark.feature("F004-035", "F004-036")
def test_the_drill_down_is_the_ledger(
    api: Api, gamma: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By product, lot, customer, day and document: every way comes to the same numbers."""
    assert assign(api, gamma, "c2", "k1", 4).status == 201
    put_policy(api, gamma, "c2", modes={"xml_private": "assigned"})
    for number, seller in enumerate([None, None, SUPPLIER, SUPPLIER, SUPPLIER]):
        more: dict[str, Any] = {"seller": seller} if seller else {}
        api.hand_in(gamma.token, f"{number}.xml", make(number=f"{number}/X", **more))
    held = product(api, gamma, "xml_private")
    assert (held["pool"], held["assigned"], held["held"]) == (14, 1, 5)
    assert of_customer(api, gamma, "c1", "xml_private")["held"] == 2
    assert of_customer(api, gamma, "c2", "xml_private")["own_held"] == 3
    send(api, monkeypatch)
    found = product(api, gamma, "xml_private")
    assert (found["pool"], found["assigned"], found["consumed"]) == (14, 1, 5)
    for customer, consumed, left in (("c1", 2, 0), ("c2", 3, 1)):
        one = of_customer(api, gamma, customer, "xml_private")
        assert (one["consumed"], one["held"], one["left"]) == (consumed, 0, left)
        entries = get(api, gamma, "/v1/credits/entries", customer=customer, account="CONSUMED")
        assert len(entries["entries"]) == consumed
        assert {entry["debit"] for entry in entries["entries"]} == {"CONSUMED"}
        # Each was for one document, and that document's own entries lead to it.
        for entry in entries["entries"]:
            own = get(api, gamma, "/v1/credits/entries", document=entry["reference"])["entries"]
            assert sorted(one["debit"] for one in own) == ["CONSUMED", f"HELD#{customer}"]
    day = clock.rome_day(api.now).isoformat()
    report = get(api, gamma, "/v1/credits/consumption", since=day, until=day)
    assert report["total"] == found["consumed"]
    by_customer = Counter({one["customer"]: one["quantity"] for one in report["consumed"]})
    assert by_customer == {"c1": 2, "c2": 3}
    assert {one["own"] for one in report["consumed"]} == {0, 3}
    own_report = get(api, gamma, "/v1/credits/consumption", since=day, until=day, customer="c2")
    assert own_report["consumed"] == [one for one in report["consumed"] if one["customer"] == "c2"]
    (lot,) = found["lots"]
    of_lot = get(
        api, gamma, "/v1/credits/entries", lot=lot["lot"], product="xml_private", limit=200
    )["entries"]
    balance: Counter[str] = Counter()
    for entry in of_lot:
        balance[entry["credit"].split("#")[0]] -= entry["quantity"]
        balance[entry["debit"].split("#")[0]] += entry["quantity"]
    assert +balance == {"POOL": 14, "CUST": 1, "CONSUMED": 5}
    assert -balance["PURCHASED"] == lot["purchased"]
    assert monitor.verify(gamma.tenant, api.now).faults == ()


def test_pages_of_the_book_join_without_gap_or_repeat(api: Api, gamma: Person) -> None:
    for number in range(7):
        assert assign(api, gamma, "c1", f"k{number}", 1).status == 201
    whole = get(api, gamma, "/v1/credits/entries", limit=200)["entries"]
    assert len(whole) == 9
    for limit in (1, 2, 3, 9):
        for extra in ({}, {"product": "xml_private"}, {"customer": "c1"}):
            seen: list[str] = []
            cursor = ""
            while True:
                query = {"limit": limit, **extra} | ({"cursor": cursor} if cursor else {})
                page = get(api, gamma, "/v1/credits/entries", **query)
                seen += [one["id"] for one in page["entries"]]
                cursor = page["cursor"] or ""
                if not cursor:
                    break
            wanted = [
                one["id"]
                for one in whole
                if all(one[name] == value for name, value in extra.items())
            ]
            assert seen == wanted
    times = [one["at"] for one in whole]
    assert times == sorted(times, reverse=True)
    middle = whole[4]["at"]
    since = get(api, gamma, "/v1/credits/entries", since=middle, limit=200)["entries"]
    until = get(api, gamma, "/v1/credits/entries", until=middle, limit=200)["entries"]
    assert [one["id"] for one in [*since, *until]] == [one["id"] for one in whole]


def test_a_book_of_several_months_is_read_through(api: Api, gamma: Person) -> None:
    assert assign(api, gamma, "c1", "k1", 1).status == 201
    then = api.now
    for month in (1, 3):
        api.tick(month * 31 * 86_400)
        assert assign(api, gamma, "c1", f"m{month}", 1).status == 201
    found = get(api, gamma, "/v1/credits/entries", limit=2)
    assert len({one["at"][:7] for one in found["entries"]}) == 2
    rest = get(api, gamma, "/v1/credits/entries", limit=50, cursor=found["cursor"])
    assert len(rest["entries"]) == 3
    assert monitor.verify(gamma.tenant, api.now).entries == 5
    api.now = then


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("2026-11-30", "2026-11-01", "period"),
        ("2024-01-01", "2026-11-01", "period"),
        ("never", "2026-11-01", "invalid_request"),
    ],
)
def test_a_report_has_a_sensible_period(
    api: Api, gamma: Person, since: str, until: str, code: str
) -> None:
    answer = api.call(
        "GET", "/v1/credits/consumption", gamma.token, query={"since": since, "until": until}
    )
    assert answer.code == code


# --- assignments ----------------------------------------------------------------------------------
@pytest.mark.feature("F004-031", "F004-037", "F004-038", "F004-039")
def test_the_history_of_assignments(api: Api, gamma: Person) -> None:
    """Who, when, how many, of which product and lot, with a note; newest first."""
    first = assign(api, gamma, "c1", "k1", 6, note="Contratto 2027")
    assert first.status == 201
    second = assign(api, gamma, "c1", "k2", -2, note="Resi")
    third = assign(api, gamma, "c1", "k3", 1, product="xml_pa")
    found = get(api, gamma, "/v1/customers/c1/credits/assignments")
    assert found == {
        "assignments": [third.json, second.json, first.json],
        "cursor": None,
    }
    said = first.json
    assert (said["quantity"], said["note"], said["product"]) == (6, "Contratto 2027", "xml_private")
    assert said["by"].startswith("key:")
    assert said["at"] == clock.stamp(clock.parse(said["at"]))
    assert sum(part["quantity"] for part in said["lots"]) == 6
    page = get(api, gamma, "/v1/customers/c1/credits/assignments", limit=2)
    rest = get(api, gamma, "/v1/customers/c1/credits/assignments", cursor=page["cursor"])
    assert [*page["assignments"], *rest["assignments"]] == found["assignments"]
    one = of_customer(api, gamma, "c1", "xml_private")
    assert (one["assigned"], one["left"], one["residual"]) == (4, 4, 4)


@pytest.mark.feature("F004-031")
@pytest.mark.parametrize("quantity", [21, 1_000_000])
def test_more_than_there_is_cannot_be_assigned(api: Api, gamma: Person, quantity: int) -> None:
    answer = assign(api, gamma, "c1", "k1", quantity)
    assert (answer.status, answer.code) == (409, "credits_short")
    assert answer.json["error"]["details"]["available"] == 20
    assert product(api, gamma, "xml_private")["pool"] == 20
    assert get(api, gamma, "/v1/customers/c1/credits/assignments")["assignments"] == []


@pytest.mark.feature("F004-031")
def test_more_than_he_has_cannot_be_returned(api: Api, gamma: Person) -> None:
    assert assign(api, gamma, "c1", "k1", 2).status == 201
    answer = assign(api, gamma, "c1", "k2", -3)
    assert (answer.status, answer.code) == (409, "credits_short")
    assert answer.json["error"]["details"]["available"] == 2


def test_the_same_request_again_is_the_same_assignment(api: Api, gamma: Person) -> None:
    first = assign(api, gamma, "c1", "k1", 5)
    again = assign(api, gamma, "c1", "k1", 5)
    assert (again.status, again.body) == (201, first.body)
    assert product(api, gamma, "xml_private")["assigned"] == 5
    other = assign(api, gamma, "c1", "k1", 6)
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    # Under another key, or for another customer, it is another request.
    assert assign(api, gamma, "c1", "k2", 5).json["id"] != first.json["id"]
    assert assign(api, gamma, "c2", "k1", 5).json["id"] != first.json["id"]
    assert product(api, gamma, "xml_private")["assigned"] == 15


@pytest.mark.feature("F004-038", "F004-012")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"product": "indigita", "quantity": 1}, "invalid_request"),
        ({"product": "gold", "quantity": 1}, "invalid_request"),
        ({"product": "xml_pa", "quantity": 0}, "quantity"),
        ({"product": "xml_pa", "quantity": 1.5}, "invalid_request"),
        ({"product": "xml_pa", "quantity": 1, "note": "x" * 501}, "invalid_request"),
        ({"product": "xml_pa", "quantity": 1, "note": "bell\u0007"}, "invalid_request"),
        ({"product": "xml_pa", "quantity": 1, "lot": "mine"}, "invalid_request"),
    ],
)
def test_what_cannot_be_assigned(api: Api, gamma: Person, body: dict[str, Any], code: str) -> None:
    answer = api.call(
        "POST", "/v1/customers/c1/credits/assignments", gamma.token, body,
        headers={"Idempotency-Key": "k"},
    )  # fmt: skip
    assert answer.code == code


@pytest.mark.feature("F004-016")
def test_expiry_follows_the_lot(api: Api, gamma: Person) -> None:
    """What goes to a customer expires first of what there is, and goes on expiring (D17)."""
    early = buy(api, gamma, "xml_private", 3, "early", date(2025, 1, 31))
    given = assign(api, gamma, "c1", "k1", 4).json
    assert given["lots"][0] == {"lot": early.id, "quantity": 3}
    back = assign(api, gamma, "c1", "k2", -2).json
    # What expires last goes back, so that he keeps what he has to use first.
    assert [part["quantity"] for part in back["lots"]] == [1, 1]
    assert back["lots"][1]["lot"] == early.id
    then = api.now
    api.now = clock.parse("2027-02-01T00:20:00.000Z")
    nightly.nightly({}, Context())
    while api.run("credits", on_credits.handle):
        pass
    one = of_customer(api, gamma, "c1", "xml_private")
    assert (one["assigned"], one["left"], one["expired"], one["residual"]) == (2, 0, 2, 0)
    lot = next(
        each for each in product(api, gamma, "xml_private")["lots"] if each["lot"] == early.id
    )
    assert (lot["expired"], lot["usable"]) == (3, False)
    api.now = then


def test_credits_out_of_too_many_lots_are_asked_for_in_parts(api: Api, gamma: Person) -> None:
    for number in range(20):
        buy(api, gamma, "preservation", 1, f"p{number:02d}")
    answer = assign(api, gamma, "c1", "k1", 20, product="preservation")
    assert (answer.status, answer.code) == (422, "credits_scattered")
    there = answer.json["error"]["details"]["available"]
    assert assign(api, gamma, "c1", "k2", there, product="preservation").status == 201
    assert assign(api, gamma, "c1", "k3", 20 - there, product="preservation").status == 201
    assert of_customer(api, gamma, "c1", "preservation")["left"] == 20


# --- policies -------------------------------------------------------------------------------------
@pytest.mark.feature("F004-033", "F004-034")
def test_how_a_customer_may_use_credits(api: Api, gamma: Person) -> None:
    default = get(api, gamma, "/v1/customers/c1/credits")["policy"]
    assert default["at_zero"] == "stop"
    assert default["enablement"] == "automatic"
    assert default["enabled"] is True
    assert set(default["modes"].values()) == {"metered"}
    changed = put_policy(
        api, gamma, "c1", modes={"xml_pa": "assigned", "xml_private": "unlimited"},
        at_zero="continue",
    )  # fmt: skip
    assert changed["modes"] == {
        "xml_pa": "assigned",
        "xml_private": "unlimited",
        "pdf_conversion": "metered",
        "preservation": "metered",
    }
    assert get(api, gamma, "/v1/customers/c1/credits")["policy"] == changed
    # The other customer's is his own.
    assert get(api, gamma, "/v1/customers/c2/credits")["policy"] == default
    assert put_policy(api, gamma, "c1") == default


@pytest.mark.feature("F004-042")
def test_enabling_by_hand(api: Api, gamma: Person) -> None:
    path = "/v1/customers/c1/credits/enable"
    answer = api.call("POST", path, gamma.token)
    assert (answer.status, answer.code) == (409, "enablement_automatic")
    assert put_policy(api, gamma, "c1", enablement="manual")["enabled"] is False
    document = api.hand_in(gamma.token, "a.xml", make())
    held = get(api, gamma, f"/v1/documents/{document}")
    assert (held["state"], held["held"]) == ("held", "not_enabled")
    for _ in range(2):
        answer = api.call("POST", path, gamma.token)
        assert (answer.status, answer.json["enabled"]) == (200, True)
    api.run("credits", on_credits.handle)
    assert get(api, gamma, f"/v1/documents/{document}")["state"] == "ready"
    # Staying manual keeps what was decided; going to automatic opens.
    assert put_policy(api, gamma, "c1", enablement="manual", at_zero="continue")["enabled"] is True
    assert put_policy(api, gamma, "c1")["enabled"] is True


@pytest.mark.feature("F004-041")
def test_what_waits_for_credit_says_so_and_leaves_with_it(api: Api, gamma: Person) -> None:
    assert assign(api, gamma, "c2", "k1", 20).status == 201
    document = api.hand_in(gamma.token, "a.xml", make())
    held = get(api, gamma, f"/v1/documents/{document}")
    assert (held["state"], held["held"]) == ("held", "no_credit")
    decided = api.call(
        "POST", f"/v1/documents/{document}/decision", gamma.token, {"action": "send"}
    )
    assert (decided.status, decided.code) == (409, "no_credit")
    assert assign(api, gamma, "c2", "k2", -1).status == 201
    api.run("credits", on_credits.handle)
    assert get(api, gamma, f"/v1/documents/{document}")["state"] == "ready"


# --- who may --------------------------------------------------------------------------------------
def test_credits_are_the_resellers_own(api: Api, gamma: Person, alfa: Person) -> None:
    """Another one's customers are nobody, and a key for one customer sees no credits."""
    assert assign(api, alfa, "c2", "k1", 1).status == 404
    limited = api.key(gamma.tenant, "documents:read", customer="c1")
    for path in ("/v1/credits", "/v1/credits/entries", "/v1/customers/c1/credits"):
        assert api.call("GET", path, limited).status == 403
        assert gamma.tenant not in api.call("GET", path, alfa.token).body.decode()
    reader = api.key(gamma.tenant, "credits:read")
    assert api.call("GET", "/v1/credits", reader).status == 200
    answer = api.call(
        "POST", "/v1/customers/c1/credits/assignments", reader,
        {"product": "xml_pa", "quantity": 1}, headers={"Idempotency-Key": "k"},
    )  # fmt: skip
    assert (answer.status, answer.code) == (403, "forbidden")
