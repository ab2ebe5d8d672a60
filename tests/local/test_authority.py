"""The test authority: what its certificates say, and the TLS that they make possible."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from infra.local.authority import Authority

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_create(tmp_path_factory.mktemp("authority"), NOW)


def signer_certificate(p12: bytes, password: str) -> x509.Certificate:
    key, certificate, _ = pkcs12.load_key_and_certificates(p12, password.encode())
    assert key is not None
    assert certificate is not None
    return certificate


def test_the_signer_may_commit_and_nothing_else(authority: Authority) -> None:
    certificate = signer_certificate(authority.signer_p12, authority.password)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.content_commitment
    assert not usage.digital_signature
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.ca_pem))


def test_the_expired_signer_was_valid_once(authority: Authority) -> None:
    certificate = signer_certificate(authority.expired_signer_p12, authority.password)
    assert certificate.not_valid_before_utc < certificate.not_valid_after_utc < NOW


def test_sdis_seal_has_its_own_name_and_ca(authority: Authority) -> None:
    seal = x509.load_pem_x509_certificate(authority.seal_cert_pem)
    assert seal.subject.rfc4514_string() == (
        "CN=Sistema Interscambio Fattura PA,OU=Servizi Telematici,O=Agenzia delle Entrate,C=IT"
    )
    assert "CN=CA Agenzia delle Entrate" in seal.issuer.rfc4514_string()
    seal.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.seal_ca_pem))
    with pytest.raises(ValueError, match="Issuer"):
        seal.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.ca_pem))


def test_keys_are_for_the_owner_only(authority: Authority) -> None:
    modes = {path.stat().st_mode & 0o077 for path in authority.folder.iterdir()}
    assert modes == {0}


def test_a_key_kept_elsewhere_can_be_certified(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    certificate = x509.load_pem_x509_certificate(authority.certify_signer(pem, "Firma KMS", NOW))
    assert certificate.public_key() == key
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.ca_pem))


def test_reused_while_good_and_made_anew_when_not(tmp_path: Path) -> None:
    first = Authority.load_or_create(tmp_path, NOW)
    assert Authority.load_or_create(tmp_path, NOW + timedelta(days=300)) == first
    later = Authority.load_or_create(tmp_path, NOW + timedelta(days=4 * 365))
    assert later.ca_pem != first.ca_pem
    (tmp_path / "seal.pem").unlink()
    mended = Authority.load_or_create(tmp_path, NOW + timedelta(days=4 * 365))
    assert mended.seal_ca_pem != later.seal_ca_pem
    (tmp_path / "ca.pem").write_bytes(b"rotten")
    assert Authority.load_or_create(tmp_path, NOW).ca_pem.startswith(b"-----BEGIN")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> str | None:
    """One round trip over a socket pair; gives the TLS version. Raises what the client sees."""
    near, far = socket.socketpair()
    near.settimeout(5)
    far.settimeout(5)

    def serve() -> None:
        try:
            with server.wrap_socket(far, server_side=True) as stream:
                stream.sendall(stream.recv(4))
        except OSError:
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(near, server_hostname=host) as stream:
            stream.sendall(b"ping")
            if stream.recv(4) != b"ping":
                raise ConnectionError("closed by the server")
            return stream.version()
    finally:
        near.close()
        thread.join()


@pytest.mark.parametrize("name", ["sportello", "sdi"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_both_sides_of_mutual_tls(authority: Authority, name: str, host: str) -> None:
    version = handshake(authority.server_context(), authority.client_context(name), host)
    assert version == "TLSv1.3"


def test_tls_refuses_strangers_old_versions_and_other_hosts(
    authority: Authority, tmp_path: Path
) -> None:
    server = authority.server_context()
    assert server.verify_mode is ssl.CERT_REQUIRED
    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    bare = ssl.create_default_context(cafile=str(authority.ca_path))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(server, bare, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, authority.client_context("sdi"), "example.org")
    stranger = Authority.load_or_create(tmp_path, NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(stranger.server_context(), authority.client_context("sdi"), "localhost")
    with pytest.raises(KeyError):
        authority.client_context("nobody")
