"""A body's invoice that is paid through pagoPA: its payment block, its tie, what it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from chalicelib.base import work
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from tests.entry import bodies, reconciliation_world
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
        "paid_on": None, "names": "", "anew": [],
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


def revoked(api: Api, house: House, name: str) -> Answer:
    """Its payment is taken back by a flow, and the position is reopened."""
    found = position_store.get_position(house.tenant, name)
    assert found is not None
    api.take_in()
    reconciliation_world.work_off(api)
    one = made.of(found)
    line = (one.iuv, one.id, 1, one.cents, "3")
    flow = Flow(f"2026-11-21ABI06090-{name[:9]}", "ABI06090", [line], day="2026-11-21")
    data = fdr.xml(replace(flow, created=api.now), found.creditor)
    reconciliation_world.drop(api, f"settlements/{house.tenant}/{name}.xml", data)
    reconciliation_world.work_off(api)
    path = f"/v1/body/positions/{name}/reopen"
    return house.call(api, "POST", path, {"note": "Revocato"})


@pytest.mark.feature("F001-099")
def test_an_invoice_follows_its_debt_and_says_which_notice_it_names(api: Api, house: House) -> None:
    asked = position(api, house, "r")
    notice = asked["payments"][0]["notice"]
    said = values(asked["id"], "R/1")
    document = issue(api, house, said, "i20").json["id"]
    api.take_in()
    pay(api, house, asked["id"])
    new = revoked(api, house, asked["id"])
    assert new.status == 200, new.body
    # The file was handed in with the old number, and cannot be another one any more.
    assert new.json["invoice"] == {"document": document, "names": notice}
    shown = house.call(api, "GET", f"/v1/documents/{document}").json["pagopa"]
    fresh = new.json["payments"][0]["notice"]
    assert shown == {
        "position": new.json["id"], "notice": fresh, "state": new.json["state"], "cents": 12_200,
        "paid_cents": 0, "paid_on": None, "names": notice, "anew": [],
    }  # fmt: skip
    old = house.call(api, "GET", f"/v1/body/positions/{asked['id']}").json
    assert (old["invoice"], old["timeline"][-1]["facts"]["invoice"]) == (None, document)
    # One debt has one invoice, and the same request is the same invoice.
    second = issue(api, house, values(new.json["id"], "R/2"), "i21")
    assert (second.status, second.code) == (409, "position_invoiced")
    assert issue(api, house, said, "i20").json["id"] == document
    pay(api, house, new.json["id"])
    paid = house.call(api, "GET", f"/v1/documents/{document}").json["pagopa"]
    assert (paid["state"], paid["paid_cents"], paid["names"]) == ("paid", 12_200, notice)


def test_an_invoice_that_was_never_issued_leaves_both_positions_free(
    api: Api, house: House
) -> None:
    asked = position(api, house, "f")
    document = issue(api, house, values(asked["id"], "F/1"), "i30").json["id"]
    api.take_in()
    api.change(house.tenant, document, state="sent")
    api.change(house.tenant, document, state="rejected", reason="00404")
    pay(api, house, asked["id"])
    new = revoked(api, house, asked["id"]).json
    assert new["invoice"] is None
    assert issue(api, house, values(new["id"], "F/2"), "i31").status == 202


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
