"""Fetching CRLs and OCSP answers from where certificates say they are.

The addresses come out of files that strangers send: so public hosts only, http and https only,
no redirects, bounded in bytes and seconds, and never as part of reading or judging a file.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from chalicelib.base.errors import Failure, Rejected, Transient
from chalicelib.invoicing.signing.revocation import UNREADABLE, Known, known

TIMEOUT_S = 10
CRL_BYTES = 20 * 1000 * 1000  # some national authorities publish lists of several megabytes
OCSP_BYTES = 100 * 1000
_READ_BYTES = 64 * 1024
_ADDRESSES_MAX = 3  # of one certificate and kind
_URL_CHARS = 1_000


@dataclass(frozen=True)
class Points:
    """Where a certificate says that its revocation can be asked for."""

    crls: tuple[str, ...] = ()
    ocsp: tuple[str, ...] = ()


def points(certificate: x509.Certificate) -> Points:
    """The http(s) addresses in the certificate; others (LDAP) are left out. Never raises."""
    crls: list[str] = []
    responders: list[str] = []
    try:
        for extension in certificate.extensions:
            value = extension.value
            if isinstance(value, x509.CRLDistributionPoints):
                crls += [n.value for p in value for n in p.full_name or () if _is_web(n)]
            elif isinstance(value, x509.AuthorityInformationAccess):
                responders += [
                    a.access_location.value
                    for a in value
                    if a.access_method == AuthorityInformationAccessOID.OCSP
                    and _is_web(a.access_location)
                ]
    except UNREADABLE:
        return Points()
    return Points(tuple(crls[:_ADDRESSES_MAX]), tuple(responders[:_ADDRESSES_MAX]))


def gather(path: Sequence[x509.Certificate], *, allow_private: bool = False) -> Known:
    """All there is to know now about the certificates of a chain (as `trust.Verdict.path`).

    By OCSP, or by list where that gives nothing. An address that fails is left out: what is then
    not known, `trust.judge` says. `allow_private` is for tests and the local cloud.
    """
    crls: list[bytes] = []
    answers: list[bytes] = []
    for certificate, issuer in pairwise(path):
        where = points(certificate)
        before = len(answers)
        for url in where.ocsp:
            try:
                request = ocsp_request(certificate, issuer)
                answers.append(fetch_ocsp(url, request, allow_private=allow_private))
                break
            except Failure:
                continue
        if len(answers) > before:
            continue
        for url in where.crls:
            try:
                crls.append(fetch_crl(url, allow_private=allow_private))
                break
            except Failure:
                continue
    return known(crls, answers)


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The DER of the question. By SHA-1, the one hash that every responder knows: it only names
    the certificate. Raises Rejected `revocation_address` for a key that cannot be named."""
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate(
            certificate,
            issuer,
            hashes.SHA1(),  # noqa: S303
        )
        return builder.build().public_bytes(Encoding.DER)
    except UNREADABLE as error:
        raise Rejected("revocation_address", "The certificate cannot be asked about.") from error


def fetch_crl(url: str, *, allow_private: bool = False) -> bytes:
    """Raises Rejected `revocation_address` (not public, not http), Transient
    `revocation_unreachable` (no answer in time, not 200, too large)."""
    return _ask("GET", url, None, {}, CRL_BYTES, allow_private)


def fetch_ocsp(url: str, request: bytes, *, allow_private: bool = False) -> bytes:
    """The same for an OCSP question."""
    headers = {"Content-Type": "application/ocsp-request"}
    return _ask("POST", url, request, headers, OCSP_BYTES, allow_private)


def _ask(
    method: str,
    url: str,
    body: bytes | None,
    headers: dict[str, str],
    limit_bytes: int,
    allow_private: bool,
) -> bytes:
    parts, port = _parsed(url)
    until = time.monotonic() + TIMEOUT_S  # for the whole exchange: each read has its own as well
    connection = _connect(parts, port, allow_private)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, {"User-Agent": "Sportello", **headers})
        with connection.getresponse() as response:  # closed also when it is not read whole
            if response.status != 200:
                raise _unreachable(f"status {response.status}")
            return _read(response, limit_bytes, until)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreachable(type(error).__name__) from error
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, limit_bytes: int, until: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(_READ_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > limit_bytes:
            raise _unreachable("too large")
        if time.monotonic() > until:
            raise _unreachable("too slow")
    return b"".join(pieces)


def _parsed(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise _bad_address() from error
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _URL_CHARS
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise _bad_address()
    return parts, port


def _connect(parts: SplitResult, port: int, allow_private: bool) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _unreachable("host not known") from error
    addresses = [str(each[4][0]) for each in found]
    if not allow_private and not all(_is_public(each) for each in addresses):
        raise _bad_address()
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        # Connected by the address that was checked: a second lookup could give another one.
        connection.sock = socket.create_connection((addresses[0], port), TIMEOUT_S)
        if parts.scheme == "https":
            secure = ssl.create_default_context()
            connection.sock = secure.wrap_socket(connection.sock, server_hostname=host)
    except OSError as error:
        connection.close()
        raise _unreachable(type(error).__name__) from error
    return connection


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_global and not ip.is_multicast


def _is_web(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(
        ("http://", "https://")
    )


def _bad_address() -> Rejected:
    return Rejected("revocation_address", "The address is not one on the public internet.")


def _unreachable(reason: str) -> Transient:
    return Transient("revocation_unreachable", "The list cannot be fetched.", reason=reason)
