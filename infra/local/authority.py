"""A certificate authority for tests and for the local cloud, made at the first start.

It plays four parts that are separate in the world: the CA of the TLS certificates that SdI gives
to channel holders, a qualified trust service provider, the signers who are its customers, and the
private `CA Agenzia delle Entrate` with the key that seals SdI's messages. Nothing here is trusted
by anybody else, so the password of the PKCS#12 files is not a secret.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

PASSWORD = "prova"
CLIENT_NAMES = ("sportello", "sdi", "pagopa")

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_TLS_NAMES = (
    "ca.pem",
    "ca.key.pem",
    "server.pem",
    "client-sportello.pem",
    "client-sdi.pem",
    "client-pagopa.pem",
)
_SEAL_NAMES = ("seal-ca.pem", "seal.pem", "seal.key.pem")
_SIGNER, _EXPIRED = "signer.p12", "signer-expired.p12"
_ALL_NAMES = (*_TLS_NAMES, *_SEAL_NAMES, _SIGNER, _EXPIRED)

_BACKDATED = timedelta(days=5 * 365)
"""TLS is judged by the machine's clock, the rest by a simulated one: both must fall inside."""
_TLS_LIFE = timedelta(days=3650)
_SIGNER_BACKDATED = timedelta(days=30)
_SIGNER_LIFE = timedelta(days=3 * 365)

# Qualified certificate statements QcCompliance and QcSSCD (ETSI EN 319 412-5), as DER.
_QC_STATEMENTS = bytes.fromhex("3014" + "3008" + "0606" + "04008e460101")
_QC_STATEMENTS = _QC_STATEMENTS + bytes.fromhex("3008" + "0606" + "04008e460104")
_QC_OID = ObjectIdentifier("1.3.6.1.5.5.7.1.3")


@dataclass(frozen=True)
class Authority:
    """Paths of the files and what is in them. Keys in PEM files are not enciphered.

    `server_path` and `client_paths[name]` hold certificate and key together, as
    `ssl.SSLContext.load_cert_chain` wants them.
    """

    folder: Path
    password: str
    ca_path: Path
    ca_pem: bytes
    ca_key_pem: bytes
    server_path: Path
    client_paths: dict[str, Path]
    signer_path: Path
    signer_p12: bytes
    expired_signer_path: Path
    expired_signer_p12: bytes
    seal_ca_path: Path
    seal_ca_pem: bytes
    seal_cert_pem: bytes
    seal_key_pem: bytes

    @classmethod
    def load_or_create(cls, folder: Path, now: datetime) -> Authority:
        """Read the authority kept in `folder`; make it anew when it is absent or out of date.

        `now` is an aware datetime. All files are replaced together: a certificate left over from
        an older root would only fail later and further away.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "lock", "w", opener=_private) as lock:
            # Two who come first at once would mix the certificates of two roots.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_usable(folder, now):
                _create(folder, now)

        def read(name: str) -> bytes:
            return (folder / name).read_bytes()

        return cls(
            folder=folder,
            password=PASSWORD,
            ca_path=folder / "ca.pem",
            ca_pem=read("ca.pem"),
            ca_key_pem=read("ca.key.pem"),
            server_path=folder / "server.pem",
            client_paths={name: folder / f"client-{name}.pem" for name in CLIENT_NAMES},
            signer_path=folder / _SIGNER,
            signer_p12=read(_SIGNER),
            expired_signer_path=folder / _EXPIRED,
            expired_signer_p12=read(_EXPIRED),
            seal_ca_path=folder / "seal-ca.pem",
            seal_ca_pem=read("seal-ca.pem"),
            seal_cert_pem=read("seal.pem"),
            seal_key_pem=read("seal.key.pem"),
        )

    def server_context(self) -> ssl.SSLContext:
        """Server side on 127.0.0.1: TLS 1.2 or later, a client certificate of our CA required."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server_path)
        context.load_verify_locations(self.ca_path)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def open_server_context(self) -> ssl.SSLContext:
        """The same for whoever comes: no client certificate is asked for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server_path)
        return context

    def client_context(self, name: str) -> ssl.SSLContext:
        """Client side as `sportello` (calling SdI), `sdi` or `pagopa` (calling us). KeyError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.client_paths[name])
        context.load_verify_locations(self.ca_path)
        return context

    def certify_signer(
        self,
        public_key_pem: bytes,
        common_name: str,
        now: datetime,
        *,
        revocation_url: str = "",
        qualified: bool = True,
    ) -> bytes:
        """PEM certificate fit for qualified signatures on a key that is kept elsewhere (KMS).

        `revocation_url` is where one is told whether it was revoked (revocation.py), "" nowhere.
        Not `qualified` it says nothing of that, as those for authentication do.
        """
        public_key = serialization.load_pem_public_key(public_key_pem)
        if not isinstance(public_key, _PublicKey):
            raise ValueError("a signer's key must be RSA or elliptic curve")
        root = x509.load_pem_x509_certificate(self.ca_pem)
        root_key = serialization.load_pem_private_key(self.ca_key_pem, password=None)
        assert isinstance(root_key, _PrivateKey)
        issued = _issue_signer(
            _Issuer(root, root_key),
            public_key,
            common_name,
            now - _SIGNER_BACKDATED,
            now + _SIGNER_LIFE,
            revocation_url=revocation_url,
            qualified=qualified,
        )
        return _cert_pem(issued)

    def signer_that_is_asked_about(self, now: datetime, revocation_url: str) -> bytes:
        """The signer's PKCS#12 once more, with a certificate that names `revocation_url`: the
        address changes with each start, the key need not."""
        key, own, others = pkcs12.load_key_and_certificates(self.signer_p12, self.password.encode())
        assert isinstance(key, rsa.RSAPrivateKey)
        assert own is not None
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (name,) = own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        certified = self.certify_signer(public, str(name.value), now, revocation_url=revocation_url)
        return pkcs12.serialize_key_and_certificates(
            b"firma",
            key,
            x509.load_pem_x509_certificate(certified),
            others,
            serialization.BestAvailableEncryption(self.password.encode()),
        )


@dataclass(frozen=True)
class _Issuer:
    certificate: x509.Certificate
    key: _PrivateKey


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_usable(folder: Path, now: datetime) -> bool:
    """Whether every file is there, every certificate is in its term and the expired one is not."""
    if not all((folder / name).is_file() for name in _ALL_NAMES):
        return False
    names = [name for name in (*_TLS_NAMES, "seal.pem") if name != "ca.key.pem"]
    try:
        certificates = [x509.load_pem_x509_certificate((folder / n).read_bytes()) for n in names]
        signer = _p12_certificate((folder / _SIGNER).read_bytes())
        expired = _p12_certificate((folder / _EXPIRED).read_bytes())
    except ValueError:
        return False
    certificates.append(signer)
    in_term = all(
        c.not_valid_before_utc <= now < c.not_valid_after_utc - timedelta(days=1)
        for c in certificates
    )
    return in_term and expired.not_valid_after_utc < now


@lru_cache(maxsize=8)  # proving the key costs more than all the rest of opening a house
def _p12_certificate(data: bytes) -> x509.Certificate:
    _key, certificate, _others = pkcs12.load_key_and_certificates(data, PASSWORD.encode())
    if certificate is None:
        raise ValueError("no certificate in the PKCS#12 file")
    return certificate


def _create(folder: Path, now: datetime) -> None:
    now = now.astimezone(UTC).replace(microsecond=0)
    start, end = now - _BACKDATED, now + _TLS_LIFE
    root = _self_signed(_name("CA di prova Sportello", "Sportello prove"), start, end)
    _write(folder / "ca.pem", _cert_pem(root.certificate))
    _write(folder / "ca.key.pem", _key_pem(root.key))
    _write(folder / "server.pem", _tls_pem(root, "localhost", start, end, server=True))
    for name in CLIENT_NAMES:
        _write(folder / f"client-{name}.pem", _tls_pem(root, name, start, end, server=False))

    _write(folder / _SIGNER, _signer_p12(root, now - _SIGNER_BACKDATED, now + _SIGNER_LIFE))
    _write(folder / _EXPIRED, _signer_p12(root, now - _SIGNER_LIFE, now - _SIGNER_BACKDATED))

    seal_root = _self_signed(_name("CA Agenzia delle Entrate", "Agenzia delle Entrate"), start, end)
    seal_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    seal_name = _name(
        "Sistema Interscambio Fattura PA", "Agenzia delle Entrate", unit="Servizi Telematici"
    )
    seal = _builder(seal_root, seal_name, seal_key.public_key(), start, end)
    seal = seal.add_extension(_key_usage(signature=True, commitment=True), critical=True)
    _write(folder / "seal-ca.pem", _cert_pem(seal_root.certificate))
    _write(folder / "seal.pem", _cert_pem(seal.sign(seal_root.key, hashes.SHA256())))
    _write(folder / "seal.key.pem", _key_pem(seal_key))


def _self_signed(name: x509.Name, start: datetime, end: datetime) -> _Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(certificates=True), critical=True)
        .add_extension(subject_id, critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Issuer(certificate, key)


def _builder(
    issuer: _Issuer, name: x509.Name, public_key: _PublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    subject_id = x509.SubjectKeyIdentifier.from_public_key(public_key)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(issuer_id, critical=False)
        .add_extension(subject_id, critical=False)
    )


def _tls_pem(issuer: _Issuer, name: str, start: datetime, end: datetime, server: bool) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = _builder(issuer, _name(name, "Sportello prove"), key.public_key(), start, end)
    builder = builder.add_extension(_key_usage(signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if server:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return _cert_pem(builder.sign(issuer.key, hashes.SHA256())) + _key_pem(key)


def _issue_signer(
    issuer: _Issuer,
    public_key: _PublicKey,
    common_name: str,
    start: datetime,
    end: datetime,
    *,
    revocation_url: str = "",
    qualified: bool = True,
) -> x509.Certificate:
    builder = _builder(issuer, _name(common_name, "Firma di prova"), public_key, start, end)
    # A qualified signature certificate carries non-repudiation and nothing else.
    builder = builder.add_extension(_key_usage(commitment=True), critical=True)
    if qualified:
        statements = x509.UnrecognizedExtension(_QC_OID, _QC_STATEMENTS)
        builder = builder.add_extension(statements, critical=False)
    if revocation_url:
        for each in _asked_at(revocation_url):
            builder = builder.add_extension(each, critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def _asked_at(url: str) -> tuple[x509.ExtensionType, x509.ExtensionType]:
    at = x509.UniformResourceIdentifier
    point = x509.DistributionPoint([at(f"{url}/ca.crl")], None, None, None)
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, at(f"{url}/ocsp"))
    return x509.CRLDistributionPoints([point]), x509.AuthorityInformationAccess([access])


def _signer_p12(issuer: _Issuer, start: datetime, end: datetime) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _issue_signer(issuer, key.public_key(), "Maria Rossi", start, end)
    return pkcs12.serialize_key_and_certificates(
        b"firma",
        key,
        certificate,
        [issuer.certificate],
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )


def _key_usage(
    *, signature: bool = False, commitment: bool = False, certificates: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str, organization: str, unit: str = "") -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
    ]
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def _cert_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: _PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all, readable by the owner only, for most of these hold a key."""
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_bytes(data)
    os.replace(part, path)
