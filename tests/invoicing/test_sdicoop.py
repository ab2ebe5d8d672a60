"""SDICoop against the official WSDLs, and against a server that misbehaves."""

from __future__ import annotations

import base64
import email
import email.policy
import http.server
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from lxml import etree  # type: ignore[import-untyped, unused-ignore]

from chalicelib.base import limits
from chalicelib.base.errors import Rejected, Transient
from chalicelib.invoicing.channels import sdicoop, soap
from chalicelib.invoicing.channels.sdicoop import Endpoint, Receipt, Uncertain, send
from infra.local.web_server import WebServer

from . import XML, authority, certify, key, pem

WS = Path(__file__).parents[2].parent / "shared" / "schemas" / "fatturapa" / "ws"
needs_wsdl = pytest.mark.skipif(not WS.is_dir(), reason="the official WSDLs are not here")
NAME = "IT01234567890_00001.xml.p7m"
FILE = XML + bytes(range(256)) + b"\r\n--\r"

Handler = Callable[[http.server.BaseHTTPRequestHandler, bytes], None]


@contextmanager
def server(handle: Handler, context: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """A loopback server that hands each request to `handle`, as an address to call."""

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            handle(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *args: object) -> None: ...

    class Server(WebServer):
        def handle_error(self, *args: object) -> None: ...

    with Server(Door, tls=context) as opened:
        yield Endpoint(f"{opened.url}/ricevi_file")


def answer(door: http.server.BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    door.send_response(status)
    door.send_header("Content-Type", "text/xml; charset=utf-8")
    door.send_header("Content-Length", str(len(body)))
    door.end_headers()
    door.wfile.write(body)


def reply(id_sdi: str = "123456", error: str = "") -> bytes:
    fields = [("IdentificativoSdI", id_sdi), ("DataOraRicezione", "2026-05-05T10:31:00+02:00")]
    _, body = soap.build(
        "rispostaSdIRiceviFile", sdicoop.TYPES, [*fields, *([("Errore", error)] if error else [])]
    )
    return body


def answering(status: int, body: bytes) -> Handler:
    return lambda door, _: answer(door, status, body)


# --- sending


def valid_request(content_type: str, body: bytes) -> Any:
    """The operation's element, with attachments put in place, once the official XSD accepts it."""
    attachments: dict[str, bytes] = {}
    if content_type.startswith("multipart/"):
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        parsed = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        root, *others = parsed.iter_parts()
        body = cast(bytes, root.get_payload(decode=True))
        attachments = {
            p["Content-ID"].strip("<>"): cast(bytes, p.get_payload(decode=True)) for p in others
        }
    element = etree.fromstring(body).find(f"{{{soap.ENVELOPE}}}Body")[0]
    for include in element.iter(f"{{{soap.XOP}}}Include"):
        data = attachments[include.get("href").removeprefix("cid:")]
        include.getparent().text = base64.b64encode(data).decode()
        include.getparent().remove(include)
    etree.XMLSchema(etree.parse(WS / "TrasmissioneTypes_v1.0.xsd")).assertValid(element)
    return element


@needs_wsdl
@pytest.mark.parametrize("mtom", [True, False], ids=["mtom", "inline"])
def test_request_follows_the_official_service(mtom: bool) -> None:
    seen: dict[str, Any] = {}

    def handle(door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        seen.update(door.headers.items(), path=door.path, body=body)
        answer(door, 200, reply())

    with server(handle) as endpoint:
        receipt = send(endpoint, NAME, FILE, mtom)
    assert receipt == Receipt("123456", "2026-05-05T10:31:00+02:00", "")
    element = valid_request(seen["Content-Type"], seen["body"])
    zeep = pytest.importorskip("zeep")
    client = zeep.Client(str(WS / "SdIRiceviFile_v1.0.wsdl"))
    (binding,) = client.wsdl.bindings.values()
    operation = binding.get("RiceviFile")
    assert (seen["path"], seen["SOAPAction"]) == ("/ricevi_file", f'"{operation.soapaction}"')
    values = client.get_element(element.tag).parse(element, client.wsdl.types)
    assert (values.NomeFile, values.File) == (NAME, FILE)
    # And zeep reads what our side of the test answers, so the answer is a real one.
    read = operation.process_reply(etree.fromstring(reply("7", "EI01")))
    assert (read.IdentificativoSdI, read.Errore) == (7, "EI01")


def test_answers_of_sdi() -> None:
    for error in ("EI01", "EI03"):
        with server(answering(200, reply("0", error))) as endpoint:
            assert send(endpoint, NAME, FILE).error == error
    with server(answering(200, reply("0", "EI02"))) as endpoint:
        with pytest.raises(Transient) as failure:
            send(endpoint, NAME, FILE)
        assert failure.value.code == "sdi_unavailable"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (500, soap.fault("Server", "no"), "sdi_fault"),
        (200, soap.fault("Client", "no"), "sdi_fault"),
        (500, b"<html>", "sdi_fault"),
        (503, b"", "sdi_fault"),
        (403, b"", "sdi_fault"),
        (301, b"", "sdi_fault"),
        (502, b"<html>", "sdi_uncertain"),
        (504, b"", "sdi_uncertain"),
        (200, b"", "sdi_uncertain"),
        (200, b"<html>", "sdi_uncertain"),
        (200, reply()[:-20], "sdi_uncertain"),
        (200, reply(""), "sdi_uncertain"),
        (200, reply("abc"), "sdi_uncertain"),
        (200, reply("1", "EI99"), "sdi_uncertain"),
        (200, b" " * (limits.SOAP_REPLY_BYTES + 1), "sdi_uncertain"),
        (200, soap.build("other", sdicoop.TYPES, ())[1], "sdi_uncertain"),
    ],
)
def test_failures_say_whether_sdi_may_have_the_file(status: int, body: bytes, code: str) -> None:
    with server(answering(status, body)) as endpoint, pytest.raises(Transient) as failure:
        send(endpoint, NAME, FILE)
    assert failure.value.code == code
    assert isinstance(failure.value, Uncertain) is (code == "sdi_uncertain")


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(Transient) as failure:
        send(Endpoint(f"http://127.0.0.1:{port}/"), NAME, FILE)
    assert failure.value.code == "sdi_unreachable"
    assert not isinstance(failure.value, Uncertain)


def drop(door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
    door.close_connection = True


def drop_in_the_answer(door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
    door.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<")
    door.close_connection = True


def nonsense(door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
    door.wfile.write(b"SSH-2.0-OpenSSH\r\n")
    door.close_connection = True


@pytest.mark.parametrize("handle", [drop, drop_in_the_answer, nonsense])
def test_lost_answers_are_uncertain(handle: Handler) -> None:
    taken = []

    def take(door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        taken.append(body)
        handle(door, body)

    with server(take) as endpoint, pytest.raises(Uncertain) as failure:
        send(endpoint, NAME, FILE)
    assert failure.value.code == "sdi_uncertain"
    assert FILE in taken[0]


def test_silence_is_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SDI_TIMEOUT_S", 0.2)
    done = threading.Event()

    def wait(door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        done.wait(5)

    with server(wait) as endpoint:
        with pytest.raises(Uncertain) as failure:
            send(endpoint, NAME, FILE)
        done.set()
    assert failure.value.details["reason"] == "TimeoutError"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("short.x", FILE, "00001"),
        ("IT01234567890 00001.xml", FILE, "00001"),
        ("IT01234567890_00001.xml\n", FILE, "00001"),
        (NAME, b"x" * (limits.DOCUMENT_BYTES + 1), "00003"),
    ],
)
def test_what_is_refused_before_sending(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        send(Endpoint("http://127.0.0.1:1/"), name, content)
    assert refusal.value.code == code


# --- mutual TLS


def client_context() -> ssl.SSLContext:
    certificate = certify(key("channel").public_key(), host="channel.example")
    return sdicoop.context(
        pem(authority()).decode(), pem(certificate).decode(), pem(key("channel")).decode()
    )


def server_context(folder: Path) -> ssl.SSLContext:
    host = certify(key("host").public_key(), host="localhost", serial=9)
    (folder / "host.pem").write_bytes(pem(host) + pem(key("host")))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "host.pem")
    made.load_verify_locations(cadata=pem(authority()).decode())
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def test_both_sides_show_certificates(tmp_path: Path) -> None:
    subjects = []

    def handle(door: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        subjects.append(door.connection.getpeercert()["subject"])
        answer(door, 200, reply())

    with server(handle, server_context(tmp_path)) as address:
        assert send(Endpoint(address.url, client_context()), NAME, FILE).id_sdi == "123456"
        stranger = ssl.create_default_context()
        with pytest.raises(Transient) as failure:
            send(Endpoint(address.url, stranger), NAME, FILE)
    assert failure.value.code == "sdi_unreachable"
    assert [dict(pair[0] for pair in s)["commonName"] for s in subjects] == ["channel.example"]


def test_context_leaves_no_key_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes = []
    load = ssl.SSLContext.load_cert_chain

    def watched(self: ssl.SSLContext, path: str, **options: Any) -> None:
        modes.append(os.stat(path).st_mode & 0o777)
        load(self, path, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
    made = client_context()
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, True)
    own = pem(certify(key("channel").public_key(), host="x")).decode()
    for ca, certificate, private in (
        (pem(authority()).decode(), own, "nonsense"),
        (pem(authority()).decode(), own, pem(key("host")).decode()),
        ("nonsense", own, pem(key("channel")).decode()),
        ("", own, pem(key("channel")).decode()),
    ):
        with pytest.raises(Rejected) as refusal:
            sdicoop.context(ca, certificate, private)
        assert refusal.value.code == "channel_certificate"
        assert "PRIVATE" not in str(refusal.value.details)
    assert set(modes) == {0o600}
    assert list(tmp_path.iterdir()) == []


def test_a_secure_address_needs_a_context() -> None:
    with pytest.raises(ValueError, match="context"):
        send(Endpoint("https://localhost/"), NAME, FILE)
    with pytest.raises(ValueError, match="context"):
        send(Endpoint("http://localhost/", client_context()), NAME, FILE)


# --- receiving


@needs_wsdl
@pytest.mark.parametrize(("operation", "expected"), sdicoop.OPERATIONS.items())
def test_requests_of_a_third_party_client_are_read(
    operation: str, expected: tuple[str, str]
) -> None:
    zeep = pytest.importorskip("zeep")
    client = zeep.Client(str(WS / "TrasmissioneFatture_v1.1.wsdl"))
    name = "IT01234567890_00001_RC_001.xml"
    values = {"IdentificativoSdI": 123456789012, "NomeFile": name, "File": FILE}
    body = etree.tostring(client.create_message(client.service, operation, **values))
    (binding,) = client.wsdl.bindings.values()
    action = binding.get(operation).soapaction
    assert action == f"http://www.fatturapa.it/TrasmissioneFatture/{operation}"
    for header in (action, f'"{action}"', "", '""'):
        read = sdicoop.read_delivery(header, "text/xml; charset=utf-8", body)
        assert read == sdicoop.Delivery(operation, expected[1], "123456789012", name, FILE)  # type: ignore[arg-type]


def delivery(element: str, namespace: str = sdicoop.TYPES, **changed: str) -> tuple[str, bytes]:
    fields = {"IdentificativoSdI": "12", "NomeFile": "IT01234567890_00001_RC.xml"} | changed
    return soap.build(element, namespace, [*fields.items(), ("File", FILE)], mtom=True)


def test_mtom_delivery_is_read() -> None:
    read = sdicoop.read_delivery("", *delivery("attestazioneTrasmissioneFattura"))
    assert (read.message_type, read.id_sdi, read.content) == ("AT", "12", FILE)


@pytest.mark.parametrize(
    ("action", "request_", "code"),
    [
        ("", delivery("fileSdIAccoglienza"), "soap_operation"),
        ("", delivery("ricevutaConsegna", "urn:other"), "soap_operation"),
        ("urn:x/NotificaScarto", delivery("ricevutaConsegna"), "soap_malformed"),
        ("", delivery("ricevutaConsegna", IdentificativoSdI="1" * 13), "soap_malformed"),
        ("", delivery("ricevutaConsegna", IdentificativoSdI="-1"), "soap_malformed"),
        ("", delivery("ricevutaConsegna", NomeFile="../../etc/passwd"), "soap_malformed"),
        ("", ("text/xml", b"<a/>"), "soap_malformed"),
    ],
)
def test_deliveries_that_are_refused(action: str, request_: tuple[str, bytes], code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        sdicoop.read_delivery(action, *request_)
    assert refusal.value.code == code
