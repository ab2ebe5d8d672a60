"""A mail server of somebody else on loopback: SMTP over real sockets, by aiosmtpd.

    with MailServer(authority, security="starttls") as server:
        server.plan("rcpt", "550 5.1.1 no such user", when=lambda to: to.startswith("nobody@"))
        ...
        server.mails

TLS is from the first byte ("tls"), by STARTTLS ("starttls", and then nothing is taken before it),
or none. Whoever comes logs in with USER and PASSWORD. What it can do wrong is planned by step.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from infra.local.authority import Authority

# It warns of an attribute that it sets itself, at each login.
logging.getLogger("mail.log").setLevel(logging.ERROR)
USER, PASSWORD = "quote@ordine.example", "segreta e lunga"
Step = Literal["connect", "auth", "mail", "rcpt", "data"]
# Instead of an answer: the connection is closed, for `data` after the whole message has come.
DROP = "drop"
# For `data`: the message is taken, and only then is the connection closed.
TAKE_AND_DROP = "take and drop"


@dataclass(frozen=True)
class Received:
    """A message that the server took."""

    sender: str
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def files(self) -> dict[str, bytes]:
        """The attachments, by file name."""
        return {
            str(part.get_filename()): part.get_content() for part in self.message.iter_attachments()
        }


@dataclass
class _Plan:
    step: Step
    answer: str
    when: Callable[[str], bool]
    times: int


@dataclass
class MailServer:
    """Listens on a port of its own while it is open (a context manager)."""

    authority: Authority
    security: Literal["tls", "starttls", "none"] = "tls"
    mails: list[Received] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    host: str = "localhost"
    port: int = 0
    _plans: list[_Plan] = field(default_factory=list)

    def plan(
        self,
        step: Step,
        answer: str,
        *,
        when: Callable[[str], bool] = lambda _: True,
        times: int = 1_000_000,
    ) -> None:
        """The next `times` that a step is reached for an address (`when`) this is answered: a line
        of SMTP, DROP, or TAKE_AND_DROP."""
        self._plans.append(_Plan(step, answer, when, times))

    def forgive(self) -> None:
        """Nothing is planned any more."""
        self._plans.clear()

    def answer(self, step: Step, about: str) -> str:
        for one in self._plans:
            if one.step == step and one.times > 0 and one.when(about):
                one.times -= 1
                return one.answer
        return ""

    # --- the server ---------------------------------------------------------------------------
    def __enter__(self) -> MailServer:
        started: Future[int] = Future()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        self.port = started.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self, started: Future[int]) -> None:
        asyncio.set_event_loop(self._loop)
        tls = self.authority.open_server_context() if self.security == "tls" else None
        listening = self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=tls)
        server = self._loop.run_until_complete(listening)
        started.set_result(server.sockets[0].getsockname()[1])
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        # Connections that broke in the middle of their handshake close in a later turn.
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    def _protocol(self) -> SMTP:
        upgrade = self.authority.open_server_context() if self.security == "starttls" else None
        return _Protocol(
            self,
            _Handler(self),
            hostname="mx.provider.example",
            tls_context=upgrade,
            require_starttls=self.security == "starttls",
            # Where TLS is there from the first byte aiosmtpd does not see it.
            auth_require_tls=self.security == "starttls",
            authenticator=self._authenticate,
            loop=self._loop,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        right = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        planned = self.answer("auth", data.login.decode())
        if planned or not right:
            message = planned or "535 5.7.8 Username and Password not accepted"
            return AuthResult(success=False, handled=False, message=message)
        return AuthResult(success=True)


class _Protocol(SMTP):
    def __init__(self, server: MailServer, handler: _Handler, **settings: Any) -> None:
        super().__init__(handler, **settings)
        self._own = server

    async def push(self, status: Any) -> None:
        greeting = str(status).startswith("220 mx.provider.example")
        planned = self._own.answer("connect", "") if greeting else ""
        if greeting:
            self._own.connections += 1
        if planned == DROP:
            self.transport.abort()
            return
        await super().push(planned or status)


class _Handler:
    def __init__(self, server: MailServer) -> None:
        self._own = server

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        planned = await self._planned(server, "mail", address)
        if planned:
            return planned
        envelope.mail_from = address
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        planned = await self._planned(server, "rcpt", address)
        if planned:
            return planned
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (to,) = envelope.rcpt_tos
        planned = self._own.answer("data", to)
        if planned in ("", TAKE_AND_DROP):
            assert isinstance(envelope.original_content, bytes)
            sender = envelope.mail_from or ""
            self._own.mails.append(Received(sender, to, envelope.original_content))
        if planned in (DROP, TAKE_AND_DROP):
            server.transport.abort()
            return "421 closing"
        return planned or f"250 2.0.0 Ok: queued as {len(self._own.mails):08X}"

    async def _planned(self, server: SMTP, step: Step, address: str) -> str:
        planned = self._own.answer(step, address)
        if planned == DROP:
            server.transport.abort()
            return "421 closing"
        return planned
