"""Customers who sign, or send, their documents themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.invoicing import dispatch
from chalicelib.invoicing.signing import cades, xades
from infra.local import demo, invoices
from infra.local.cloud import LAYERS
from infra.local.house import House, Reseller
from infra.local.sdi.store import Delivery
from infra.local.sdi.xmlfiles import InvoiceSchemas, parse_xml
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


@pytest.mark.feature("F000-035")
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


@pytest.mark.feature("F000-036")
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


# --- on the free plan: make it, sign it, send it, bring back what SdI says ------------------------
def _compose(house: House, hub: Hub, number: str, recipient: str, **more: Any) -> dict[str, Any]:
    """An invoice by values, as who has no XML of his own."""
    seller = demo.customers()[0].subject
    place = {"street": "Via Roma 1", "postcode": "20121", "city": "Milano", "province": "MI"}
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    line = {"description": "Visita", "price": "100.10", "rate": 22}
    values = {
        "format": "FPR12",
        "recipient": recipient,
        "seller": {"identity": {"vat": seller.vat, "name": seller.name}, "place": place},
        "buyer": {"identity": {"vat": "00743110157", "name": "Cliente"}, "place": place},
        "documents": [{"kind": "TD01", "number": number, "day": day, "lines": [line]}],
        **more,
    }
    status, made = hub.call("POST", "/v1/invoices", values, headers={"Idempotency-Key": number})
    assert status == 202, made
    house.settle()
    return hub.get(f"/v1/documents/{made['id']}")


def _files(hub: Hub, document: str) -> dict[str, bytes]:
    found = hub.get(f"/v1/documents/{document}/files")["files"]
    return {one["kind"]: fetch(one["url"]) for one in found}


def _by_hand(house: House, name: str, data: bytes) -> list[Delivery]:
    """What the customer does outside: send a file to SdI, and get what SdI says of it."""
    said: list[Delivery] = []
    house.sdi.deliver_with(said.append)
    house.sdi.receive(name, data)
    house.cloud.clock.advance(60)
    house.sdi.step()
    return said


@pytest.mark.feature("F000-034")
@pytest.mark.parametrize("format", ["FPR12", "FPA12"])
def test_an_invoice_made_without_sending_is_valid(house: House, hub: Hub, format: str) -> None:
    _customer(house, sending="own")
    recipient = {"FPR12": "ABC1234", "FPA12": "UFABCD"}[format]
    made = _compose(house, hub, "P-1", recipient, format=format)
    assert (made["state"], made["format"]) == ("own_sending", format)
    data = _files(hub, made["id"])["unsigned"]
    # By libxml2 on the official schema, apart from the product's own reading of it.
    official = InvoiceSchemas.load(LAYERS / "schemas")
    assert official.errors(parse_xml(data)) == []
    assert house.sdi.files() == []
    if format == "FPA12":
        data = cades.sign(data, dispatch.signer(), house.cloud.clock.now())
    name = "IT99999999990_00001.xml" + ".p7m" * (format == "FPA12")
    (receipt,) = _by_hand(house, name, data)[:1]
    assert receipt.operation == "RicevutaConsegna"


@pytest.mark.feature("F000-035")
@pytest.mark.parametrize("form", ["cades", "xades"])
def test_a_file_signed_by_ones_own_kit_stays_with_its_invoice(
    house: House, hub: Hub, form: str
) -> None:
    _customer(house, sending="own")
    made = _compose(house, hub, "P-2", "UFABCD", format="FPA12")
    assert made["actions"] == ["sign", "mark_sent"]
    frozen = _files(hub, made["id"])["unsigned"]
    now, signer = house.cloud.clock.now(), dispatch.signer()
    sign = (cades if form == "cades" else xades).sign
    for wrong, code in (
        (frozen, "not_signed"),
        (sign(frozen.replace(b"P-2", b"P-3", 1), signer, now), "payload_differs"),
    ):
        status, refused = _bring(hub, made["id"], wrong)
        assert (status, refused["error"]["code"]) == (422, code)
    assert "signed" not in _files(hub, made["id"])
    mine = sign(frozen, signer, now)
    mails = len(house.cloud.mailbox.mails())
    for _ in range(2):
        status, taken = _bring(hub, made["id"], mine)
        assert (status, taken["state"]) == (200, "own_sending"), taken
    house.settle()
    assert _files(hub, made["id"])["signed"] == mine
    assert house.sdi.files() == [], "he sends it himself"
    assert len(house.cloud.mailbox.mails()) == mails
    name = "IT99999999990_00002.xml" + ".p7m" * (form == "cades")
    assert _by_hand(house, name, mine)[0].operation == "RicevutaConsegna"
    # Also when it has been sent: the file that he signed is the answer to itself.
    hub.call("POST", f"/v1/documents/{made['id']}/sent", {"name": name})
    assert _bring(hub, made["id"], mine)[1]["state"] == "sent"


@pytest.mark.feature("F000-036")
@pytest.mark.parametrize(
    ("recipient", "operation", "state"),
    [
        ("ABC1234", "RicevutaConsegna", "delivered"),
        ("0000000", "NotificaMancataConsegna", "made_available"),
        ("NOTHERE", "NotificaScarto", "rejected"),
    ],
)
def test_the_state_follows_each_receipt_that_is_brought(
    house: House, hub: Hub, recipient: str, operation: str, state: str
) -> None:
    _customer(house, sending="own")
    made = _compose(house, hub, "P-4", recipient)
    path, name = f"/v1/documents/{made['id']}", "IT99999999990_00004.xml"
    status, sent = hub.call("POST", f"{path}/sent", {"name": name})
    assert (status, sent["state"], sent["actions"]) == (200, "sent", ["add_receipt"])
    (receipt,) = _by_hand(house, name, _files(hub, made["id"])["unsigned"])
    assert receipt.operation == operation
    assert _receipt(hub, made["id"], receipt)[0] == 202
    house.settle()
    found = hub.get(path)
    assert (found["state"], found["final"]) == (state, True)
    assert [one["type"] for one in found["messages"]] == [receipt.file_name.split("_")[2]]
    # Said again with its answer lost, long after: it is as it is.
    status, again = hub.call("POST", f"{path}/sent", {"name": name})
    assert (status, again["state"]) == (200, state)
    if state == "rejected":
        assert found["errors"][0]["code"] == "00311"
        _assert_sent_again_by_himself(house, hub, path)


def _assert_sent_again_by_himself(house: House, hub: Hub, path: str) -> None:
    """The house, which may not send for him, does not do it the second time either."""
    before = len(house.sdi.files())
    for _ in range(2):
        status, again = hub.call(
            "POST", f"{path}/resend", headers={"Idempotency-Key": "second time"}
        )
        assert (status, again["state"], again["sdi_name"]) == (200, "own_sending", None), again
    house.settle()
    house.pass_time(timedelta(hours=1))
    assert len(house.sdi.files()) == before
    name = "IT99999999990_00005.xml"
    status, sent = hub.call("POST", f"{path}/sent", {"name": name})
    assert (status, sent["state"], sent["attempt"]) == (200, "sent", 2)
