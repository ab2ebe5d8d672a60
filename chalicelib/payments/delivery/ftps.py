"""An area by FTP under explicit TLS (RFC 4217): certificate checked, data enciphered as well.

Plain FTP is not offered: notices are personal data, and the password would travel in the open.
"""

from __future__ import annotations

import ftplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from chalicelib.base import limits, net
from chalicelib.base.errors import Failure, Rejected, Transient
from chalicelib.payments.delivery import areas
from chalicelib.payments.delivery.areas import Area, Secrets

PORT: Final = 21
_NO_FILE: Final = "550"
_BLOCK_BYTES: Final = 65_536
_LIST_BYTES: Final = 4_000_000


@dataclass(frozen=True)
class Profile(Area):
    """`authority`: PEM of the only one that is believed, for a server with a certificate of its
    own; "" for the public ones."""

    authority: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.authority:
            net.tls_context(self.authority)


def check_secrets(secrets: Secrets) -> None:
    """Rejected `area_secret_missing`, `area_key` (this protocol knows passwords only)."""
    if secrets.key:
        raise Rejected("area_key", "FTP knows passwords only.")
    if not secrets.password:
        raise Rejected("area_secret_missing", "Give a password.")
    if any(sign in secrets.password for sign in "\r\n\x00"):
        raise Rejected("area_secret_missing", "A password is one line.")


class _Client(ftplib.FTP_TLS):
    """Over a connection that is there already; many servers want the data channel to resume the
    TLS session of the commands, as a proof that both are one client's."""

    def greet(self, host: str, sock: socket.socket) -> None:
        self.host, self.sock, self.af = host, sock, sock.family
        self.file = sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - TLS follows
        assert isinstance(self.sock, ssl.SSLSocket)
        try:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = self.sock.session
            return self.context.wrap_socket(conn, server_hostname=self.host, session=session), size
        except BaseException:
            conn.close()
            raise

    def put(self, command: str, data: bytes) -> None:
        with self.transfercmd(command) as conn:
            conn.sendall(data)
            _farewell(conn)
        self.voidresp()

    def take(self, command: str, most_bytes: int) -> bytes:
        """At most so many bytes; what is more is drained and not kept."""
        found = bytearray()
        with self.transfercmd(command) as conn:
            while block := conn.recv(_BLOCK_BYTES):
                found += block[: max(0, most_bytes - len(found))]
            _farewell(conn)
        self.voidresp()
        return bytes(found)


def _farewell(conn: socket.socket) -> None:
    # Many servers simply close the connection. That nothing was cut off is seen by its size, which
    # is asked afterwards, and by the reply to the command.
    assert isinstance(conn, ssl.SSLSocket)
    with suppress(OSError, ValueError):
        conn.unwrap()


@contextmanager
def connect(profile: Profile, secrets: Secrets) -> Iterator[areas.Files]:
    """The open area.

    Refused `area_tls` (no TLS, or a certificate that is not the host's), `area_login`; Rejected
    `net_address`, `net_authority`; Transient `net_unreachable`, `area_closed`.
    """
    context = net.tls_context(profile.authority)
    sock = net.connect(profile.host, profile.port, limits.AREA_TIMEOUT_S)
    client = _Client(context=context, timeout=limits.AREA_TIMEOUT_S, encoding="utf-8")
    try:
        with _told("area_tls"):
            client.greet(profile.host, sock)
            client.auth()
        with _told("area_login"):
            client.login(profile.user, secrets.password, secure=False)
        with _told("area_tls"):
            client.prot_p()
        with _told("area_refused"):
            client.voidcmd("TYPE I")
        yield _Files(client)
        with suppress(OSError, ftplib.Error, EOFError):
            client.quit()
    finally:
        client.close()
        sock.close()


@contextmanager
def _told(code: str) -> Iterator[None]:
    try:
        yield
    except Failure:
        raise
    except ssl.SSLCertVerificationError as error:
        raise areas.refused("area_tls", error.verify_message) from error
    except ftplib.error_perm as error:
        raise areas.refused(code, str(error)) from error
    except (OSError, EOFError, ftplib.Error) as error:
        said = str(error) if isinstance(error, ftplib.Error) else type(error).__name__
        raise Transient("area_closed", "The server broke off.", words=areas.words(said)) from error


class _Files:
    """The commands of an open connection (areas.Files)."""

    def __init__(self, client: _Client) -> None:
        self._client = client

    def size(self, path: str) -> int | None:
        with _told("area_refused"):
            try:
                return self._client.size(path)
            except ftplib.error_perm as error:
                if str(error).startswith(_NO_FILE):
                    return None
                raise

    def read(self, path: str, most_bytes: int) -> bytes:
        with _told("area_refused"):
            return self._client.take(f"RETR {path}", most_bytes)

    def write(self, path: str, data: bytes) -> None:
        with _told("area_refused"):
            self._client.put(f"STOR {path}", data)

    def rename(self, old: str, new: str) -> None:
        with _told("area_refused"):
            try:
                self._client.rename(old, new)
            except ftplib.error_perm:
                # Some servers rename over nothing only.
                if self.size(new) is None:
                    raise
                self._client.delete(new)
                self._client.rename(old, new)

    def delete(self, path: str) -> None:
        with _told("area_refused"):
            self._client.delete(path)

    def list(self, folder: str) -> list[str]:
        with _told("area_refused"):
            try:
                found = self._client.take(f"NLST {folder}".rstrip(), _LIST_BYTES)
            except ftplib.error_perm as error:
                # Of an empty folder some say that there is no file.
                if not str(error).startswith(_NO_FILE) or not self._is_folder(folder):
                    raise
                found = b""
        names = found.decode("utf-8", "replace").split("\r\n")
        return sorted(one.rsplit("/", 1)[-1] for one in names if one)

    def _is_folder(self, folder: str) -> bool:
        here = self._client.pwd()
        self._client.cwd(folder or here)
        self._client.cwd(here)
        return True
