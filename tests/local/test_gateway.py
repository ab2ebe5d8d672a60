"""The gateway is to the app what API Gateway is."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests
from chalice.app import Chalice, Response
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.local.gateway import Gateway, GatewayError

TIMEOUT_S = 5
KINDS = ["application/json", "text/plain"]
BINARY = bytes(range(256))
NOT_FOUND = '{"error":{"code":"not_found"}}'
RESPONSES = {
    "MISSING_AUTHENTICATION_TOKEN": {
        "StatusCode": "404",
        "ResponseTemplates": {"application/json": NOT_FOUND},
    },
    "DEFAULT_5XX": {
        "ResponseTemplates": {
            "application/json": '{"code":"$context.error.responseType",'
            '"text":$context.error.messageString}'
        }
    },
}


def make_app() -> Chalice:
    app = Chalice("toy")
    app.api.binary_types = ["application/octet-stream", "application/zip"]
    untyped: Any = app

    @app.route("/echo/{name}", methods=["POST"], content_types=["application/octet-stream"])
    def echo(name: str) -> Any:
        kind = {"Content-Type": "application/octet-stream"}
        return Response(body=untyped.current_request.raw_body, headers=kind)

    @app.route("/event/{name}", methods=["GET", "POST"], content_types=KINDS)
    def event(name: str) -> Any:
        request = untyped.current_request
        return {
            "name": name,
            "context": request.context,
            "query": dict(request.query_params or {}),
            "header": request.headers.get("x-own"),
            "body": request.raw_body.decode(),
        }

    @app.route("/broken")
    def broken() -> Any:
        return Response(body=object(), status_code=200, headers={"Content-Type": "text/plain"})

    @app.route("/cookies", cors=True)
    def cookies() -> Any:
        return Response(body={}, headers={"Set-Cookie": ["a=1", "b=2"]})

    return app


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway(make_app(), port=0, responses=RESPONSES) as running:
        yield running


def call(gateway: Gateway, path: str, method: str = "GET", **more: Any) -> requests.Response:
    return requests.request(method, gateway.url + path, timeout=TIMEOUT_S, **more)


def test_event_has_what_api_gateway_gives(gateway: Gateway) -> None:
    answer = call(gateway, "/event/rossi?a=1&a=2&b=", headers={"X-OWN": "yes"}).json()
    assert answer["name"] == "rossi"
    assert answer["query"] == {"a": "2", "b": ""}
    assert answer["header"] == "yes"
    context = answer["context"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["resourcePath"] == "/event/{name}"
    assert context["requestId"]
    assert "clientCert" not in context["identity"]


def test_binary_bodies_survive_when_declared(gateway: Gateway) -> None:
    kind = {"Content-Type": "application/octet-stream", "Accept": "application/octet-stream"}
    answer = call(gateway, "/echo/x", "POST", data=BINARY, headers=kind)
    assert answer.content == BINARY


def test_chunked_bodies_arrive_whole(gateway: Gateway) -> None:
    kind = {"Content-Type": "application/octet-stream", "Accept": "application/octet-stream"}
    answer = call(gateway, "/echo/x", "POST", data=iter([b"one ", b"two"]), headers=kind)
    assert answer.content == b"one two"


def test_text_bodies_are_text(gateway: Gateway) -> None:
    kind = {"Content-Type": "text/plain; charset=utf-8"}
    answer = call(gateway, "/event/x", "POST", data="perché".encode(), headers=kind)
    assert answer.json()["body"] == "perché"


def test_unknown_routes_and_methods_have_the_answer_of_the_template(gateway: Gateway) -> None:
    for path, method in [("/nowhere", "GET"), ("/broken", "DELETE"), ("/broken", "OPTIONS")]:
        answer = call(gateway, path, method)
        assert (answer.status_code, answer.text) == (404, NOT_FOUND)


def test_the_gateways_answer_names_the_request() -> None:
    template = '{"code":"$context.error.responseType","id":"$context.requestId"}'
    responses = {"DEFAULT_4XX": {"ResponseTemplates": {"application/json": template}}}
    with Gateway(make_app(), port=0, responses=responses) as running:
        answer = call(running, "/nowhere")
    assert answer.status_code == 403
    assert answer.json()["code"] == "MISSING_AUTHENTICATION_TOKEN"
    assert answer.json()["id"] == answer.headers["x-amzn-RequestId"]


def test_without_a_template_it_is_awss_own_answer() -> None:
    with Gateway(make_app(), port=0) as plain:
        answer = call(plain, "/nowhere")
    assert answer.status_code == 403
    assert answer.json() == {"message": "Missing Authentication Token"}


def test_what_the_function_cannot_answer_is_a_502(gateway: Gateway) -> None:
    answer = call(gateway, "/broken")
    assert answer.status_code in (500, 502)


def test_too_large_requests_are_refused_before_they_are_read(gateway: Gateway) -> None:
    with socket.create_connection(gateway.url.removeprefix("http://").split(":"), 5) as raw:
        raw.sendall(b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_repeated_headers_and_preflight(gateway: Gateway) -> None:
    raw = call(gateway, "/cookies").raw.headers.getlist("Set-Cookie")
    assert raw == ["a=1", "b=2"]
    preflight = call(gateway, "/cookies", "OPTIONS")
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


def test_requests_side_by_side_keep_apart(gateway: Gateway) -> None:
    names = [f"n{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda name: call(gateway, f"/event/{name}?q={name}").json(), names)
    assert [(each["name"], each["query"]["q"]) for each in answers] == [
        (name, name) for name in names
    ]


def test_a_port_that_is_taken_says_so(gateway: Gateway) -> None:
    port = int(gateway.url.rsplit(":", 1)[1])
    with pytest.raises(GatewayError, match=f"port {port} is taken"):
        Gateway(make_app(), port=port)


# --- mutual TLS ----------------------------------------------------------------------------------


def make_certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 0x0A1B2C)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_mutual_tls_tells_the_app_who_calls(tmp_path: Path) -> None:
    server = make_certificate(tmp_path, "localhost")
    client = make_certificate(tmp_path, "sdi")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    context.load_verify_locations(client)
    context.verify_mode = ssl.CERT_REQUIRED
    with Gateway(make_app(), port=0, mutual_tls=context) as gateway:
        url = f"{gateway.mutual_tls_url}/event/x"
        # One who says nothing after connecting does not keep the others out.
        address = ("127.0.0.1", int(gateway.mutual_tls_url.rsplit(":", 1)[1]))
        with socket.create_connection(address, TIMEOUT_S):
            answer = requests.get(url, cert=str(client), verify=str(server), timeout=TIMEOUT_S)
            found = answer.json()["context"]["identity"]["clientCert"]
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(url, verify=str(server), timeout=TIMEOUT_S)
    assert found["subjectDN"] == "CN=sdi,C=IT"
    assert found["issuerDN"] == "CN=sdi,C=IT"
    assert found["serialNumber"] == "0a:1b:2c"
    assert found["clientCertPem"].startswith("-----BEGIN CERTIFICATE-----")
    assert found["validity"]["notAfter"].endswith(" GMT")


def test_a_context_that_asks_for_no_certificate_is_refused() -> None:
    with pytest.raises(GatewayError, match="demands"):
        Gateway(make_app(), port=0, mutual_tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
