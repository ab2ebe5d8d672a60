"""Ordering credits, through the API and the operator's command."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chalicelib.accounts import letters
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo, limits
from chalicelib.credits import catalogue, orders, products, store
from chalicelib.credits.default_catalogue import DEFAULT
from chalicelib.credits.lots import Lot
from infra import operate
from tests.entry import api_world
from tests.entry.api_world import Answer, Api, Person

api = api_world.api
alfa = api_world.alfa
beta = api_world.beta
PA = {"product": "xml_pa", "quantity": 100}


def quote(api: Api, person: Person, *lines: dict[str, Any], coupon: str = "") -> Answer:
    body = {"lines": list(lines), "coupon": coupon}
    return api.call("POST", "/v1/credits/quotes", person.token, body)


def place(
    api: Api, person: Person, *lines: dict[str, Any], key: str = "k", coupon: str = ""
) -> Answer:
    body = {"lines": list(lines), "coupon": coupon}
    headers = {"Idempotency-Key": key}
    return api.call("POST", "/v1/credits/orders", person.token, body, headers=headers)


def command(*arguments: str) -> int:
    return operate.main(["--table", os.environ["TABLE"], *arguments])


def confirm(person: Person, order: str) -> int:
    return command("confirm-order", "--reseller", person.tenant, "--order", order)


def bought(api: Api, person: Person, *lines: dict[str, Any], key: str = "k") -> Any:
    """An order that is paid."""
    placed = place(api, person, *lines, key=key)
    assert placed.status == 201, placed.body
    assert confirm(person, placed.json["id"]) == 0
    return api.call("GET", f"/v1/credits/orders/{placed.json['id']}", person.token).json


def lots_of(person: Person) -> dict[str, Lot]:
    """What his orders brought; a world may give its resellers something to begin with."""
    ordered = {one.id for one in orders.list_orders(person.tenant, "", 50)}
    found = [(lot, left) for lot, left in store.list_lots(person.tenant) if lot.order in ordered]
    assert all(lot.quantity == left for lot, left in found)
    return {lot.product: lot for lot, _ in found}


def credits_of(person: Person) -> dict[str, int]:
    return {product: lot.quantity for product, lot in lots_of(person).items()}


def letters_of(person: Person) -> list[letters.Letter]:
    rows = [row for shard in range(4) for row in dynamo.query(f"due#{shard}", index="due")]
    mine = [row for row in rows if row["pk"].startswith(f"T#{person.tenant}#LETTER")]
    whole = [dynamo.get((row["pk"], row["sk"])) for row in mine]
    return [letters.read(person.tenant, row) for row in whole if row]


@pytest.fixture
def clean_lists(api: Api) -> Any:
    """Only the house's own price list, before and after."""
    yield
    for item in dynamo.query("T#_house#CATALOGUE"):
        dynamo.commit([dynamo.Delete((item["pk"], item["sk"]))])


def install(tmp_path: Path, **changes: Any) -> int:
    given = catalogue.to_json(DEFAULT) | {"id": "vero", "demonstration": False, **changes}
    file = tmp_path / "list.json"
    file.write_text(json.dumps(given), "utf-8")
    return command("catalogue", "--file", str(file))


# ------------------------------------------------------------------ before ordering
@pytest.mark.feature("F004-010")
def test_the_caveats_come_first(api: Api, alfa: Person) -> None:
    answer = api.call("GET", "/v1/credits/catalogue", alfa.token)
    assert next(iter(answer.json)) == "caveats"
    said = " ".join(one["it"] for one in answer.json["caveats"])
    for word in ("50,00 euro", "24 mesi", "licenza", "set up", "coupon", "dimostrativo"):
        assert word in said
    assert answer.json["minimum_cents"] == 50_00
    assert {one["product"] for one in answer.json["products"]} == set(products.PRODUCTS)
    assert {one["product"] for one in answer.json["products"] if one["licensed"]} == set(
        products.LICENSED
    )


@pytest.mark.feature("F004-007")
def test_a_quote_says_everything_and_keeps_nothing(api: Api, alfa: Person) -> None:
    before = sorted(item["sk"] for item in dynamo.query(f"T#{alfa.tenant}#ORDERS"))
    pdf = {"product": "pdf_conversion", "quantity": 10}
    answer = quote(api, alfa, PA, pdf).json
    assert [(one["kind"], one["product"], one["cents"]) for one in answer["lines"]] == [
        ("goods", "xml_pa", 90_00), ("goods", "pdf_conversion", 15_00),
        ("setup", "pdf_conversion", 100_00),
    ]  # fmt: skip
    assert answer["lines"][0]["price"] == "0.9000"
    assert (answer["goods_cents"], answer["setup_cents"]) == (105_00, 100_00)
    assert (answer["net_cents"], answer["vat_cents"]) == (205_00, 45_10)
    assert (answer["total_cents"], answer["meets_minimum"]) == (250_10, True)
    small = quote(api, alfa, {"product": "xml_pa", "quantity": 1}).json
    assert (small["goods_cents"], small["meets_minimum"]) == (1_00, False)
    assert sorted(item["sk"] for item in dynamo.query(f"T#{alfa.tenant}#ORDERS")) == before


@pytest.mark.feature("F004-018")
@pytest.mark.feature("F004-019")
def test_signing_up_costs_nothing_and_opens_at_once(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["reseller", "--id", "gratis", "--name", "Gratis", "--mail", "a@gratis.example"]
    assert command(*made) == 0
    token = capsys.readouterr().out.split()[-1]
    person = Person("gratis", token)
    assert api.call("GET", "/v1/credits/orders", token).json["orders"] == []
    shown = api.call("GET", "/v1/credits/catalogue", token)
    assert (shown.status, shown.json["charges"]) == (200, [])
    for path in ("/v1/me", "/v1/customers", "/v1/documents", "/v1/settings"):
        assert api.call("GET", path, token).status == 200
    assert list(dynamo.query(f"T#{person.tenant}#ORDERS")) == []
    assert lots_of(person) == {}


# ------------------------------------------------------------------ placing and confirming
@pytest.mark.feature("F004-007")
@pytest.mark.feature("F004-008")
def test_credits_are_there_when_the_order_is_confirmed(api: Api, alfa: Person) -> None:
    placed = place(api, alfa, PA, {"product": "preservation", "quantity": 1000}).json
    assert placed["state"] == "placed"
    assert placed["reference"].startswith("ORD-")
    assert lots_of(alfa) == {}, "not before it is paid"
    assert letters_of(alfa) == []
    assert confirm(alfa, placed["id"]) == 0
    shown = api.call("GET", f"/v1/credits/orders/{placed['id']}", alfa.token).json
    assert shown == placed | {"state": "confirmed", "confirmed_at": shown["confirmed_at"]}
    assert credits_of(alfa) == {"xml_pa": 100, "preservation": 1000}
    lot = lots_of(alfa)["xml_pa"]
    assert (lot.quantity, lot.price_cents, lot.order) == (100, 90_00, placed["id"])
    assert lot.ordered_on == clock.rome_day(clock.parse(placed["placed_at"]))
    assert shown["expires_on"] == str(lot.expires_on)
    assert confirm(alfa, placed["id"]) == 0, "again it is the same"
    assert credits_of(alfa) == {"xml_pa": 100, "preservation": 1000}
    assert len(letters_of(alfa)) == 1


@pytest.mark.feature("F004-050")
def test_the_confirmation_tells_the_pec_address(api: Api, alfa: Person) -> None:
    order = bought(api, alfa, PA)
    (letter,) = letters_of(alfa)
    assert (letter.kind, letter.to) == ("order_confirmed", f"hub@{alfa.tenant}.example")
    assert letter.values["pec"] == DEFAULT.pec == order["pec"]
    assert letter.values["order"] == order["reference"]
    assert letter.values["total"] == "109,80 EUR"
    assert letter.values["lines"].splitlines() == [
        "100 x Fattura XML PA: 90,00 EUR", "Imponibile: 90,00 EUR", "IVA 22 %: 19,80 EUR",
    ]  # fmt: skip


def test_a_long_order_fits_its_letter_and_keeps_its_sums(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LETTER_VALUE_CHARS", 150)
    bought(api, alfa, PA, {"product": "xml_private", "quantity": 100},
           {"product": "preservation", "quantity": 10}, PDF)  # fmt: skip
    lines = letters_of(alfa)[0].values["lines"]
    assert len(lines) <= 150
    assert lines.splitlines()[-3:-2] == ["…"]
    assert lines.splitlines()[-1].startswith("IVA 22 %: ")


@pytest.mark.feature("F004-016")
def test_the_day_of_the_order_counts_in_italy(api: Api, alfa: Person) -> None:
    """Placed at half past midnight in Rome, which is the day before elsewhere; paid later."""
    started = api.now
    try:
        api.now = clock.parse("2027-01-30T23:29:59.000Z")
        placed = place(api, alfa, PA).json
        assert placed["expires_on"] == "2029-01-31"
        api.now = clock.parse("2027-03-01T10:00:00.000Z")
        assert confirm(alfa, placed["id"]) == 0
        lot = lots_of(alfa)["xml_pa"]
        assert (lot.ordered_on, lot.expires_on) == (date(2027, 1, 31), date(2029, 1, 31))
    finally:
        api.now = started


@pytest.mark.feature("F004-011")
def test_less_than_fifty_euros_is_refused(
    api: Api, alfa: Person, tmp_path: Path, clean_lists: None
) -> None:
    offers = catalogue.to_json(DEFAULT)["products"]
    offers[0]["tiers"] = [{"from": 1, "price": "0.01"}]
    offers[0]["setup_cents"] = 100_00
    assert install(tmp_path, products=offers) == 0
    refused = place(api, alfa, {"product": "xml_pa", "quantity": 4_999})
    assert (refused.status, refused.code) == (422, "order_minimum")
    assert refused.json["error"]["details"] == {"goods_cents": 49_99, "minimum_cents": 50_00}
    assert api.call("GET", "/v1/credits/orders", alfa.token).json["orders"] == []
    taken = place(api, alfa, {"product": "xml_pa", "quantity": 5_000})
    assert (taken.status, taken.json["goods_cents"]) == (201, 50_00)


def test_the_same_request_is_one_order(api: Api, alfa: Person) -> None:
    first = place(api, alfa, PA)
    again = place(api, alfa, PA)
    assert (again.status, again.json) == (first.status, first.json)
    other = place(api, alfa, PA | {"quantity": 200})
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    assert confirm(alfa, first.json["id"]) == 0
    assert place(api, alfa, PA).json["state"] == "confirmed", "the same order, as it is by now"
    assert len(api.call("GET", "/v1/credits/orders", alfa.token).json["orders"]) == 1


def test_orders_are_listed_newest_first_in_pages(api: Api, alfa: Person, beta: Person) -> None:
    made = [place(api, alfa, PA, key=str(n)).json["id"] for n in range(5)]
    found, cursor = [], ""
    while True:
        query = {"limit": 2} | ({"after": cursor} if cursor else {})
        page = api.call("GET", "/v1/credits/orders", alfa.token, query=query).json
        found += [one["id"] for one in page["orders"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert found == made[::-1]
    assert api.call("GET", "/v1/credits/orders", beta.token).json["orders"] == []
    foreign = api.call("GET", f"/v1/credits/orders/{made[0]}", beta.token)
    assert (foreign.status, foreign.code) == (404, "not_found")


def test_an_order_that_is_not_paid_may_be_given_up(api: Api, alfa: Person) -> None:
    placed = place(api, alfa, PA).json
    path = f"/v1/credits/orders/{placed['id']}/cancellation"
    gone = api.call("POST", path, alfa.token).json
    assert gone["state"] == "cancelled"
    assert api.call("POST", path, alfa.token).json == gone
    assert confirm(alfa, placed["id"]) == 1
    assert lots_of(alfa) == {}
    paid = bought(api, alfa, PA, key="other")
    late = api.call("POST", f"/v1/credits/orders/{paid['id']}/cancellation", alfa.token)
    assert (late.status, late.code) == (409, "order_confirmed")
    cancelled = ["cancel-order", "--reseller", alfa.tenant, "--order"]
    assert command(*cancelled, paid["id"]) == 1
    assert command(*cancelled, placed["id"]) == 0


def test_the_operator_sees_what_waits(
    api: Api, alfa: Person, beta: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    first = place(api, alfa, PA).json
    second = place(api, beta, PA).json
    assert command("orders") == 0
    shown = capsys.readouterr().out
    assert shown.index(first["id"]) < shown.index(second["id"])
    assert "109.80 EUR" in shown
    confirm(alfa, first["id"])
    capsys.readouterr()
    assert command("orders") == 0
    shown = capsys.readouterr().out
    assert first["id"] not in shown
    assert second["id"] in shown


def test_a_house_that_trusts_confirms_at_once(
    api: Api, alfa: Person, tmp_path: Path, clean_lists: None
) -> None:
    assert install(tmp_path, confirmation="at_once") == 0
    placed = place(api, alfa, PA)
    assert (placed.status, placed.json["state"]) == (201, "confirmed")
    assert credits_of(alfa) == {"xml_pa": 100}
    assert place(api, alfa, PA).json == placed.json
    assert credits_of(alfa) == {"xml_pa": 100}
    assert len(letters_of(alfa)) == 1


# ------------------------------------------------------------------ price lists
@pytest.mark.feature("F004-008")
def test_the_operators_list_counts_from_its_day(
    api: Api, alfa: Person, tmp_path: Path, clean_lists: None
) -> None:
    today = clock.rome_day(api.now)
    offers = catalogue.to_json(DEFAULT)["products"]
    offers[0]["tiers"] = [{"from": 1, "price": "2"}]
    assert install(tmp_path, valid_from=str(today), products=offers) == 0
    offers[0]["tiers"] = [{"from": 1, "price": "3"}]
    tomorrow = date.fromordinal(today.toordinal() + 1)
    assert install(tmp_path, id="domani", valid_from=str(tomorrow), products=offers) == 0
    placed = place(api, alfa, PA).json
    assert (placed["goods_cents"], placed["catalogue"]) == (200_00, "vero")
    api.tick(86_400)
    assert quote(api, alfa, PA).json["goods_cents"] == 300_00
    shown = api.call("GET", f"/v1/credits/orders/{placed['id']}", alfa.token).json
    assert shown == placed, "an order keeps the prices it was made by"


def test_a_list_that_cannot_be_read_changes_nothing(
    api: Api, alfa: Person, tmp_path: Path, clean_lists: None,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert install(tmp_path, vat_percent="no") == 1
    assert "vat_percent" in capsys.readouterr().err
    (tmp_path / "list.json").write_text("{")
    assert command("catalogue", "--file", str(tmp_path / "list.json")) == 1
    assert command("catalogue") == 0
    shown = capsys.readouterr().out
    assert catalogue.from_json(json.loads(shown)) == DEFAULT


# ------------------------------------------------------------------ set-up and coupon
PDF = {"product": "pdf_conversion", "quantity": 100}


@pytest.mark.feature("F004-013")
def test_a_coupon_waives_the_set_up_of_a_second_order_once(api: Api, alfa: Person) -> None:
    give = ["coupon", "--reseller", alfa.tenant, "--code", "GRAZIE"]
    assert command(*give) == 0
    assert command(*give) == 1, "given already"
    first = place(api, alfa, PDF, coupon="GRAZIE")
    assert (first.status, first.code) == (422, "coupon_first_order")
    unpaid = place(api, alfa, PDF, key="unpaid")
    assert unpaid.json["setup_cents"] == 100_00
    early = place(api, alfa, PDF, coupon="GRAZIE")
    assert early.code == "coupon_first_order", "an order that nobody paid is none"
    assert confirm(alfa, unpaid.json["id"]) == 0
    assert quote(api, alfa, PDF, coupon="GRAZIE").json["setup_cents"] == 0
    second = place(api, alfa, PDF, coupon="GRAZIE", key="second").json
    (setup,) = [one for one in second["lines"] if one["kind"] == "setup"]
    assert (setup["cents"], setup["waived_cents"]) == (0, 100_00)
    assert (second["setup_cents"], second["coupon"]) == (0, "GRAZIE")
    third = place(api, alfa, PDF, coupon="GRAZIE", key="third")
    assert (third.status, third.code) == (422, "coupon_used")
    assert place(api, alfa, PDF, key="third").json["setup_cents"] == 100_00


@pytest.mark.feature("F004-013")
def test_a_coupon_is_ones_own_dated_and_free_again_when_the_order_is_given_up(
    api: Api, alfa: Person, beta: Person
) -> None:
    today = clock.rome_day(api.now)
    for person in (alfa, beta):
        bought(api, person, PA, key="first")
    command("coupon", "--reseller", alfa.tenant, "--code", "MIO", "--until", str(today))
    assert place(api, beta, PDF, coupon="MIO").code == "coupon_unknown"
    placed = place(api, alfa, PDF, coupon="MIO").json
    assert place(api, alfa, PDF, coupon="MIO", key="2").code == "coupon_used"
    api.call("POST", f"/v1/credits/orders/{placed['id']}/cancellation", alfa.token)
    assert place(api, alfa, PDF, coupon="MIO", key="3").json["setup_cents"] == 0
    command("coupon", "--reseller", alfa.tenant, "--code", "IERI", "--until",
            str(date.fromordinal(today.toordinal() - 1)))  # fmt: skip
    assert place(api, alfa, PDF, coupon="IERI", key="4").code == "coupon_expired"
    assert command("coupon", "--reseller", alfa.tenant, "--code", "not a code") == 1
    assert command("coupon", "--reseller", "nobody", "--code", "X") == 1


# ------------------------------------------------------------------ licences
def switch(
    api: Api, person: Person, product: str, customer: str = "c1", *, off: bool = False
) -> Answer:
    path = f"/v1/customers/{customer}/products/{product}"
    return api.call("DELETE" if off else "PUT", path, person.token)


@pytest.mark.feature("F004-012")
@pytest.mark.parametrize("product", products.LICENSED)
def test_a_licensed_product_needs_the_customers_own_licence(
    api: Api, alfa: Person, product: str
) -> None:
    accounts.save_customer(
        alfa.tenant, accounts.customers.Customer("c2", "Due", ("IT12345670017",)), api.now, new=True
    )
    refused = switch(api, alfa, product)
    assert (refused.status, refused.code) == (422, "licence_missing")
    for_c2 = {"product": product, "customer": "c2"}
    bought(api, alfa, for_c2, PA)
    assert switch(api, alfa, product).code == "licence_missing", "of another customer"
    assert switch(api, alfa, product, "c2").json["products"] == [product]
    assert switch(api, alfa, product, "c2").status == 200
    assert credits_of(alfa) == {"xml_pa": 100}, "a licence is no credit"
    twice = quote(api, alfa, for_c2, PA)
    assert (twice.status, twice.code) == (422, "licence_owned")
    assert switch(api, alfa, product, "c2", off=True).json["products"] == []


@pytest.mark.feature("F004-012")
def test_an_unpaid_licence_opens_nothing_and_two_are_not_delivered(api: Api, alfa: Person) -> None:
    licence = {"product": "indigita", "customer": "c1"}
    first = place(api, alfa, licence, key="1").json
    second = place(api, alfa, licence, key="2").json
    assert switch(api, alfa, "indigita").code == "licence_missing"
    assert confirm(alfa, first["id"]) == 0
    assert switch(api, alfa, "indigita").status == 200
    assert confirm(alfa, second["id"]) == 1, "he has it already: cancel this one"
    assert len(letters_of(alfa)) == 1
    nobody = place(api, alfa, licence | {"customer": "nobody"}, key="3")
    assert (nobody.status, nobody.code) == (404, "not_found")


# ------------------------------------------------------------------ preservation
def charges(api: Api, person: Person) -> list[tuple[str, str, int]]:
    found = api.call("GET", "/v1/credits/catalogue", person.token).json["charges"]
    return [(one["kind"], one["customer"], one["cents"]) for one in found]


@pytest.mark.feature("F004-014")
@pytest.mark.feature("F004-040")
def test_preservation_owes_one_set_up_for_each_customer(api: Api, alfa: Person) -> None:
    more = accounts.customers.Customer("c2", "Due", ("IT12345670017",))
    accounts.save_customer(alfa.tenant, more, api.now, new=True)
    answer = switch(api, alfa, "preservation").json
    assert (answer["products"], len(answer["charges"])) == (["preservation"], 1)
    switch(api, alfa, "preservation", "c2")
    for _ in range(2):
        assert switch(api, alfa, "preservation", off=True).json["products"] == []
        assert switch(api, alfa, "preservation").json["products"] == ["preservation"]
    assert charges(api, alfa) == [("customer_setup", "c1", 25_00), ("customer_setup", "c2", 25_00)]
    order = place(api, alfa, PA).json
    fees = [one for one in order["lines"] if one["kind"] == "customer_setup"]
    assert [(one["customer"], one["cents"]) for one in fees] == [("c1", 25_00), ("c2", 25_00)]
    assert (order["goods_cents"], order["setup_cents"]) == (90_00, 50_00)
    assert charges(api, alfa) == []
    assert place(api, alfa, PA, key="2").json["setup_cents"] == 0, "settled by the first"
    path = f"/v1/credits/orders/{order['id']}/cancellation"
    assert api.call("POST", path, alfa.token).status == 200
    assert len(charges(api, alfa)) == 2, "owed again"
    assert place(api, alfa, PA, key="3").json["setup_cents"] == 50_00


@pytest.mark.feature("F004-015")
def test_the_set_up_of_who_is_served_already_is_given_back(api: Api, alfa: Person) -> None:
    api.put(alfa.tenant, id="d1", customer="c1", state="delivered", sent_at="2026-01-01")
    switch(api, alfa, "preservation")
    assert charges(api, alfa) == [("customer_refund", "c1", 25_00), ("customer_setup", "c1", 25_00)]
    order = place(api, alfa, PA).json
    lines = {one["kind"]: one["cents"] for one in order["lines"]}
    assert lines == {"goods": 90_00, "customer_setup": 25_00, "customer_refund": -25_00}
    assert order["net_cents"] == 90_00


@pytest.mark.feature("F004-015")
def test_who_sends_by_himself_or_elsewhere_is_served_by_the_operators_word(
    api: Api, alfa: Person, beta: Person
) -> None:
    """What another reseller's customer has, his own reseller is not told."""
    api.put(beta.tenant, id="d1", customer="c1", state="delivered", sent_at="2026-01-01")
    api.put(alfa.tenant, id="d2", customer="c1", state="sent", sent_at="2026-01-01",
            sent_by_owner=True)  # fmt: skip
    served = ["served", "--reseller", alfa.tenant, "--customer", "c1"]
    assert command(*served) == 1, "nothing is owed"
    switch(api, alfa, "preservation")
    order = place(api, alfa, PA).json
    assert order["setup_cents"] == 25_00
    for _ in range(2):
        assert command(*served) == 0
    assert charges(api, alfa) == [("customer_refund", "c1", 25_00)]
    assert place(api, alfa, PA, key="2").json["setup_cents"] == -25_00
    assert charges(api, alfa) == []


def test_changing_a_customer_switches_nothing_off(api: Api, alfa: Person) -> None:
    switch(api, alfa, "preservation")
    fields = {"name": "Nuovo", "fiscal_ids": [f"IT{api_world.SELLER.vat}"]}
    changed = api.call("PUT", "/v1/customers/c1", alfa.token, fields).json
    assert changed["products"] == ["preservation"]
    assert switch(api, alfa, "xml_pa").code == "product_not_activated"
    assert switch(api, alfa, "gold").code == "product_not_activated"
    assert switch(api, alfa, "preservation", "nobody").status == 404
    fine = api.call("GET", "/v1/customers/c1", alfa.token).json
    assert fine == changed


def test_what_one_order_settles_fits_one_transaction(
    api: Api, alfa: Person, tmp_path: Path, clean_lists: None
) -> None:
    """The longest order there can be, confirmed at once: every line, every charge, a coupon."""
    bought(api, alfa, PA, key="first")
    command("coupon", "--reseller", alfa.tenant, "--code", "C")
    assert install(tmp_path, confirmation="at_once") == 0
    for n in range(limits.ORDER_CHARGES + 5):
        customer = accounts.customers.Customer(f"x{n}", f"X{n}", (f"IT000000000{n:02d}",))
        accounts.save_customer(alfa.tenant, customer, api.now, new=True)
        switch(api, alfa, "preservation", f"x{n}")
    pooled = [{"product": one, "quantity": 1_000} for one in products.POOLED]
    licences = [{"product": "indigita", "customer": f"x{n}"}
                for n in range(limits.ORDER_LINES - len(pooled))]  # fmt: skip
    order = place(api, alfa, *pooled, *licences, key="long", coupon="C").json
    assert order["state"] == "confirmed"
    # Its own lines, two set-ups (waived), and as many customers as one order settles.
    assert len(order["lines"]) == limits.ORDER_LINES + 2 + limits.ORDER_CHARGES
    assert len(charges(api, alfa)) == 5
    assert len(letters_of(alfa)) == 2


def test_every_figure_of_an_order_is_kept_as_it_was(api: Api, alfa: Person) -> None:
    """A price of 0.9000 stays that, and reads back equal to what was quoted."""
    placed = place(api, alfa, PA).json
    key_id = alfa.token.split("_")[2]
    order = orders.get(alfa.tenant, orders.order_id(alfa.tenant, f"{key_id}:k"))
    assert order.quote.lines[0].price == Decimal("0.9000")
    assert str(order.quote.lines[0].price) == placed["lines"][0]["price"]
    assert order.by == f"key:{key_id}"
