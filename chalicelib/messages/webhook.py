"""The carrier of webhooks: one signed POST, to public addresses only, redirects not followed."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from chalicelib.base import config, limits, net
from chalicelib.base.errors import Transient
from chalicelib.messages.model import signature


def post(url: str, secret: str, message: dict[str, Any], timestamp: str) -> None:
    """Deliver once. Transient with `webhook_…` unless the other side answers 2xx."""
    body = json.dumps(message, separators=(",", ":"), sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Sportello",
        "Sportello-Id": str(message["id"]),
        "Sportello-Timestamp": timestamp,
        "Sportello-Signature": signature(secret, str(message["id"]), timestamp, body),
    }
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Transient("webhook_address", "The address cannot be read.") from error
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts.scheme, parts.hostname or "", port)
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise Transient("webhook_unreachable", type(error).__name__) from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise Transient("webhook_answered", f"The webhook answered {status}.")


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    # On one machine the receiver of a test stands on loopback; in AWS nothing private is reached.
    local = config.get("WEBHOOK_PRIVATE", "") == "allow"
    if scheme != "https" and not local:
        raise Transient("webhook_address", "A webhook address begins with https://.")
    port = port or (443 if scheme == "https" else 80)
    address = _address(host, port, local)
    connection = http.client.HTTPConnection(host, port, timeout=limits.WEBHOOK_TIMEOUT_S)
    try:
        # Connected by the address that was checked, so that a second lookup cannot change it.
        connection.sock = socket.create_connection((address, port), limits.WEBHOOK_TIMEOUT_S)
        if scheme == "https":
            secure = ssl.create_default_context()
            connection.sock = secure.wrap_socket(connection.sock, server_hostname=host)
    except OSError as error:
        connection.close()
        raise Transient("webhook_unreachable", type(error).__name__) from error
    return connection


def _address(host: str, port: int, local: bool) -> str:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label of a name may be too long to ask for
        raise Transient("webhook_unreachable", "The host is not known.") from error
    found = [str(answer[4][0]) for answer in answers]
    if not local and not all(map(net.is_public, found)):
        raise Transient("webhook_address", "The host is not on the public internet.")
    return found[0]
