"""SOAP envelopes and multipart bodies as different senders write them."""

from __future__ import annotations

import base64
import email
import email.policy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.channels import soap

NS = "urn:example:types"
FILE = b"\r\n--x\r\n\x00\xff<&>\r\n\r\nbinary\r"
FIELDS = (("NomeFile", "a<b>&c.xml"), ("File", FILE))


def refused(content_type: str, body: bytes) -> str:
    with pytest.raises(Rejected) as refusal:
        soap.parse(content_type, body)
    assert refusal.value.code == "soap_malformed"
    return refusal.value.message


def envelope(inner: str, prefix: str = "soapenv") -> bytes:
    return (
        f'<{prefix}:Envelope xmlns:{prefix}="{soap.ENVELOPE}"><{prefix}:Header/>'
        f"<{prefix}:Body> {inner} </{prefix}:Body></{prefix}:Envelope>"
    ).encode()


@pytest.mark.parametrize("mtom", [False, True], ids=["inline", "mtom"])
@pytest.mark.parametrize(
    "data", [b"", b"x", FILE, b"\n" * 9, b"\r\n", b"--", bytes(range(256)) * 9]
)
def test_what_is_built_is_read(mtom: bool, data: bytes) -> None:
    content_type, body = soap.build("fileIn", NS, (("A", "è &"), ("File", data)), mtom=mtom)
    assert (content_type, body) == soap.build(
        "fileIn", NS, (("A", "è &"), ("File", data)), mtom=mtom
    )
    message = soap.parse(content_type, body)
    assert (message.namespace, message.name, message.fault) == (NS, "fileIn", None)
    assert message.text("A") == "è &"
    assert message.text("Absent") == ""
    assert message.data("File") == data
    assert bool(message.parts) is mtom


def test_mtom_is_read_by_a_mime_library() -> None:
    content_type, body = soap.build("fileIn", NS, FIELDS, mtom=True)
    parsed = email.message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP
    )
    root, attachment = parsed.iter_parts()
    assert parsed["Content-Type"].params["type"] == "application/xop+xml"
    assert parsed["Content-Type"].params["start"] == root["Content-ID"]
    assert root.get_content_type() == "application/xop+xml"
    assert FILE not in root.get_payload(decode=True)
    assert attachment["Content-ID"].strip("<>").encode() in root.get_payload(decode=True)


def multipart(
    *,
    newline: bytes = b"\r\n",
    boundary: bytes = b"uuid:1+a",
    reference: str = "cid:file%40sender",
    root_id: bytes = b"Content-ID: <root@sender>",
    encoding: bytes = b"Content-Transfer-Encoding: binary",
    data: bytes = FILE,
    preamble: bytes = b"",
) -> bytes:
    include = f'<x:Include xmlns:x="{soap.XOP}" href="{reference}"/>'
    root = envelope(f'<m:op xmlns:m="{NS}"><NomeFile>n</NomeFile><File>{include}</File></m:op>')
    lines = [
        b"--" + boundary,
        b'Content-Type: application/xop+xml;\n charset=utf-8; type="text/xml"',
        *([root_id] if root_id else []),
        b"",
        root,
        b"--" + boundary + b" ",
        b"content-type:application/octet-stream",
        encoding,
        b"CONTENT-ID:  <file@sender>",
        b"",
        data,
        b"--" + boundary + b"--",
        b"",
    ]
    return preamble + newline.join(lines)


CONTENT_TYPE = 'multipart/related; boundary="uuid:1+a"; start="<root@sender>"'


@pytest.mark.parametrize(
    "content_type",
    [
        CONTENT_TYPE,
        "Multipart/Related;boundary=uuid:1+a;start=root@sender",
        'multipart/related; type="application/xop+xml"; Start = "<root@sender>" ; '
        'start-info="text/xml"; BOUNDARY="uuid:1\\+a"',
        'multipart/related; boundary="uuid:1+a"',
    ],
    ids=["quoted", "bare", "many", "no start"],
)
@pytest.mark.parametrize("newline", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_multipart_of_other_senders(content_type: str, newline: bytes) -> None:
    data = FILE + b"\r"  # with LF as line end, the CR belongs to the file
    for preamble in (b"", newline, b"This is MIME." + newline):
        body = multipart(newline=newline, data=data, preamble=preamble)
        assert soap.parse(content_type, body).data("File") == data


def test_parts_without_ids_and_with_encodings() -> None:
    without_start = CONTENT_TYPE.partition("; start")[0]
    assert soap.parse(without_start, multipart(root_id=b"")).data("File") == FILE
    for name, data in (
        (b"base64", base64.encodebytes(FILE)),
        (b"Quoted-Printable", b"=0D=0A--x=0D=0A=00=FF<&>=0D=0A=0D=0Abinary=0D"),
    ):
        body = multipart(encoding=b"Content-Transfer-Encoding: " + name, data=data)
        assert soap.parse(CONTENT_TYPE, body).data("File") == FILE


def test_boundary_inside_a_longer_one_does_not_split() -> None:
    data = b"before\r\n--uuid:1+abc\r\nafter\r\n--uuid:1+a-\r\n"
    assert soap.parse(CONTENT_TYPE, multipart(data=data)).data("File") == data


def test_plain_envelopes() -> None:
    encoded = base64.encodebytes(FILE).decode()
    inner = f'<op xmlns="{NS}"><!-- note --><File>\n{encoded}</File><NomeFile> n </NomeFile></op>'
    for content_type in ("text/xml; charset=utf-8", "", "application/xml", "TEXT/XML"):
        message = soap.parse(content_type, b"\xef\xbb\xbf" + envelope(inner))
        assert message.data("File") == FILE
        assert message.text("NomeFile") == "n"


def test_faults() -> None:
    message = soap.parse("text/xml", soap.fault("Client", "non è <valido>\0"))
    assert message.fault == soap.Fault("Client", "non è <valido>?")
    other = envelope(
        "<x:Fault xmlns:x='" + soap.ENVELOPE + "'><faultcode>Server</faultcode></x:Fault>"
    )
    assert soap.parse("text/xml", other).fault == soap.Fault("Server", "")
    not_soap = envelope("<Fault xmlns='urn:other'/>")
    assert soap.parse("text/xml", not_soap).fault is None


def test_text_that_xml_cannot_hold_is_a_bug() -> None:
    with pytest.raises(ValueError, match="NomeFile"):
        soap.build("fileIn", NS, (("NomeFile", "a\0b"),))


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]>' + envelope("<op>&b;</op>")
EXTERNAL = b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + envelope("<op/>")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/xml", b""),
        ("text/xml", b"hello"),
        ("text/xml", BOMB),
        ("text/xml", EXTERNAL),
        ("text/xml", envelope("")),
        ("text/xml", b"<Envelope/>"),
        ("text/xml", envelope("<a/>").replace(b"/soap/envelope/", b"/other/")),
        ("text/xml", b" " * (limits.SOAP_BYTES + 1)),
        ("multipart/related", multipart()),
        ("multipart/related; boundary=" + "b" * 201, multipart()),
        ('multipart/related; boundary="other"', multipart()),
        (CONTENT_TYPE.replace("root@", "none@"), multipart()),
        (CONTENT_TYPE, multipart()[:-16]),
        (CONTENT_TYPE, multipart(root_id=b"Content-ID: <file@sender>")),
        (CONTENT_TYPE, multipart(encoding=b"Content-Transfer-Encoding: x-uuencode")),
        (CONTENT_TYPE, multipart(encoding=b"Content-Transfer-Encoding: base64", data=b"a=b")),
        (CONTENT_TYPE, b"--uuid:1+a\r\n\r\nx\r\n" * 20 + b"--uuid:1+a--"),
        ("multipart/related; boundary=b", b"--b\r\n--b--"),
    ],
)
def test_hostile_messages_are_refused(content_type: str, body: bytes) -> None:
    assert refused(content_type, body)


@pytest.mark.parametrize(
    "reference", ["cid:other", "file@sender", "http://example.com/", "file:///etc/passwd", ""]
)
def test_references_stay_inside_the_message(reference: str) -> None:
    message = soap.parse(CONTENT_TYPE, multipart(reference=reference))
    with pytest.raises(Rejected) as refusal:
        message.data("File")
    assert refusal.value.code == "soap_malformed"


def test_broken_and_absent_base64() -> None:
    message = soap.parse("text/xml", envelope("<op><File>a*b</File></op>"))
    for name in ("File", "Absent"):
        with pytest.raises(Rejected):
            message.data(name)


WELL = multipart()


@settings(max_examples=300, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(WELL)), st.binary(max_size=3), st.integers(0, 4)), max_size=5
    ),
    content_type=st.just(CONTENT_TYPE) | st.text(max_size=40),
)
@example(edits=[], content_type="multipart/related; boundary=\ud800")
def test_mutated_messages_are_refused_or_read(
    edits: list[tuple[int, bytes, int]], content_type: str
) -> None:
    body = bytearray(WELL)
    for at, new, drop in edits:
        body[at : at + drop] = new
    try:
        soap.parse(content_type, bytes(body)).data("File")
    except Rejected as refusal:
        code = refusal.code
    else:
        return
    assert code == "soap_malformed"
