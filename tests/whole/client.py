"""An HTTP client of the hub, as a reseller would write one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

TIMEOUT_S = 30


class Hub:
    """Calls with a reseller's key; answers are (status, JSON)."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url
        self._token = token

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        address = self._url + path + (f"?{urlencode(query)}" if query else "")
        sent = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        if data is not None:
            sent["Content-Type"] = content_type
        request = urllib.request.Request(address, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        status, body = self.call("GET", path, **query)
        assert status == 200, (status, body)
        return body

    def all(self, what: str, **query: Any) -> list[dict[str, Any]]:
        """Every page of a list."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.get(f"/v1/{what}", **query, **more)
            found += page[what]
            cursor = page["cursor"]
            if not cursor:
                return found


def fetch(url: str) -> bytes:
    """Follow a download link."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        data: bytes = answer.read()
        return data
