"""A folder on a body's server: what a profile says of it, and how a file comes to stand there.

A file is written under another name and then renamed, so that whoever reads the folder never finds
half of it. What stands there already under its name, byte for byte, is done: a repetition writes
nothing.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments.delivery.channels import Refused

Purpose = Literal["own", "website", "postal"]
PURPOSES: Final[tuple[Purpose, ...]] = Purpose.__args__  # type: ignore[attr-defined]
Put = Literal["written", "there"]
PART: Final = ".part"

_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9-]{1,63})*", re.ASCII
)
_FOLDER = re.compile(r"/?[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*|/?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}", re.ASCII)
_USER = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


@dataclass(frozen=True)
class Area:
    """Where: a `folder` of a server ("" is where a login lands), and what it is for.

    "own" is read by the body's programs, "website" by its site, which wants an index file, "postal"
    by whoever prints and posts.
    """

    host: str
    port: int
    user: str
    folder: str = ""
    purpose: Purpose = "own"

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise Rejected("area_host", "A host is a name or an IPv4 address.")
        if not 1 <= self.port <= 65_535:
            raise Rejected("area_port", "A port is 1 to 65535.")
        if not _USER.fullmatch(self.user):
            raise Rejected("area_user", "A user has 1 to 100 characters.")
        if not _FOLDER.fullmatch(self.folder) or ".." in self.folder.split("/"):
            raise Rejected("area_folder", "A folder is written a/b: letters, digits, . _ and -.")
        if self.purpose not in PURPOSES:
            raise Rejected("area_purpose", "An area is own, website or postal.")

    def path(self, name: str) -> str:
        """Where a file of that name stands. Rejected `area_file_name` for one that is not safe."""
        if not _NAME.fullmatch(name):
            raise Rejected("area_file_name", "A name is letters, digits, . _ and -, ASCII only.")
        return f"{self.folder.rstrip('/')}/{name}" if self.folder else name


@dataclass(frozen=True)
class Secrets:
    """What opens an area: a password, or a private key (PEM or OpenSSH) with its pass phrase."""

    password: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)


class Files(Protocol):
    """An open area. Failures are Rejected (the server's no) and Transient (it may work later)."""

    def size(self, path: str) -> int | None:
        """In bytes; None when there is no such file."""

    def read(self, path: str, most_bytes: int) -> bytes:
        """At most so many bytes from its beginning."""

    def write(self, path: str, data: bytes) -> None:
        """The whole file, whatever stood there."""

    def rename(self, old: str, new: str) -> None:
        """Over whatever stands at `new`."""

    def delete(self, path: str) -> None:
        """A file that is there."""

    def list(self, folder: str) -> list[str]:
        """Names in a folder; a folder that is not there, or may not be seen, is refused."""


Connect = AbstractContextManager[Files]


def put(files: Files, area: Area, name: str, data: bytes) -> Put:
    """Let a file stand in the area. Repeating it, at once or later, leads to the same.

    Transient `area_incomplete` when afterwards it is not there as it should be.
    """
    path = area.path(name)
    if is_there(files, path, data):
        return "there"
    part = path + PART
    files.write(part, data)
    files.rename(part, path)
    # Another worker may have been writing the same name at the same time.
    if files.size(path) != len(data):
        raise Transient("area_incomplete", "The file is not there as it should be.")
    return "written"


def is_there(files: Files, path: str, data: bytes) -> bool:
    """Whether a file is there byte for byte."""
    return files.size(path) == len(data) and files.read(path, len(data) + 1) == data


WORDS_CHARS: Final = 300


def words(text: str) -> str:
    """What a server said, fit for a row that a person reads: one line, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line[:WORDS_CHARS]


def refused(code: str, said: str) -> Refused:
    """A server's no, in its own words."""
    return Refused(code, words(said))
