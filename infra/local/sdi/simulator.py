"""Sistema di Interscambio on one machine: it receives, judges and answers by SDICoop.

It shares no code with the product, so that agreement between the two means something.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from infra.local.authority import Authority
from infra.local.sdi import soap
from infra.local.sdi.behaviours import Behaviour, Behaviours
from infra.local.sdi.carrier import DeliveryError, SoapCarrier
from infra.local.sdi.controls import ROME, Rules
from infra.local.sdi.intake import Intake
from infra.local.sdi.outcomes import Delays
from infra.local.sdi.registry import USUAL, Registry
from infra.local.sdi.seal import Sealer
from infra.local.sdi.server import Answer, HttpsServer, Request
from infra.local.sdi.store import Delivery, PendingMessage, ReceivedFile, Store
from infra.local.sdi.xmlfiles import InvoiceSchemas

RECEIVE_PATH = "/ricevi_file"
_RETRY_DOUBLINGS_MAX = 8
_EMPTY_FILE = "EI01"


class Simulator:
    """One SdI with its state in `folder`; a second one on the same folder goes on from there.

    `schemas` is the folder of the invoice schemas. `deliver_to` is the address of the sender's
    TrasmissioneFatture endpoint, or a function that takes each Delivery and raises DeliveryError
    or OSError when it cannot. `clock` gives aware datetimes. `mtom` sends messages as SdI
    usually does, with the file in a part of its own. `registry` is what it finds in the tax
    registry and in IPA.
    """

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        schemas: Path,
        deliver_to: str | Callable[[Delivery], None],
        clock: Callable[[], datetime],
        delays: Delays | None = None,
        mtom: bool = False,
        registry: Registry = USUAL,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._delays = delays or Delays()
        self._behaviours = Behaviours()
        self._stepping = threading.Lock()
        self._carry: Callable[[Delivery], None] = (
            SoapCarrier(deliver_to, authority.client_context("sdi"), mtom)
            if isinstance(deliver_to, str)
            else deliver_to
        )
        trusted = x509.load_pem_x509_certificate(authority.ca_pem)
        rules = Rules(InvoiceSchemas.load(schemas), trusted, registry)
        sealer = Sealer.load(authority.seal_cert_pem, authority.seal_key_pem)
        self._server = HttpsServer(authority.server_context(), self._respond)
        self._store = Store(folder / "sdi.sqlite3")
        self._intake = Intake(self._store, rules, sealer, self._delays, self._behaviours.of)

    @property
    def url(self) -> str:
        """Address of SdIRiceviFile."""
        return f"https://127.0.0.1:{self._server.port}{RECEIVE_PATH}"

    def start(self) -> None:
        """Begin to receive."""
        self._server.start()

    def stop(self) -> None:
        """Stop receiving, if `start` was called, and let go of the folder."""
        self._server.stop()
        self._store.close()

    def behave(self, behaviour: Behaviour) -> None:
        """Misbehave to order; for a file that several orders match, the last one given counts."""
        self._behaviours.add(behaviour)

    def know(self, registry: Registry) -> None:
        """Look people and offices up in another registry from the next file on."""
        rules = replace(self._intake.rules, registry=registry)
        self._intake = replace(self._intake, rules=rules)

    def behave_well(self) -> None:
        """Drop all orders; what they already did to messages in the queue stays."""
        self._behaviours.clear()

    def deliver_with(self, carry: Callable[[Delivery], None]) -> None:
        """Hand messages to a function from now on, as where they arrive as files."""
        self._carry = carry

    def files(self) -> list[ReceivedFile]:
        """Everything received so far, refused files and archives included."""
        return self._store.files()

    def next_due(self) -> datetime | None:
        """When the next message is due (UTC); None when nothing waits."""
        due = self._store.next_due()
        return None if due is None else datetime.fromtimestamp(due, UTC)

    def step(self) -> int:
        """Try to deliver, in order, every message that is due by the clock; gives how many went.

        One attempt each: what fails is due again after a growing delay of the same clock. The
        function given as `deliver_to` must not call `step`.
        """
        with self._stepping:
            pending = self._store.due_messages(self._clock().timestamp())
            return sum(self._attempt(message) for message in pending)

    def _attempt(self, message: PendingMessage) -> bool:
        try:
            self._carry(message.delivery)
        except (DeliveryError, OSError) as error:
            doublings = min(message.attempts, _RETRY_DOUBLINGS_MAX)
            due = self._clock().timestamp() + self._delays.retry_s * 2**doublings
            with self._store.transaction():
                self._store.postpone(message.sequence, due, str(error))
            return False
        with self._store.transaction():
            self._store.mark_delivered(message.sequence, self._clock().timestamp())
        return True

    def _respond(self, request: Request) -> Answer | None:
        if request.path.partition("?")[0] != RECEIVE_PATH:
            return Answer(404, b"")
        try:
            received = soap.read_request(
                request.headers.get("content-type", ""),
                request.headers.get("soapaction", ""),
                request.body,
            )
        except soap.SoapError as error:
            return Answer(500, soap.fault_envelope("Client", str(error)))
        return self.receive(received.name, received.data)

    def receive(self, name: str, data: bytes) -> Answer | None:
        """Take a file past the socket; gives what the socket would answer, None for silence."""
        orders = self._behaviours
        now = self._clock()
        local = now.astimezone(ROME)
        if orders.use(name, "drop_connection_before"):
            return None
        if orders.use(name, "fault"):
            return Answer(500, soap.fault_envelope("Server", "Servizio non disponibile"))
        error = orders.of(name).error if orders.use(name, "error") else ""
        if not error and not data:
            error = _EMPTY_FILE
        if error:
            # The type requires an id even where nothing was taken: none of ours is ever zero.
            return Answer(200, soap.receipt_envelope(0, local, error))
        id_sdi = self._intake.take(name, data, now)
        if orders.use(name, "drop_connection_after"):
            return None
        return Answer(200, soap.receipt_envelope(id_sdi, local))
