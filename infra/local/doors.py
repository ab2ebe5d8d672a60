"""A client of the house's API over a real socket, as a program or a person's browser is one."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 30


class DoorError(Exception):
    """The API answered what nobody had expected here."""


@dataclass(frozen=True)
class Door:
    """`url` of the gateway; `token` of an API key; `source`: the address of loopback to come from,
    so that many people on one machine are many to the API."""

    url: str
    token: str = ""
    source: str = ""

    def call(
        self, method: str, path: str, body: Any = None, *, key: str = "", status: int = 0,
        **query: Any,
    ) -> Any:  # fmt: skip
        """The answer's JSON. `body`: bytes as they are, anything else as JSON; `key`:
        Idempotency-Key; `status`: the only good one (0: any below 300). Raises DoorError."""
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        data = body
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        target = path + (f"?{urlencode(query)}" if query else "")
        found, answer = self._send(method, target, data, headers)
        if found != status if status else found >= 300:
            raise DoorError(f"{method} {path}: {found} {answer[:300]!r}")
        return json.loads(answer) if answer else None

    def _send(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            place.hostname or "", place.port, timeout=TIMEOUT_S,
            source_address=(self.source, 0) if self.source else None,
        )  # fmt: skip
        try:
            connection.request(method, target, data, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise DoorError(f"{method} {target}: {type(error).__name__}") from error
        finally:
            connection.close()
