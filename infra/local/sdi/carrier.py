"""Handing messages to the sender's TrasmissioneFatture endpoint."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.local.sdi.soap import delivery_request
from infra.local.sdi.store import Delivery

_TIMEOUT_S = 20


class DeliveryError(Exception):
    """The other side did not take the message; it will be tried again."""


@dataclass(frozen=True)
class SoapCarrier:
    """Posts to `url` (http or https); `context` holds SdI's client certificate."""

    url: str
    context: ssl.SSLContext
    mtom: bool = False

    def __call__(self, delivery: Delivery) -> None:
        """One-way operation: any 2xx is success. Raises DeliveryError for all the rest."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=_TIMEOUT_S, context=self.context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
        headers, body = delivery_request(delivery, self.mtom)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise DeliveryError(f"HTTP {status}")
