"""The signing key and our CAdES-BES signatures, judged by others."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import cades
from chalicelib.invoicing.signing.pkcs12 import load

from . import (
    FROM,
    PASSWORD,
    SIGNED_AT,
    UNTIL,
    XML,
    authority,
    certificate,
    certify,
    key,
    needs_openssl,
    openssl,
    p12,
    signer,
    write_keys,
)

proves_signed_file = pytest.mark.feature("F004-068")


# --- the key file


def test_pkcs12_gives_key_certificate_and_chain() -> None:
    loaded = load(p12(), PASSWORD)
    assert loaded.certificate == certificate().public_bytes(Encoding.DER)
    assert loaded.chain == (authority().public_bytes(Encoding.DER),)
    assert (loaded.not_before, loaded.not_after) == (FROM, UNTIL)
    assert "Mario Rossi" in repr(loaded)
    assert "key" not in repr(loaded).lower()


def test_pkcs12_without_password() -> None:
    plain = pkcs12.serialize_key_and_certificates(
        None, key("signer"), certificate(), None, NoEncryption()
    )
    assert load(plain, "").chain == ()


def pack(
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    own: x509.Certificate | None,
    others: list[x509.Certificate] | None = None,
) -> bytes:
    return pkcs12.serialize_key_and_certificates(None, private, own, others, NoEncryption())


def elliptic() -> bytes:
    own = ec.generate_private_key(ec.SECP256R1())
    return pack(own, certify(own.public_key()))


def short() -> bytes:
    own = rsa.generate_private_key(65537, 1024)
    return pack(own, certify(own.public_key()))


@pytest.mark.parametrize(
    ("make", "password", "code"),
    [
        (p12, "sbagliata", "signing_key_password"),
        (p12, "", "signing_key_password"),
        (lambda: b"hello", "", "signing_key_unreadable"),
        (lambda: b"", "", "signing_key_unreadable"),
        (lambda: p12()[:-40], PASSWORD, "signing_key_unreadable"),
        (lambda: b"0" * 2_000_000, "", "signing_key_unreadable"),
        (elliptic, "", "signing_key_unreadable"),
        (short, "", "signing_key_unreadable"),
        (lambda: pack(key("signer"), None), "", "signing_certificate_missing"),
        (lambda: pack(key("signer"), None, [authority()]), "", "signing_certificate_missing"),
        (
            lambda: pack(key("signer"), certify(key("signer").public_key(), sign=False)),
            "",
            "signing_certificate_usage",
        ),
    ],
    ids=[
        "wrong password", "no password", "not pkcs12", "empty", "truncated", "huge",
        "elliptic curve", "short key", "no certificate", "certificate of another key",
        "not for signatures",
    ],
)  # fmt: skip
def test_pkcs12_refusals(make, password: str, code: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Rejected) as refused:
        load(make(), password)
    assert refused.value.code == code


def test_certificate_must_be_valid_when_signing() -> None:
    signer().valid_at(FROM)
    signer().valid_at(UNTIL)
    for when, code in (
        (FROM - timedelta(seconds=1), "signing_certificate_not_yet_valid"),
        (UNTIL + timedelta(seconds=1), "signing_certificate_expired"),
    ):
        with pytest.raises(Rejected) as refused:
            cades.sign(XML, signer(), when)
        assert refused.value.code == code


# --- signing


@proves_signed_file
@needs_openssl
@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 1_000_000])
def test_openssl_accepts_our_signature(tmp_path: Path, size: int) -> None:
    folder = write_keys(tmp_path)
    content = XML * (size // len(XML)) + XML[: size % len(XML)]
    (folder / "ours.p7m").write_bytes(cades.sign(content, signer(), SIGNED_AT))
    done = openssl(
        "cms", "-verify", "-cades", "-inform", "DER", "-in", folder / "ours.p7m", "-binary",
        "-CAfile", folder / "ca.pem", "-purpose", "any", "-out", folder / "out.xml",
        "-attime", str(int(SIGNED_AT.timestamp())),
    )  # fmt: skip
    assert b"CAdES Verification successful" in done.stderr
    assert (folder / "out.xml").read_bytes() == content


@proves_signed_file
def test_pyhanko_accepts_our_signature(tmp_path: Path) -> None:
    """In a process of its own: its import alone would slow every other test run down."""
    folder = write_keys(tmp_path)
    (folder / "ours.p7m").write_bytes(cades.sign(XML, signer(), SIGNED_AT))
    program = textwrap.dedent(
        """
        import asyncio, datetime, sys
        from asn1crypto import cms, pem, x509
        from pyhanko.sign.validation import async_validate_cms_signature
        from pyhanko_certvalidator import ValidationContext
        data, ca = (open(p, "rb").read() for p in sys.argv[1:])
        root = x509.Certificate.load(pem.unarmor(ca)[2])
        when = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)
        context = ValidationContext(trust_roots=[root], moment=when, allow_fetching=False)
        signed_data = cms.ContentInfo.load(data)["content"]
        status = asyncio.run(
            async_validate_cms_signature(signed_data, validation_context=context)
        )
        print(status.intact, status.valid, status.trusted)
        """
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, folder / "ours.p7m", folder / "ca.pem"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip("pyHanko is not installed here")
    assert done.stdout.split() == ["True", "True", "True"], done.stderr


@proves_signed_file
def test_signature_is_byte_deterministic() -> None:
    once = cades.sign(XML, signer(), SIGNED_AT)
    again = cades.sign(XML, load(p12(), PASSWORD), SIGNED_AT)
    elsewhere = SIGNED_AT.astimezone(timezone(timedelta(hours=2)))
    assert once == again == cades.sign(XML, signer(), elsewhere)
    assert once == cades.sign(XML, signer(), SIGNED_AT.replace(microsecond=7))
    assert once != cades.sign(XML, signer(), SIGNED_AT + timedelta(seconds=1))


def test_der_is_what_a_general_encoder_would_write() -> None:
    """Every length in shortest form, every set in order: re-encoding by others changes nothing."""
    ours = cades.sign(XML, signer(), SIGNED_AT)
    parsed = cms.ContentInfo.load(ours, strict=True)
    assert parsed.copy().dump(force=True) == ours
    (info,) = parsed["content"]["signer_infos"]
    attributes = {a["type"].native: a["values"] for a in info["signed_attrs"]}
    assert set(attributes) == {
        "content_type", "message_digest", "signing_time", "signing_certificate_v2",
    }  # fmt: skip
    assert len(parsed["content"]["certificates"]) == 2
    (named,) = tsp.SigningCertificateV2.load(attributes["signing_certificate_v2"][0].dump())[
        "certs"
    ]
    assert named["cert_hash"].native == hashlib.sha256(signer().certificate).digest()
    assert named["issuer_serial"]["serial_number"].native == certificate().serial_number
    (directory,) = named["issuer_serial"]["issuer"]
    assert directory.chosen.untag().dump() == certificate().issuer.public_bytes()


@pytest.mark.parametrize(
    ("when", "tag", "text"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), 0x17, b"491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), 0x18, b"20500101000000Z"),
    ],
)
def test_signing_time_changes_type_in_2050(when: datetime, tag: int, text: bytes) -> None:
    made = cades.attributes(b"\0" * 32, signer().certificate, when)
    assert bytes((tag, len(text))) + text in made


def test_signing_time_needs_a_zone_and_content_a_limit() -> None:
    with pytest.raises(ValueError, match="time zone"):
        cades.attributes(b"", signer().certificate, SIGNED_AT.replace(tzinfo=None))
    with pytest.raises(Rejected) as refused:
        cades.sign(b"x" * 5_000_001, signer(), SIGNED_AT)
    assert refused.value.code == "document_too_large"


def test_a_key_elsewhere_can_sign() -> None:
    """The same bytes when the signature comes from outside (KMS, a remote signer)."""
    digest = hashlib.sha256(XML).digest()
    signed = cades.attributes(digest, signer().certificate, SIGNED_AT)
    signature = key("signer").sign(signed, padding.PKCS1v15(), hashes.SHA256())
    made = cades.assemble(XML, signer().certificate, signer().chain, signed, signature)
    assert made == cades.sign(XML, signer(), SIGNED_AT)
