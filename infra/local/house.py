"""The whole house on one machine: the cloud, the API, SdI, a signing key, the demo's people.

    with House(real_time=False) as house:
        house.add_demo_reseller()
        house.drop("demo/invoices.zip", data)
        house.settle()

`settle` works until nothing is left to do at this moment of the clock, SdI and the mail service
included; `pass_time` moves the clock on and settles again.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import SCOPES, Customer
from chalicelib.invoicing import authorities, dispatch, hub
from chalicelib.invoicing.document import Document
from infra.local.authority import Authority
from infra.local.cloud import LAYERS, Cloud
from infra.local.csc import SigningService
from infra.local.engines import ROOT, RUN_FOLDER, Engines
from infra.local.functions import handlers_of, settings_of
from infra.local.gateway import Gateway
from infra.local.node_gateway import FUNCTION as NODE
from infra.local.node_gateway import NodeGateway
from infra.local.pages import Pages
from infra.local.pagopa.appio import AppIo
from infra.local.pagopa.checkout import Checkout
from infra.local.pagopa.fdr import Fdr
from infra.local.pagopa.node import Node
from infra.local.resources import TEMPLATE
from infra.local.revocation import RevocationService
from infra.local.sdi.outcomes import Delays
from infra.local.sdi.registry import USUAL, Registry
from infra.local.sdi.simulator import Simulator
from infra.local.seeds import give_credits
from infra.local.subjects import Subject

SDI_DOOR = "/sdi/TrasmissioneFatture"
AUTHORITY_FOLDER = ROOT / ".local" / "authority"
# Enough for a document whose messages each cause another.
ROUNDS_MAX = 50


@dataclass(frozen=True)
class Reseller:
    """A demo tenant and the key that opens the API for it."""

    id: str
    token: str


class House:
    """See the module. `port` 0 takes any free one; `delays` and `registry` are SdI's."""

    def __init__(
        self,
        folder: Path = RUN_FOLDER,
        *,
        real_time: bool = False,
        start: datetime | None = None,
        engines: Engines | None = None,
        port: int = 0,
        delays: Delays | None = None,
        registry: Registry = USUAL,
        variables: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._exit = contextlib.ExitStack()
        self._port = port
        self._delays = delays or Delays()
        self._registry = registry
        self.authority = Authority.load_or_create(AUTHORITY_FOLDER, datetime.now(UTC))
        self._variables = variables or {}
        self.cloud = Cloud(
            folder,
            app=application.app,
            real_time=real_time,
            start=start,
            engines=engines,
        )
        self.gateway: Gateway
        self.node_gateway: NodeGateway
        self.sdi: Simulator
        self.revocation: RevocationService
        self.remote_signing: SigningService
        # Where carts are paid; whoever runs a node says what paying does (`pay = through(node)`).
        self.checkout: Checkout
        self.settlement: Fdr
        # Citizens are put on it by `appio.enrol`; nobody is there at the start.
        self.appio: AppIo

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            self.gateway = Gateway(
                application.app,
                port=self._port,
                mutual_tls=self.authority.server_context(),
            )
            self.sdi = Simulator(
                self.folder / f"sdi-{secrets.token_hex(4)}",
                self.authority,
                LAYERS / "schemas",
                self.gateway.mutual_tls_url + SDI_DOOR,
                lambda: self.cloud.clock.now(),
                self._delays,
                mtom=True,
                registry=self._registry,
            )
            self.sdi.start()
            opened.callback(self.sdi.stop)
            self._open_neighbours(opened)
            self.cloud.set_variables(
                {
                    "SDI_URL": self.sdi.url,
                    "PUBLIC_URL": self.gateway.url,
                    "WEBHOOK_PRIVATE": "allow",
                    "REVOCATION_PRIVATE": "allow",
                    "NET_PRIVATE": "allow",
                    "CHECKOUT_URL": self.checkout.url,
                    "PAGOPA_URL": self.settlement.url,
                    "APPIO_URL": self.appio.url,
                    **self._variables,
                }
            )
            # Whose pages may upload into the bucket.
            self.cloud.set_parameters({"PublicOrigin": self.gateway.url})
            opened.enter_context(self.cloud)
            opened.callback(dispatch.forget)
            self._put_secret()
            self._put_trust()
            self.gateway.responses = self.cloud.stack.gateway_responses
            self.gateway.pages = Pages.of_template(TEMPLATE, self.cloud.engines.aws_url)
            opened.enter_context(self.gateway)
            self.node_gateway = opened.enter_context(
                NodeGateway(
                    handlers_of(application.app)[NODE],
                    self.authority.server_context(),
                    settings=settings_of(application.app)[NODE],
                )
            )
            self._exit = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def node(self, broker: str, station: str, **more: Any) -> Node:
        """pagoPA's node, as it calls a station of a broker's over mutual TLS."""
        return Node(
            self.node_gateway.url,
            broker,
            station,
            self.authority.client_context("pagopa"),
            clock=lambda: self.cloud.clock.now(),
            **more,
        )

    def _put_secret(self) -> None:
        """What the operator puts into Secrets Manager once."""
        certificate = self.authority.client_paths["sportello"].read_text()
        content = {
            "signer_p12": base64.b64encode(self._signer_p12()).decode(),
            "signer_password": self.authority.password,
            "sdi_ca": self.authority.ca_pem.decode(),
            "sdi_certificate": certificate,
            "sdi_key": certificate,
        }
        dispatch.forget()
        self.cloud.client("secretsmanager").put_secret_value(
            SecretId=self.cloud.environment["CHANNEL_SECRET"], SecretString=json.dumps(content)
        )

    def _open_neighbours(self, opened: contextlib.ExitStack) -> None:
        """Whom the authority lets answer about revocation, and who signs from afar (csc.py): over
        TLS, for the product sends a PIN to nobody else."""

        def now() -> datetime:
            return self.cloud.clock.now()

        authority = self.authority
        self.revocation = opened.enter_context(
            RevocationService(authority.ca_pem, authority.ca_key_pem, now)
        )
        self.remote_signing = opened.enter_context(
            SigningService((), now, tls=authority.open_server_context())
        )
        self.checkout = opened.enter_context(Checkout())
        self.settlement = opened.enter_context(Fdr(now))
        self.appio = opened.enter_context(AppIo())

    def _signer_p12(self) -> bytes:
        return self.authority.signer_that_is_asked_about(
            self.cloud.clock.now(), self.revocation.url
        )

    def _put_trust(self) -> None:
        """Whom the operator believes: on one machine the test authority and nobody else."""
        now = self.cloud.clock.now()
        authorities.put("qualified", self.authority.ca_pem, "the local house", now)
        authorities.put("seal", self.authority.seal_ca_pem, "the local house", now)

    # --- people -------------------------------------------------------------------------------

    def add_reseller(self, tenant: str, **settings: Any) -> Reseller:
        """A reseller with a key that may do everything, and credits for all that he sends."""
        accounts.create_reseller(
            tenant, f"{tenant.title()} Servizi S.r.l.", f"hub@{tenant}.example", **settings
        )
        give_credits(tenant, self.cloud.clock.now())
        _, token = accounts.issue_key(
            tenant, "demo", SCOPES, self.cloud.clock.now(), secrets.token_hex(38)
        )
        return Reseller(tenant, token)

    def add_customer(self, tenant: str, code: str, subject: Subject, **more: Any) -> Customer:
        fiscal = [subject.country + subject.vat] if subject.vat else []
        if subject.tax_code and subject.tax_code != subject.vat:
            fiscal.append(subject.tax_code)
        name = subject.name or f"{subject.first} {subject.last}"
        customer = Customer(code, name, tuple(fiscal), **more)
        return accounts.save_customer(tenant, customer, self.cloud.clock.now(), new=True)

    # --- input --------------------------------------------------------------------------------

    def drop(self, path: str, data: bytes) -> None:
        """What a reseller does with his S3 client; `path` begins with his id."""
        self.cloud.client("s3").put_object(
            Bucket=self.cloud.environment["INTAKE_BUCKET"], Key=f"drop/{path}", Body=data
        )

    # --- time ---------------------------------------------------------------------------------

    def settle(self, **how: Any) -> None:
        """Work until nothing is left at this moment."""
        for _ in range(ROUNDS_MAX):
            done = self.cloud.pump.drain(**how)
            moved = sum(done.done.values()) + self.sdi.step() + self.cloud.mailbox.emit_events()
            if not moved:
                return
        raise AssertionError(f"the house does not come to rest: {self.cloud.pump.waiting()}")

    def pass_time(self, total: timedelta, step: timedelta = timedelta(hours=1), **how: Any) -> None:
        """Move the clock on in steps, running the schedules and settling at each."""
        left = total
        while left > timedelta(0):
            part = min(step, left)
            left -= part
            self.cloud.clock.advance(part.total_seconds())
            self.cloud.pump.run_due_schedules()
            self.settle(**how)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Lambda, the schedules, SdI and the mail service at work in the background."""
        stop = threading.Event()

        def neighbours() -> None:
            while not stop.wait(0.2):
                self.sdi.step()
                self.cloud.mailbox.emit_events()

        threads = [
            threading.Thread(target=self.cloud.pump.run_forever, args=(stop,), daemon=True),
            threading.Thread(target=neighbours, daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    # --- looking ------------------------------------------------------------------------------

    def documents(self, tenant: str) -> list[Document]:
        """Every file of a tenant, oldest first."""
        found: list[Document] = []
        cursor = ""
        while True:
            page = hub.page(tenant, hub.Filter(), cursor, 200, flows=True)
            found += page.documents
            cursor = page.cursor
            if not cursor:
                return found[::-1]


def by_name(documents: Iterable[Document]) -> dict[str, Document]:
    """Documents by the name of their file (of equal names the last)."""
    return {document.file_name: document for document in documents}
