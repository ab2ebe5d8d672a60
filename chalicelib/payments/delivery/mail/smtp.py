"""SMTP as a client (RFC 5321, 8314, 4954): one connection, many messages, the server's own words.

What ends a delivery matters: a server that refuses a recipient has taken nothing; one that falls
silent after the last line of a message may have taken it. smtplib does the protocol; the connection
is made to an address that was looked at (base.net), under TLS whose certificate is checked.
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from chalicelib.base import limits, net
from chalicelib.base.errors import Transient
from chalicelib.payments.delivery.channels import Refused, Uncertain
from chalicelib.payments.delivery.mail.accounts import Account

# What a server answers that only wants to be asked later.
_LATER: Final = range(400, 500)
_GOOD: Final = range(200, 300)
_GO_ON: Final = range(354, 355)
_BROKEN: Final = (OSError, EOFError, smtplib.SMTPServerDisconnected)


class _Client(smtplib.SMTP):
    """smtplib's, over a connection that is ours."""

    def __init__(self, account: Account, sock: socket.socket) -> None:
        self._given = sock
        # Not our own host's name: that is nobody's business.
        super().__init__(local_hostname=account.domain, timeout=limits.SMTP_TIMEOUT_S)
        self._host = account.host
        self.sock = sock
        self.file = None


def words(code: int, said: bytes | str) -> str:
    """`550 5.1.1 no such user`, on one line, as text."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(f"{code} {text}".split())


@contextmanager
def connected(
    account: Account, password: str, timeout_s: int = limits.SMTP_TIMEOUT_S
) -> Iterator[Session]:
    """A session that is logged in; `timeout_s` is what each answer may take.

    Raises Refused `smtp_login`, `smtp_refused`, `smtp_tls` (none is offered); Rejected
    `net_address`; Transient `smtp_later`, `net_unreachable`, `smtp_broken` with `words`.
    """
    sock = _socket(account, timeout_s)
    client = _Client(account, sock)
    try:
        _greet(client, account)
        if account.user:
            _log_in(client, account.user, password)
        yield Session(client, account.address)
    finally:
        # STARTTLS has put another socket in the place of ours.
        with suppress(smtplib.SMTPException, *_BROKEN):
            if client.sock is not None:
                client.quit()
        client.close()
        sock.close()


def _socket(account: Account, timeout_s: int) -> socket.socket:
    try:
        sock = net.connect(account.host, account.port, timeout_s)
        try:
            return net.tls(sock, account.host) if account.security == "tls" else sock
        except BaseException:
            sock.close()
            raise
    except Transient as failure:
        reason = failure.details.get("reason", "")
        said = f"{failure.message} {reason}".strip()
        raise Transient(failure.code, failure.message, words=said) from failure


def _greet(client: _Client, account: Account) -> None:
    try:
        code, said = client.getreply()
        if code != 220:
            raise _answer("smtp_refused", code, said)
        client.ehlo_or_helo_if_needed()
        if account.security != "starttls":
            return
        if not client.has_extn("starttls"):
            raise Refused("smtp_tls", "The server offers no STARTTLS.")
        client.starttls(context=net.tls_context())
        client.ehlo()
    except smtplib.SMTPResponseException as failure:
        raise _answer("smtp_refused", failure.smtp_code, failure.smtp_error) from failure
    except (*_BROKEN, smtplib.SMTPException) as failure:
        raise _broken(failure) from failure


def _log_in(client: _Client, user: str, password: str) -> None:
    try:
        client.login(user, password)
    except smtplib.SMTPResponseException as failure:
        raise _answer("smtp_login", failure.smtp_code, failure.smtp_error) from failure
    except smtplib.SMTPNotSupportedError as failure:
        raise Refused("smtp_login", "The server offers no login that we know.") from failure
    except (*_BROKEN, smtplib.SMTPException) as failure:
        raise _broken(failure) from failure


def _answer(code: str, status: int, said: bytes | str) -> Refused | Transient:
    """What a refusal means: later, or not at all."""
    text = words(status, said)
    if status in _LATER:
        return Transient("smtp_later", "The server asks to be asked later.", words=text)
    return Refused(code, text)


def _broken(failure: BaseException) -> Transient:
    reason = getattr(failure, "verify_message", "") or type(failure).__name__
    return Transient("smtp_broken", "The connection broke.", words=str(reason))


class Session:
    """One connection that is logged in."""

    def __init__(self, client: _Client, sender: str) -> None:
        self._client, self._sender = client, sender

    def send(self, to: str, message: bytes) -> str:
        """One message to one address; gives what the server said when it took it.

        Raises Refused `smtp_sender`, `smtp_recipient`, `smtp_message`; Transient `smtp_later`,
        `smtp_broken` (it was surely not taken); Uncertain `smtp_unanswered`.
        """
        client = self._client
        steps: tuple[tuple[str, range, Callable[[], tuple[int, bytes]]], ...] = (
            ("smtp_sender", _GOOD, lambda: client.mail(self._sender)),
            ("smtp_recipient", _GOOD, lambda: client.rcpt(to)),
            ("smtp_message", _GO_ON, lambda: client.docmd("DATA")),
        )
        for code, good, ask in steps:
            try:
                status, said = ask()
            except (*_BROKEN, smtplib.SMTPException) as failure:
                raise _broken(failure) from failure
            if status not in good:
                self._reset()
                raise _answer(code, status, said)
        return self._data(message)

    def _data(self, message: bytes) -> str:
        """From the first byte of the message on only the server's last word says what came of
        it; a connection that breaks before its end has delivered nothing (RFC 5321 4.1.1.4), but
        how far the last packets came nobody knows."""
        lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        stuffed = b"".join((b"." if one[:1] == b"." else b"") + one + b"\r\n" for one in lines)
        try:
            self._client.send(stuffed + b".\r\n")
            status, said = self._client.getreply()
        except (*_BROKEN, smtplib.SMTPException) as failure:
            reason = type(failure).__name__
            raise Uncertain("smtp_unanswered", f"No answer to the message: {reason}") from failure
        if status != 250:
            if status == -1:
                raise Uncertain("smtp_unanswered", "The answer to the message cannot be read.")
            raise _answer("smtp_message", status, said)
        return words(status, said)

    def _reset(self) -> None:
        """So that the next message does not begin in the middle of this one."""
        with suppress(smtplib.SMTPException, *_BROKEN):
            self._client.rset()
