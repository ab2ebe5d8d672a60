"""pagoPA's node on one machine, as the client that it is: it asks a body's station what a notice is
worth, lets somebody pay, and tells the receipt.

    node = Node(url, broker="12345670017", station="12345670017_01")
    node.verify(notice, creditor)
    paid = node.pay(notice, creditor)               verify, activate, pay, tell
    paid = node.pay(notice, creditor, tell=False)   the receipt waits in node.waiting
    node.tell(paid.told)                            again, late, in whatever order

What it can do wrong: tell twice, late, out of order (`shuffle`), by version 1 or 2, in the name of
another station (`node.by(station=…)`), about a notice that nobody made, with another amount under
the same token, and send what is no message at all (`garbage`). It speaks SOAP 1.1 over HTTP; with
`tls` it shows its certificate.
"""

from __future__ import annotations

import base64
import http.client
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from infra.local.pagopa import node_messages as messages
from infra.local.pagopa.node_messages import (
    Activated,
    Entry,
    Person,
    Psp,
    Refused,
    Told,
    Transfer,
    Unanswered,
    Verified,
)

# What the node waits for an answer (pagopa.md section 4.4).
ASK_TIMEOUT_S = 7
TELL_TIMEOUT_S = 15
_ROME = ZoneInfo("Europe/Rome")
# Body, SOAPAction and content type as headers, seconds to wait; status and body of the answer.
Send = Callable[[bytes, Mapping[str, str], float], tuple[int, bytes]]


@dataclass(frozen=True)
class Paid:
    """A payment that succeeded; `told` is its receipt, `answer` what the body said to it: "OK", a
    fault's code, or "" while it does not know or did not answer."""

    activated: Activated
    told: Told
    answer: str = ""

    @property
    def token(self) -> str:
        return self.activated.token

    @property
    def cents(self) -> int:
        return self.activated.cents


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Node:
    """See the module. `clock` gives aware datetimes; `name` makes two nodes' tokens differ."""

    url: str = ""
    broker: str = ""
    station: str = ""
    tls: ssl.SSLContext | None = None
    psp: Psp = field(default_factory=Psp)
    clock: Callable[[], datetime] = _now
    name: str = "node"
    send: Send | None = None
    waiting: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def by(self, **changed: Any) -> Node:
        """The same node in another name: `broker`, `station`, `psp`."""
        other = replace(self, **changed)
        other._numbers = self._numbers
        return other

    # --- what it asks -------------------------------------------------------------------------
    def verify(self, notice: str, creditor: str) -> Verified:
        """Raises Refused with the body's fault, Unanswered."""
        content = [*self._head(creditor), _code(notice, creditor)]
        return messages.verified(self._ask("paVerifyPaymentNotice", content))

    def activate(
        self, notice: str, creditor: str, *, version: int = 2, transfer_type: str = "",
        note: str = "",
    ) -> Activated:  # fmt: skip
        """Raises as `verify`."""
        operation = "paGetPaymentV2" if version == 2 else "paGetPayment"
        content = [
            *self._head(creditor), _code(notice, creditor), ("paymentNote", note),
            ("transferType", transfer_type),
        ]  # fmt: skip
        found = self._ask(operation, content)
        token = f"{self.name}{next(self._numbers):020d}"
        return messages.activated(found, token, notice, creditor)

    def demand(self, creditor: str, service: str, data: bytes, subject: str = "00001") -> Verified:
        """A notice made at a counter; its number is in the answer. Raises as `verify`."""
        content: list[Entry] = [
            *self._head(creditor), ("idServizio", service), ("idSoggettoServizio", subject),
            ("datiSpecificiServizioRequest", base64.b64encode(data).decode()),
        ]  # fmt: skip
        return messages.verified(self._ask("paDemandPaymentNotice", content))

    # --- what it tells ------------------------------------------------------------------------
    def pay(
        self, notice: str, creditor: str, *, version: int = 2, receipt_version: int = 0,
        transfer_type: str = "", tell: bool = True, times: int = 1, **said: Any,
    ) -> Paid:  # fmt: skip
        """Verify, activate, pay, and tell so many times; the receipt waits if it is not told.

        `said` as `receipt`. Raises as `verify` where the notice cannot be paid.
        """
        self.verify(notice, creditor)
        found = self.activate(
            notice, creditor, version=version, transfer_type=transfer_type,
            note=said.get("note", ""),
        )  # fmt: skip
        told = self.receipt(found, version=receipt_version or version, **said)
        if not tell:
            self.waiting.append(told)
            return Paid(found, told)
        answers = [self.tell(told) for _ in range(times)]
        return Paid(found, told, answers[-1])

    def receipt(
        self, paid: Activated, *, version: int = 2, payer: Person | None = None,
        method: str = "creditCard", fee_cents: int | None = 150, note: str = "",
        at: datetime | None = None, stand_in: bool = False, outcome: str = "OK",
        more: Sequence[Transfer] = (), told_to: str = "",
    ) -> Told:  # fmt: skip
        """The receipt of a payment that is made now, or was `at`. `more` are transfers to others,
        on top of the amount; `told_to`: another body of the payment, that asked for all of them."""
        moment = (at or self.clock()).astimezone(_ROME)
        days = moment.date().isoformat(), (moment.date() + timedelta(days=1)).isoformat()
        if more:
            total = paid.cents + sum(one.cents for one in more)
            paid = replace(paid, cents=total, transfers=(*paid.transfers, *more))
        return messages.receipt(
            paid, self._head(told_to or paid.creditor), self.psp, second=version == 2,
            payer=payer, method=method, fee_cents=fee_cents, note=note,
            # As the node writes it: Italian time and no zone.
            at=moment.strftime("%Y-%m-%dT%H:%M:%S"), days=days, stand_in=stand_in, outcome=outcome,
        )  # fmt: skip

    def tell(self, told: Told) -> str:
        """Send a receipt: "OK", the fault's code, or "" when nothing understandable came."""
        try:
            status, body = self._send(told.operation, told.body, TELL_TIMEOUT_S)
            if status != 200:
                return ""
            messages.read(told.operation, body)
        except Refused as refused:
            return refused.code
        except Unanswered:
            return ""
        return "OK"

    def tell_waiting(self, shuffle: Random | None = None, times: int = 1) -> list[str]:
        """Every receipt that waits, so many times each; those without an answer go on waiting."""
        batch = [told for told in self.waiting for _ in range(times)]
        if shuffle is not None:
            shuffle.shuffle(batch)
        answers = [(told, self.tell(told)) for told in batch]
        answered = {id(told) for told, answer in answers if answer}
        self.waiting = [told for told in self.waiting if id(told) not in answered]
        return [answer for _, answer in answers]

    def garbage(self, body: bytes, operation: str = "paSendRT") -> tuple[int, bytes]:
        """Whatever bytes; status and body of what came back."""
        return self._send(operation, body, TELL_TIMEOUT_S)

    # --- the wire -----------------------------------------------------------------------------
    def _head(self, creditor: str) -> list[Entry]:
        return [("idPA", creditor), ("idBrokerPA", self.broker), ("idStation", self.station)]

    def _ask(self, operation: str, content: Iterable[Entry]) -> Any:
        body = messages.envelope(operation, list(content))
        status, answer = self._send(operation, body, ASK_TIMEOUT_S)
        if status != 200:
            raise Unanswered(f"HTTP {status}")
        return messages.read(operation, answer)

    def _send(self, operation: str, body: bytes, timeout_s: float) -> tuple[int, bytes]:
        headers = messages.headers(operation)
        if self.send is not None:
            return self.send(body, headers, timeout_s)
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=timeout_s, context=self.tls
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        try:
            connection.request("POST", parts.path or "/", body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(type(error).__name__) from error
        finally:
            connection.close()


def _code(notice: str, creditor: str) -> Entry:
    return ("qrCode", [("fiscalCode", creditor), ("noticeNumber", notice)])
