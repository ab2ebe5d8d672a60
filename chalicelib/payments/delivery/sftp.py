"""An area by SFTP (SSH File Transfer Protocol 3). The server is known by its host key alone.

asyncssh and asyncio are loaded when an area is opened. Nothing of the machine's own settings is
read: no known hosts, no keys, no agent.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.base import limits, net
from chalicelib.base.errors import Failure, Rejected, Transient
from chalicelib.payments.delivery import areas
from chalicelib.payments.delivery.areas import Area, Secrets

if TYPE_CHECKING:
    import asyncio

    import asyncssh

PORT: Final = 22
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}", re.ASCII)
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Profile(Area):
    """`fingerprint` of the server's host key, as ssh prints it: `SHA256:` and 43 characters; "" is
    nobody's, so that a first try fails and tells which it would be."""

    fingerprint: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fingerprint and not _FINGERPRINT.fullmatch(self.fingerprint):
            raise Rejected("area_fingerprint", "A fingerprint is SHA256: and 43 characters.")


def check_secrets(secrets: Secrets) -> None:
    """Rejected `area_secret_missing`, or `area_key` for a key that cannot be read."""
    if not secrets.password and not secrets.key:
        raise Rejected("area_secret_missing", "Give a password or a private key.")
    if secrets.key:
        _key(secrets)


def _key(secrets: Secrets) -> asyncssh.SSHKey:
    # OpenSSH's own cipher for keys (bcrypt) is not here: a key of that form comes without a pass
    # phrase, or as PKCS#8. We seal it either way.
    import asyncssh

    try:
        return asyncssh.import_private_key(secrets.key, secrets.passphrase or None)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise Rejected("area_key", "The private key cannot be read.") from error


@contextmanager
def connect(profile: Profile, secrets: Secrets) -> Iterator[areas.Files]:
    """The open area.

    Refused `area_host_key` (another server's; its words are its fingerprint), `area_login`;
    Rejected `net_address`, `area_key`; Transient `net_unreachable`, `area_closed`.
    """
    import asyncio

    with asyncio.Runner() as runner:
        connection, client = runner.run(_open(profile, secrets))
        try:
            yield _Files(runner, client)
        finally:
            with suppress(Exception):  # what is written is renamed by now; a farewell may fail
                runner.run(_close(connection, client))


async def _open(
    profile: Profile, secrets: Secrets
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    import asyncio

    import asyncssh

    seen: list[str] = []

    class Pinned(asyncssh.SSHClient):
        def validate_host_public_key(
            self, host: str, addr: str, port: int, key: asyncssh.SSHKey
        ) -> bool:
            seen.append(key.get_fingerprint("sha256"))
            return hmac.compare_digest(seen[-1], profile.fingerprint)

    keys = [_key(secrets)] if secrets.key else None
    sock = net.connect(profile.host, profile.port, limits.AREA_TIMEOUT_S)
    try:
        connection = await asyncssh.connect(
            profile.host, profile.port, sock=sock, config=None, client_factory=Pinned,
            known_hosts=([], [], []), username=profile.user, password=secrets.password or None,
            client_keys=keys, agent_path=None, x509_trusted_cert_paths=[],
            login_timeout=limits.AREA_TIMEOUT_S, gss_auth=False, gss_kex=False,
        )  # fmt: skip
    except asyncssh.HostKeyNotVerifiable as error:
        sock.close()
        raise areas.refused("area_host_key", seen[-1] if seen else "") from error
    except asyncssh.PermissionDenied as error:
        sock.close()
        raise areas.refused("area_login", error.reason) from error
    except (OSError, TimeoutError, asyncssh.Error) as error:
        sock.close()
        raise _closed(error) from error
    try:
        client = await asyncio.wait_for(connection.start_sftp_client(), limits.AREA_TIMEOUT_S)
    except (OSError, TimeoutError, asyncssh.Error) as error:
        connection.abort()
        raise _failure(error) from error
    return connection, client


async def _close(connection: asyncssh.SSHClientConnection, client: asyncssh.SFTPClient) -> None:
    import asyncio

    client.exit()
    connection.close()
    try:
        await asyncio.wait_for(connection.wait_closed(), limits.AREA_TIMEOUT_S)
    finally:
        connection.abort()


class _Files:
    """The calls of a client, one after the other (areas.Files)."""

    def __init__(self, runner: asyncio.Runner, client: asyncssh.SFTPClient) -> None:
        self._runner = runner
        self._client = client

    def _run(self, call: Awaitable[_Found]) -> _Found:
        try:
            return self._runner.run(_in_time(call))
        except Exception as error:
            raise _failure(error) from error

    def size(self, path: str) -> int | None:
        import asyncssh

        async def call() -> int | None:
            try:
                return (await self._client.stat(path)).size
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None

        return self._run(call())

    def read(self, path: str, most_bytes: int) -> bytes:
        async def call() -> bytes:
            async with self._client.open(path, "rb") as file:
                found: bytes = await file.read(most_bytes)
                return found

        return self._run(call())

    def write(self, path: str, data: bytes) -> None:
        async def call() -> None:
            async with self._client.open(path, "wb") as file:
                await file.write(data)

        self._run(call())

    def rename(self, old: str, new: str) -> None:
        import asyncssh

        async def call() -> None:
            try:
                await self._client.posix_rename(old, new)
                return
            except asyncssh.SFTPOpUnsupported:
                pass
            # Version 3 of the protocol knows no renaming over what is there.
            with suppress(asyncssh.SFTPNoSuchFile):
                await self._client.remove(new)
            await self._client.rename(old, new)

        self._run(call())

    def delete(self, path: str) -> None:
        self._run(self._client.remove(path))

    def list(self, folder: str) -> list[str]:
        async def call() -> list[str]:
            found = await self._client.listdir(folder or ".")
            return sorted(str(name) for name in found if name not in (".", ".."))

        return self._run(call())


async def _in_time(call: Awaitable[_Found]) -> _Found:
    import asyncio

    return await asyncio.wait_for(call, limits.AREA_TIMEOUT_S)


def _failure(error: BaseException) -> Failure:
    import asyncssh

    lost = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
    if isinstance(error, asyncssh.SFTPError) and not isinstance(error, lost):
        return areas.refused("area_refused", error.reason)
    if isinstance(error, asyncssh.ChannelOpenError):
        return areas.refused("area_refused", error.reason)
    if isinstance(error, (OSError, TimeoutError, asyncssh.Error)):
        return _closed(error)
    raise error


def _closed(error: BaseException) -> Transient:
    said = str(getattr(error, "reason", "")) or type(error).__name__
    return Transient("area_closed", "The server broke off.", words=areas.words(said))
