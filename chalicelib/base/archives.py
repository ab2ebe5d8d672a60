"""ZIP archives of any allowed size, read by ranges: the directory first, then the files.

Nothing vanishes: each entry of the central directory that is no folder becomes a Member, with a
code if it is refused. An archive that contradicts itself is refused as a whole.

Source: PKWARE APPNOTE 6.3.10 section 4.3; OWASP ASVS 5.2 and 5.3; for overlapping members,
D. Fifield, "A better zip bomb", WOOT 2019.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.zipmember import (
    FULL16,
    FULL32,
    LOCAL,
    LOCAL_SIGNATURE,
    MASKED,
    Entry,
    Member,
    Ranged,
    decode_name,
    extract,
    refusal,
    zip64,
)

__all__ = ["Member", "Plan", "Ranged", "Window", "extract", "is_zip", "plan", "windows"]

_CENTRAL = struct.Struct("<4s6H3L5H2L")
_CENTRAL_SIGNATURE = b"PK\x01\x02"
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_SIGNATURE = b"PK\x06\x07"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_SIGNATURE = b"PK\x06\x06"
_ENCRYPTION_SIGNATURE = b"PK\x06\x08"  # the archive extra data record
_SPLIT_SIGNATURE = b"PK\x07\x08"
_DESCRIPTOR_BYTES = 24  # at most, behind the data


@dataclass(frozen=True)
class Plan:
    """What an archive holds: `members` in directory order; folders are only counted."""

    members: tuple[Member, ...]
    directories: int


@dataclass(frozen=True)
class Window:
    """One ranged read of `length` bytes that serves all of `members`."""

    start: int
    length: int
    members: tuple[Member, ...]


@dataclass(frozen=True)
class _Directory:
    """Where the central directory is: bytes [start, start + size), `count` entries."""

    start: int
    size: int
    count: int


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a ZIP (also an empty or a split one)."""
    return head[:4] in (LOCAL_SIGNATURE, _END_SIGNATURE, _SPLIT_SIGNATURE)


def plan(source: Ranged) -> Plan:
    """Read the directory: some 64 KiB of the tail, then blocks of ARCHIVE_BLOCK_BYTES.

    Raises Rejected with: zip_too_large, zip_corrupt (also: anything before the first member or
    after the end record), zip_multidisk, zip_encrypted_directory, zip_empty,
    zip_too_many_members, zip_directory_too_large, zip_total_too_large, zip_overlap.
    """
    if source.size > limits.ARCHIVE_BYTES:
        raise _refused("zip_too_large", bytes=source.size, limit_bytes=limits.ARCHIVE_BYTES)
    tail_length = min(source.size, _END.size + FULL16 + _LOCATOR.size + _END64.size)
    tail_start = source.size - tail_length
    tail = _read(source, tail_start, tail_length)
    directory = _locate(source, tail, tail_start)
    members: list[Member] = []
    spans: list[tuple[int, int]] = []
    seen: set[str] = set()
    total = directories = 0
    for entry in _entries(source, directory, tail, tail_start):
        total += entry.size
        if total > limits.ARCHIVE_TOTAL_BYTES:
            raise _refused("zip_total_too_large", limit_bytes=limits.ARCHIVE_TOTAL_BYTES)
        spans.append((entry.offset, LOCAL.size + len(entry.raw_name) + entry.packed))
        if entry.is_directory:
            directories += 1
            continue
        members.append(_member(len(members), entry, refusal(entry, seen)))
    if not members:
        raise _refused("zip_empty")
    ends = _ends(spans, directory.start)
    return Plan(tuple(_bounded(member, ends[member.offset]) for member in members), directories)


def windows(members: Iterable[Member], window_bytes: int) -> Iterator[Window]:
    """The reads that fetch all members that are not refused, in file order.

    A window is longer than `window_bytes` only if its single member is.
    """
    group: list[Member] = []
    for member in sorted((m for m in members if not m.refusal), key=lambda m: m.offset):
        if group and member.end - group[0].offset > window_bytes:
            yield _window(group)
            group = []
        group.append(member)
    if group:
        yield _window(group)


def _window(group: Sequence[Member]) -> Window:
    start = group[0].offset
    return Window(start, group[-1].end - start, tuple(group))


def _locate(source: Ranged, tail: bytes, tail_start: int) -> _Directory:
    at = _end_record(tail)
    _, disk, first_disk, here, count, size, start, _ = _END.unpack_from(tail, at)
    end = tail_start + at
    locator_at = at - _LOCATOR.size
    if locator_at >= 0 and tail.startswith(_LOCATOR_SIGNATURE, locator_at):
        wide = _zip64_end(source, tail, tail_start, locator_at)
        small = (size, FULL32), (start, FULL32), (count, FULL16)
        if any(n not in (top, big) for (n, top), big in zip(small, wide[:3], strict=True)):
            raise _refused("zip_corrupt")  # the two end records tell of two directories
        size, start, count, end = wide
    elif disk == FULL16 or count == FULL16 or FULL32 in (size, start):
        raise _refused("zip_corrupt")
    elif disk or first_disk or here != count:
        raise _refused("zip_multidisk")
    if count > limits.ARCHIVE_MEMBERS:
        raise _refused("zip_too_many_members", members=count, limit=limits.ARCHIVE_MEMBERS)
    if size > limits.ARCHIVE_DIRECTORY_BYTES:
        raise _refused("zip_directory_too_large", limit_bytes=limits.ARCHIVE_DIRECTORY_BYTES)
    if count == 0 and size == 0:
        raise _refused("zip_empty")
    # The directory must end where its end record begins. What is put before an archive moves it,
    # and such a file is two things at once: a program, an image, another archive.
    if start + size != end or size < count * _CENTRAL.size:
        raise _refused("zip_corrupt")
    return _Directory(start, size, count)


def _end_record(tail: bytes) -> int:
    """The place of the end record in the tail: the only one whose comment ends with the file."""
    found = -1
    at = tail.rfind(_END_SIGNATURE)
    while at >= 0:
        if at + _END.size <= len(tail):
            comment = int.from_bytes(tail[at + 20 : at + 22], "little")
            if at + _END.size + comment == len(tail):
                if found >= 0:
                    raise _refused("zip_corrupt")  # two readers could see two archives
                found = at
        at = tail.rfind(_END_SIGNATURE, 0, at + 3)
    if found < 0:
        raise _refused("zip_corrupt")
    return found


def _zip64_end(
    source: Ranged, tail: bytes, tail_start: int, locator_at: int
) -> tuple[int, int, int, int]:
    """Size and start of the directory, number of entries, start of the ZIP64 end record."""
    _, locator_disk, at, disks = _LOCATOR.unpack_from(tail, locator_at)
    if locator_disk or disks > 1:
        raise _refused("zip_multidisk")
    if at + _END64.size > tail_start + locator_at:
        raise _refused("zip_corrupt")
    record = _slice(source, tail, tail_start, at, _END64.size)
    signature, length, _, _, disk, first_disk, here, count, size, start = _END64.unpack(record)
    if signature != _END64_SIGNATURE or at + 12 + length != tail_start + locator_at:
        raise _refused("zip_corrupt")
    if disk or first_disk or here != count:
        raise _refused("zip_multidisk")
    if length > _END64.size - 12:
        # Version 2 of the record: it describes how the directory is packed and encrypted.
        raise _refused("zip_encrypted_directory")
    return size, start, count, at


def _entries(
    source: Ranged, directory: _Directory, tail: bytes, tail_start: int
) -> Iterator[Entry]:
    """All entries, with at most two blocks of the directory in memory."""
    buffer = b""
    at = 0  # in the buffer
    next_start = directory.start
    stop = directory.start + directory.size
    for _ in range(directory.count):
        need = _CENTRAL.size
        for _ in range(2):  # first the fixed part, then the lengths that it tells
            while len(buffer) - at < need:
                if next_start >= stop:
                    raise _refused("zip_corrupt")
                length = min(limits.ARCHIVE_BLOCK_BYTES, stop - next_start)
                block = _slice(source, tail, tail_start, next_start, length)
                buffer, at, next_start = buffer[at:] + block, 0, next_start + length
            if need == _CENTRAL.size:
                need += sum(struct.unpack_from("<3H", buffer, at + 28))
        yield _entry(buffer, at, directory.start)
        at += need
    if next_start < stop or at != len(buffer):
        raise _refused("zip_corrupt")


def _entry(buffer: bytes, at: int, stop: int) -> Entry:
    (
        signature, _, _, flags, method, _, _, crc, packed, size,
        name_length, extra_length, _, disk, _, attributes, offset,
    ) = _CENTRAL.unpack_from(buffer, at)  # fmt: skip
    if signature == _ENCRYPTION_SIGNATURE or (signature == _CENTRAL_SIGNATURE and flags & MASKED):
        raise _refused("zip_encrypted_directory")
    if signature != _CENTRAL_SIGNATURE:
        raise _refused("zip_corrupt")
    name_at = at + _CENTRAL.size
    raw_name = buffer[name_at : name_at + name_length]
    extra = buffer[name_at + name_length : name_at + name_length + extra_length]
    wide = zip64(extra, (size, packed, offset, disk), (FULL32, FULL32, FULL32, FULL16))
    if wide is None:
        raise _refused("zip_corrupt")
    size, packed, offset, disk = wide
    if disk:
        raise _refused("zip_multidisk")
    if offset + LOCAL.size > stop:
        raise _refused("zip_corrupt")
    name, name_error = decode_name(raw_name, flags, extra)
    return Entry(raw_name, name, name_error, size, packed, crc, method, flags, offset, attributes)


def _member(index: int, entry: Entry, code: str) -> Member:
    """`end` is still unknown: it depends on the neighbours."""
    # Refused names are kept for the report only, and may be as long as 64 KiB.
    name = entry.name[: limits.ARCHIVE_NAME_BYTES]
    # One that is too large for a document may still be streamed by who has room for it.
    raw_name = b"" if code not in ("", "member_too_large") else entry.raw_name
    return Member(
        index, name, entry.size, entry.packed, entry.crc, entry.method, entry.offset,
        0, code, raw_name,
    )  # fmt: skip


def _ends(spans: list[tuple[int, int]], stop: int) -> dict[int, int]:
    """For each offset where the next thing begins; raises if two entries share a byte."""
    spans.sort()
    if spans[0][0] != 0:
        raise _refused("zip_corrupt")
    ends = {}
    for number, (offset, least) in enumerate(spans):
        end = spans[number + 1][0] if number + 1 < len(spans) else stop
        if offset + least > end:
            raise _refused("zip_overlap")
        ends[offset] = end
    return ends


def _bounded(member: Member, end: int) -> Member:
    # A gap behind a member is not read: only what its header and descriptor can take at most.
    most = LOCAL.size + len(member.raw_name) + FULL16 + member.packed + _DESCRIPTOR_BYTES
    return replace(member, end=min(end, member.offset + most))


def _slice(source: Ranged, tail: bytes, tail_start: int, start: int, length: int) -> bytes:
    """A part of the archive, out of the tail if it is there."""
    if start >= tail_start:
        return tail[start - tail_start : start - tail_start + length]
    return _read(source, start, length)


def _read(source: Ranged, start: int, length: int) -> bytes:
    data = source.read(start, length)
    if len(data) != length:
        raise _refused("zip_corrupt")  # shorter than its owner said
    return data


def _refused(code: str, **details: int) -> Rejected:
    return Rejected(code, "The archive is refused.", **details)
