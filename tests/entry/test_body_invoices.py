"""A body's invoice that is paid through pagoPA: its payment block, its tie, what it shows."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from chalicelib.base import work
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.receipts import service as receipts
from tests.entry import bodies
from tests.entry.api_world import Answer, Api
from tests.entry.bodies import House
from tests.payments.receipts import made

pytestmark = pytest.mark.feature("U-03")
ROOT = "/v1/body/invoices"
MARIA = {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"}
PLACE = {"street": "Via Roma 1", "postcode": "35100", "city": "Padova", "province": "PD"}
FISCAL = {"practice": "invoice", "vat": "12345670017", **PLACE}


@pytest.fixture(scope="module")
def house(api: Api) -> House:
    found = bodies.ready(api)
    assert found.call(api, "PUT", "/v1/body/training/fiscal", FISCAL).status == 200
    return found


def position(api: Api, house: House, key: str, **changed: Any) -> dict[str, Any]:
    said = {"service": "mora", "debtor": MARIA, "cents": 12_200, "manual": True} | changed
    headers = {"Idempotency-Key": key}
    answer = house.call(api, "POST", "/v1/body/positions", said, headers=headers)
    assert answer.status == 201, answer.body
    return dict(answer.json)


def values(position: str, number: str, price: str = "100.00", **changed: Any) -> dict[str, Any]:
    line = {"description": "Perizia", "price": price, "rate": 22}
    return {
        "position": position,
        "buyer": {"identity": {"tax_code": MARIA["tax_code"], "name": MARIA["name"]},
                  "place": PLACE},
        "documents": [{"kind": "TD01", "number": number, "day": "2026-11-21", "lines": [line]}],
    } | changed  # fmt: skip


def issue(api: Api, house: House, said: dict[str, Any], key: str) -> Answer:
    return house.call(api, "POST", ROOT, said, headers={"Idempotency-Key": key})


def pay(api: Api, house: House, name: str) -> None:
    found = position_store.get_position(house.tenant, name)
    assert found is not None
    with work.waking() as wakes:
        receipts.record(house.tenant, made.of(found), made.RAW, api.now, wakes)


def test_an_invoice_carries_its_notice_and_shows_that_it_was_paid(api: Api, house: House) -> None:
    asked = position(api, house, "a", due="2026-12-31")
    said = values(asked["id"], "A/1")
    issued = issue(api, house, said, "i1")
    assert issued.status == 202, issued.body
    assert issued.json["totals"][0]["payable"] == "122.00"
    document = issued.json["id"]
    api.take_in()
    (key,) = [one for one in api.objects("INTAKE") if document in one]
    root = etree.fromstring(api.read("INTAKE", key))
    notice = asked["payments"][0]["notice"]
    part = root.find(".//DettaglioPagamento")
    assert part is not None
    assert [(node.tag, node.text) for node in part] == [
        ("ModalitaPagamento", "MP23"), ("DataScadenzaPagamento", "2026-12-31"),
        ("ImportoPagamento", "122.00"), ("CodicePagamento", notice),
    ]  # fmt: skip
    assert root.findtext(".//CondizioniPagamento") == "TP02"
    assert root.findtext(".//CedentePrestatore//CodiceFiscale") == house.call(
        api, "GET", "/v1/body").json["fiscal_code"]  # fmt: skip
    shown = house.operator.call(api, "GET", f"/v1/documents/{document}").json
    # Every control of SdI that can be known has passed.
    assert (shown["state"], shown["errors"], shown["held"]) == ("ready", [], None)
    open_state = shown["pagopa"].pop("state")
    assert shown["pagopa"] == {
        "position": asked["id"], "notice": notice, "cents": 12_200, "paid_cents": 0,
        "paid_on": None,
    }  # fmt: skip
    assert open_state == asked["state"]
    pay(api, house, asked["id"])
    paid = house.call(api, "GET", f"/v1/documents/{document}").json["pagopa"]
    assert (paid["state"], paid["paid_cents"]) == ("paid", 12_200)
    assert paid["paid_on"]
    # Asked again, also after it was paid, it is the same invoice.
    again = issue(api, house, said, "i1")
    assert (again.status, again.json) == (202, issued.json)
    late = issue(api, house, values(asked["id"], "A/2"), "i2")
    assert (late.status, late.code) == (409, "position_state")


def test_one_position_pays_one_invoice(api: Api, house: House) -> None:
    asked = position(api, house, "b")["id"]
    first = issue(api, house, values(asked, "B/1"), "i3").json["id"]
    second = issue(api, house, values(asked, "B/2"), "i4")
    assert (second.status, second.code) == (409, "position_invoiced")
    assert second.json["error"]["details"] == {"document": first}
    other = position(api, house, "b2")["id"]
    reused = issue(api, house, values(other, "B/1"), "i3")
    assert (reused.status, reused.code) == (409, "invoice_paid_by")
    # SdI refuses it: it was never issued, and the money is asked for by its successor.
    api.take_in()
    api.change(house.tenant, first, state="sent")
    api.change(house.tenant, first, state="rejected", reason="00404")
    after = issue(api, house, values(asked, "B/3"), "i5")
    assert after.status == 202, after.body
    api.take_in()
    assert house.call(api, "GET", f"/v1/documents/{after.json['id']}").json["pagopa"]["position"] \
        == asked  # fmt: skip


def test_an_invoice_is_what_its_position_asks_for(api: Api, house: House) -> None:
    asked = position(api, house, "c")["id"]
    stranger = {"identity": {"vat": "12345670017", "name": "Altri"}, "place": PLACE}
    seller = {"identity": {"vat": "12345670017", "name": "Altri"}, "place": PLACE}
    payments = [{"terms": "TP02", "instalments": [{"method": "MP05"}]}]
    document = values(asked, "C/1")["documents"][0]
    for said, status, code in (
        (values(asked, "C/1", price="99.00"), 422, "compose_payment_sum"),
        (values(asked, "C/1", buyer=stranger), 422, "invoice_buyer"),
        (values(asked, "C/1", seller=seller), 422, "invoice_seller"),
        (
            values(asked, "C/1", documents=[document | {"payments": payments}]),
            422,
            "invoice_payments",
        ),
        (values("nothing", "C/1"), 404, "not_found"),
    ):
        answer = issue(api, house, said, "i6")
        assert (answer.status, answer.code) == (status, code)
    refused = house.operator.call(
        api, "POST", ROOT, values(asked, "C/1"), headers={"Idempotency-Key": "i7"}
    )
    assert refused.status == 403
    other = bodies.ready(api)
    assert issue(api, other, values(asked, "C/1"), "i8").code == "not_found"
    # None of that has tied it to anything.
    assert issue(api, house, values(asked, "C/1"), "i9").status == 202
