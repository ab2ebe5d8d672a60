"""Helpers of the invoicing tests: one key and certificate for all of them, made once."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from chalicelib.invoicing.signing.pkcs12 import Signer, load

OPENSSL = shutil.which("openssl") or ""
needs_openssl = pytest.mark.skipif(not OPENSSL, reason="there is no openssl here")

PASSWORD = "segreta"
FROM, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
# TLS looks at the clock of the machine, which no test may depend on.
LONG_FROM, LONG_UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
SIGNED_AT = datetime(2026, 5, 5, 10, 30, tzinfo=UTC)

XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<p:FatturaElettronica versione="FPR12" '
    b'xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2">'
    b"<FatturaElettronicaHeader>"
    + "<a>perché €</a>".encode() * 300
    + b"</FatturaElettronicaHeader></p:FatturaElettronica>"
)


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def named(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def usage(*, sign: bool = True, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=sign,
        key_encipherment=not sign and not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@cache
def authority() -> x509.Certificate:
    own = key("authority")
    return (
        x509.CertificateBuilder()
        .subject_name(named("Autorità di prova"))
        .issuer_name(named("Autorità di prova"))
        .public_key(own.public_key())
        .serial_number(1)
        .not_valid_before(LONG_FROM)
        .not_valid_after(LONG_UNTIL)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(sign=False, authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .sign(own, hashes.SHA256())
    )


def certify(
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    *,
    sign: bool = True,
    serial: int = 0xF1E2D3C4B5A69788,
    host: str = "",
) -> x509.Certificate:
    """A certificate of the authority; its serial has the top bit set, as real ones may.

    With `host` a certificate for TLS, without one for signatures.
    """
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(host or "Mario Rossi"))
        .issuer_name(authority().subject)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(LONG_FROM if host else FROM)
        .not_valid_after(LONG_UNTIL if host else UNTIL)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key("authority").public_key()),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if host:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    else:
        builder = builder.add_extension(usage(sign=sign), critical=True)
    return builder.sign(key("authority"), hashes.SHA256())


@cache
def certificate() -> x509.Certificate:
    return certify(key("signer").public_key())


@cache
def p12() -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"firma",
        key("signer"),
        certificate(),
        [authority()],
        BestAvailableEncryption(PASSWORD.encode()),
    )


@cache
def signer() -> Signer:
    return load(p12(), PASSWORD)


def pem(what: x509.Certificate | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    if isinstance(what, x509.Certificate):
        return what.public_bytes(Encoding.PEM)
    return what.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def openssl(*args: str | Path) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([OPENSSL, *map(str, args)], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done


def write_keys(folder: Path) -> Path:
    """`ca.pem`, `cert.pem`, `key.pem` and `invoice.xml` for openssl."""
    (folder / "ca.pem").write_bytes(pem(authority()))
    (folder / "cert.pem").write_bytes(pem(certificate()))
    (folder / "key.pem").write_bytes(pem(key("signer")))
    (folder / "invoice.xml").write_bytes(XML)
    return folder


def signed_by_openssl(folder: Path, *options: str) -> bytes:
    """`invoice.xml` signed with what `write_keys` wrote, content attached."""
    openssl(
        "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", folder / "invoice.xml",
        "-signer", folder / "cert.pem", "-inkey", folder / "key.pem",
        "-out", folder / "made.p7m", *options,
    )  # fmt: skip
    return (folder / "made.p7m").read_bytes()
