"""What the world sends, in all its wrappings (fatturapa.md section 15)."""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa.envelope import Checked, Unwrapped, evaluate, unwrap
from chalicelib.invoicing.signing import cades
from chalicelib.invoicing.signing.cms import Finding
from chalicelib.invoicing.signing.trust import NO_TRUST, Trust, anchors

from . import (
    SIGNED_AT,
    XML,
    authority,
    needs_openssl,
    openssl,
    signed_by_openssl,
    signer,
    write_keys,
)
from .test_cms import in_pieces

DER = cades.sign(XML, signer(), SIGNED_AT)
BER = in_pieces(XML, 1000)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
XADES = XML.replace(
    b"</p:FatturaElettronica>",
    b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/></p:FatturaElettronica>',
)

proves_signed_file = pytest.mark.feature("F004-068")


def check(found: Unwrapped, received_at: datetime) -> tuple[Finding, ...]:
    """What is wrong with the signatures, whosever they are."""
    return evaluate(found, received_at).findings


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("IT01234567890_00001.xml", XML)
    return file.getvalue()


def lines(data: bytes, end: bytes = b"\n") -> bytes:
    text = base64.b64encode(data)
    return b"".join(text[at : at + 64] + end for at in range(0, len(text), 64))


def pem(data: bytes, label: bytes = b"PKCS7") -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label, lines(data), label)


def refused(data: bytes) -> str:
    with pytest.raises(Rejected) as refusal:
        unwrap(data)
    return refusal.value.code


@pytest.mark.parametrize(
    "data",
    [
        XML,
        b"\xef\xbb\xbf" + XML,
        b"\r\n  " + XML,
        XML.split(b"\n", 1)[1],
        XML.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        XML.decode().encode("utf-16-be"),
    ],
    ids=["plain", "byte order mark", "blanks first", "no declaration", "utf-16", "utf-16-be"],
)
def test_plain_xml(data: bytes) -> None:
    found = unwrap(data)
    assert found == Unwrapped("xml", data, None, "", 0, (), ())
    assert found.xml is data
    assert check(found, SIGNED_AT) == ()


@proves_signed_file
@pytest.mark.parametrize(
    "data", [XADES, XADES.decode().replace("UTF-8", "UTF-16").encode("utf-16")]
)
def test_xades_is_forwarded_as_it_is(data: bytes) -> None:
    found = unwrap(data)
    assert (found.kind, found.signature, found.layers) == ("xml", "xades", 0)
    assert found.signed is data
    assert found.xml is data


def test_a_signature_elsewhere_is_no_xades() -> None:
    inside = XML.replace(
        b"</FatturaElettronicaHeader>",
        b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/></FatturaElettronicaHeader>',
    )
    assert unwrap(inside).signature == ""
    assert unwrap(XML.replace(b"perch", b"http://www.w3.org/2000/09/xmldsig#")).signature == ""


@proves_signed_file
@pytest.mark.parametrize("data", [DER, BER], ids=["der", "ber"])
def test_cms_is_forwarded_byte_for_byte(data: bytes) -> None:
    found = unwrap(data)
    assert (found.kind, found.xml, found.signature, found.layers) == ("xml", XML, "cades", 1)
    assert found.signed is data
    assert found.repairs == ()
    assert check(found, SIGNED_AT + timedelta(hours=1)) == ()


@proves_signed_file
@pytest.mark.parametrize("inner", [DER, BER], ids=["der", "ber"])
@pytest.mark.parametrize(
    "armour",
    [
        base64.b64encode,
        lines,
        lambda data: lines(data, b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + lines(data),
        lambda data: base64.b64encode(data).rstrip(b"="),
        pem,
        lambda data: pem(data, b"CMS").replace(b"\n", b"\r\n"),
        lambda data: lines(lines(data)),
        lambda data: base64.b64encode(pem(data)),
    ],
    ids=["plain", "lf", "crlf", "bom", "unpadded", "pem", "pem crlf", "twice", "pem in base64"],
)
def test_armour_is_taken_off(armour, inner: bytes) -> None:  # type: ignore[no-untyped-def]
    found = unwrap(armour(inner))
    assert (found.xml, found.signed) == (XML, inner)
    assert found.repairs == ("base64",)
    assert check(found, SIGNED_AT) == ()


def test_signature_in_signature() -> None:
    twice = cades.sign(DER, signer(), SIGNED_AT)
    thrice = cades.sign(base64.b64encode(twice), signer(), SIGNED_AT)
    found = unwrap(twice)
    assert (found.xml, found.layers, found.repairs) == (XML, 2, ())
    assert found.signed is twice
    assert [c.content for c in found.cms] == [DER, XML]
    found = unwrap(thrice)
    assert (found.xml, found.layers, found.repairs) == (XML, 3, ("base64",))
    assert found.signed is thrice
    assert check(found, SIGNED_AT) == ()
    assert refused(cades.sign(thrice, signer(), SIGNED_AT)) == "cms_too_deep"


def test_inner_findings_are_reported() -> None:
    inner = bytearray(DER)
    inner[-5] ^= 1
    found = check(unwrap(cades.sign(bytes(inner), signer(), SIGNED_AT)), SIGNED_AT)
    assert [f.code for f in found] == ["00102"]


@needs_openssl
def test_files_of_openssl(tmp_path: Path) -> None:
    folder = write_keys(tmp_path)
    for options in (("-cades",), ("-cades", "-stream", "-indef")):
        made = signed_by_openssl(folder, *options)
        found = unwrap(made)
        assert found.xml == XML
        assert found.signed is made


@pytest.mark.parametrize("whole", [DER, BER], ids=["der", "ber"])
@pytest.mark.parametrize("armoured", [False, True], ids=["binary", "base64"])
def test_xml_is_cut_out_of_a_truncated_file(whole: bytes, armoured: bool) -> None:
    end = whole.index(b"</p:FatturaElettronica>") + len(b"</p:FatturaElettronica>")
    for keep in (end, end + 1, end + 40, len(whole) - 3):
        part = whole[:keep]
        data = lines(part) if armoured else part
        found = unwrap(data[:-1] if armoured else data)
        assert (found.kind, found.xml, found.signed) == ("xml", XML, None), keep
        assert "cut_out" in found.repairs
        assert [(f.code, f.severity) for f in check(found, SIGNED_AT)] == [("00102", "error")]
    assert refused(whole[: end - 2]) == "unknown_content"


def test_xml_is_cut_out_of_a_file_with_broken_headers() -> None:
    # As when the line ends of a binary file were "repaired": no length is right any more.
    assert unwrap(DER.replace(b"\n", b"\r\n")).xml == XML.replace(b"\n", b"\r\n")
    bare = cades.sign(XML.split(b"\n", 1)[1], signer(), SIGNED_AT)
    assert unwrap(bare[:-9]).xml == XML.split(b"\n", 1)[1]


def test_what_is_cut_out_may_be_in_another_encoding_than_it_says() -> None:
    latin = XML.decode().replace("€", "").encode("cp1252")
    assert unwrap(cades.sign(latin, signer(), SIGNED_AT)[:-9]).xml == latin
    # In pieces the bytes as they are hold headers, which are no text in any encoding.
    assert unwrap(in_pieces(latin, 100)[:-9]).xml == latin
    crossed = XML.replace(b"</a>", b"</b>", 1)
    assert refused(cades.sign(crossed, signer(), SIGNED_AT)[:-9]) == "unknown_content"


def test_what_follows_the_cms_is_mentioned() -> None:
    data = DER + b"\r\n"
    found = unwrap(data)
    assert found.signed is data
    assert found.repairs == ("trailing",)
    assert check(found, SIGNED_AT) == ()


@pytest.mark.parametrize(("data", "kind"), [(PDF, "pdf"), (zipped(), "zip")])
def test_other_known_files(data: bytes, kind: str) -> None:
    found = unwrap(data)
    assert (found.kind, found.content, found.xml, found.signed) == (kind, data, b"", None)
    inside = unwrap(cades.sign(data, signer(), SIGNED_AT))
    assert (inside.kind, inside.content, inside.signature) == (kind, data, "cades")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "00106"),
        (b"   \n", "unknown_content"),
        (b"hello", "unknown_content"),
        (b"perch\xe9?", "unknown_content"),
        (b"\x89PNG\r\n\x1a\n", "unknown_content"),
        (b"-----BEGIN PKCS7-----\n-----END PKCS7-----", "unknown_content"),
        (cades.sign(b"hello, world", signer(), SIGNED_AT), "unknown_content"),
        (lines(lines(lines(lines(XML)))), "unknown_content"),
        (b"x" * (limits.DOCUMENT_RAW_BYTES + 1), "document_too_large"),
    ],
    ids=["empty", "blank", "word", "latin", "png", "pem", "text", "base64 x4", "huge"],
)
def test_refusals(data: bytes, code: str) -> None:
    assert refused(data) == code


@needs_openssl
def test_detached_signature_is_refused(tmp_path: Path) -> None:
    folder = write_keys(tmp_path)
    openssl(
        "cms", "-sign", "-binary", "-outform", "DER", "-in", folder / "invoice.xml", "-signer",
        folder / "cert.pem", "-inkey", folder / "key.pem", "-out", folder / "detached.p7m",
    )  # fmt: skip
    assert refused((folder / "detached.p7m").read_bytes()) == "cms_detached"


SHORT = XML[:500] + b"</a></FatturaElettronicaHeader></p:FatturaElettronica>"
SMALL = cades.sign(SHORT, signer(), SIGNED_AT)
SHAPES = (SMALL, lines(SMALL), pem(SMALL), cades.sign(SMALL, signer(), SIGNED_AT), XADES[-400:])


@settings(max_examples=300, deadline=None)
@given(
    shape=st.sampled_from(SHAPES),
    edits=st.lists(
        st.tuples(st.integers(0, 4000), st.binary(max_size=4), st.integers(0, 5)), max_size=6
    ),
    keep=st.integers(0, 4000) | st.none(),
)
def test_damaged_files_are_refused_or_read(
    shape: bytes, edits: list[tuple[int, bytes, int]], keep: int | None
) -> None:
    data = bytearray(shape)
    for at, new, drop in edits:
        data[at : at + drop] = new
    try:
        found = unwrap(bytes(data[:keep]))
    except Rejected:
        return
    check(found, SIGNED_AT)
    assert found.signed is None or found.layers or found.signature == "xades"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        unwrap(data)
    except Rejected:
        return


# --- whose signatures they are --------------------------------------------------------------------
OPEN = {"00101", "00104", "00107"}


def test_who_is_to_be_believed_is_asked_for_only_when_there_is_a_signature() -> None:
    def never() -> Trust:
        raise AssertionError("an unsigned file asks for nobody")

    assert evaluate(unwrap(XML), SIGNED_AT, never) == Checked()
    assert evaluate(unwrap(DER), SIGNED_AT).open == OPEN
    assert evaluate(unwrap(DER), SIGNED_AT, lambda: NO_TRUST).open == OPEN


def test_believed_authorities_close_what_was_open() -> None:
    trusted = Trust(anchors(authority().public_bytes(Encoding.PEM)))
    found = evaluate(unwrap(DER), SIGNED_AT, lambda: trusted)
    # Its certificate does not say that it is qualified, and nobody was asked about revocation.
    assert ([one.code for one in found.findings], found.open) == (["00107"], {"00101"})
    # What is left of a damaged file says nothing of who signed it.
    lost = evaluate(unwrap(b"\x30\x80" + DER[2:40] + XML), SIGNED_AT, lambda: trusted)
    assert ([one.code for one in lost.findings], lost.open) == (["00102"], OPEN)
