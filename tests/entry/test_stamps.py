"""A service with a digital stamp: asked for, paid at the node, its stamp handed out, settled."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import replace
from typing import Any

import pypdf
import pytest
from lxml import etree

from chalicelib.payments.receipts import service as receipts
from infra.local.engines import ROOT
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa import node_messages as messages
from infra.local.pagopa.fdr import Flow
from infra.local.pagopa.node_messages import Refused
from tests.entry import bodies, node_world, portal_world
from tests.entry.api_world import Answer, Api
from tests.entry.portal_world import Portal
from tests.entry.reconciliation_world import drop, get, work_off
from tests.entry.test_dues import commit, dues, hand_in
from tests.entry.test_portal_services import ANNA
from tests.entry.test_positions import generate, listing, positions
from tests.payments.dues import files
from tests.payments.dues.files import row

SCHEMAS = ROOT.parent / "shared/schemas/pagopa/node-soap"
DIGEST = base64.b64encode(hashlib.sha256(b"istanza di iscrizione").digest()).decode()
STAMP = {"document": DIGEST, "province": "PD"}
FEE_OF = {"istanza": 1_000, "bollo": 0}


@pytest.fixture(scope="module")
def portal(api: Api) -> Portal:
    """A body with a service that costs something beside the stamp, and one that does not."""
    found = portal_world.portal(api)
    prices: dict[str, Any] = {"istanza": {"kind": "fixed", "cents": 1_000}, "bollo": None}
    for code, price in prices.items():
        values = bodies.service(subject=f"Servizio {code}", price=price, stamp=True)
        answer = found.station.house.call(api, "PUT", f"/v1/body/services/{code}", values)
        assert (answer.status, answer.json["stamp"]) == (200, True), answer.body
    return found


def ask(portal: Portal, code: str, **said: Any) -> Answer:
    path = f"/v1/portal/bodies/{portal.station.creditor}/services/{code}"
    source = portal_world.source()
    return portal.call("POST", path, {"person": ANNA, "stamp": STAMP} | said, source=source)


def words(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_what_is_offered_says_what_the_stamp_costs(portal: Portal) -> None:
    path = f"/v1/portal/bodies/{portal.station.creditor}"
    shown = {one["code"]: one for one in portal.call("GET", path).json["services"]}
    assert {code: one["stamp_cents"] for code, one in shown.items()} == dict.fromkeys(FEE_OF, 1_600)
    assert (shown["bollo"]["price"], shown["istanza"]["price"]["cents"]) == (None, 1_000)


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"stamp": None}, 422, "stamp_missing"),
        ({"stamp": STAMP | {"province": "pd"}}, 400, "invalid_request"),
        ({"stamp": STAMP | {"document": "A" * 44}}, 400, "invalid_request"),
    ],
)
def test_a_stamp_needs_its_document(
    portal: Portal, said: dict[str, Any], status: int, code: str
) -> None:
    answer = ask(portal, "istanza", **said)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_only_what_has_a_stamp_is_asked_with_one(api: Api, portal: Portal) -> None:
    house = portal.station.house
    values = bodies.service(subject="Corso", price={"kind": "fixed", "cents": 500})
    assert house.call(api, "PUT", "/v1/body/services/corso", values).status == 200
    answer = ask(portal, "corso")
    assert (answer.status, answer.json["error"]["code"]) == (422, "stamp_not_asked")
    debtor = {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"}
    wanted = {"service": "istanza", "debtor": debtor, "stamp": STAMP, "cents": 700, "manual": True}
    answer = house.call(
        api, "POST", "/v1/body/positions", wanted, headers={"Idempotency-Key": "desk-1"}
    )
    assert (answer.status, answer.json["cents"]) == (201, 2_300), answer.body
    assert [one["stamp"] for one in answer.json["transfers"]] == [None, STAMP]
    path = f"/v1/body/positions/{answer.json['id']}/paid-outside"
    house.call(api, "PUT", "/v1/body", _setting(api, portal, outside_until="2030-12-31"))
    answer = house.call(api, "POST", path, {"day": "2026-11-20"})
    assert (answer.status, answer.json["error"]["code"]) == (409, "outside_stamp")


def _setting(api: Api, portal: Portal, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = portal.station.house.call(api, "GET", "/v1/body").json
    found.pop("logo")
    return found | changed


@pytest.mark.parametrize("code", ["istanza", "bollo"])
def test_it_is_bought_at_the_node_and_handed_out(api: Api, portal: Portal, code: str) -> None:
    at, node = portal.station, portal.station.node
    made = ask(portal, code)
    assert made.status == 201, made.body
    assert ask(portal, code).json["notice"] == made.json["notice"]
    cents, notice = 1_600 + FEE_OF[code], made.json["notice"]
    assert made.json["cents"] == cents
    paper = portal.call("POST", "/v1/portal/notice", {"key": made.json["key"]})
    usual = portal.call("POST", "/v1/portal/notice", {"key": portal.key(at.place())})
    # Nobody buys a stamp by a slip.
    assert ["BancoPosta" in words(one.body) for one in (usual, paper)] == [True, False]

    verified = node.verify(notice, at.creditor)
    assert (verified.cents, verified.postal) == (cents, False)
    with pytest.raises(Refused) as refused:
        node.activate(notice, at.creditor, version=1)
    assert refused.value.code == "PAA_SEMANTICA"
    found = node.activate(notice, at.creditor, transfer_type="PAGOPA")
    last = found.transfers[-1]
    assert (last.cents, last.iban, last.wanted) == (1_600, "", (DIGEST, "01", "PD"))
    assert [one.cents for one in found.transfers[:-1]] == [one for one in (FEE_OF[code],) if one]

    paid = node.pay(notice, at.creditor)
    assert paid.answer == "OK"
    (item,) = portal.call(
        "POST", "/v1/portal/receipts", {"notice": notice, "tax_code": ANNA["tax_code"]}
    ).json["items"]
    assert item["stamp"] is True
    mine = portal.call("POST", "/v1/portal/receipt", {"key": item["key"], "form": "stamp"})
    assert (mine.status, mine.headers["content-type"]) == (200, "application/xml")
    assert f"marca_da_bollo_{notice[1:]}.xml" in mine.headers["content-disposition"]
    stamp = etree.fromstring(mine.body)
    assert stamp.findtext(f".//{{{messages.DSIG}}}DigestValue") == DIGEST
    # The body's people get the same bytes, those that came.
    where = f"/v1/body/receipts/{paid.token}/stamps/{last.number}"
    whole = at.house.operator.call(api, "GET", f"/v1/body/receipts/{paid.token}").json
    assert [one["stamp_check"] for one in whole["transfers"]] == [
        *(None for one in (FEE_OF[code],) if one), "fits",
    ]  # fmt: skip
    theirs = at.house.operator.call(api, "GET", where)
    assert theirs.body == mine.body
    assert base64.b64encode(mine.body) in receipts.raw(at.tenant, paid.token)
    for other in (5, 9):
        assert at.house.operator.call(api, "GET", f"{where[:-1]}{other}").status == 404
    page = portal.call("POST", "/v1/portal/receipt", {"key": item["key"]})
    assert "Marca da bollo digitale" in words(page.body)


def test_a_receipt_without_a_stamp_has_none_to_hand_out(portal: Portal) -> None:
    position = portal.station.place()
    portal.station.node.pay(position.payments[0].notice, portal.station.creditor)
    asked = {"notice": position.payments[0].notice, "tax_code": node_world.MARIA.tax_code}
    (item,) = portal.call("POST", "/v1/portal/receipts", asked).json["items"]
    answer = portal.call("POST", "/v1/portal/receipt", {"key": item["key"], "form": "stamp"})
    assert (item["stamp"], answer.status) == (False, 404)


def test_the_flow_has_the_fee_without_the_stamp(api: Api, portal: Portal) -> None:
    at = portal.station
    notice = ask(portal, "istanza", person=ANNA | {"name": "Neri Anna Maria"}).json["notice"]
    paid = at.node.pay(notice, at.creditor)
    rows = [(notice[1:], paid.token, 1, 1_000, "0")]
    flow = Flow("2026-11-20ABI06090-0077", "ABI06090", rows, day="2026-11-20")
    data = simulated.xml(replace(flow, created=api.now), at.creditor)
    drop(api, f"settlements/{at.tenant}/f.xml", data)
    work_off(api)
    found = {
        tuple(one["labels"]): one["state"]
        for one in get(api, at, "collections")["collections"]
        if one["iuv"] == notice[1:]
    }
    assert found == {("RT_IUF",): "reported", ("STAMP",): "paid"}
    assert get(api, at, "inbox")["entries"] == []


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"the official schemas are not at {SCHEMAS}")
def test_the_request_and_the_stamp_are_valid_by_the_official_schemas(portal: Portal) -> None:
    at = portal.station
    notice = ask(portal, "istanza", person=ANNA | {"name": "Neri A."}).json["notice"]
    said: list[messages.Entry] = [
        ("idPA", at.creditor), ("idBrokerPA", at.node.broker), ("idStation", at.node.station),
        ("qrCode", [("fiscalCode", at.creditor), ("noticeNumber", notice)]),
    ]  # fmt: skip
    operation = "paGetPaymentV2"
    status, body = node_world.call(messages.envelope(operation, said), messages.headers(operation))
    answer = etree.fromstring(body).find(f"{{{messages.SOAP}}}Body/*")
    assert (status, answer.findtext("outcome")) == (200, "OK")
    etree.XMLSchema(etree.parse(str(SCHEMAS / "wsdl/xsd/paForNode.xsd"))).assertValid(answer)
    # And so is what the simulated issuer makes of it.
    paid = at.node.activate(notice, at.creditor)
    told = at.node.receipt(paid)
    receipt = etree.fromstring(told.body).find(f"{{{messages.SOAP}}}Body/*")
    etree.XMLSchema(etree.parse(str(SCHEMAS / "wsdl/xsd/paForNode.xsd"))).assertValid(receipt)
    (stamp,) = (one.text for one in receipt.iter("MBDAttachment"))
    mine = SCHEMAS / "xsd-common/MarcaDaBollo.xsd"
    if (mine.parent / "xmldsig-core-schema.xsd").is_file():
        schema = etree.XMLSchema(etree.parse(str(mine)))
        schema.assertValid(etree.fromstring(base64.b64decode(stamp)))


@pytest.mark.feature("F001-015", "F001-017", "F001-038")
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_due_of_a_file_brings_its_stamp_to_the_node(api: Api, portal: Portal, form: str) -> None:
    at = portal.station
    house = at.house
    code, written = ("MI", DIGEST) if form == "xlsx" else ("TO", b64_to_hex(DIGEST).upper())
    due = {"service": "istanza", "reason": f"Bollo {form}", "province": code.lower()}
    good = row(**due, source=f"s-{form}", stamp=written)
    make = files.xlsx if form == "xlsx" else files.text
    bad = [
        row(**due, source="x1", stamp="abc"),
        row(**due | {"province": ""}, source="x2", stamp=DIGEST),
        row(**due | {"province": "1a"}, source="x3", stamp=DIGEST),
        # As before, where nothing is stamped.
        row(**due | {"service": "bollo"}, source=f"x4-{form}"),
    ]
    told = hand_in(api, house, make([good, *bad]), f"stamps-{form}")
    answer = house.call(api, "GET", f"/v1/body/dues/imports/{told['id']}/faults")
    assert [(one["row"], one["field"], one["code"]) for one in answer.json["faults"]] == [
        (3, "stamp", "stamp_document"), (4, "province", "missing"),
        (5, "province", "stamp_province"),
    ]  # fmt: skip
    commit(api, house, told["id"], skip_faulty=True)
    mine = [one for one in dues(api, house) if one["reason"] == f"Bollo {form}"]
    assert {(one["source"], one["stamp"], one["cents"]) for one in mine} == {
        (f"s-{form}", True, 15_000), (f"x4-{form}", False, 15_000),
    }  # fmt: skip
    # Instalments of what is stamped end the flow before anything is made of it.
    flow = listing(api, house, f"rates-{form}", batch=told["id"])
    plan = {"count": 2, "first_due": "2027-01-31", "whole": True}
    failed = generate(api, house, flow["id"], plan=plan)
    assert (failed["state"], failed["code"], failed["made"]) == ("failed", "instalments_stamp", 0)
    flow = listing(api, house, f"whole-{form}", batch=told["id"])
    assert generate(api, house, flow["id"])["made"] == 2
    (made,) = (one for one in positions(api, house, flow=flow["id"]) if one["cents"] > 15_000)
    assert made["cents"] == 16_600
    found = at.node.activate(made["payments"][0]["notice"], at.creditor, transfer_type="PAGOPA")
    assert [(one.cents, one.wanted) for one in found.transfers] == [
        (15_000, ("", "", "")), (1_600, (DIGEST, "01", code)),
    ]  # fmt: skip


def b64_to_hex(digest: str) -> str:
    return base64.b64decode(digest).hex()
