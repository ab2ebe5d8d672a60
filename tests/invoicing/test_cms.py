"""Signatures of others as we read and judge them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import cades
from chalicelib.invoicing.signing.cms import Cms, open_cms, verify

from . import (
    FROM,
    SIGNED_AT,
    UNTIL,
    XML,
    certify,
    key,
    needs_openssl,
    openssl,
    pem,
    signed_by_openssl,
    signer,
    write_keys,
)


def codes(found: Cms, received_at: datetime | None = None) -> list[str]:
    return [f.code for f in verify(found, received_at)]


def test_our_own_signature_verifies() -> None:
    opened = open_cms(cades.sign(XML, signer(), SIGNED_AT))
    assert opened.content == XML
    assert verify(opened) == ()
    assert verify(opened, SIGNED_AT + timedelta(days=1)) == ()
    (own,) = opened.signers
    assert own.signing_time == SIGNED_AT
    assert own.certificate == signer().certificate
    assert "Mario Rossi" in own.subject


@needs_openssl
@pytest.mark.parametrize(
    "options",
    [
        ("-cades",),
        ("-cades", "-md", "sha384"),
        ("-cades", "-md", "sha512"),
        ("-cades", "-stream", "-indef"),
        ("-cades", "-keyid"),
        ("-cades", "-keyopt", "rsa_padding_mode:pss"),
        ("-cades", "-md", "sha512", "-keyopt", "rsa_padding_mode:pss"),
    ],
    ids=" ".join,
)
def test_signatures_of_openssl_verify(tmp_path: Path, options: tuple[str, ...]) -> None:
    opened = open_cms(signed_by_openssl(write_keys(tmp_path), *options))
    assert opened.content == XML
    # openssl signs at the time of the test run, which the certificate need not cover.
    assert set(codes(opened)) <= {"00100", "00107"}


@needs_openssl
@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=lambda c: c.name)
def test_ecdsa_verifies(tmp_path: Path, curve: ec.EllipticCurve) -> None:
    folder, own = write_keys(tmp_path), ec.generate_private_key(curve)
    (folder / "cert.pem").write_bytes(pem(certify(own.public_key())))
    (folder / "key.pem").write_bytes(pem(own))
    opened = open_cms(signed_by_openssl(folder, "-cades"))
    assert set(codes(opened)) <= {"00100", "00107"}


@needs_openssl
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-noattr",), {"00103", "signing_certificate_absent"}),
        (("-nocerts", "-cades"), {"00102"}),
        ((), {"signing_certificate_absent"}),
        (("-md", "sha1", "-cades"), {"signature_unverifiable"}),
    ],
    ids=["no attributes", "no certificate", "not CAdES", "SHA-1"],
)
def test_what_a_signature_may_lack(
    tmp_path: Path, options: tuple[str, ...], expected: set[str]
) -> None:
    found = verify(open_cms(signed_by_openssl(write_keys(tmp_path), *options)))
    assert {f.code for f in found} - {"00100", "00107"} == expected
    assert all(f.severity == ("error" if f.code.isdigit() else "warning") for f in found)


def altered(change: Callable[[cms.SignedData], object]) -> Cms:
    """Our signature after `change`, which works on asn1crypto's view of it."""
    info = cms.ContentInfo.load(cades.sign(XML, signer(), SIGNED_AT))
    change(info["content"])
    return open_cms(info.dump(force=True))


def set_attribute(signed: cms.SignedData, name: str, value: object) -> None:
    attributes = signed["signer_infos"][0]["signed_attrs"]
    next(a for a in attributes if a["type"].native == name)["values"] = [value]


FORGED = XML.replace(b"perch", b"Perch")


def change_content(signed: cms.SignedData) -> None:
    signed["encap_content_info"]["content"] = core.OctetString(FORGED)


def change_content_and_digest(signed: cms.SignedData) -> None:
    change_content(signed)
    set_attribute(signed, "message_digest", hashlib.sha256(FORGED).digest())


def change_signing_time(signed: cms.SignedData) -> None:
    later = cms.UTCTime(SIGNED_AT + timedelta(days=9))
    set_attribute(signed, "signing_time", cms.Time(name="utc_time", value=later))


def change_signature(signed: cms.SignedData) -> None:
    value = bytearray(signed["signer_infos"][0]["signature"].native)
    value[7] ^= 1
    signed["signer_infos"][0]["signature"] = bytes(value)


def change_scheme(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha256_ecdsa"}


def change_certificate(signed: cms.SignedData) -> None:
    other = certify(key("other").public_key()).public_bytes(Encoding.DER)
    own = asn1_x509.Certificate.load(other)
    signed["certificates"] = [cms.CertificateChoices(name="certificate", value=own)]


def repeat_attribute(signed: cms.SignedData) -> None:
    attributes = signed["signer_infos"][0]["signed_attrs"]
    attributes.append(attributes[0].copy())


def remove_signers(signed: cms.SignedData) -> None:
    signed["signer_infos"] = []


@pytest.mark.parametrize(
    "change",
    [
        change_content,
        change_content_and_digest,
        change_signing_time,
        change_signature,
        change_scheme,
        change_certificate,
        repeat_attribute,
        remove_signers,
    ],
)
def test_tampering_is_found(change: Callable[[cms.SignedData], None]) -> None:
    assert codes(altered(lambda signed: None)) == []
    assert "00102" in codes(altered(change))


def unknown_digest(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha224"}


def unknown_scheme(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "1.2.3.4"}


@pytest.mark.parametrize("change", [unknown_digest, unknown_scheme])
def test_unknown_algorithms_are_only_warnings(change: Callable[[cms.SignedData], None]) -> None:
    (finding,) = verify(altered(change))
    assert (finding.code, finding.severity) == ("signature_unverifiable", "warning")


def signed_at(when: datetime) -> Cms:
    """Past the check that `sign` makes."""
    signed = cades.attributes(hashlib.sha256(XML).digest(), signer().certificate, when)
    signature = key("signer").sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return open_cms(cades.assemble(XML, signer().certificate, (), signed, signature))


def test_times_are_judged() -> None:
    assert codes(signed_at(UNTIL + timedelta(seconds=1))) == ["00100"]
    assert codes(signed_at(FROM - timedelta(seconds=1))) == ["00107"]
    assert codes(signed_at(SIGNED_AT), UNTIL + timedelta(days=1)) == ["00100"]
    assert codes(signed_at(SIGNED_AT), SIGNED_AT - timedelta(seconds=1)) == ["00105"]


@needs_openssl
def test_every_signer_is_judged(tmp_path: Path) -> None:
    folder = write_keys(tmp_path)
    (folder / "one.p7m").write_bytes(signed_by_openssl(folder, "-cades"))
    (folder / "cert2.pem").write_bytes(pem(certify(key("other").public_key(), serial=7)))
    (folder / "key2.pem").write_bytes(pem(key("other")))
    openssl(
        "cms", "-resign", "-inform", "DER", "-outform", "DER", "-in", folder / "one.p7m",
        "-signer", folder / "cert2.pem", "-inkey", folder / "key2.pem",
        "-out", folder / "two.p7m", "-nodetach",
    )  # fmt: skip
    opened = open_cms((folder / "two.p7m").read_bytes())
    assert len(opened.signers) == 2
    # Only the first was made with -cades.
    (absent,) = (f for f in verify(opened) if f.code not in ("00100", "00107"))
    assert absent.code == "signing_certificate_absent"
    assert b"" not in {s.certificate for s in opened.signers}
    assert opened.signers[absent.signer].certificate_named is None


@pytest.mark.parametrize("data", [b"", b"0", b"0\x80", b"hello", bytes.fromhex("3003020101")])
def test_what_is_no_cms_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        open_cms(data)
    assert refused.value.code == "cms_unreadable"


@needs_openssl
def test_detached_and_other_cms_are_refused(tmp_path: Path) -> None:
    folder = write_keys(tmp_path)
    openssl(
        "cms", "-sign", "-binary", "-outform", "DER", "-in", folder / "invoice.xml", "-signer",
        folder / "cert.pem", "-inkey", folder / "key.pem", "-out", folder / "detached.p7m",
    )  # fmt: skip
    openssl(
        "cms", "-encrypt", "-outform", "DER", "-in", folder / "invoice.xml",
        "-out", folder / "sealed.p7m", folder / "cert.pem",
    )  # fmt: skip
    for name, code in (("detached.p7m", "cms_detached"), ("sealed.p7m", "cms_unreadable")):
        with pytest.raises(Rejected) as refused:
            open_cms((folder / name).read_bytes())
        assert refused.value.code == code


def in_pieces(content: bytes, piece: int) -> bytes:
    """Our signature with its content as constructed OCTET STRING, indefinite lengths outside."""
    ours = cades.sign(content, signer(), SIGNED_AT)
    whole = core.OctetString(content).dump()
    pieces = b"".join(
        core.OctetString(content[at : at + piece]).dump() for at in range(0, len(content), piece)
    )
    tail = ours[ours.index(whole) + len(whole) :]
    head = bytes.fromhex("3080 06092a864886f70d010702 a080 3080 020101")
    algorithms = bytes.fromhex("310d 300b 0609608648016503040201")
    inner = bytes.fromhex("3080 06092a864886f70d010701 a080 2480") + pieces + b"\0" * 6
    return head + algorithms + inner + tail + b"\0" * 6


def test_content_in_many_pieces_is_joined_in_linear_time() -> None:
    content = XML * 300
    data = in_pieces(content, 20)
    started = time.process_time()
    opened = open_cms(data)
    assert time.process_time() - started < 2  # joined one to the other it would be half a minute
    assert opened.content == content
    assert verify(opened) == ()
    with pytest.raises(Rejected) as refused:
        open_cms(in_pieces(content, 10))
    assert refused.value.code == "cms_unreadable"


SIGNED = cades.sign(XML[:600], signer(), SIGNED_AT)


@settings(max_examples=300, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(SIGNED) - 1), st.binary(max_size=4), st.integers(0, 5)),
        max_size=6,
    ),
    keep=st.integers(0, len(SIGNED)) | st.none(),
)
def test_damaged_files_never_break_the_reader(
    edits: list[tuple[int, bytes, int]], keep: int | None
) -> None:
    data = bytearray(SIGNED)
    for at, new, drop in edits:
        data[at : at + drop] = new
    try:
        opened = open_cms(bytes(data[:keep]))
    except Rejected:
        return
    if opened.content != XML[:600]:
        assert {"00102", "signature_unverifiable"} & set(codes(opened))
