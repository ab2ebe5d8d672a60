"""Documents that are only preserved: other PDFs than invoices, customers who send nothing by us."""

from __future__ import annotations

import io
import secrets
import zipfile
from typing import Any

import pytest

from infra.local.invoices import make
from infra.local.subjects import BUYER, SELLER
from tests.entry import api_world
from tests.entry.api_world import Api, Person

api = api_world.api
alfa = api_world.alfa
PDF = b"%PDF-1.4 un contratto, non una fattura"


def hand_in(api: Api, person: Person, name: str, data: bytes, **query: str) -> Any:
    answer = api.call(
        "POST", "/v1/documents", person.token, data, query={"name": name, **query},
        headers={"Idempotency-Key": secrets.token_hex(8)},
    )  # fmt: skip
    assert answer.status == 202, answer.body
    api.take_in()
    return document(api, person, answer.json["id"])


def document(api: Api, person: Person, found: str) -> Any:
    return api.call("GET", f"/v1/documents/{found}", person.token).json


def keep_only(api: Api, person: Person, code: str = "c1") -> None:
    """A customer whose service is the preservation alone."""
    fields = {"name": "Solo", "fiscal_ids": [f"IT{SELLER.vat}"], "sending": "none"}
    assert api.call("PUT", f"/v1/customers/{code}", person.token, fields).status == 200


def is_kept(found: Any) -> bool:
    return (found["state"], found["sdi_name"], found["actions"], found["held"]) == (
        "kept", None, [], None,
    )  # fmt: skip


@pytest.mark.feature("F004-005")
def test_a_pdf_that_is_no_invoice_is_taken_as_it_is(api: Api, alfa: Person) -> None:
    kept = hand_in(api, alfa, "contratto.pdf", PDF, customer="c1", keep="true")
    assert is_kept(kept)
    assert (kept["code"], kept["customer"], kept["format"]) == (None, "c1", None)
    assert kept["preservation"]["state"] == "archived", "archived is not preserved"
    files = api.call("GET", f"/v1/documents/{kept['id']}/files", alfa.token).json["files"]
    assert [one["kind"] for one in files] == ["raw"]
    other = hand_in(api, alfa, "fattura.pdf", PDF + b"2", customer="c1")
    assert other["state"] == "to_convert", "without a word it is an invoice to convert"


@pytest.mark.feature("F004-005")
def test_the_same_file_twice_is_held_whatever_it_is(api: Api, alfa: Person) -> None:
    hand_in(api, alfa, "a.pdf", PDF, customer="c1", keep="true")
    again = hand_in(api, alfa, "b.pdf", PDF, customer="c1", keep="true")
    assert (again["state"], again["held"]) == ("held", "duplicate")


@pytest.mark.feature("F004-040")
def test_a_customer_may_have_preservation_alone(api: Api, alfa: Person) -> None:
    keep_only(api, alfa)
    switched = api.call("PUT", "/v1/customers/c1/products/preservation", alfa.token)
    assert switched.json["products"] == ["preservation"]
    invoice = hand_in(api, alfa, "una.xml", make(number="1/2026"))
    assert is_kept(invoice)
    assert (invoice["customer"], invoice["number"]) == ("c1", "1/2026")
    assert is_kept(hand_in(api, alfa, "altro.pdf", PDF, customer="c1"))
    assert api.run("send", lambda *_: pytest.fail("nothing of it is sent")) == 0
    numbering = api.call("GET", "/v1/numbering", alfa.token,
                         query={"issuer": f"IT{SELLER.vat}", "year": "2026"}).json  # fmt: skip
    assert numbering["series"][0]["count"] == 1


@pytest.mark.feature("F004-040")
def test_a_purchase_is_preserved_by_its_buyer(api: Api, alfa: Person) -> None:
    fields = {"id": "buyer", "name": "B", "fiscal_ids": [f"IT{BUYER.vat}"], "sending": "none"}
    api.call("POST", "/v1/customers", alfa.token, fields)
    bought = hand_in(api, alfa, "acquisto.xml", make(number="7/2026"), customer="buyer")
    assert is_kept(bought)
    assert bought["customer"] == "buyer"


def test_a_whole_archive_may_be_only_kept(api: Api, alfa: Person) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1.xml", make(number="1/2026"))
        archive.writestr("2.pdf", PDF)
    wanted = {"files": [{"name": "tutto.zip"}], "customer": "c1", "keep": True}
    place = api.call("POST", "/v1/uploads", alfa.token, wanted).json["uploads"][0]
    api.upload(place, packed.getvalue())
    api.take_in()
    found = api.call("GET", "/v1/documents", alfa.token).json["documents"]
    assert sorted((one["file_name"], one["state"]) for one in found) == [
        ("1.xml", "kept"), ("2.pdf", "kept"),
    ]  # fmt: skip


def test_what_is_held_is_kept_when_it_is_let_through(api: Api, alfa: Person) -> None:
    hand_in(api, alfa, "1.xml", make(number="1/2026"))
    held = hand_in(api, alfa, "2.xml", make(number="1/2026", progressive="00002"), keep="true")
    assert held["held"] == "duplicate"
    path = f"/v1/documents/{held['id']}/decision"
    for _ in range(2):
        decided = api.call("POST", path, alfa.token, {"action": "send"})
        assert is_kept(decided.json)


def test_the_same_request_with_another_purpose_is_another(api: Api, alfa: Person) -> None:
    def ask(keep: str) -> Any:
        query, headers = {"name": "a.pdf", "keep": keep}, {"Idempotency-Key": "1"}
        return api.call("POST", "/v1/documents", alfa.token, PDF, query=query, headers=headers)

    assert ask("true").status == 202
    assert ask("true").status == 202
    assert ask("false").code == "idempotency_key_reused"
    wanted = {"files": [{"name": "a.pdf"}], "keep": True}
    headers = {"Idempotency-Key": "2"}
    for _ in range(2):
        assert api.call("POST", "/v1/uploads", alfa.token, wanted, headers=headers).status == 201
    changed = wanted | {"keep": False}
    assert api.call("POST", "/v1/uploads", alfa.token, changed, headers=headers).status == 409
