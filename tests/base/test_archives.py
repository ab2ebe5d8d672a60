"""The ZIP reader: every entry becomes a file or a refusal, and nothing else happens."""

from __future__ import annotations

import io
import random
import string
import struct
import tracemalloc
import zipfile
import zlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.base import archives, limits
from chalicelib.base.errors import Rejected
from tests import hostile
from tests.hostile import GOOD, MIB, Entry, archive


@dataclass
class Memory:
    """An archive in memory that counts its reads and refuses the impossible ones."""

    data: bytes
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        assert 0 <= start <= start + length <= len(self.data)
        self.reads.append((start, length))
        return self.data[start : start + length]


@dataclass(frozen=True)
class Claimed:
    """Something that only says how large it is, and gives fewer bytes than asked for."""

    size: int

    def read(self, start: int, length: int) -> bytes:
        return b"PK"[:length]


def unpack(source: Memory, window_bytes: int = limits.ARCHIVE_WINDOW_BYTES) -> dict[str, object]:
    """Each member's bytes or code, by name; `#` and its index are added to a name seen before."""
    plan = archives.plan(source)
    out: dict[int, bytes | str] = {m.index: m.refusal for m in plan.members if m.refusal}
    for window in archives.windows(plan.members, window_bytes):
        data = source.read(window.start, window.length)
        for member in window.members:
            assert member.index not in out
            try:
                out[member.index] = archives.extract(data, window.start, member)
            except Rejected as refused:
                out[member.index] = refused.code
    assert sorted(out) == [m.index for m in plan.members] == list(range(len(out)))
    named: dict[str, object] = {}
    for member in plan.members:
        name = f"{member.name}#{member.index}" if member.name in named else member.name
        named[name] = out[member.index]
    return named


def attempt(data: bytes) -> dict[str, object] | str:
    """What was unpacked, or the code for which the archive as a whole was refused."""
    try:
        return unpack(Memory(data))
    except Rejected as refused:
        return refused.code


def refusal(data: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        archives.plan(Memory(data))
    return caught.value.code


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize("name", hostile.HOSTILE_ARCHIVES)
def test_hostile_is_refused(name: str) -> None:
    data, expected = hostile.HOSTILE_ARCHIVES[name]
    if isinstance(expected, str):
        assert refusal(data) == expected
        return
    outcome = unpack(Memory(data))
    assert {name: code for name, code in outcome.items() if isinstance(code, str)} == expected
    assert outcome["good.xml"] == GOOD.content, "the one beside it must go on"


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize("name", ["bomb", "huge_bomb", "lying_bomb", "too_large", "full_overlap"])
def test_a_bomb_takes_no_memory(name: str) -> None:
    data, _ = hostile.HOSTILE_ARCHIVES[name]
    tracemalloc.start()
    attempt(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 * MIB


def test_refused_members_are_not_even_read() -> None:
    data, _ = hostile.HOSTILE_ARCHIVES["too_large"]
    source = Memory(data)
    unpack(source)
    assert sum(length for _, length in source.reads) < 300_000
    member = next(m for m in archives.plan(source).members if m.refusal)
    with pytest.raises(Rejected, match="member_too_large"):
        archives.extract(data, 0, member)


def test_what_is_too_large_is_not_opened() -> None:
    with pytest.raises(Rejected, match="zip_too_large"):
        archives.plan(Claimed(limits.ARCHIVE_BYTES + 1))
    with pytest.raises(Rejected, match="zip_corrupt"):
        archives.plan(Claimed(limits.ARCHIVE_BYTES))


def test_pdf_and_document_have_their_caps() -> None:
    data = archive([Entry("a.pdf", bytes(limits.PDF_BYTES), 0), Entry("b.PDF", b"x" * 9, 0)])
    assert [m.refusal for m in archives.plan(Memory(data)).members] == ["", ""]
    data = archive([Entry("a.pdf", bytes(limits.PDF_BYTES + 1), 0)])
    assert [m.refusal for m in archives.plan(Memory(data)).members] == ["member_too_large"]


# --- what is allowed


def written(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return out.getvalue()


class Stream(io.RawIOBase):
    """A file that cannot seek: writers then put sizes behind the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, chunk: object) -> int:
        piece = bytes(chunk)  # type: ignore[call-overload]
        self.data += piece
        return len(piece)


FILES = {"a.xml": b"<a/>", "folder/b.xml.p7m": b"0\x82" * 400, "c.pdf": b"%PDF-" + bytes(900)}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_ordinary(method: int) -> None:
    assert unpack(Memory(written(FILES, method))) == FILES


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("force_zip64", [False, True])
def test_data_descriptors(method: int, force_zip64: bool) -> None:
    stream = Stream()
    with zipfile.ZipFile(stream, "w", method) as writer:
        for name, content in FILES.items():
            with writer.open(name, "w", force_zip64=force_zip64) as member:
                member.write(content)
    assert unpack(Memory(bytes(stream.data))) == FILES


def test_zip64_members_and_end() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as writer, writer.open("a.xml", "w", force_zip64=True) as member:
        member.write(b"<a/>")
    assert unpack(Memory(out.getvalue())) == {"a.xml": b"<a/>"}
    assert unpack(Memory(archive([GOOD], zip64=True))) == {"good.xml": GOOD.content}


def test_zip64_must_agree_with_the_plain_end_record() -> None:
    data = bytearray(archive([GOOD], zip64=True))
    assert unpack(Memory(bytes(data)))
    data[-12:-10] = struct.pack("<H", 2)  # the number of entries in the plain record
    assert refusal(bytes(data)) == "zip_corrupt"


def test_comments_and_extras() -> None:
    data = archive(
        [Entry("a.xml", extra=b"\xfe\xca\0\0", local_extra=b"\xfe\xca\0\0" + bytes(3))],
        comment=b"hello PK\5\6 " * 200,
    )
    assert unpack(Memory(data)) == {"a.xml": b"<a/>"}


def test_folders_are_counted_and_gaps_are_not_read() -> None:
    data = archive([Entry("f/", b"", 0, mode=0o040755), replace_gap(GOOD, 300_000), Entry("b.xml")])
    source = Memory(data)
    plan = archives.plan(source)
    assert plan.directories == 1
    assert [m.name for m in plan.members] == ["good.xml", "b.xml"]
    windows = list(archives.windows(plan.members, 1_000))
    assert len(windows) == 2
    assert sum(w.length for w in windows) < 70_000
    assert unpack(source) == {"good.xml": GOOD.content, "b.xml": b"<a/>"}


def replace_gap(entry: Entry, size: int) -> Entry:
    return Entry(entry.name, entry.content, gap=bytes(size))


def test_a_workbook_is_no_nested_archive() -> None:
    book = archive([GOOD])
    assert unpack(Memory(archive([Entry("rows.xlsx", book)]))) == {"rows.xlsx": book}


def test_short_repetitive_text_is_no_bomb() -> None:
    text = b" " * limits.ARCHIVE_RATIO_FLOOR_BYTES
    assert unpack(Memory(archive([Entry("a.xml", text)]))) == {"a.xml": text}


def test_names() -> None:
    raw = "à.xml".encode("cp437")
    path = "č.xml".encode()
    right = struct.pack("<HHBL", 0x7075, 5 + len(path), 1, zlib.crc32(raw)) + path
    stale = struct.pack("<HHBL", 0x7075, 5 + len(path), 1, 1) + path
    assert list(unpack(Memory(archive([Entry(raw, flags=0)])))) == ["à.xml"]
    assert list(unpack(Memory(archive([Entry(raw, flags=0, extra=right)])))) == ["č.xml"]
    assert list(unpack(Memory(archive([Entry(raw, flags=0, extra=stale)])))) == ["à.xml"]
    assert list(unpack(Memory(archive([Entry("à/č ü.xml")])))) == ["à/č ü.xml"]


def test_is_zip() -> None:
    assert archives.is_zip(archive([GOOD])[:4])
    assert archives.is_zip(archive([]))
    assert not archives.is_zip(b"<a/>")
    assert not archives.is_zip(b"PK")


# --- by ranges


def test_a_directory_of_ten_thousand_costs_few_reads() -> None:
    data = archive([Entry(f"folder/IT01234567890_{n:05}.xml", b"<a/>", 0) for n in range(10_000)])
    source = Memory(data)
    plan = archives.plan(source)
    assert len(plan.members) == 10_000
    assert len(source.reads) <= 3
    assert max(length for _, length in source.reads) <= limits.ARCHIVE_BLOCK_BYTES
    source.reads.clear()
    assert set(unpack(source).values()) == {b"<a/>"}


def test_entries_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_BLOCK_BYTES", 100)
    files = {f"{'x' * (n % 40)}{n}.xml": b"<a/>" for n in range(2_000)}
    source = Memory(written(files))
    assert unpack(source) == files
    assert len(source.reads) > 500


def test_windows_serve_many_members_each() -> None:
    sizes = [10, 20, 30_000, 40, 50, 60]
    entries = [
        Entry(f"{n}.xml", random.Random(n).randbytes(size), 0) for n, size in enumerate(sizes)
    ]
    source = Memory(archive(entries))
    plan = archives.plan(source)
    windows = list(archives.windows(plan.members, 400))
    assert [[m.index for m in w.members] for w in windows] == [[0, 1], [2], [3, 4, 5]]
    assert [w.length <= 400 for w in windows] == [True, False, True]
    assert unpack(source, 400) == {str(e.name): e.content for e in entries}


def test_a_window_that_is_not_the_right_one() -> None:
    data = archive([GOOD])
    member = archives.plan(Memory(data)).members[0]
    for piece, base in ((data[:-60][:20], 0), (data[:33], 0), (data[:45], 0), (data, 5)):
        with pytest.raises(Rejected, match="member_truncated"):
            archives.extract(piece, base, member)
    with pytest.raises(Rejected, match="member_header"):
        archives.extract(b"x" + data, 0, member)


# --- anything

NAMES = st.text(string.ascii_letters + string.digits + " àèčß_-().", min_size=1, max_size=12)
PATHS = st.lists(NAMES.filter(lambda n: n.strip(".") != ""), min_size=1, max_size=3).map("/".join)
CONTENTS = st.binary(min_size=1, max_size=3_000).map(lambda b: b"<" + b)


@settings(max_examples=60)
@given(
    st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=12),
    st.booleans(),
    st.sampled_from([1, 500, 8 * MIB]),
)
def test_round_trip(files: dict[str, bytes], deflated: bool, window_bytes: int) -> None:
    files = {f"{number}{name}.xml": content for number, (name, content) in enumerate(files.items())}
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    assert unpack(Memory(written(files, method)), window_bytes) == files


def test_flipped_bytes_are_refused_and_take_no_memory() -> None:
    base = bytearray(written({**FILES, "d.xml": b"<d>" + b"x" * 5_000 + b"</d>"}))
    base64_ended = bytearray(archive([GOOD, Entry("b.xml", flags=0)], zip64=True, comment=b"c"))
    dice = random.Random(48)
    outcomes: set[object] = set()
    tracemalloc.start()
    for original in (base, base64_ended):
        for _ in range(3_000):
            data = bytearray(original)
            for _ in range(dice.choice((1, 1, 2, 8))):
                data[dice.randrange(len(data))] = dice.choice((0, 1, 0xFF, dice.randrange(256)))
            if dice.random() < 0.1:
                del data[dice.randrange(len(data)) :]
            outcome = attempt(bytes(data))
            outcomes.update([outcome] if isinstance(outcome, str) else outcome.values())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * MIB
    codes = {outcome for outcome in outcomes if isinstance(outcome, str)}
    assert len(codes) > 8, "the dice hit too little"
    assert {code.split("_")[0] for code in codes} == {"zip", "member"}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(junk: bytes) -> None:
    for data in (junk, archive([GOOD], comment=junk), junk + archive([GOOD])):
        outcome = attempt(data)
        assert isinstance(outcome, dict) or outcome.startswith("zip_")
