"""Fetching CRLs and OCSP answers from where certificates say they are.

The addresses come out of files that strangers send: so public hosts only, http and https only,
no redirects, bounded in bytes and in seconds from the first to the last byte, and never as part of
reading a file. What is kept, and when nobody is asked, see lookup.py.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from chalicelib.base import limits, net
from chalicelib.base.errors import Rejected, Transient
from chalicelib.invoicing.signing.revocation import UNREADABLE

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


def fetch_crl(url: str, *, until: float | None = None, allow_private: bool = False) -> bytes:
    """The list at an address. `until` is an instant of time.monotonic() at which at the latest
    it is given up. `allow_private` is for tests and the local cloud.

    Raises Rejected `revocation_address` (not public, not http), Transient
    `revocation_unreachable` (no answer in time, not 200, too large)."""
    return _ask("GET", url, None, {}, limits.CRL_BYTES, until, allow_private)


def fetch_ocsp(
    url: str, request: bytes, *, until: float | None = None, allow_private: bool = False
) -> bytes:
    """The same for an OCSP question."""
    headers = {"Content-Type": "application/ocsp-request"}
    return _ask("POST", url, request, headers, limits.OCSP_BYTES, until, allow_private)


def host_of(url: str) -> str:
    """Host and port of an address, "" when it is none."""
    try:
        parts, port = _parsed(url)
    except Rejected:
        return ""
    return f"{parts.hostname}:{port}"


def _ask(
    method: str,
    url: str,
    body: bytes | None,
    headers: dict[str, str],
    limit_bytes: int,
    until: float | None,
    allow_private: bool,
) -> bytes:
    parts, port = _parsed(url)
    own = time.monotonic() + limits.REVOCATION_TIMEOUT_S
    until = own if until is None else min(own, until)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _connected(parts, port, until, allow_private) as connection:
            connection.request(method, target, body, {"User-Agent": "Sportello", **headers})
            with connection.getresponse() as response:  # closed also when it is not read whole
                if response.status != 200:
                    raise _unreachable(f"status {response.status}")
                return _read(response, limit_bytes, until)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreachable(type(error).__name__) from error


def _read(response: http.client.HTTPResponse, limit_bytes: int, until: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(_READ_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > limit_bytes:
            raise _unreachable("too large")
    # An answer of no declared length ends where the connection was cut: not all of it is there.
    _left(until)
    return b"".join(pieces)


def _left(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise _unreachable("too slow")
    return left_s


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


@contextlib.contextmanager
def _connected(
    parts: SplitResult, port: int, until: float, allow_private: bool
) -> Iterator[http.client.HTTPConnection]:
    """A connection that is cut at `until`, whatever it is doing then."""
    host = parts.hostname or ""
    address = _address(host, port, allow_private)
    connection = http.client.HTTPConnection(host, port)
    try:
        # Connected by the address that was checked: a second lookup could give another one.
        connection.sock = socket.create_connection((address, port), _left(until))
        connection.sock.settimeout(_left(until))
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(
                connection.sock, server_hostname=host, do_handshake_on_connect=False
            )
        with _cut_at(connection.sock, until):
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def _cut_at(sock: socket.socket, until: float) -> Iterator[None]:
    """A server that gives one byte now and then keeps within every time-out of a socket."""

    def cut() -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_left(until), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _address(host: str, port: int, allow_private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _unreachable("host not known") from error
    addresses = [str(each[4][0]) for each in found]
    if not allow_private and not all(map(net.is_public, addresses)):
        raise _bad_address()
    return addresses[0]


def _is_web(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(
        ("http://", "https://")
    )


def _bad_address() -> Rejected:
    return Rejected("revocation_address", "The address is not one on the public internet.")


def _unreachable(reason: str) -> Transient:
    return Transient("revocation_unreachable", "The list cannot be fetched.", reason=reason)
