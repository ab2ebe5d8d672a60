"""paForNode's official WSDL and schema against what we say: zeep as the node, and each answer's
bytes by the XSD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from lxml import etree

from chalicelib.payments.node.answers import ELEMENTS
from chalicelib.payments.node.soap import ENVELOPE
from infra.local.engines import ROOT
from infra.local.pagopa import node_messages as messages
from tests.entry import node_world
from tests.entry.api_world import Api
from tests.entry.bodies import POSTE
from tests.entry.node_world import STATION, Station, line
from tests.payments.taxonomy_csv import LATE

WSDL = ROOT.parent / "shared/schemas/pagopa/node-soap/wsdl/paForNode.wsdl"
pytestmark = [
    pytest.mark.feature("F001-012"),
    pytest.mark.skipif(not WSDL.is_file(), reason=f"the official schema is not at {WSDL}"),
]
PARTNER = STATION.partition("_")[0]


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    return node_world.station(api)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(WSDL.parent / "xsd/paForNode.xsd")))


@pytest.fixture(scope="module")
def client() -> Any:
    """zeep, strict, whose wire ends at the function's door."""
    zeep = pytest.importorskip("zeep")
    from requests import Response
    from zeep.transports import Transport

    class Wire(Transport):  # type: ignore[misc]
        def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> Response:
            del address
            answer = Response()
            answer.status_code, answer._content = node_world.call(message, headers)
            answer.headers["Content-Type"] = "text/xml; charset=utf-8"
            return answer

    return zeep.Client(str(WSDL), transport=Wire()).service


def head(at: Station) -> dict[str, str]:
    return {"idPA": at.creditor, "idBrokerPA": PARTNER, "idStation": STATION}


def code(at: Station, notice: str) -> dict[str, Any]:
    return head(at) | {"qrCode": {"fiscalCode": at.creditor, "noticeNumber": notice}}


def test_zeep_verifies_activates_and_tells(at: Station, client: Any) -> None:
    for second in (False, True):
        position = at.place(12_345)
        notice = position.payments[0].notice
        verified = client.paVerifyPaymentNotice(**code(at, notice))
        assert verified.outcome == "OK"
        option = verified.paymentList.paymentOptionDescription
        assert (str(option.amount), option.options, option.allCCP) == ("123.45", "EQ", True)
        get = client.paGetPaymentV2 if second else client.paGetPayment
        found = get(**code(at, notice), transferType="PAGOPA").data
        assert found.creditorReferenceId == notice[1:]
        (transfer,) = found.transferList.transfer
        assert transfer.metadata.mapEntry[0].key == "IBANAPPOGGIO"
        assert transfer.metadata.mapEntry[0].value == POSTE
        receipt = {
            "receiptId": f"zeep-{second}", "noticeNumber": notice, "fiscalCode": at.creditor,
            "outcome": "OK", "creditorReferenceId": notice[1:],
            "paymentAmount": found.paymentAmount, "description": found.description,
            "companyName": found.companyName, "debtor": found.debtor,
            "transferList": {"transfer": [{
                "idTransfer": 1, "transferAmount": found.paymentAmount,
                "fiscalCodePA": at.creditor, "IBAN": transfer.IBAN,
                "remittanceInformation": transfer.remittanceInformation,
                "transferCategory": transfer.transferCategory,
                "metadata": transfer.metadata,
            }]},
            "idPSP": "AGID_01", "PSPCompanyName": "Banca", "idChannel": "1_01",
            "channelDescription": "app",
        }  # fmt: skip
        tell = client.paSendRTV2 if second else client.paSendRT
        for _ in range(2):
            assert tell(**head(at), receipt=receipt).outcome == "OK"
        assert at.now(position).state == "paid"
        refused = client.paVerifyPaymentNotice(**code(at, notice))
        assert (refused.outcome, refused.fault.faultCode, refused.fault.id) == (
            "KO", "PAA_PAGAMENTO_DUPLICATO", at.creditor,
        )  # fmt: skip


def test_zeep_demands_a_notice(at: Station, client: Any) -> None:
    refused = client.paDemandPaymentNotice(
        **head(at), idServizio="00001", idSoggettoServizio="00001",
        datiSpecificiServizioRequest=b"<datiSpecificiServizio/>",
    )  # fmt: skip
    assert (refused.outcome, refused.fault.faultCode) == ("KO", "PAA_SINTASSI_XSD")


def _element(body: bytes) -> Any:
    (element,) = etree.fromstring(body).find(f"{{{ENVELOPE}}}Body")
    # A document of its own, as the schema knows it.
    return etree.fromstring(etree.tostring(element))


def _ask(operation: str, content: Any) -> bytes:
    body = messages.envelope(operation, content)
    return node_world.call(body, messages.headers(operation))[1]


def _content(at: Station, notice: str) -> list[Any]:
    return [
        *head(at).items(),
        ("qrCode", [("fiscalCode", at.creditor), ("noticeNumber", notice)]),
    ]


def test_every_answer_is_valid_by_the_schema(at: Station, schema: Any) -> None:
    awkward = node_world.MARIA.__class__(
        "ANONIMO", "Šček & <Söhne> " + "x" * 80, "Via 'Łódź' \x0b 1" * 9, "35100", "P" * 60,
        "Pd", "not a mail",
    )  # fmt: skip
    company = node_world.MARIA.__class__("12345670017", "Ditta")
    five = tuple(line(100, taxonomy=f"9/120100{n}AP/", chapter="", year=0) for n in range(5))
    many = tuple(line(100, due=f"{n}") for n in range(9))
    places = (
        at.place(1, due=None), at.place(99_999_999_999, person=awkward), at.place(lines=five),
        at.place(lines=many, person=company),
        at.place(lines=(line(100), line(5, iban=POSTE, taxonomy=LATE))), at.place(state="paid"),
    )  # fmt: skip
    checked = 0
    for position in places:
        asked = _content(at, position.payments[0].notice)
        bodies = [_ask("paVerifyPaymentNotice", asked)]
        for operation in ("paGetPayment", "paGetPaymentV2"):
            for kind in ("", "POSTAL", "PAGOPA"):
                bodies.append(_ask(operation, [*asked, ("transferType", kind)]))
        for body in bodies:
            schema.assertValid(_element(body))
            checked += 1
    assert checked == 7 * len(places)


def test_every_fault_is_valid_by_the_schema(at: Station, schema: Any) -> None:
    for operation, (_, response) in ELEMENTS.items():
        for body in (
            _ask(operation, head(at).items()),
            node_world.call(b"<", messages.headers(operation))[1],
        ):
            element = _element(body)
            assert element.tag == f"{{{messages.PA}}}{response}"
            schema.assertValid(element)
            assert element.findtext("outcome") == "KO"


def test_what_the_simulated_node_says_is_valid_too(at: Station, schema: Any) -> None:
    found = at.node.activate(at.place(instalments=2).payments[0].notice, at.creditor)
    for version in (1, 2):
        told = at.node.receipt(found, version=version, note="n", stand_in=True)
        schema.assertValid(_element(told.body))
