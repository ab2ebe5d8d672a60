"""The network: where an address is, a connection to a public one, one HTTPS request."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.base import config, limits
from chalicelib.base.errors import Rejected, Transient

# An IPv6 address that carries an IPv4 one inside would lead to wherever that one is.
_CARRYING = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b::/96", "2002::/16")))


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one of the public internet: nothing of ours, no loopback,
    no cloud's own services, no multicast. Raises ValueError for what is no address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    carries = any(ip in network for network in _CARRYING if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not carries


Reader = Callable[[int, Iterator[bytes]], None]


@dataclass(frozen=True)
class Reply:
    """What another side answered; names of `headers` in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """A TCP connection to a public address of `host`, by the address that was looked at: a second
    look-up could give another one. On one machine NET_PRIVATE=allow opens loopback as well.

    Raises Rejected `net_address` (nothing public there), Transient `net_unreachable`.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label of a name may be too long to ask for
        raise Transient("net_unreachable", "The host is not known.", host=host) from error
    found = [str(answer[4][0]) for answer in answers]
    if not _private_allowed() and not all(map(is_public, found)):
        raise Rejected("net_address", "The host is not on the public internet.", host=host)
    failure: OSError | None = None
    for address in dict.fromkeys(found):
        try:
            sock = socket.create_connection((address, port), timeout_s)
            # Short questions and answers: none waits until it is worth a packet.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            failure = error
    raise Transient(
        "net_unreachable", "The host does not answer.", host=host, reason=type(failure).__name__
    ) from failure


def request(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    timeout_s: float = limits.HTTP_TIMEOUT_S,
    most_bytes: int = limits.HTTP_REPLY_BYTES,
    authority: str = "",
    reader: Reader | None = None,
) -> Reply:
    """One HTTPS request, redirects not followed; whatever the status, it is the caller's to judge.

    `reader` takes the answer's bytes as they come, given its status: then they are nowhere whole,
    and `body` is empty. What it raises goes to the caller; ValueError is an answer like no answer.
    `authority`: PEM of the only authority that is believed, "" for the public ones. Raises Rejected
    `net_address` (not https, not public, no address at all), `net_authority`; Transient
    `net_unreachable` (nothing was asked), `net_unanswered` (it was, and nobody knows what came of
    it), `net_answer_size`.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Rejected("net_address", "The address cannot be read.") from error
    secure = parts.scheme == "https"
    if not host or not (secure or (parts.scheme == "http" and _private_allowed())):
        raise Rejected("net_address", "An address begins with https://.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port or (443 if secure else 80))
    sock = connect(host, connection.port, timeout_s)
    try:
        connection.sock = tls(sock, host, authority) if secure else sock
        connection.request(method, target, body or None, dict(headers or {}))
        with connection.getresponse() as response:
            found = {name.lower(): value for name, value in response.getheaders()}
            status = response.status
            if reader is None:
                data = response.read(most_bytes + 1)
            else:
                data = b""
                reader(status, _blocks(response, most_bytes, host))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Transient(
            "net_unanswered", "The host did not answer as it should.", host=host,
            reason=type(error).__name__,
        ) from error  # fmt: skip
    finally:
        connection.close()
        sock.close()
    if len(data) > most_bytes:
        raise _too_long(host)
    return Reply(status, found, data)


def _blocks(response: http.client.HTTPResponse, most_bytes: int, host: str) -> Iterator[bytes]:
    left = most_bytes
    while block := response.read(limits.HTTP_BLOCK_BYTES):
        left -= len(block)
        if left < 0:
            raise _too_long(host)
        yield block


def _too_long(host: str) -> Transient:
    return Transient("net_answer_size", "The answer is too long.", host=host)


def tls(sock: socket.socket, host: str, authority: str = "") -> ssl.SSLSocket:
    """The connection under TLS 1.2 or later, the certificate checked for `host`.

    Raises Rejected `net_authority`, Transient `net_unreachable` with the reason of the refusal.
    """
    try:
        return tls_context(authority).wrap_socket(sock, server_hostname=host)
    except OSError as error:
        reason = getattr(error, "verify_message", "") or type(error).__name__
        raise Transient(
            "net_unreachable", "No safe connection can be made.", host=host, reason=reason
        ) from error


def tls_context(authority: str = "") -> ssl.SSLContext:
    """What `tls` checks by. Raises Rejected `net_authority` for what is no certificate in PEM."""
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, ValueError) as error:
        raise Rejected("net_authority", "The authority's certificate cannot be read.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _private_allowed() -> bool:
    return config.get("NET_PRIVATE", "") == "allow"
