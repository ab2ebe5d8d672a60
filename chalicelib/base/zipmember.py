"""One member of a ZIP: its name, why it may be refused, and its bytes.

Source: PKWARE APPNOTE 6.3.10 (4.3.7 local header, 4.4.4 flags, 4.5.3 ZIP64, 4.6.9 Unicode path).
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_SIGNATURE = b"PK\x03\x04"
STORED, DEFLATED, AES = 0, 8, 99
ENCRYPTED, DESCRIPTOR, PATCHED, STRONG, UTF8, MASKED = (
    1 << 0,
    1 << 3,
    1 << 5,
    1 << 6,
    1 << 11,
    1 << 13,
)
ZIP64_EXTRA, UNICODE_PATH_EXTRA = 0x0001, 0x7075
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
REPARSE_POINT = 0x400  # Windows' attribute of links and junctions

_STREAM_BYTES = 256 * limits.KIB
_DRIVE = re.compile(r"[A-Za-z]:")
_SYSTEM_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_ARCHIVE_NAME = re.compile(
    r"\.(?:zipx?|7z|rar|t?gz|gzip|tar|t?bz2?|t?xz|zst|lz4?|lzma|lzh|lha|z|cab|arj|ace"
    r"|iso|dmg|jar|war|ear|apk)\Z"
)
_ARCHIVE_HEADS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x1f\x8b",
    b"\x1f\x9d",
    b"\x1f\xa0",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"LZIP\x01",
    b"MSCF\x00\x00\x00\x00",
)
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_TAR_AT = 257


class Ranged(Protocol):
    """Something of known size that is read piece by piece."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, length: int) -> bytes:
        """Exactly `length` bytes from `start`."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, as the central directory tells it. Sizes and offsets in bytes."""

    index: int  # its place in Plan.members
    name: str
    size: int
    packed: int
    crc: int
    method: int
    offset: int  # of the local header
    end: int  # the first byte that cannot belong to it
    refusal: str  # "" or a code: then it has no bytes
    raw_name: bytes = field(repr=False)  # to compare with the local header


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the central directory, ZIP64 resolved."""

    raw_name: bytes
    name: str
    name_error: bool  # it says UTF-8 and is not
    size: int
    packed: int
    crc: int
    method: int
    flags: int
    offset: int
    attributes: int

    @property
    def is_directory(self) -> bool:
        # With bytes in it, it is a file in disguise and must be accounted for.
        return self.raw_name.endswith(b"/") and self.size == 0


def fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The tagged fields of an extra block; a remainder that is none (padding) is left out."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra):
            return
        yield tag, extra[at + 4 : at + 4 + length]
        at += 4 + length


def zip64(extra: bytes, values: tuple[int, ...], full: tuple[int, ...]) -> tuple[int, ...] | None:
    """`values` with those that are `full` taken from the ZIP64 field, in their order.

    None if the field is missing or too short. The disk number (full = 0xFFFF) has four bytes.
    """
    if not any(value == top for value, top in zip(values, full, strict=True)):
        return values
    block = next((body for tag, body in fields(extra) if tag == ZIP64_EXTRA), None)
    if block is None:
        return None
    resolved = []
    at = 0
    for value, top in zip(values, full, strict=True):
        if value != top:
            resolved.append(value)
            continue
        width = 4 if top == FULL16 else 8
        if at + width > len(block):
            return None
        resolved.append(int.from_bytes(block[at : at + width], "little"))
        at += width
    return tuple(resolved)


def decode_name(raw: bytes, flags: int, extra: bytes) -> tuple[str, bool]:
    """The name and whether it is wrongly encoded.

    UTF-8 by flag; else the Unicode path field if it was made for this very name; else cp437.
    """
    if not flags & UTF8:
        for tag, body in fields(extra):
            if tag == UNICODE_PATH_EXTRA and len(body) > 5 and body[0] == 1:
                if int.from_bytes(body[1:5], "little") != zlib.crc32(raw):
                    continue  # the name was changed by a tool that does not know the field
                raw = body[5:]
                break
        else:
            return raw.decode("cp437"), False
    try:
        return raw.decode(), False
    except UnicodeDecodeError:
        return raw.decode(errors="replace"), True


def key(name: str) -> str:
    """What two names have in common when they would be one file on some customer's disk."""
    parts = unicodedata.normalize("NFC", name).casefold().split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def refusal(entry: Entry, seen: set[str]) -> str:
    """The code for which the member is refused unread, or "". Adds its name to `seen`."""
    if entry.name_error:
        return "member_name_encoding"
    if len(entry.raw_name) > limits.ARCHIVE_NAME_BYTES:
        return "member_name_too_long"
    if _is_path_unsafe(entry.name):
        return "member_path"
    kind = stat.S_IFMT(entry.attributes >> 16)
    if kind not in (0, stat.S_IFREG) or entry.attributes & REPARSE_POINT:
        return "member_symlink"
    identity = key(entry.name)
    if identity in seen:
        return "member_duplicate_name"
    seen.add(identity)
    parts = identity.split("/")
    if "__macosx" in parts or parts[-1] in _SYSTEM_FILES or parts[-1].startswith("._"):
        return "member_system_file"
    if _ARCHIVE_NAME.search(parts[-1]):
        return "member_nested_archive"
    return _content_refusal(entry)


def _content_refusal(entry: Entry) -> str:
    if entry.flags & (ENCRYPTED | STRONG) or entry.method == AES:
        return "member_encrypted"
    if entry.method not in (STORED, DEFLATED) or entry.flags & PATCHED:
        return "member_method"
    if entry.size == 0:
        return "member_empty"
    floor = limits.ARCHIVE_RATIO_FLOOR_BYTES
    if entry.size > floor and entry.size > entry.packed * limits.ARCHIVE_RATIO:
        return "member_ratio"
    if entry.size > cap_bytes(entry.name):
        return "member_too_large"
    if entry.method == STORED and entry.packed != entry.size:
        return "member_size_mismatch"
    # Packed to far more than it is: it would only make us read.
    most = entry.size + entry.size // 1000 + limits.ARCHIVE_PACKED_SLACK_BYTES
    if entry.packed == 0 or entry.packed > most:
        return "member_size_mismatch"
    return ""


def cap_bytes(name: str) -> int:
    """What one file may hold at most."""
    is_pdf = name.lower().endswith(".pdf")
    return limits.PDF_BYTES if is_pdf else limits.DOCUMENT_RAW_BYTES


def _is_path_unsafe(name: str) -> bool:
    # Also as compatibility normalisation would make it: full-width dots and slashes are a trick.
    for form in {name, unicodedata.normalize("NFKC", name)}:
        if form.startswith("/") or form.endswith("/") or "\\" in form or _DRIVE.match(form):
            return True
        if ".." in form.split("/"):
            return True
    if not key(name):
        return True
    if name.isascii():
        return not name.isprintable()  # the short way for nearly all names
    # Marks that turn the reading direction make "fdp.exe" look like "exe.pdf".
    turns = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
    return any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(char) in turns
        for char in name
    )


def extract(data: bytes, base: int, member: Member) -> bytes:
    """The bytes of one member; `data` is the part of the archive that starts at offset `base`.

    Never makes more than the declared size and one byte. Raises Rejected with the member's own
    refusal, or member_truncated, member_header (the local header contradicts the directory),
    member_encrypted, member_size_mismatch, member_crc (also: the packed data are damaged),
    member_nested_archive.
    """
    if member.refusal:
        raise _refused(member.refusal, member)
    start = member.offset - base
    if start < 0 or start + LOCAL.size > len(data):
        raise _refused("member_truncated", member)
    at = start + LOCAL.size + _check_local(data, start, member)
    if at + member.packed > len(data) or at + member.packed + base > member.end:
        raise _refused("member_truncated", member)
    packed = memoryview(data)[at : at + member.packed]
    content = bytes(packed) if member.method == STORED else _inflate(packed, member)
    if zlib.crc32(content) != member.crc:
        raise _refused("member_crc", member)
    if _is_archive(content) and not _is_workbook(content, member):
        raise _refused("member_nested_archive", member)
    return content


def _check_local(data: bytes, start: int, member: Member) -> int:
    """The bytes between the fixed part of the local header and the packed data."""
    signature, _, flags, method, _, _, crc, packed, size, name_length, extra_length = (
        LOCAL.unpack_from(data, start)
    )
    if signature != LOCAL_SIGNATURE:
        raise _refused("member_header", member)
    if flags & (ENCRYPTED | STRONG | MASKED):
        raise _refused("member_encrypted", member)
    name_at = start + LOCAL.size
    extra_at = name_at + name_length
    if extra_at + extra_length > len(data):
        raise _refused("member_truncated", member)
    if method != member.method or data[name_at:extra_at] != member.raw_name:
        raise _refused("member_header", member)
    if not flags & DESCRIPTOR:  # with it these three are known only after the data
        extra = data[extra_at : extra_at + extra_length]
        if zip64(extra, (size, packed), (FULL32, FULL32)) != (member.size, member.packed):
            raise _refused("member_size_mismatch", member)
        if crc != member.crc:
            raise _refused("member_crc", member)
    return int(name_length + extra_length)


def _inflate(packed: memoryview, member: Member) -> bytes:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = engine.decompress(packed, member.size + 1)
        if len(content) == member.size and not engine.eof:
            # All is out, but the end mark may still be waiting behind the output limit.
            content += engine.decompress(engine.unconsumed_tail, 1)
    except zlib.error as error:
        raise _refused("member_crc", member) from error
    if len(content) <= member.size and not engine.eof:
        raise _refused("member_truncated", member)
    if len(content) != member.size or engine.unused_data:
        raise _refused("member_size_mismatch", member)
    return content


def _is_archive(content: bytes) -> bool:
    return (
        content.startswith(_ARCHIVE_HEADS)
        or _BZIP2.match(content) is not None
        or content[_TAR_AT : _TAR_AT + 5] == b"ustar"
    )


def _is_workbook(content: bytes, member: Member) -> bool:
    """A spreadsheet is a ZIP too; it is opened by its own reader, under its own limits."""
    return member.name.lower().endswith(".xlsx") and content.startswith(LOCAL_SIGNATURE)


def _refused(code: str, member: Member) -> Rejected:
    return Rejected(code, "The file in the archive is refused.", name=member.name)


def stream(source: Ranged, member: Member, most: int) -> Iterator[bytes]:
    """The bytes of one member block by block, for what is too large to hold; `most` is its own
    limit instead of `cap_bytes`.

    Raises Rejected as `extract`, but damage is known only when it is met, or at the end.
    """
    if member.refusal not in ("", "member_too_large") or member.size > most:
        raise _refused(member.refusal or "member_too_large", member)
    length = min(LOCAL.size + 2 * FULL16, member.end - member.offset)
    head = source.read(member.offset, length)
    if len(head) < LOCAL.size:
        raise _refused("member_truncated", member)
    at = member.offset + LOCAL.size + _check_local(head, 0, member)
    stop = at + member.packed
    if stop > member.end:
        raise _refused("member_truncated", member)
    engine = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == DEFLATED else None
    seen = crc = 0
    while at < stop:
        block = source.read(at, min(_STREAM_BYTES, stop - at))
        at += len(block)
        if not block:
            raise _refused("member_truncated", member)
        while block:
            piece = block
            if engine:
                try:
                    piece = engine.decompress(block, _STREAM_BYTES)
                except zlib.error as error:
                    raise _refused("member_crc", member) from error
            block = engine.unconsumed_tail if engine else b""
            seen += len(piece)
            crc = zlib.crc32(piece, crc)
            if seen > member.size or (engine and engine.unused_data):
                raise _refused("member_size_mismatch", member)
            if piece:
                yield piece
    if engine:
        rest = engine.flush()
        seen += len(rest)
        crc = zlib.crc32(rest, crc)
        if rest:
            yield rest
    if seen != member.size or (engine and not engine.eof):
        raise _refused("member_truncated", member)
    if crc != member.crc:
        raise _refused("member_crc", member)
