"""Servers of other people on loopback: SFTP by asyncssh, FTP under TLS by ftp.py."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from tests.payments.delivery.ftp import FtpServer

USER, PASSWORD = "ordine", "correct horse"


@dataclass
class Server:
    """`calls`: what was asked of it, in order; `host` and `port` where it listens."""

    folder: Path
    host: str
    port: int
    fingerprint: str = ""
    calls: list[str] = field(default_factory=list)

    def files(self) -> dict[str, bytes]:
        """Everything in it, by path."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


class _Door(asyncssh.SSHServer):
    def __init__(self, keys: frozenset[bytes]) -> None:
        self._keys = keys

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.public_data in self._keys


@contextmanager
def sftp_server(
    folder: Path, *, posix_rename: bool = True, keys: tuple[asyncssh.SSHKey, ...] = ()
) -> Iterator[Server]:
    """An SFTP server; without `posix_rename` it knows version 3 of the protocol and no more."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    server = Server(folder, "127.0.0.1", 0, host_key.get_fingerprint("sha256"))

    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: Any) -> None:
            super().__init__(chan, chroot=str(folder).encode())

        def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            kind = "write" if pflags & asyncssh.FXF_WRITE else "read"
            server.calls.append(f"{kind} {path.decode()}")
            return super().open(path, pflags, attrs)

        def rename(self, oldpath: bytes, newpath: bytes) -> Any:
            server.calls.append(f"rename {oldpath.decode()} {newpath.decode()}")
            return super().rename(oldpath, newpath)

        def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
            if not posix_rename:
                raise asyncssh.SFTPOpUnsupported("not here")
            server.calls.append(f"rename {oldpath.decode()} {newpath.decode()}")
            return super().posix_rename(oldpath, newpath)

    loop = asyncio.new_event_loop()
    allowed = frozenset(key.public_data for key in keys)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host_key], sftp_factory=Files,
            server_factory=lambda: _Door(allowed), gss_host=None,
        )  # fmt: skip

    acceptor = loop.run_until_complete(listen())
    server.port = acceptor.get_port()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def stop() -> None:
        acceptor.close()
        await acceptor.wait_closed()

    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@contextmanager
def ftps_server(folder: Path, certificate: Path, **how: bool) -> Iterator[Server]:
    """An FTP server that takes no login and no data in the open; `certificate` with its key."""
    ftp = FtpServer(folder, certificate, {USER: PASSWORD}, **how)
    try:
        yield Server(folder, "localhost", ftp.port, calls=ftp.calls)
    finally:
        ftp.close()
