"""What a reseller can know before anything is sent: the check, and the copy to show people."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from infra.local import demo, invoices
from infra.local.house import House, Reseller
from tests.whole.client import Hub, fetch


def _make(house: House, **more: object) -> bytes:
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    seller = demo.customers()[0].subject
    return invoices.make(number="K-1", date=day, seller=seller, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_check_sends_nothing_and_says_what_sdi_would(
    house: House, reseller: Reseller, language: str
) -> None:
    hub = Hub(house.gateway.url, reseller.token)
    good = _make(house)
    wrong = good.replace(b"<Imposta>", b"<Imposta>9", 1)
    found = {}
    for name, data in (("IT01234567890_1.xml", good), ("IT01234567890_2.xml", wrong)):
        status, found[name] = hub.call(
            "POST", "/v1/check", data, content_type="application/xml", name=name, language=language
        )
        assert status == 200
    assert found["IT01234567890_1.xml"]["accepted"] is True
    refused = found["IT01234567890_2.xml"]
    assert refused["accepted"] is False
    assert [one["code"] for one in refused["errors"] if one["severity"] == "error"] == ["00421"]
    assert "00311" in refused["not_evaluated"]
    house.settle()
    assert hub.all("flows") == []
    assert house.sdi.files() == []


def test_a_check_knows_what_was_sent_and_sdi_agrees(house: House, reseller: Reseller) -> None:
    """What the check says of a repeat is what SdI says when it is sent on purpose."""
    hub, other = Hub(house.gateway.url, reseller.token), house.add_reseller("altro")
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    seller = demo.customers()[0].subject

    def make(number: str, price: int, recipient: str = "ABC1234") -> bytes:
        lines = (invoices.Line(price=Decimal(price)),)
        return invoices.make(
            number=number, date=day, seller=seller, lines=lines, recipient=recipient
        )

    def check(by: Hub, data: bytes) -> list[str]:
        status, found = by.call(
            "POST", "/v1/check", data, content_type="application/xml", name="IT01234567897_1.xml"
        )
        assert status == 200
        return [one["code"] for one in found["errors"]]

    house.drop("demo/one.xml", make("D-1", 10))
    house.drop("demo/two.xml", make("D-2", 10, "NOTHERE"))
    assert check(hub, make("D-1", 20)) == []
    house.settle()
    house.pass_time(timedelta(minutes=1))
    assert {one["number"]: one["state"] for one in hub.all("documents")} == {
        "D-1": "delivered",
        "D-2": "rejected",
    }
    assert check(hub, make("D-1", 20)) == ["00404"]
    assert check(hub, make("D-2", 20)) == [], "what SdI rejected was never sent"
    assert check(Hub(house.gateway.url, other.token), make("D-1", 20)) == []

    for number in ("D-1", "D-2"):
        house.drop(f"demo/{number}-again.xml", make(number, 20))
    house.settle()
    (held,) = hub.all("documents", state="held")
    status, sent = hub.call("POST", f"/v1/documents/{held['id']}/decision", {"action": "send"})
    assert (status, sent["number"]) == (200, "D-1")
    house.settle()
    house.pass_time(timedelta(minutes=1))
    again = {one["number"]: one for one in hub.all("documents") if "again" in one["file_name"]}
    assert [one["code"] for one in again["D-1"]["errors"]] == ["00404"]
    assert again["D-2"]["state"] == "delivered"
    # The second D-1 was rejected; the first one still has the number.
    assert check(hub, make("D-1", 30)) == ["00404"]


def test_an_invoice_composed_from_values_is_delivered(house: House, reseller: Reseller) -> None:
    hub = Hub(house.gateway.url, reseller.token)
    seller = demo.customers()[0].subject
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    place = {"street": "Via Roma 1", "postcode": "20121", "city": "Milano", "province": "MI"}
    values = {
        "format": "FPR12",
        "recipient": "ABC1234",
        "seller": {"identity": {"vat": seller.vat, "name": seller.name}, "place": place},
        "buyer": {"identity": {"vat": "00743110157", "name": "L’Œuvre “Caffè” €"}, "place": place},
        "documents": [
            {
                "kind": "TD01",
                "number": "V/1",
                "day": day,
                "lines": [
                    {"description": "Visita – controllo", "price": 0.1, "quantity": 3, "rate": 22},
                    {"description": "Esame", "price": "99.995", "natura": "N4"},
                ],
            }
        ],
    }
    key = {"headers": {"Idempotency-Key": "v1"}}
    status, made = hub.call("POST", "/v1/invoices", values, **key)
    assert status == 202, made
    (totals,) = made["totals"]
    assert (totals["taxable"], totals["tax"]) == ("100.30", "0.07")
    assert hub.call("POST", "/v1/invoices", values, **key)[1]["id"] == made["id"]
    house.settle()
    house.pass_time(timedelta(minutes=1))
    document = hub.get(f"/v1/documents/{made['id']}")
    assert (document["state"], document["amount"]) == ("delivered", totals["total"])
    assert document["buyer"]["name"] == 'L\'OEuvre "Caffè" EUR'
    wrong = values | {"documents": [values["documents"][0] | {"colour": "red"}]}
    status, refused = hub.call("POST", "/v1/invoices", wrong, headers={"Idempotency-Key": "v2"})
    assert (status, refused["error"]["code"]) == (400, "invalid_request")


@pytest.mark.feature("F004-075")
def test_a_copy_to_show_people(house: House, reseller: Reseller) -> None:
    hub = Hub(house.gateway.url, reseller.token)
    house.drop("demo/k.xml", _make(house))
    house.settle()
    (document,) = hub.all("documents")
    for language, words in (("it", "Copia di cortesia"), ("en", "Courtesy copy")):
        copy = hub.get(f"/v1/documents/{document['id']}/copy", language=language)
        pypdf = pytest.importorskip("pypdf")
        import io

        text = pypdf.PdfReader(io.BytesIO(fetch(copy["url"]))).pages[0].extract_text()
        assert words.casefold() in " ".join(text.split()).casefold()
        assert "K-1" in text
    house.drop("demo/p.pdf", demo.minimal_pdf(("Fattura 7",)))
    house.settle()
    paper = next(one for one in hub.all("documents") if one["state"] == "to_convert")
    status, refused = hub.call("GET", f"/v1/documents/{paper['id']}/copy")
    assert (status, refused["error"]["code"]) == (422, "copy_not_possible")


def test_sdis_seal_is_looked_at(house: House, reseller: Reseller) -> None:
    hub = Hub(house.gateway.url, reseller.token)
    house.drop("demo/k.xml", _make(house))
    house.settle()
    house.pass_time(timedelta(minutes=1))
    (document,) = hub.all("documents", state="delivered")
    messages = hub.get(f"/v1/documents/{document['id']}")["messages"]
    assert [(one["type"], one["seal"]) for one in messages] == [("RC", "good")]
