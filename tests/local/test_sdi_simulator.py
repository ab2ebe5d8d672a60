"""SdI's simulator from the outside: the socket, the messages, the misbehaviours, the memory."""

from __future__ import annotations

import http.client
import io
import ssl
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from infra.local.authority import Authority
from infra.local.sdi.carrier import DeliveryError
from infra.local.sdi.seal import SealError, verify_seal
from infra.local.sdi.server import Answer, HttpsServer, Request
from infra.local.sdi.soap import RECEIVE_ACTION
from infra.local.sdi.store import Delivery
from tests.local.sdi_world import (
    DAY_S,
    INVOICE,
    NOW,
    SHARED,
    SIMPLIFIED,
    World,
    assert_genuine,
    cades,
    children,
    edited,
    envelope,
    pa_invoice,
    post,
    schema_folder,
    shared_authority,
    world,
)

PRIVATE = INVOICE.encode()
EMPTY_ARCHIVE = b"PK\x05\x06" + bytes(18)
BOUNDARY = b"separatore"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return shared_authority(tmp_path_factory)


@pytest.fixture
def sdi(tmp_path: Path, authority: Authority) -> Iterator[World]:
    with world(tmp_path / "sdi", authority, schema_folder(), serve=True) as made:
        yield made


def zeep_service(sdi: World) -> Any:
    wsdl = SHARED / "ws" / "SdIRiceviFile_v1.0.wsdl"
    if not wsdl.is_file():
        pytest.skip("the official WSDL is not beside the repository")
    requests = pytest.importorskip("requests")
    zeep = pytest.importorskip("zeep")
    session = requests.Session()
    session.trust_env = False  # a CA bundle named by the environment would win over ours
    session.cert = str(sdi.authority.client_paths["sportello"])
    session.verify = str(sdi.authority.ca_path)
    client = zeep.Client(str(wsdl), transport=zeep.transports.Transport(session=session))
    binding = "{http://www.fatturapa.gov.it/sdi/ws/trasmissione/v1.0}SdIRiceviFile_binding"
    return session, client.create_service(binding, sdi.simulator.url)


# The door


def test_zeep_on_the_official_wsdl_sends_a_file(sdi: World) -> None:
    session, service = zeep_service(sdi)
    with session:
        answer = service.RiceviFile(NomeFile="IT01234567890_00001.xml", File=PRIVATE)
        empty = service.RiceviFile(NomeFile="IT01234567890_00002.xml", File=b"")
    received = sdi.simulator.files()
    assert [f.id_sdi for f in received] == [answer.IdentificativoSdI]
    assert received[0].accepted
    assert answer.Errore is None
    assert answer.DataOraRicezione == NOW
    assert empty.Errore == "EI01"


def test_mtom_and_inline_give_the_same_bytes(sdi: World) -> None:
    binary = bytes(range(256)) + b"\r\n--other\r\n\r\n"
    include = '<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:f%40x"/>'
    root = envelope("IT01234567890_00001.xml.p7m", include)
    body = b"".join(
        (
            b"--" + BOUNDARY + b"\r\nContent-ID: <r@x>\r\n\r\n" + root + b"\r\n",
            b"--" + BOUNDARY + b"\r\ncontent-id: <f@x>\r\n\r\n" + binary + b"\r\n",
            b"--" + BOUNDARY + b"--\r\n",
        )
    )
    kind = (
        f'multipart/related; type="application/xop+xml"; start="<r@x>";'
        f' boundary="{BOUNDARY.decode()}"; start-info="text/xml"'
    )
    status, _ = post(sdi, body, kind)
    assert status == 200
    inline = sdi.take("IT01234567890_00002.xml.p7m", binary)
    assert sdi.simulator.files()[0].sha256 == inline.sha256


@pytest.mark.parametrize(
    ("body", "content_type", "action"),
    [
        (b"<not-closed", "text/xml", RECEIVE_ACTION),
        (b"<!DOCTYPE a><a/>", "text/xml", RECEIVE_ACTION),
        (envelope("", "AAAA"), "text/xml", RECEIVE_ACTION),
        (envelope("IT01234567890_00001.xml", "*"), "text/xml", RECEIVE_ACTION),
        (envelope("IT01234567890_00001.xml", "AAAA"), "application/json", RECEIVE_ACTION),
        (envelope("IT01234567890_00001.xml", "AAAA"), "text/xml", "urn:other"),
        (b"--x\r\n", "multipart/related; boundary=x", RECEIVE_ACTION),
    ],
)
def test_malformed_requests_are_faults_and_take_nothing(
    sdi: World, body: bytes, content_type: str, action: str
) -> None:
    status, answer = post(sdi, body, content_type, action)
    assert status == 500
    assert b"Fault>" in answer
    assert sdi.simulator.files() == []


def test_no_client_certificate_no_entry(sdi: World) -> None:
    bare = ssl.create_default_context(cafile=str(sdi.authority.ca_path))
    parts = urlsplit(sdi.simulator.url)
    connection = http.client.HTTPSConnection("127.0.0.1", parts.port, context=bare, timeout=5)

    def call() -> None:
        connection.request("POST", parts.path, b"")
        connection.getresponse()

    try:
        # The alert comes as an SSL error, or as a reset when it is overtaken by the close.
        with pytest.raises((ssl.SSLError, ConnectionError)):
            call()
    finally:
        connection.close()
    assert sdi.simulator.files() == []


# Stories and messages


@pytest.mark.parametrize(
    ("changes", "operation", "root"),
    [
        ([], "RicevutaConsegna", "RicevutaConsegna"),
        ([("ABC1234", "0000000")], "NotificaMancataConsegna", "RicevutaImpossibilitaRecapito"),
        (
            [
                ("ABC1234", "0000000"),
                (
                    "</CodiceDestinatario>",
                    "</CodiceDestinatario><PECDestinatario>a@pec.it</PECDestinatario>",
                ),
            ],
            "RicevutaConsegna",
            "RicevutaConsegna",
        ),
        (
            [
                ("ABC1234", "XXXXXXX"),
                ("IT</IdPaese><IdCodice>0987", "FR</IdPaese><IdCodice>0987"),
            ],
            "NotificaMancataConsegna",
            "RicevutaImpossibilitaRecapito",
        ),
        ([("<Numero>1/2026", "<Numero>senza")], "NotificaScarto", "RicevutaScarto"),
    ],
)
def test_private_story(
    sdi: World, changes: list[tuple[str, str]], operation: str, root: str
) -> None:
    file = sdi.take("IT01234567890_00001.xml", edited(INVOICE, *changes).encode())
    assert sdi.run(1) == []
    assert sdi.run() == [(operation, file.id_sdi)]
    assert sdi.run(30 * DAY_S) == []
    message = sdi.delivered[0]
    assert_genuine(message.content, sdi.authority)
    assert etree.QName(etree.fromstring(message.content)).localname == root
    fields = children(message.content)
    assert fields["NomeFile"] == file.name
    assert fields["Hash"] == file.sha256
    assert fields["DataOraRicezione"] == "2026-03-10T10:30:00.000+01:00"


@pytest.mark.parametrize(
    ("office", "story"),
    [
        ("UFABCD", ["RC", "NE EC01"]),
        ("UFEC02", ["RC", "NE EC02"]),
        ("UFDT01", ["RC", "DT"]),
        ("UFMC01", ["MC", "RC", "NE EC01"]),
        ("UFAT01", ["MC", "AT"]),
        ("UFRC01", ["RC"]),
    ],
)
def test_public_story(sdi: World, office: str, story: list[str]) -> None:
    signed = cades(sdi.signer, pa_invoice(office))
    file = sdi.take("IT01234567890_A0001.xml.p7m", signed)
    assert file.accepted, file.codes
    sdi.run(14 * DAY_S if office == "UFDT01" else 9 * DAY_S)
    early = len(sdi.delivered)
    sdi.run(2 * DAY_S)
    assert early == (len(story) - 1 if story[-1] in {"DT", "AT"} else len(story))
    told = []
    for message in sdi.delivered:
        kind = message.file_name.split("_")[2]
        content = message.content
        assert message.file_name.startswith(f"IT01234567890_A0001_{kind}_001.")
        if kind == "AT":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert archive.read(file.name) == signed
                content = archive.read("IT01234567890_A0001_AT_001.xml")
            assert children(content)["HashFileOriginale"] == file.sha256
        assert_genuine(content, sdi.authority)
        told.append(f"{kind} {children(content).get('Esito', '')}".strip())
    assert told == story


def test_refusals_of_pa_files_are_in_family_a(sdi: World) -> None:
    sdi.take("IT01234567890_A0001.xml", pa_invoice())
    sdi.run()
    assert_genuine(sdi.delivered[0].content, sdi.authority)
    assert b"NotificaScarto" in sdi.delivered[0].content
    assert children(sdi.delivered[0].content)["Codice"] == "00102"


def test_the_seal_notices_every_change(sdi: World) -> None:
    sdi.take("IT01234567890_00001.xml", SIMPLIFIED.encode())
    sdi.run()
    message = sdi.delivered[0].content
    subject = verify_seal(message, sdi.authority.seal_ca_pem).subject.rfc4514_string()
    assert subject.startswith("CN=Sistema Interscambio Fattura PA,OU=Servizi Telematici")
    for old, new in (
        (b"<NomeFile>IT", b"<NomeFile>FR"),
        (b"<xades:SigningTime>2", b"<xades:SigningTime>3"),
        (b'Filter="subtract"', b'Filter="union"'),
    ):
        assert old in message
        with pytest.raises(SealError):
            verify_seal(message.replace(old, new), sdi.authority.seal_ca_pem)
    with pytest.raises(SealError, match="not issued"):
        verify_seal(message, sdi.authority.ca_pem)
    with pytest.raises(SealError, match="last one"):
        verify_seal(PRIVATE, sdi.authority.seal_ca_pem)


def test_each_file_of_an_archive_has_its_own_fate(sdi: World) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("IT01234567890_00011.xml", PRIVATE)
        archive.writestr("sotto/IT01234567890_00012.xml", PRIVATE)
        archive.writestr("IT01234567890_00013.xml", PRIVATE)
    sdi.take("IT01234567890_00010.zip", buffer.getvalue())
    whole, good, misplaced, twin = sdi.simulator.files()
    assert (whole.accepted, good.accepted) == (True, True)
    assert (misplaced.codes, twin.codes) == (("00001",), ("00404",))
    assert good.archive_id == whole.id_sdi
    assert [d for d, _ in sdi.run()] == ["RicevutaConsegna", "NotificaScarto", "NotificaScarto"]
    for message in sdi.delivered:
        assert_genuine(message.content, sdi.authority)
        assert b"<RiferimentoArchivio><IdentificativoSdI>%d<" % whole.id_sdi in message.content
    rotten = (b"PK no", buffer.getvalue()[3:], buffer.getvalue()[:-30], EMPTY_ARCHIVE)
    for number, data in enumerate(rotten):
        assert sdi.take(f"IT01234567890_0002{number}.zip", data).codes == ("00106",), number


# Delivery


@pytest.mark.parametrize("mtom", [False, True])
def test_delivery_by_soap_with_sdis_certificate_and_retries(
    tmp_path: Path, authority: Authority, mtom: bool
) -> None:
    requests: list[Request] = []
    answers = [Answer(500, b""), None, Answer(200, b""), Answer(202, b"")]

    def respond(request: Request) -> Answer | None:
        requests.append(request)
        return answers[len(requests) - 1]

    ours = HttpsServer(authority.server_context(), respond)
    ours.start()
    url = f"https://127.0.0.1:{ours.port}/trasmissione?x=1"
    try:
        with world(tmp_path, authority, schema_folder(), deliver_to=url, mtom=mtom) as sdi:
            sdi.take("IT01234567890_00001.xml", PRIVATE)
            sdi.clock.advance(2)
            assert sdi.simulator.step() == 0
            assert sdi.simulator.step() == 0, "not before the delay"
            sdi.clock.advance(60)
            assert sdi.simulator.step() == 0
            sdi.clock.advance(60)
            assert sdi.simulator.step() == 0, "the delay grows"
            sdi.clock.advance(60)
            assert sdi.simulator.step() == 1
            assert sdi.simulator.next_due() is None
    finally:
        ours.stop()
    assert len(requests) == 3
    assert requests[2].path == "/trasmissione?x=1"
    action = "http://www.fatturapa.it/TrasmissioneFatture/RicevutaConsegna"
    assert requests[2].headers["soapaction"] == f'"{action}"'
    assert b"types:ricevutaConsegna" in requests[2].body
    assert (b"<types:RicevutaConsegna" in requests[2].body) is mtom


def test_a_function_that_fails_is_tried_again(tmp_path: Path, authority: Authority) -> None:
    tries: list[Delivery] = []

    def deliver(delivery: Delivery) -> None:
        tries.append(delivery)
        if len(tries) == 1:
            raise DeliveryError("busy")

    with world(tmp_path, authority, schema_folder(), deliver_to=deliver) as sdi:
        sdi.take("IT01234567890_00001.xml", PRIVATE)
        for _ in range(3):
            sdi.clock.advance(DAY_S)
            sdi.simulator.step()
    assert len(tries) == 2
    assert tries[0] == tries[1]
