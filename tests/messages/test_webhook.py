"""The webhook's carrier over real sockets: signed, once, nowhere private, no redirect."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.base import limits
from chalicelib.base.errors import Transient
from chalicelib.messages import webhook
from infra.local.web_server import WebServer

SECRET = "a secret of the receiver's"
MESSAGE = {"id": "m1", "type": "document.changed", "text": "perché €"}


class Receiver:
    """What came, and what is answered."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status = status
        self.headers = headers
        self.came: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""


@contextmanager
def receiver(status: int = 200, **headers: str) -> Iterator[Receiver]:
    found = Receiver(status, headers)

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.came.append((self.command, self.path, dict(self.headers.items()), body))
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    with WebServer(Door) as server:
        found.url = server.url
        yield found


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_PRIVATE", "allow")


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEBHOOK_PRIVATE", raising=False)


def code(url: str) -> str:
    with pytest.raises(Transient) as failed:
        webhook.post(url, SECRET, MESSAGE, "1700000000")
    return failed.value.code


def test_a_signed_post_arrives(local: None) -> None:
    with receiver() as found:
        webhook.post(found.url + "/hook?a=b", SECRET, MESSAGE, "1700000000")
    ((method, path, headers, body),) = found.came
    assert (method, path) == ("POST", "/hook?a=b")
    assert json.loads(body) == MESSAGE
    assert headers["Content-Type"] == "application/json"
    signed = b"m1.1700000000." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Sportello-Signature"] == f"v1={expected}"
    assert (headers["Sportello-Id"], headers["Sportello-Timestamp"]) == ("m1", "1700000000")
    assert SECRET not in str(headers) + body.decode()


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_delivered(local: None, status: int) -> None:
    with receiver(status) as found:
        webhook.post(found.url, SECRET, MESSAGE, "1")
    assert found.came[0][1] == "/"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(local: None, status: int) -> None:
    with receiver() as target, receiver(status, Location=target.url) as found:
        assert code(found.url) == "webhook_answered"
    assert (len(found.came), target.came) == (1, [])


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_other_answers_are_tried_again_later(local: None, status: int) -> None:
    with receiver(status) as found:
        assert code(found.url) == "webhook_answered"
    assert len(found.came) == 1


def test_nobody_there(local: None) -> None:
    with receiver() as found:
        url = found.url
    assert code(url) == "webhook_unreachable"


def test_no_answer_in_time(local: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WEBHOOK_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert code(f"http://127.0.0.1:{silent.getsockname()[1]}/") == "webhook_unreachable"


def test_something_that_is_no_http(local: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            taken, _ = server.accept()
            with taken:
                taken.recv(65536)
                taken.sendall(b"hello\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert code(f"http://127.0.0.1:{server.getsockname()[1]}/") == "webhook_unreachable"
        thread.join()


# ------------------------------------------------------------------ addresses
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "[::1]", "[::]", "[fe80::1]", "[fd00:ec2::254]",
        "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]", "[::127.0.0.1]", "224.0.0.1", "[ff02::1]", "255.255.255.255",
        "2130706433", "0x7f000001", "127.1",
    ],
)  # fmt: skip
def test_nothing_private_is_reached(
    public: None, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr(socket, "create_connection", never)
    assert code(f"https://{host}/") in ("webhook_address", "webhook_unreachable")


def _resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """The host's answers; gives the addresses that were connected to."""
    connected: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    def connect(address: tuple[str, int], *_: Any) -> None:
        connected.append(address[0])
        raise OSError("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    return connected


def test_a_public_name_with_one_private_address_is_refused(
    public: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = _resolving(monkeypatch, "93.184.215.14", "10.0.0.1")
    assert code("https://rebinding.example/") == "webhook_address"
    assert connected == []


def test_the_address_that_was_checked_is_the_one_connected(
    public: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = _resolving(monkeypatch, "93.184.215.14")
    assert code("https://hooks.example/") == "webhook_unreachable"
    assert connected == ["93.184.215.14"]


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com/", "", "https://", "https://[", "https://h:99999/",
     "https://" + "a" * 70 + ".example/", "https://a..b/", "file:///etc/passwd"],
)  # fmt: skip
def test_no_address_is_a_bug(public: None, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    def unknown(host: str, *_: Any, **__: Any) -> None:
        host.encode("idna")
        raise socket.gaierror("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert code(url) in ("webhook_address", "webhook_unreachable")


def test_a_path_that_http_cannot_say(local: None) -> None:
    with receiver() as found:
        assert code(found.url + "/a b\n") == "webhook_unreachable"
        assert code(found.url + "/è") == "webhook_unreachable"
    assert found.came == []
