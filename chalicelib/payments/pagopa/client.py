"""One call to pagoPA's services, and what failures mean.

Source: the OpenAPI documents in pagopa.md section 5: a subscription key in a header, errors as
ProblemJson (`title`, `status`, `detail`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from chalicelib.base import config, limits, net
from chalicelib.base.errors import Rejected, Transient
from chalicelib.base.net import Reply
from chalicelib.payments.pagopa.connection import HOSTS, Connection

_KEY: Final = "Ocp-Apim-Subscription-Key"


class Throttled(Transient):
    """429: nobody is to call before so many seconds have passed."""

    def __init__(self, seconds: int) -> None:
        super().__init__("pagopa_throttled", "pagoPA asks to wait.", retry_after_s=seconds)
        self.seconds = seconds


class Refused(Rejected):
    """A business no. `answered`: the HTTP status; `said`: pagoPA's own words, for people."""

    def __init__(self, code: str, answered: int, said: str) -> None:
        super().__init__(code, "pagoPA refuses it.", answered=answered)
        self.answered = answered
        self.said = said


@dataclass(frozen=True)
class Access:
    """Where a body's services are, and the key that opens one of them."""

    host: str
    key: str = field(repr=False)


def access(connection: Connection, key: str) -> Access:
    """For a connection; on one machine PAGOPA_URL stands for both environments."""
    return Access(config.get("PAGOPA_URL", "") or HOSTS[connection.environment], key)


def call(
    access: Access, method: str, path: str, body: Any = None, *,
    query: Mapping[str, str] | None = None, raw: tuple[str, bytes] | None = None,
    accept: str = "application/json", most_bytes: int = limits.HTTP_REPLY_BYTES,
) -> Reply:  # fmt: skip
    """One request. What pagoPA answers from 200 to 499 is the caller's to judge, except:

    Throttled (429); Refused `pagopa_key_refused` (401), `pagopa_forbidden` (403: another's
    segregation code); Transient `pagopa_unavailable` (5xx, no answer, too long an answer).
    `raw`: content type and bytes of a body that is not JSON.
    """
    headers = {_KEY: access.key, "Accept": accept, "User-Agent": "Sportello"}
    data = b""
    if raw is not None:
        headers["Content-Type"], data = raw
    elif body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body, ensure_ascii=False).encode()
    url = access.host + quote(path) + (f"?{urlencode(query)}" if query else "")
    try:
        reply = net.request(
            method, url, data, headers, timeout_s=limits.PAGOPA_TIMEOUT_S, most_bytes=most_bytes
        )
    except Transient as failure:
        raise Transient(
            "pagopa_unavailable", "pagoPA did not answer as it should.", reason=failure.code
        ) from failure
    if reply.status == 429:
        raise Throttled(_seconds(reply.headers.get("retry-after", "")))
    if reply.status >= 500:
        raise Transient("pagopa_unavailable", "pagoPA is not available.", answered=reply.status)
    if reply.status == 401:
        raise Refused("pagopa_key_refused", 401, said(reply))
    if reply.status == 403:
        raise Refused("pagopa_forbidden", 403, said(reply))
    return reply


def _seconds(text: str) -> int:
    """Retry-After in seconds; a date, or nothing, is the window of pagoPA's limits."""
    wanted = int(text) if text.isascii() and text.isdigit() else limits.PAGOPA_PAUSE_S
    return max(1, min(wanted, limits.PAGOPA_PAUSE_MAX_S))


def said(reply: Reply) -> str:
    """The words of a refusal, whatever they are written in."""
    problem = parsed(reply) or {}
    words = [str(problem.get(name, "")) for name in ("title", "detail", "message")]
    text = ": ".join(one for one in words if one)
    return "".join(c for c in text if c.isprintable())[: limits.PAGOPA_DETAIL_CHARS]


def parsed(reply: Reply) -> dict[str, Any] | None:
    """The JSON object of an answer; None when there is none."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def needed(reply: Reply) -> dict[str, Any]:
    """The JSON object of a good answer. Transient when it is none: a proxy's page, half a text."""
    found = parsed(reply)
    if found is None:
        raise Transient("pagopa_unavailable", "pagoPA answered something else.")
    return found
