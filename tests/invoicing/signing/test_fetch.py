"""Fetching lists and answers: from public addresses only, in bounded time and size."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from chalicelib.base import limits
from chalicelib.base.errors import Rejected, Transient
from chalicelib.invoicing.signing import fetch
from chalicelib.invoicing.signing.lookup import Lookup
from chalicelib.invoicing.signing.revocation import Known
from chalicelib.invoicing.signing.trust import judge
from infra.local.web_server import WebServer

from .. import usage
from .authorities import NOW, QC, QC_DER, answer, build, crl, der, leaf, middle, root, trusted

Reply = Callable[[str, bytes], tuple[int, bytes]]


@contextmanager
def serving(reply: Reply) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            status, body = reply(self.path, self.rfile.read(size))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            with contextlib.suppress(OSError):  # the other side may have had enough
                self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with WebServer(Handler) as server:
        yield server.url


def asked_at(url: str, *, answers: bool = True, lists: bool = True) -> x509.Certificate:
    """A signer whose certificate says that he is asked about there."""
    point = [x509.UniformResourceIdentifier(f"{url}/mezzo.crl")]
    ldap = [x509.UniformResourceIdentifier("ldap://127.0.0.1/x")]
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (usage(sign=True), True),
        (x509.UnrecognizedExtension(QC, QC_DER), False),
    ]
    if lists:
        points = [x509.DistributionPoint(p, None, None, None) for p in (ldap, point)]
        extensions.append((x509.CRLDistributionPoints(points), False))
    if answers:
        where = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{url}/ocsp")
        )
        extensions.append((x509.AuthorityInformationAccess([where]), False))
    return build("firmatario", "mezzo", *extensions, serial=7)


def test_addresses_of_a_certificate() -> None:
    found = fetch.points(asked_at("http://ca.example.com"))
    assert found.ocsp == ("http://ca.example.com/ocsp",)
    assert found.crls == ("http://ca.example.com/mezzo.crl",)
    assert fetch.points(root()) == fetch.Points()


def test_by_answer_or_else_by_list() -> None:
    asked: list[str] = []

    def reply(path: str, body: bytes) -> tuple[int, bytes]:
        asked.append(path)
        if path == "/ocsp":
            question = ocsp.load_der_ocsp_request(body)
            assert question.serial_number == 7
            return (200, answer()) if works else (500, b"")
        return 200, crl("mezzo")

    for works in (True, False):
        asked.clear()
        with serving(reply) as url:
            own = asked_at(url)
            lists = Lookup(lambda: NOW, allow_private=True)((own, middle(), root()))
        assert asked == (["/ocsp"] if works else ["/ocsp", "/mezzo.crl"])
        verdict = judge(der(own)[0], der(middle()), trusted(), NOW, lists)
        assert verdict.findings == ()
        # The authority says nowhere where it can be asked about.
        assert verdict.not_evaluated == ("revocation_of_authorities",)


def test_nothing_private_is_reached() -> None:
    with serving(lambda *_: (200, b"")) as url:
        assert Lookup(lambda: NOW)((asked_at(url), middle(), root())) == Known()
        for each in (url, url.replace("127.0.0.1", "localhost"),
                     url.replace("127.0.0.1", "[::ffff:127.0.0.1]")):  # fmt: skip
            with pytest.raises(Rejected) as refused:
                fetch.fetch_crl(each)
            assert refused.value.code == "revocation_address"


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0", "::1", "fd00::1",
     "fe80::1%1", "224.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::10.0.0.1"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: Any, **__: Any) -> list[Any]:
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))
        return [public, (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(Rejected) as refused:
        fetch.fetch_crl("http://crl.example.com/1.crl")
    assert refused.value.code == "revocation_address"


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a/b", "file:///etc/passwd", "ldap://a/b", "http://", "http://[::1",
     "http://a:99999/", "http://a/\r\nX: y", "http://a/ b", "http://è/", "http://a/" + "b" * 2000],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(Rejected) as refused:
        fetch.fetch_crl(url, allow_private=True)
    assert refused.value.code == "revocation_address"


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CRL_BYTES", 1000)
    for reply, reason in (
        ((200, b"x" * 5000), "too large"),
        ((404, b""), "status 404"),
        ((302, b""), "status 302"),
    ):
        with serving(lambda *_, said=reply: said) as url, pytest.raises(Transient) as failed:
            fetch.fetch_crl(url, allow_private=True)
        assert failed.value.details["reason"] == reason
    monkeypatch.setattr(limits, "REVOCATION_TIMEOUT_S", 0.2)
    waiting = threading.Event()

    def slow(path: str, body: bytes) -> tuple[int, bytes]:
        waiting.wait(20)
        return 200, b""

    with serving(slow) as url:
        with pytest.raises(Transient) as failed:
            fetch.fetch_crl(url, allow_private=True)
        waiting.set()
    assert failed.value.code == "revocation_unreachable"
    with pytest.raises(Transient):
        fetch.fetch_crl(url, allow_private=True)


@pytest.mark.parametrize("at", ["head", "body"])
def test_a_byte_now_and_then_is_cut_off(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each single read keeps within its time-out; the whole does not."""
    monkeypatch.setattr(limits, "REVOCATION_TIMEOUT_S", 0.3)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if at == "body" else b"X-"))
                while not over.wait(0.05):
                    connection.sendall(b"a")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(Transient) as failed:
            fetch.fetch_crl(f"http://127.0.0.1:{server.getsockname()[1]}/1.crl", allow_private=True)
        took_s = time.monotonic() - begun
        over.set()
        thread.join()
    assert failed.value.code == "revocation_unreachable"
    assert took_s < 5


def test_nothing_is_asked_when_the_time_is_over() -> None:
    with pytest.raises(Transient) as failed:
        fetch.fetch_crl("http://127.0.0.1:9/1.crl", until=time.monotonic() - 1, allow_private=True)
    assert failed.value.details["reason"] == "too slow"


def test_question_is_for_one_certificate() -> None:
    question = ocsp.load_der_ocsp_request(fetch.ocsp_request(leaf(), middle()))
    assert question.serial_number == leaf().serial_number
    assert question.public_bytes(Encoding.DER) == fetch.ocsp_request(leaf(), middle())
