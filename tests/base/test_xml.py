"""The XML reader: what it refuses, what it repairs, and that it never looks outside."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.xmlscan import harmless
from tests import hostile

LIMIT = limits.DOCUMENT_RAW_BYTES
STRUCTURE = ("xml_doctype", "xml_too_deep", "xml_too_large", "xml_empty")


def attempt(data: bytes, *, recover: bool = False) -> xml.Parsed | str:
    """What was read, or the code of the refusal."""
    try:
        return xml.parse(data, limit_bytes=LIMIT, recover=recover)
    except Rejected as refused:
        assert_clean(refused)
        return refused.code


def assert_clean(refused: Rejected) -> None:
    assert refused.code.startswith("xml_")
    assert "SECRET" not in f"{refused} {refused.details} {refused.__cause__}"


def refusal(data: bytes, *, recover: bool = False) -> str:
    outcome = attempt(data, recover=recover)
    assert isinstance(outcome, str), f"it was read: {outcome}"
    return outcome


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize("name", hostile.HOSTILE_XML)
def test_hostile_is_refused(name: str) -> None:
    data, code = hostile.HOSTILE_XML[name]
    assert refusal(data) == code


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize("name", hostile.HOSTILE_XML)
def test_repairs_open_no_door(name: str) -> None:
    data, code = hostile.HOSTILE_XML[name]
    if code in STRUCTURE:
        assert refusal(data, recover=True) == code
        return
    parsed = attempt(data, recover=True)
    if isinstance(parsed, str):
        return
    assert parsed.repairs
    assert parsed.root.getroottree().docinfo.internalDTD is None


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize(
    "data",
    [
        b"<!DOC\x01TYPE a><a/>",
        b"<!DOC&#1;TYPE a><a/>",
        b"<!\x00DOCTYPE a><a/>",
        b"\x00<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        b"<a><b><!-- </a><!DOCTYPE a>",
        b"<a b=<!DOCTYPE a>",
        b"<a><![CDATA[<!DOCTYPE a>]]><b></a>",
        b"\xe8<!DOCTYPE a><a/>",
    ],
)
def test_a_repair_cannot_put_a_doctype_together(data: bytes) -> None:
    assert refusal(data, recover=True) in ("xml_doctype", "xml_malformed")


def test_a_guess_is_not_deeper_than_allowed() -> None:
    assert refusal(b"<a>" * 101 + b"<<", recover=True) == "xml_too_deep"
    assert refusal(b"<a><<" + b"<a>" * 101, recover=True) == "xml_too_deep"


def test_a_guess_is_not_wider_than_allowed() -> None:
    data = b"<a><<b" + b" c=''" * (limits.XML_TAGS + 1)
    assert refusal(data, recover=True) == "xml_too_large"


def test_size_is_known_before_reading() -> None:
    assert xml.read(b"<a/>", limit_bytes=4).tag == "a"
    with pytest.raises(Rejected, match="xml_too_large"):
        xml.read(b"<a/>", limit_bytes=3)


def test_the_deepest_allowed_is_read() -> None:
    assert xml.read(hostile.deep(limits.XML_DEPTH), limit_bytes=LIMIT).tag == "a"


@pytest.mark.parametrize(
    "data",
    [
        b"<a><!-- <!DOCTYPE a> --></a>",
        b"<a><![CDATA[<!DOCTYPE a><b>]]></a>",
        b"<a><?p <!DOCTYPE a>?></a>",
        b"<a b='>'><c d=\"/>'\"/></a>",
        b"<a\n b = 'x' ></a >",
        b"<a b='\"' c=\"'\">&#x41;&amp;</a>",
        b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<!-- x --><a/>\n<?p?>\n',
        "<à é='ì'>ò</à>".encode(),
    ],
)
def test_innocent_markup_passes_unrepaired(data: bytes) -> None:
    assert xml.parse(data, limit_bytes=LIMIT).repairs == ()
    assert xml.parse(data, limit_bytes=LIMIT, recover=True).repairs == ()


# --- the short way, which nearly every file goes


def test_the_short_way_is_gone_where_it_may_be() -> None:
    assert harmless(b"<?xml version='1.0'?><?p?><a b='1'>x!&amp;<c/></a>")
    for data in (b"<a><!-- --></a>", b"<a><![CDATA[ ]]></a>", b"<!DOCTYPE a><a/>", b"<a>!<!</a>"):
        assert not harmless(data)


LONGEST = limits.XML_TAG_BYTES


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize("before", [b"", b"<b>" + b"x" * 2 * LONGEST + b"</b>", b"<b/>" * 40_000])
@pytest.mark.parametrize("after", [b"", b"<b>" + b"x" * 2 * LONGEST + b"</b>", b"<b/>" * 40_000])
@pytest.mark.parametrize(
    ("tag", "short"),
    [
        (b"<c>", True),
        (b"<c" + b" " * (LONGEST - 3) + b">", True),
        (b"<c" + b" " * (LONGEST - 2) + b">", False),
        (b"<c d='" + b"x" * LONGEST + b"'>", False),
        (b"<c d='>" + b"x" * LONGEST + b"'>", False),
        (b'<c d=">' + b"x" * LONGEST + b'">', False),
    ],
)
def test_a_long_tag_is_found_among_long_texts(
    before: bytes, tag: bytes, short: bool, after: bytes
) -> None:
    data = b"<a>" + before + tag + b"</c>" + after + b"</a>"
    if short:
        assert harmless(data)
        assert xml.read(data, limit_bytes=LIMIT).tag == "a"
    else:
        assert not harmless(data)
        assert refusal(data) == refusal(data, recover=True) == "xml_too_large"


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize("beside", [b"", b" " * 9_000, b"<b>1</b>" * 60, b"<b>1</b>" * 2_000])
@pytest.mark.parametrize("last", [b"<a></a>", b"<a/>"])
@pytest.mark.parametrize("levels", [2, 9, 10, 11, 99, 100, 101, 102, 255, 256, 257, 5_000])
def test_depth_is_the_same_by_either_way(
    levels: int, last: bytes, beside: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = levels - 1
    data = b"<a>" * outer + last + b"</a>" * (outer - 1) + beside + b"</a>"
    short = attempt(data)
    monkeypatch.setattr(xml, "harmless", lambda document: False)
    for outcome in (short, attempt(data)):
        if levels > limits.XML_DEPTH:
            assert outcome == "xml_too_deep"
        else:
            assert not isinstance(outcome, str)


def test_what_only_values_are_wanted_of_keeps_them() -> None:
    data = b"<a>\n  <b> </b>\n  <c> 1 </c> x <d>\n</d>\n</a>"
    whole, bare = (
        xml.read(data, limit_bytes=LIMIT),
        xml.parse(data, limit_bytes=LIMIT, values_only=True).root,
    )
    assert [node.text for node in whole.iter("b", "c", "d")] == [" ", " 1 ", "\n"]
    assert [node.text for node in bare.iter("b", "c", "d")] == [" ", " 1 ", "\n"]
    assert "".join(bare.itertext()).split() == "".join(whole.itertext()).split() == ["1", "x"]
    assert len("".join(bare.itertext())) < len("".join(whole.itertext()))


# --- nothing outside


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        yield server


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A secret file, and a descriptor that becomes readable when anybody opens the file.

    The kernel is asked because Python's audit hooks do not see what libxml2 opens.
    """
    if sys.platform != "linux":
        pytest.skip("inotify is Linux")
    secret = tmp_path / "secret"
    secret.write_text("SECRET-CONTENT")
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK)
    assert descriptor >= 0
    assert libc.inotify_add_watch(descriptor, os.fsencode(secret), 0x20 | 0x1) >= 0
    yield secret, descriptor
    os.close(descriptor)


def stylesheet(url: str) -> bytes:
    return f'<?xml-stylesheet href="{url}"?><a/>'.encode()


def inclusion(url: str) -> bytes:
    space = "http://www.w3.org/2001/XInclude"
    return f'<a xmlns:i="{space}"><i:include href="{url}" parse="text"/></a>'.encode()


def schema_location(url: str) -> bytes:
    space = "http://www.w3.org/2001/XMLSchema-instance"
    return f'<a xmlns:i="{space}" i:schemaLocation="a {url}"/>'.encode()


MAKERS = [
    hostile.external_entity,
    hostile.parameter_entity,
    hostile.external_subset,
    hostile.public_subset,
    hostile.unparsed_entity,
    stylesheet,
    inclusion,
    schema_location,
]


@pytest.mark.feature("F004-048")
@pytest.mark.parametrize("recover", [False, True])
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("scanned", [True, False])
def test_no_file_is_opened_and_nobody_is_called(
    maker: object,
    recover: bool,
    scanned: bool,
    listener: socket.socket,
    watched: tuple[Path, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert callable(maker)
    if not scanned:  # the parser alone must hold too
        monkeypatch.setattr(xml, "scan", lambda document: True)
    secret, descriptor = watched
    for url in (f"http://127.0.0.1:{listener.getsockname()[1]}/x", secret.as_uri(), str(secret)):
        parsed = attempt(maker(url), recover=recover)
        if isinstance(parsed, str):
            assert parsed == "xml_doctype"
        else:
            assert b"SECRET" not in xml.serialize(parsed.root)
            assert xml.text(parsed.root) == ""
    with pytest.raises(BlockingIOError):
        listener.accept()
    with pytest.raises(BlockingIOError):
        os.read(descriptor, 4096)
    secret.read_text()
    assert os.read(descriptor, 4096), "the watch does not work, so it proves nothing"


# --- encodings


WORD = "Perché 5 €"


def declared(name: str, text: str = WORD) -> str:
    return f'<?xml version="1.0" encoding="{name}"?><a>{text}</a>'


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (f"<a>{WORD}</a>".encode(), "utf-8"),
        (declared("UTF-8").encode(), "utf-8"),
        (declared("utf8").encode("utf-8-sig"), "utf-8"),
        (declared("windows-1252").encode("cp1252"), "cp1252"),
        (declared("Windows-1252").encode("cp1252"), "cp1252"),
        (declared("ISO-8859-15").encode("iso8859-15"), "iso8859-15"),
        (declared("UTF-16").encode("utf-16"), "utf-16-le"),
        (f"<a>{WORD}</a>".encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + declared("UTF-16").encode("utf-16-be"), "utf-16-be"),
        (declared("UTF-32").encode("utf-32"), "utf-32-le"),
    ],
)
def test_right_declarations(data: bytes, encoding: str) -> None:
    for recover in (False, True):
        parsed = xml.parse(data, limit_bytes=LIMIT, recover=recover)
        assert (xml.text(parsed.root), parsed.encoding, parsed.repairs) == (WORD, encoding, ())


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (declared("UTF-8").encode("cp1252"), "cp1252"),
        (f"<a>{WORD}</a>".encode("cp1252"), "cp1252"),
        (declared("US-ASCII").encode(), "utf-8"),
        (declared("UTF-16").encode(), "utf-8"),
        (declared("utf 8").encode(), "utf-8"),
        (declared("x-none").encode("cp1252"), "cp1252"),
        (declared("UTF-8").encode("utf-16"), "utf-16-le"),
        (declared("UTF-16").encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_wrong_declarations_are_repaired_and_told(data: bytes, encoding: str) -> None:
    assert refusal(data) == "xml_encoding"
    parsed = xml.parse(data, limit_bytes=LIMIT, recover=True)
    assert (xml.text(parsed.root), parsed.encoding) == (WORD, encoding)
    assert parsed.repairs == (xml.ENCODING,)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (declared("ISO-8859-1").encode("cp1252"), "cp1252"),
        (declared("ISO-8859-1").encode(), "utf-8"),
        (declared("windows-1252").encode(), "utf-8"),
    ],
)
def test_plausible_but_wrong_is_changed_only_on_request(data: bytes, encoding: str) -> None:
    assert xml.parse(data, limit_bytes=LIMIT).repairs == ()
    parsed = xml.parse(data, limit_bytes=LIMIT, recover=True)
    assert (xml.text(parsed.root), parsed.encoding) == (WORD, encoding)
    assert parsed.repairs == (xml.ENCODING,)


def test_two_encodings_in_one_file() -> None:
    data = b"<a>" + "è ".encode() + "à".encode("cp1252") + b" \x81</a>"
    parsed = xml.parse(data, limit_bytes=LIMIT, recover=True)
    assert xml.text(parsed.root) == "è à \x81"
    assert parsed.repairs == (xml.ENCODING,)


# --- other repairs


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b'\r\n <?xml version="1.0"?><a>x</a>', xml.LEADING_BYTES),
        (b"\xef\xbb\xbf" * 3 + b"<a>x</a>", xml.LEADING_BYTES),
        (b"<a>\x0bx\x1f</a>\0\0", xml.CONTROL_CHARACTERS),
        (b"<a>x&#0;&#x1F;&#31;&#xB;&#xFFFE;&#65535;</a>", xml.CONTROL_CHARACTERS),
        (b"<a>x\xef\xbf\xbe</a>", xml.CONTROL_CHARACTERS),
        (b'<a xmlns="urn:a "><b/>x</a>', xml.NAMESPACE),
        (b"<a xmlns=' urn:a' b='c'>x</a>", xml.NAMESPACE),
        (b'<a xmlns:p=""urn:a"">x</a>', xml.NAMESPACE),
        (b"<a xmlns=\"'urn:a'\">x</a>", xml.NAMESPACE),
        (b"<a>x", xml.RECOVERED),
        (b"<a>x</a><b/>", xml.RECOVERED),
        (b"<a>&none;x</a>", xml.RECOVERED),
        (b"<a xmlns='http://a b'>x</a>", xml.RECOVERED),
    ],
)
def test_repairs_are_told(data: bytes, word: str) -> None:
    assert refusal(data) == "xml_malformed"
    parsed = xml.parse(data, limit_bytes=LIMIT, recover=True)
    assert parsed.repairs == (word,)
    assert xml.local(parsed.root) == "a"
    assert "x" in "".join(parsed.root.itertext())


def test_allowed_references_are_left() -> None:
    data = b"<a>\x01&#9;&#10;&#13;&#32;&#x9;&#xA;&#xD;&#x20;&#xE000;&#127;&#100;&#x10;</a>"
    root = xml.read(data, limit_bytes=LIMIT, recover=True)
    assert root.text == "\t\n\r \t\n\r \ue000\x7fd"


def test_a_namespace_is_cleaned_of_blanks_only() -> None:
    data = b'<p:a xmlns:p=" urn:a " xmlns="" xmlns:q=\'urn:q\'/>'
    root = xml.read(data, limit_bytes=LIMIT, recover=True)
    assert {k: v for k, v in root.nsmap.items() if v} == {"p": "urn:a", "q": "urn:q"}


def test_nothing_to_recover() -> None:
    assert refusal(b"only words", recover=True) == "xml_malformed"


# --- the helpers


TREE = b"""<p:A xmlns:p="urn:p" v="1"><B><C> one </C></B><p:B/><B xmlns="urn:q"><C>tw<!-- x -->o
</C><C>3</C></B></p:A>"""


def test_paths_ignore_namespaces() -> None:
    root = xml.read(TREE, limit_bytes=LIMIT)
    assert xml.local(root) == "A"
    assert [xml.text(c) for c in xml.findall(root, "B/C")] == ["one", "two", "3"]
    assert xml.text(root, "B/C") == "one"
    assert xml.text(root, "B/D") == xml.text(root, "B") == ""
    assert xml.find(root, "C") is None
    assert [xml.local(n) for n in xml.findall(root, "B")[2][0]] == [""]
    assert xml.local("{urn:p}A") == xml.local("A") == "A"


def test_serialized_is_read_again() -> None:
    root = xml.read(declared("windows-1252").encode("cp1252"), limit_bytes=LIMIT)
    data = xml.serialize(root)
    assert data == f'<?xml version="1.0" encoding="UTF-8"?>\n<a>{WORD}</a>'.encode()
    part = xml.find(xml.read(b"<a><b>1</b>tail</a>", limit_bytes=LIMIT), "b")
    assert part is not None
    assert xml.serialize(part).endswith(b"\n<b>1</b>")


PIECES = [
    "<a>", "</a>", "<b c='d'/>", "<!--", "-->", "<![CDATA[", "]]>", "<?p", "?>", "<!DOCTYPE a>",
    "<!DOCTYPE a [<!ENTITY x 'y'>]>", "&x;", "&#1;", "\x01", "'", '"', ">", "<", "=", " xmlns='u '",
    "à", "\ufeff",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
def test_whatever_comes_no_doctype_survives(pieces: list[str], recover: bool) -> None:
    data = "".join(pieces).encode("utf-8")
    parsed = attempt(data, recover=recover)
    if isinstance(parsed, str):
        return
    assert recover or not parsed.repairs
    assert parsed.root.getroottree().docinfo.doctype == ""
    assert b"<!DOCTYPE" not in xml.serialize(parsed.root) or b"<!--" in data or b"<?" in data


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
def test_both_ways_lead_to_the_same(pieces: list[str], recover: bool) -> None:
    data = "".join(pieces).encode("utf-8")
    short = attempt(data, recover=recover)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(xml, "harmless", lambda document: False)
        long = attempt(data, recover=recover)
    if isinstance(short, str) or isinstance(long, str):
        assert short == long
    else:
        assert (short.encoding, short.repairs) == (long.encoding, long.repairs)
        assert xml.serialize(short.root) == xml.serialize(long.root)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, recover: bool) -> None:
    outcome = attempt(data, recover=recover)
    assert isinstance(outcome, str) or recover or not outcome.repairs
