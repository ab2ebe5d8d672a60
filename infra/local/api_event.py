"""The event that API Gateway (REST, proxy integration) makes of a request, and the way back.

Chalice's own local gateway is close, and not in what a binary body, a header's case and an
unknown method become; these follow API Gateway's developer guide.
"""

from __future__ import annotations

import base64
import ssl
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalice.app import Chalice
from chalice.local import RouteMatcher
from cryptography import x509

from infra.local.engines import ACCOUNT


class NoSuchRoute(LookupError):
    """API Gateway knows no such path, or not with this method."""


@dataclass(frozen=True)
class HttpRequest:
    method: str
    target: str
    headers: Message
    body: bytes
    source_ip: str
    client_certificate: bytes | None = None  # DER


def event_of(request: HttpRequest, app: Chalice) -> dict[str, Any]:
    """Raises NoSuchRoute."""
    split = urlsplit(request.target)
    try:
        match = RouteMatcher(list(app.routes)).match_route(request.target)
    except ValueError as error:
        raise NoSuchRoute(request.target) from error
    methods = app.routes[match.route]
    preflight = request.method == "OPTIONS" and any(entry.cors for entry in methods.values())
    if request.method not in methods and not preflight:
        raise NoSuchRoute(request.target)
    identity: dict[str, Any] = {
        "sourceIp": request.source_ip,
        "userAgent": request.headers.get("User-Agent"),
    }
    if request.client_certificate is not None:
        identity["clientCert"] = client_certificate(request.client_certificate)
    query = parse_qs(split.query, keep_blank_values=True)
    names = dict.fromkeys(request.headers.keys())
    binary = is_binary(request.headers.get_content_type(), app.api.binary_types)
    return {
        "resource": match.route,
        "path": split.path,
        "httpMethod": request.method,
        # As the client wrote the names; of a repeated one, the last value.
        "headers": {name: (request.headers.get_all(name) or [""])[-1] for name in names},
        "multiValueHeaders": {name: request.headers.get_all(name) for name in names},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.captured or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "requestId": str(uuid.uuid4()),
            "resourcePath": match.route,
            "httpMethod": request.method,
            "path": split.path,
            "stage": "api",
            "protocol": "HTTP/1.1",
            "identity": identity,
        },
        **_body(request.body, binary=binary),
    }


def _body(body: bytes, *, binary: bool) -> dict[str, Any]:
    if not body:
        return {"body": None, "isBase64Encoded": False}
    if binary:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    # What is not declared binary is text to API Gateway, and damaged if it is not.
    return {"body": body.decode("utf-8", "replace"), "isBase64Encoded": False}


def is_binary(media_type: str, binary_types: Sequence[str]) -> bool:
    kind = media_type.split("/")[0]
    return any(each in ("*/*", media_type, f"{kind}/*") for each in binary_types)


def answer_body(answer: Mapping[str, Any], accept: str, binary_types: Sequence[str]) -> bytes:
    """The bytes to send. API Gateway decodes base64 only if the first type that the client
    accepts is a binary one; any other client gets the base64 text."""
    body = answer.get("body")
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    first = accept.split(",")[0].split(";")[0].strip()
    if answer.get("isBase64Encoded") and is_binary(first or "*/*", binary_types):
        return base64.b64decode(body)
    return str(body).encode()


def client_certificate(der: bytes) -> dict[str, Any]:
    """`requestContext.identity.clientCert`, as for a custom domain name with mutual TLS."""
    certificate = x509.load_der_x509_certificate(der)
    serial = f"{certificate.serial_number:x}"
    serial = serial.zfill(len(serial) + len(serial) % 2)
    return {
        "clientCertPem": ssl.DER_cert_to_PEM_cert(der),
        "subjectDN": certificate.subject.rfc4514_string(),
        "issuerDN": certificate.issuer.rfc4514_string(),
        "serialNumber": ":".join(serial[at : at + 2] for at in range(0, len(serial), 2)),
        "validity": {
            "notBefore": _openssl_date(certificate.not_valid_before_utc),
            "notAfter": _openssl_date(certificate.not_valid_after_utc),
        },
    }


def _openssl_date(moment: datetime) -> str:
    """`May  8 12:30:02 2019 GMT`: the day is padded with a space."""
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S %Y} GMT"
