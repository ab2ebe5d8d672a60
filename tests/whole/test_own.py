"""Customers who sign, or send, their documents themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.invoicing import dispatch
from chalicelib.invoicing.signing import cades, xades
from infra.local import demo, invoices
from infra.local.house import House, Reseller
from infra.local.sdi.store import Delivery
from tests.whole.client import Hub, fetch


def _customer(house: House, **more: Any) -> None:
    house.add_customer("demo", "studio", demo.customers()[0].subject, **more)


def _drop(house: House, number: str, **more: Any) -> bytes:
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    data = invoices.make(number=number, date=day, seller=demo.customers()[0].subject, **more)
    house.drop(f"demo/{number}.xml", data)
    house.settle()
    return data


@pytest.fixture
def hub(house: House) -> Hub:
    known: Reseller = house.add_reseller("demo")
    return Hub(house.gateway.url, known.token)


def _bring(hub: Hub, document: str, data: bytes) -> tuple[int, dict[str, Any]]:
    path = f"/v1/documents/{document}/signed"
    return hub.call("POST", path, data, content_type="application/octet-stream")


@pytest.mark.parametrize("form", ["cades", "xades"])
def test_a_document_waits_for_its_customers_signature(house: House, hub: Hub, form: str) -> None:
    _customer(house, signature="own")
    data = _drop(house, "O-1", format="FPA12", recipient="UFEC01")
    (document,) = hub.all("documents")
    assert (document["state"], document["sdi_name"]) == ("awaiting_signature", document["sdi_name"])
    files = hub.get(f"/v1/documents/{document['id']}/files")["files"]
    frozen = next(fetch(one["url"]) for one in files if one["kind"] == "unsigned")
    assert frozen == data

    now = house.cloud.clock.now()
    sign = (cades if form == "cades" else xades).sign
    signer = dispatch.signer()
    other = frozen.replace(b"O-1", b"O-9", 1)
    for wrong, code in (
        (frozen, "not_signed"),
        (sign(other, signer, now), "payload_differs"),
        (sign(frozen, signer, now)[:-40], None),
        (b"%PDF-1.4", "not_signed"),
    ):
        status, refused = _bring(hub, document["id"], wrong)
        assert status == 422, refused
        assert code is None or refused["error"]["code"] == code
    mine = sign(frozen, signer, now)
    for _ in range(2):  # the same file again is the same answer
        status, taken = _bring(hub, document["id"], mine)
        assert (status, taken["state"]) == (200, "ready")
    house.settle()
    house.pass_time(timedelta(minutes=1))
    assert hub.get(f"/v1/documents/{document['id']}")["state"] == "accepted"
    (file,) = house.sdi.files()
    assert file.name.endswith(".xml" if form == "xades" else ".xml.p7m")
    status, refused = _bring(hub, document["id"], sign(frozen, signer, now + timedelta(hours=1)))
    assert (status, refused["error"]["code"]) == (409, "not_awaiting_signature")


def test_a_signature_that_stays_away_is_said_once(house: House, hub: Hub) -> None:
    _customer(house, signature="own")
    _drop(house, "O-2")
    house.pass_time(timedelta(days=12), timedelta(days=1))
    (document,) = hub.all("documents")
    assert document["state"] == "awaiting_signature"
    assert document["flags"] == ["signature_overdue"]
    said = [m for m in house.cloud.mailbox.mails() if "la firma manca" in m.message.get_content()]
    assert len(said) == 1


def test_a_customer_sends_himself_and_brings_the_receipts(house: House, hub: Hub) -> None:
    _customer(house, sending="own")
    data = _drop(house, "O-3")
    _drop(house, "O-4")
    found = {one["number"]: one for one in hub.all("documents")}
    assert {one["state"] for one in found.values()} == {"own_sending"}
    assert house.sdi.files() == []
    mine, other = found["O-3"]["id"], found["O-4"]["id"]
    name = "IT99999999990_00001.xml"
    path = "/v1/documents/{}/sent"
    status, refused = hub.call("POST", path.format(mine), {"name": "fattura uno.xml"})
    assert (status, refused["error"]["code"]) == (422, "00001")
    for _ in range(2):
        status, sent = hub.call("POST", path.format(mine), {"name": name})
        assert (status, sent["state"], sent["sdi_name"]) == (200, "sent", name)
    status, refused = hub.call("POST", path.format(other), {"name": name.replace("xml", "XML")})
    assert (status, refused["error"]["code"]) == (409, "name_taken")

    brought: list[Delivery] = []
    house.sdi.deliver_with(brought.append)
    house.sdi.receive(name, data)
    house.cloud.clock.advance(30)
    house.sdi.step()
    (receipt,) = brought
    status, refused = _receipt(hub, other, receipt)
    assert (status, refused["error"]["code"]) == (409, "not_own_sending")
    hub.call("POST", path.format(other), {"name": "IT99999999990_00002.xml"})
    status, refused = _receipt(hub, other, receipt)
    assert (status, refused["error"]["code"]) == (422, "receipt_of_another")
    for _ in range(2):
        assert _receipt(hub, mine, receipt)[0] == 202
    house.settle()
    assert hub.get(f"/v1/documents/{mine}")["state"] == "delivered"
    assert hub.get(f"/v1/documents/{other}")["state"] == "sent"
    assert len(hub.get(f"/v1/documents/{mine}")["messages"]) == 1


def _receipt(hub: Hub, document: str, receipt: Delivery) -> tuple[int, dict[str, Any]]:
    return hub.call(
        "POST",
        f"/v1/documents/{document}/receipts",
        receipt.content,
        content_type="application/xml",
        name=receipt.file_name,
    )
