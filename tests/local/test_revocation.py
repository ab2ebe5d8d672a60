"""The test authority's answers about revocation, as other programs understand them."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp

from infra.local.authority import Authority
from infra.local.revocation import RevocationService
from tests.invoicing import needs_openssl, openssl

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_create(tmp_path_factory.mktemp("authority"), NOW)


@pytest.fixture
def service(authority: Authority) -> Iterator[RevocationService]:
    with RevocationService(authority.ca_pem, authority.ca_key_pem, lambda: NOW) as running:
        yield running


@pytest.fixture
def certificate(authority: Authority, service: RevocationService) -> x509.Certificate:
    public = rsa.generate_private_key(65537, 2048).public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made = authority.certify_signer(pem, "Bruno Neri", NOW, revocation_url=service.url)
    return x509.load_pem_x509_certificate(made)


def crl(service: RevocationService) -> x509.CertificateRevocationList:
    with urllib.request.urlopen(f"{service.url}/ca.crl", timeout=10) as answer:
        return x509.load_der_x509_crl(answer.read())


def test_a_certificate_says_where_it_is_asked_about(
    certificate: x509.Certificate, service: RevocationService
) -> None:
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [one.access_location.value for one in access] == [f"{service.url}/ocsp"]
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [n.value for p in points for n in p.full_name or ()] == [f"{service.url}/ca.crl"]


def test_the_list(
    certificate: x509.Certificate, service: RevocationService, authority: Authority
) -> None:
    assert len(crl(service)) == 0
    der = certificate.public_bytes(serialization.Encoding.DER)
    service.revoke(der, x509.ReasonFlags.certificate_hold, NOW - timedelta(days=1))
    found = crl(service)
    ca = x509.load_pem_x509_certificate(authority.ca_pem)
    assert found.is_signature_valid(ca.public_key())  # type: ignore[arg-type]
    entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == NOW - timedelta(days=1)
    service.restore(der)
    assert len(crl(service)) == 0
    assert service.asked == {"/ca.crl": 3}


@needs_openssl
@pytest.mark.parametrize("revoked", [False, True])
def test_openssl_understands_the_answer(
    certificate: x509.Certificate,
    service: RevocationService,
    authority: Authority,
    tmp_path: Path,
    revoked: bool,
) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    if revoked:
        service.revoke(certificate.public_bytes(serialization.Encoding.DER))
    done: subprocess.CompletedProcess[bytes] = openssl(
        "ocsp", "-issuer", authority.ca_path, "-cert", own, "-url", f"{service.url}/ocsp",
        "-CAfile", authority.ca_path, "-no_nonce",
    )  # fmt: skip
    assert b"Response verify OK" in done.stderr
    assert (b": revoked" if revoked else b": good") in done.stdout


@pytest.mark.parametrize(
    ("fault", "status", "body"), [("down", 503, b""), ("garbage", 200, b"<html>")]
)
def test_faults(service: RevocationService, fault: str, status: int, body: bytes) -> None:
    service.fault = fault  # type: ignore[assignment]
    found, said = service.answer("/ca.crl", b"")
    assert (found, said[:6]) == (status, body)


def test_what_is_no_question(service: RevocationService) -> None:
    _, answer = service.answer("/ocsp", b"no")
    said = ocsp.load_der_ocsp_response(answer).response_status
    assert said is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert service.answer("/else", b"")[0] == 404
    service.closed.add("/ocsp")
    assert service.answer("/ocsp", b"")[0] == 404
