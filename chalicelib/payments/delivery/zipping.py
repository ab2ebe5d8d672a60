"""A ZIP made piece by piece, members stored as they are: PDFs are packed already. Pure.

Source: PKWARE APPNOTE 6.3.3, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (end).
Names are ASCII; no ZIP64, so limits.ZIP_MEMBERS and ZIP_BYTES stay below 65,535 and 4 GiB.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_VERSION: Final = 20  # 2.0: what any program reads
_READABLE: Final = 0o100644 << 16


@dataclass(frozen=True)
class Member:
    """A file of the archive; `offset` of its header from the archive's first byte."""

    name: str
    crc: int
    size: int
    offset: int


def packed(
    files: Iterable[tuple[str, bytes]], offset: int, at: datetime
) -> tuple[bytes, list[Member]]:
    """The next piece, which begins at `offset`, and its members. `at`: the time that they bear."""
    pieces: list[bytes] = []
    members: list[Member] = []
    for name, data in files:
        member = Member(name, zlib.crc32(data), len(data), offset)
        day, hour = _dos(at)
        written = name.encode("ascii")
        head = _LOCAL.pack(
            b"PK\x03\x04", _VERSION, 0, 0, hour, day, member.crc, member.size, member.size,
            len(written), 0,
        )  # fmt: skip
        pieces += (head, written, data)
        members.append(member)
        offset += len(head) + len(written) + len(data)
    return b"".join(pieces), members


def directory(members: Iterable[Member], offset: int, at: datetime) -> bytes:
    """What ends an archive whose members take `offset` bytes."""
    pieces: list[bytes] = []
    day, hour = _dos(at)
    count = 0
    for count, one in enumerate(members, 1):  # noqa: B007
        written = one.name.encode("ascii")
        head = _CENTRAL.pack(
            b"PK\x01\x02", 3 << 8 | _VERSION, _VERSION, 0, 0, hour, day, one.crc, one.size,
            one.size, len(written), 0, 0, 0, 0, _READABLE, one.offset,
        )  # fmt: skip
        pieces += (head, written)
    held = b"".join(pieces)
    return held + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(held), offset, 0)


def _dos(at: datetime) -> tuple[int, int]:
    day = (at.year - 1980) << 9 | at.month << 5 | at.day
    return day, at.hour << 11 | at.minute << 5 | at.second // 2
