"""Receipts through the doors: who may read them, what is said, the page and the bytes."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdf
import pytest

from chalicelib.entry import on_audit
from infra.local.pagopa.node_messages import Person
from tests.entry import node_world
from tests.entry.api_world import Api
from tests.entry.node_world import MARIA, Station

pytestmark = pytest.mark.feature("F001-163", "F001-165", "F001-167")
PATH = "/v1/body/receipts"


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    return node_world.station(api)


def test_receipts_are_listed_shown_printed_and_given_as_they_came(api: Api, at: Station) -> None:
    position = at.place(12_345)
    payer = Person("F", "VRDLGU75B02F205X", "Verdi Luigi", "l@example.org")
    paid = at.node.pay(position.payments[0].notice, at.creditor, payer=payer, note="cart-1")
    operator = at.house.operator
    (listed,) = operator.call(api, "GET", PATH).json["receipts"]
    assert (listed["id"], listed["name"], listed["cents"]) == (paid.token, paid.token, 12_345)
    assert (listed["debtor_name"], listed["debtor_code"]) == ("Rossi Maria", MARIA.tax_code)
    assert (listed["position"], listed["double"], listed["source"]) == (position.id, False, "node")
    mine = operator.call(api, "GET", f"/v1/body/positions/{position.id}/receipts").json
    assert mine == {"receipts": [listed], "cursor": None}
    whole = operator.call(api, "GET", f"{PATH}/{paid.token}").json
    assert {name: whole[name] for name in listed} == listed
    assert (whole["payer"]["name"], whole["note"]) == ("Verdi Luigi", "cart-1")
    assert whole["transfers"][0]["metadata"]["RC_CAP_1"] == "1.1"
    page = operator.call(api, "GET", f"{PATH}/{paid.token}/pdf", query={"language": "fr"})
    assert (page.status, page.headers["content-type"]) == (200, "application/pdf")
    assert f"ricevuta_{listed['iuv']}.pdf" in page.headers["content-disposition"]
    text = pypdf.PdfReader(io.BytesIO(page.body)).pages[0].extract_text()
    assert "Reçu de paiement pagoPA" in text
    assert paid.token in text
    original = operator.call(api, "GET", f"{PATH}/{paid.token}/original")
    assert (original.headers["content-type"], original.body) == (
        "application/xml", paid.told.body,
    )  # fmt: skip
    api.run("audit", on_audit.handle)
    trail = at.house.call(api, "GET", "/v1/audit").json["entries"]
    assert [one["what"] for one in trail if one["action"] == "receipt_read"] == [
        "receipts", "receipts", *[f"receipt:{paid.token}"] * 3,
    ][::-1]  # fmt: skip


def test_filters_and_pages(api: Api) -> None:
    here = node_world.station(api)
    operator = here.house.operator
    position = here.place()
    for _ in range(2):
        found = here.node.activate(here.place().payments[0].notice, here.creditor)
        here.node.tell(here.node.receipt(found))
    found = here.node.activate(position.payments[0].notice, here.creditor)
    for token in ("one", "two"):
        api.tick()
        here.node.tell(here.node.receipt(replace(found, token=token)))
    first = operator.call(api, "GET", PATH, query={"limit": 3}).json
    rest = operator.call(api, "GET", PATH, query={"cursor": first["cursor"]}).json
    assert (len(first["receipts"]), len(rest["receipts"]), rest["cursor"]) == (3, 1, None)

    def ids(**query: str) -> list[str]:
        answer = operator.call(api, "GET", PATH, query=query)
        assert answer.status == 200, answer.body
        return [one["id"] for one in answer.json["receipts"]]

    assert ids(double="true") == ["two"]
    assert len(ids(double="false")) == 3
    assert ids(iuv=position.payments[0].iuv) == ["two", "one"]
    assert ids(unknown="true") == ids(source="gpd") == ids(last="2026-11-01") == []
    assert len(ids(first="2026-11-21", unknown="false")) == 4
    bad = operator.call(api, "GET", PATH, query={"double": "maybe"})
    assert bad.status == 400


def test_another_bodys_receipts_are_not_there(api: Api, at: Station) -> None:
    paid = at.node.pay(at.place().payments[0].notice, at.creditor)
    other = node_world.station(api)
    for path in ("", "/pdf", "/original"):
        answer = other.house.operator.call(api, "GET", f"{PATH}/{paid.token}{path}")
        assert (answer.status, answer.code) == (404, "not_found")
    assert other.house.operator.call(api, "GET", PATH).json["receipts"] == []


def test_an_id_that_no_address_can_hold_has_a_name(api: Api, at: Station) -> None:
    found = replace(at.node.activate(at.place().payments[0].notice, at.creditor), token="a/b #1")
    assert at.node.tell(at.node.receipt(found)) == "OK"
    listed = at.house.operator.call(api, "GET", PATH, query={"limit": 1}).json["receipts"][0]
    assert listed["id"] == "a/b #1"
    whole = at.house.operator.call(api, "GET", f"{PATH}/{listed['name']}")
    assert (whole.status, whole.json["id"]) == (200, "a/b #1")
