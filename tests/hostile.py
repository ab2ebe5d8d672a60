"""Makers of hostile files. Each gives bytes; the tables say with which code they are refused."""

from __future__ import annotations

import gzip
import struct
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

MIB = 1024 * 1024

# --- XML


def doctype(inner: str = "", body: str = "<a/>") -> bytes:
    return f"<!DOCTYPE a [{inner}]>{body}".encode()


def declared(encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + doctype(body="<a>\xe8</a>")


def external_entity(url: str) -> bytes:
    return doctype(f'<!ENTITY x SYSTEM "{url}">', "<a>&x;</a>")


def parameter_entity(url: str) -> bytes:
    return doctype(f'<!ENTITY % x SYSTEM "{url}"> %x;')


def external_subset(url: str) -> bytes:
    return f'<!DOCTYPE a SYSTEM "{url}"><a/>'.encode()


def public_subset(url: str) -> bytes:
    return f'<!DOCTYPE a PUBLIC "-//X//EN" "{url}"><a/>'.encode()


def unparsed_entity(url: str) -> bytes:
    return doctype(f'<!NOTATION n SYSTEM "{url}"><!ENTITY x SYSTEM "{url}" NDATA n>')


def billion_laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return doctype('<!ENTITY l0 "lol">' + levels, "<a>&l9;</a>")


def quadratic_blowup() -> bytes:
    return doctype(f'<!ENTITY x "{"x" * 100_000}">', f"<a>{'&x;' * 100_000}</a>")


def deep(levels: int) -> bytes:
    return b"<a>" * levels + b"</a>" * levels


def deep_behind_comments(levels: int) -> bytes:
    return b"<!-- </a> -->".join([b"<a b='/'>"] * levels) + b"</a>" * levels


def wide(tags: int) -> bytes:
    return b"<a>" + b"<b/>" * tags + b"</a>"


def references(count: int) -> bytes:
    return b"<a>" + b"&#65;" * count + b"</a>"


def huge_attribute(size: int) -> bytes:
    return b'<a b="' + b"x" * size + b'"/>'


def many_attributes(count: int) -> bytes:
    return b"<a" + b"".join(b' b%d=""' % n for n in range(count)) + b"/>"


def many_namespaces(count: int) -> bytes:
    return b"<a" + b"".join(b' xmlns:b%d="urn:b"' % n for n in range(count)) + b"/>"


def utf7() -> bytes:
    return b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>'


def ebcdic() -> bytes:
    return '<?xml version="1.0" encoding="cp037"?><!DOCTYPE a><a/>'.encode("cp037")


PASSWD = "file:///etc/passwd"
_TYPE = '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'

HOSTILE_XML: dict[str, tuple[bytes, str]] = {
    "file_entity": (external_entity(PASSWD), "xml_doctype"),
    "network_entity": (external_entity("http://127.0.0.1:9/x"), "xml_doctype"),
    "ftp_entity": (external_entity("ftp://127.0.0.1:9/x"), "xml_doctype"),
    "parameter_entity": (parameter_entity("http://127.0.0.1:9/x.dtd"), "xml_doctype"),
    "external_subset": (external_subset(PASSWD), "xml_doctype"),
    "public_subset": (public_subset("http://127.0.0.1:9/x.dtd"), "xml_doctype"),
    "unparsed_entity": (unparsed_entity(PASSWD), "xml_doctype"),
    "billion_laughs": (billion_laughs(), "xml_doctype"),
    "quadratic_blowup": (quadratic_blowup(), "xml_doctype"),
    "bare_doctype": (b"<!DOCTYPE a><a/>", "xml_doctype"),
    "lower_case_doctype": (b"<!doctype a><a/>", "xml_doctype"),
    "doctype_behind_comments": (b"<!-- a -->" * 9 + b"<?p ?>\n<!DOCTYPE a><a/>", "xml_doctype"),
    "doctype_behind_blanks": (b" " * 5_000 + b"<!DOCTYPE a><a/>", "xml_doctype"),
    "doctype_inside_root": (b"<a><!DOCTYPE a></a>", "xml_doctype"),
    "doctype_behind_root": (b"<a/><!DOCTYPE a>", "xml_doctype"),
    "doctype_unfinished": (b"<!DOCTYPE", "xml_doctype"),
    "doctype_behind_fake_comment": (b"<a b='<!--'/><!DOCTYPE a><!-- -->", "xml_malformed"),
    "entity_without_doctype": (b'<!ENTITY x SYSTEM "file:///etc/passwd"><a/>', "xml_doctype"),
    "utf8_mark": (b"\xef\xbb\xbf" + _TYPE.encode(), "xml_doctype"),
    "utf16": (_TYPE.encode("utf-16"), "xml_doctype"),
    "utf16_big_endian": (b"\xfe\xff" + _TYPE.encode("utf-16-be"), "xml_doctype"),
    "utf16_unmarked": (_TYPE.encode("utf-16-le"), "xml_doctype"),
    "utf16_big_endian_unmarked": (_TYPE.encode("utf-16-be"), "xml_doctype"),
    "utf32": (_TYPE.encode("utf-32"), "xml_doctype"),
    "utf32_unmarked": (_TYPE.encode("utf-32-be"), "xml_doctype"),
    "declared_utf16": (declared("UTF-16"), "xml_doctype"),
    "declared_nonsense": (declared("x-none"), "xml_doctype"),
    "declared_latin": (declared("ISO-8859-1"), "xml_doctype"),
    "utf7": (utf7(), "xml_encoding"),
    "ebcdic": (ebcdic(), "xml_encoding"),
    "utf16_cut": (b"\xff\xfe<\x00a\x00/\x00>", "xml_encoding"),
    "utf16_lone_surrogate": (b"\xff\xfe<\x00a\x00>\x00\x00\xd8<\x00", "xml_encoding"),
    "overlong_utf8": (b"<a>\xc0\xbc!DOCTYPE a\xc0\xbe</a>", "xml_encoding"),
    "deep": (deep(100_000), "xml_too_deep"),
    "just_too_deep": (deep(101), "xml_too_deep"),
    "deep_and_open": (b"<a>" * 100_000, "xml_too_deep"),
    "deep_behind_comments": (deep_behind_comments(200), "xml_too_deep"),
    "wide": (wide(700_000), "xml_too_large"),
    "references": (references(700_000), "xml_too_large"),
    "huge_attribute": (huge_attribute(4_000_000), "xml_too_large"),
    "many_attributes": (many_attributes(200_000), "xml_too_large"),
    "many_namespaces": (many_namespaces(100_000), "xml_too_large"),
    "undefined_entity": (b"<a>&x;</a>", "xml_malformed"),
    "control_characters": (b"<a>\x00\x01&#2;</a>", "xml_malformed"),
    "two_roots": (b"<a/><a/>", "xml_malformed"),
    "endless_comment": (b"<a>" + b"<!--" * 100_000, "xml_malformed"),
    "endless_quotes": (b"<\"'" * 100_000, "xml_malformed"),
    "endless_cdata": (b"<a><![CDATA[" * 50_000, "xml_malformed"),
    "no_markup": (b"x" * 100_000, "xml_malformed"),
    "nothing": (b"", "xml_empty"),
    "only_blanks": (b"\xef\xbb\xbf \r\n\t", "xml_empty"),
}

# --- ZIP


@dataclass(frozen=True)
class Entry:
    """One entry to be written; what is not None overrides what would be true."""

    name: str | bytes
    content: bytes = b"<a/>"
    method: int = 8
    flags: int = 0x800
    mode: int = 0  # unix, the upper half of the external attributes
    extra: bytes = b""
    local_extra: bytes = b""
    local_name: bytes | None = None
    local_flags: int | None = None
    packed_bytes: bytes | None = None
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    offset: int | None = None
    disk: int = 0
    local_size: int | None = None
    gap: bytes = field(default=b"", repr=False)  # written behind it


def deflate(content: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(content) + engine.flush()


def archive(
    entries: Sequence[Entry],
    *,
    prefix: bytes = b"",
    comment: bytes = b"",
    trailer: bytes = b"",
    count: int | None = None,
    directory_size: int | None = None,
    directory_start: int | None = None,
    disk: int = 0,
    zip64: bool = False,
    zip64_extra: bytes = b"",
) -> bytes:
    """A ZIP of the entries, written field by field so that any field can lie."""
    out = bytearray(prefix)
    central = bytearray()
    for entry in entries:
        name = entry.name if isinstance(entry.name, bytes) else entry.name.encode()
        packed = deflate(entry.content) if entry.method == 8 else entry.content
        packed = entry.packed_bytes if entry.packed_bytes is not None else packed
        size = len(entry.content) if entry.size is None else entry.size
        length = len(packed) if entry.packed is None else entry.packed
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        start = len(out) if entry.offset is None else entry.offset
        local_name = name if entry.local_name is None else entry.local_name
        flags = entry.flags if entry.local_flags is None else entry.local_flags
        local_size = size if entry.local_size is None else entry.local_size
        if entry.offset is None:
            out += struct.pack(
                "<4s5H3L2H", b"PK\3\4", 20, flags, entry.method, 0, 0x21, crc,
                length & 0xFFFFFFFF, local_size & 0xFFFFFFFF,
                len(local_name), len(entry.local_extra),
            )  # fmt: skip
            out += local_name + entry.local_extra + packed + entry.gap
        extra = entry.extra
        if size > 0xFFFFFFFF:
            extra += struct.pack("<HHQ", 1, 8, size)
        central += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 0x031E, 20, entry.flags, entry.method, 0, 0x21, crc,
            length, min(size, 0xFFFFFFFF), len(name), len(extra), 0, entry.disk, 0,
            entry.mode << 16, start,
        )  # fmt: skip
        central += name + extra
    number = len(entries) if count is None else count
    start = len(out) if directory_start is None else directory_start
    length = len(central) if directory_size is None else directory_size
    out += central
    if zip64:
        at = len(out)
        out += struct.pack(
            "<4sQ2H2L4Q", b"PK\6\6", 44 + len(zip64_extra), 45, 45, disk, disk, number, number,
            length, start,
        )  # fmt: skip
        out += zip64_extra + struct.pack("<4sLQL", b"PK\6\7", disk, at, 1 + disk)
        number, length, start = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    out += struct.pack(
        "<4s4H2LH", b"PK\5\6", disk, disk, number, number, length, start, len(comment)
    )
    return bytes(out + comment + trailer)


GOOD = Entry("good.xml", b"<good/>")


def beside_good(*bad: Entry) -> bytes:
    """The refusal of one member must not touch the one beside it."""
    return archive([GOOD, *bad])


def bomb(size: int) -> bytes:
    return beside_good(Entry("bomb.xml", bytes(size)))


def lying_bomb() -> bytes:
    """Says 1,000 bytes and holds 10 MiB."""
    return beside_good(Entry("a.xml", packed_bytes=deflate(bytes(10 * MIB)), size=1_000))


def full_overlap() -> bytes:
    """Fifield's first construction: many entries, one local header."""
    return archive([GOOD, *(replace(GOOD, name=f"{n}.xml", offset=0) for n in range(9))])


def quoted_overlap() -> bytes:
    """Fifield's second: each member's data swallow the headers of those behind it."""
    tail = archive([Entry("last.xml", b"x" * 500, method=0)])
    inner = tail[: tail.index(b"PK\1\2")]
    last_at = 30 + len("first.xml")
    return archive(
        [
            Entry("first.xml", inner, method=0),
            Entry("last.xml", b"x" * 500, method=0, offset=last_at),
        ]
    )


def tar() -> bytes:
    return tarfile.TarInfo("a.xml").tobuf() + bytes(1024)


def two_end_records() -> bytes:
    """Two end records that both fit: two readers see two archives."""
    other = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 46, 0, 0)
    return archive([GOOD], comment=other)


def beside(code: str, *bad: Entry) -> tuple[bytes, dict[str, str]]:
    """A row of the table: the members that are refused for `code`, with a good one."""
    names = (e.name if isinstance(e.name, str) else e.name.decode(errors="replace") for e in bad)
    return beside_good(*bad), dict.fromkeys(names, code)


def unicode_path(raw: bytes, path: bytes) -> bytes:
    return struct.pack("<HHBL", 0x7075, 5 + len(path), 1, zlib.crc32(raw)) + path


HOSTILE_ARCHIVES: dict[str, tuple[bytes, str | dict[str, str]]] = {
    "nothing": (b"", "zip_corrupt"),
    "text": (b"PK\3\4 is how a ZIP begins, and that is all" * 9, "zip_corrupt"),
    "cut": (archive([GOOD, GOOD])[:-30], "zip_corrupt"),
    "only_the_end": (archive([GOOD])[40:], "zip_corrupt"),
    "empty": (archive([]), "zip_empty"),
    "only_folders": (archive([Entry("a/", b"", 0), Entry("a/b/", b"", 0)]), "zip_empty"),
    "prefix": (archive([GOOD], prefix=b"#!/bin/sh\n"), "zip_corrupt"),
    "prefix_unadjusted": (b"MZ" + archive([GOOD]), "zip_corrupt"),
    "trailer": (archive([GOOD], trailer=b"x"), "zip_corrupt"),
    "two_end_records": (two_end_records(), "zip_corrupt"),
    "count_too_low": (archive([GOOD, replace(GOOD, name="b.xml")], count=1), "zip_corrupt"),
    "count_too_high": (archive([GOOD], count=2), "zip_corrupt"),
    "directory_elsewhere": (archive([GOOD], directory_start=0), "zip_corrupt"),
    "offset_outside": (archive([GOOD, Entry("b.xml", offset=1 << 30)]), "zip_corrupt"),
    "zip64_missing": (archive([GOOD, Entry("b.xml", offset=0xFFFFFFFF)]), "zip_corrupt"),
    "too_many_members": (
        archive([Entry(f"{n}", b"a", 0) for n in range(20_001)]),
        "zip_too_many_members",
    ),
    "too_many_members_said": (archive([GOOD], count=60_000), "zip_too_many_members"),
    "directory_too_large": (archive([GOOD], directory_size=17 * MIB), "zip_directory_too_large"),
    "directory_too_large_zip64": (
        archive([GOOD], directory_size=1 << 60, zip64=True),
        "zip_directory_too_large",
    ),
    "total_too_large": (beside_good(Entry("b.xml", size=5_000 * MIB)), "zip_total_too_large"),
    "total_by_addition": (
        archive([Entry(f"{n}.xml", size=9_000_000, packed_bytes=b"x") for n in range(500)]),
        "zip_total_too_large",
    ),
    "full_overlap": (full_overlap(), "zip_overlap"),
    "quoted_overlap": (quoted_overlap(), "zip_overlap"),
    "into_the_directory": (beside_good(Entry("b.xml", packed=5_000, size=5_000)), "zip_overlap"),
    "split": (archive([GOOD], disk=1), "zip_multidisk"),
    "split_zip64": (archive([GOOD], disk=1, zip64=True), "zip_multidisk"),
    "split_member": (beside_good(Entry("b.xml", disk=1)), "zip_multidisk"),
    "masked_directory": (beside_good(Entry("b.xml", flags=1 << 13)), "zip_encrypted_directory"),
    "encrypted_directory": (
        archive([GOOD], zip64=True, zip64_extra=bytes(28)),
        "zip_encrypted_directory",
    ),
    "bomb": (bomb(9_000_000), {"bomb.xml": "member_ratio"}),
    "huge_bomb": (bomb(200_000_000), {"bomb.xml": "member_ratio"}),
    "lying_bomb": (lying_bomb(), {"a.xml": "member_size_mismatch"}),
    "too_large": beside("member_too_large", Entry("a.xml", bytes(10_000_001), 0)),
    "up": beside("member_path", Entry("../../evil.xml"), Entry("a/../../evil.xml")),
    "up_windows": beside("member_path", Entry("..\\evil.xml")),
    "up_full_width": beside("member_path", Entry("．．／evil.xml")),
    "up_by_unicode_path": (
        beside_good(Entry(b"a", flags=0, extra=unicode_path(b"a", b"../evil.xml"))),
        {"../evil.xml": "member_path"},
    ),
    "absolute": beside("member_path", Entry("/etc/cron.d/x")),
    "drive": beside("member_path", Entry("C:evil.xml"), Entry("c:\\evil.xml")),
    "share": beside("member_path", Entry("\\\\host\\x")),
    "zero_in_name": beside("member_path", Entry("a.xml\0.exe")),
    "newline_in_name": beside("member_path", Entry("a\r\nb.xml")),
    "turned_name": beside("member_path", Entry("a\u202elmx.exe")),
    "no_name": beside("member_path", Entry(""), Entry("./.")),
    "full_folder": beside("member_path", Entry("folder/")),
    "symlink": beside("member_symlink", Entry("a.xml", b"/etc/passwd", mode=0o120777)),
    "device": beside("member_symlink", Entry("tty.xml", mode=0o020666)),
    "pipe": beside("member_symlink", Entry("pipe.xml", mode=0o010666)),
    "twice": beside("member_duplicate_name", Entry("GOOD.XML"), Entry("./good.xml")),
    "twice_by_accent": (
        beside_good(Entry("e\u0301.xml"), Entry("\u00c9.xml")),
        {"\u00c9.xml": "member_duplicate_name"},
    ),
    "system_files": beside(
        "member_system_file", Entry("__MACOSX/._x.xml"), Entry("x/.DS_Store"), Entry("Thumbs.db")
    ),
    "nested_by_name": beside(
        "member_nested_archive", Entry("a.zip"), Entry("b.tar.GZ"), Entry("c.7z"), Entry("d.Rar")
    ),
    "nested_zip": beside("member_nested_archive", Entry("a.xml", archive([GOOD]))),
    "nested_gzip": beside("member_nested_archive", Entry("a.xml", gzip.compress(b"a" * 99))),
    "nested_tar": beside("member_nested_archive", Entry("a.pdf", tar())),
    "nested_7z": beside("member_nested_archive", Entry("a.xlsx", b"7z\xbc\xaf\x27\x1c" * 6)),
    "encrypted": beside("member_encrypted", Entry("a.xml", flags=1)),
    "encrypted_strongly": beside("member_encrypted", Entry("a.xml", flags=0x41)),
    "encrypted_aes": beside("member_encrypted", Entry("a.xml", method=99)),
    "encrypted_only_locally": beside("member_encrypted", Entry("a.xml", local_flags=1)),
    "bzip2": beside("member_method", Entry("a.xml", method=12)),
    "patch": beside("member_method", Entry("a.xml", flags=1 << 5)),
    "wrong_crc": beside("member_crc", Entry("a.xml", crc=1)),
    "damaged": beside("member_crc", Entry("a.xml", packed_bytes=b"\xff" * 9)),
    "cut_member": beside(
        "member_truncated", Entry("a.xml", b"abc" * 99, packed_bytes=deflate(b"abc" * 99)[:-4])
    ),
    "into_the_directory_by_extra": beside(
        "member_truncated", Entry("a.xml", local_extra=bytes(4), packed=500, gap=bytes(490))
    ),
    "says_less": beside("member_size_mismatch", Entry("a.xml", b"abc", size=2)),
    "says_more": beside("member_size_mismatch", Entry("a.xml", b"abc", size=4)),
    "stored_says_more": beside("member_size_mismatch", Entry("a.xml", b"abc", 0, size=4)),
    "local_says_more": beside("member_size_mismatch", Entry("a.xml", local_size=9)),
    "bytes_behind": beside(
        "member_size_mismatch", Entry("a.xml", b"abc", packed_bytes=deflate(b"abc") + b"more")
    ),
    "packed_to_more": beside("member_size_mismatch", Entry("a.xml", packed_bytes=bytes(70_000))),
    "two_names": beside("member_header", Entry("a.xml", local_name=b"../b.xml")),
    "long_name": (beside_good(Entry("x" * 60_000)), {"x" * 512: "member_name_too_long"}),
    "name_not_utf8": beside("member_name_encoding", Entry(b"\xe8.xml")),
    "empty_member": beside("member_empty", Entry("a.xml", b"")),
}
