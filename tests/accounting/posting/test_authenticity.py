"""Whose a treasurer's message is: by him, by somebody else, altered, unsigned, out of term."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from lxml import etree

from chalicelib.accounting.posting import authenticity
from chalicelib.base.errors import Rejected
from chalicelib.base.ids import sha256
from chalicelib.invoicing.signing import bundle, cades, pkcs12, xades
from chalicelib.invoicing.signing.holder import Signer
from infra.local.authority import Authority
from tests.accounting.posting.test_opi import message, outcome, schema

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
PLAIN = message(outcome(1, "REGOLARIZZATO"))
_SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.DOTALL)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_create(tmp_path_factory.mktemp("treasurer"), NOW)


@pytest.fixture(scope="module")
def his(authority: Authority) -> Signer:
    return pkcs12.load(authority.signer_p12, authority.password)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Of the same name, by an authority of the same name."""
    made = Authority.load_or_create(tmp_path_factory.mktemp("other"), NOW)
    return pkcs12.load(made.signer_p12, made.password)


def first(signed: bytes) -> bytes:
    """The signature as the first element, where the schema allows it too."""
    found = _SIGNATURE.search(signed)
    assert found is not None
    rest = signed.replace(found[0], b"")
    return rest.replace(b"<testata_messaggio>", found[0] + b"<testata_messaggio>", 1)


def refused(data: bytes, trusted: set[str], code: str, at: datetime = NOW) -> None:
    with pytest.raises(Rejected) as found:
        authenticity.judge(data, trusted, at)
    assert found.value.code == code


def test_his_signature_counts_wherever_it_stands(his: Signer) -> None:
    known = sha256(his.certificate)
    signed = xades.sign(PLAIN, his, NOW)
    esito = schema("OPI_MSG_ESITO_APPLICATIVO_V_1_6_1.xsd")
    for data in (signed, first(signed)):
        assert esito.validate(etree.fromstring(data)), esito.error_log
        verdict = authenticity.judge(data, {known, "0" * 64}, NOW)
        assert (verdict.signature, verdict.signer) == ("verified", known)
        assert verdict.content == data
    around = authenticity.judge(cades.sign(PLAIN, his, NOW), {known}, NOW)
    assert (around.signature, around.signer, around.content) == ("verified", known, PLAIN)


def test_somebody_elses_signature_does_not_count(his: Signer, other: Signer) -> None:
    trusted = {sha256(his.certificate)}
    for data in (xades.sign(PLAIN, other, NOW), cades.sign(PLAIN, other, NOW)):
        refused(data, trusted, "outcome_signature_untrusted")
    # The other one's signature under his certificate.
    forged = xades.sign(PLAIN, other, NOW)
    mine, theirs = (
        re.search(rb"<ds:X509Certificate>([^<]+)<", xades.sign(PLAIN, one, NOW))
        for one in (his, other)
    )
    assert mine
    assert theirs
    refused(forged.replace(theirs[1], mine[1]), trusted, "outcome_signature_broken")


@pytest.mark.parametrize("place", ["last", "first", "around"])
def test_what_was_altered_is_refused_whoever_is_known(his: Signer, place: str) -> None:
    signed = xades.sign(PLAIN, his, NOW)
    data = {"last": signed, "first": first(signed), "around": cades.sign(PLAIN, his, NOW)}[place]
    altered = data.replace(b"<numero_reversale>1<", b"<numero_reversale>2<")
    assert altered != data
    for trusted in (set(), {sha256(his.certificate)}):
        refused(altered, trusted, "outcome_signature_broken")


def test_a_second_outcome_cannot_hide_behind_a_signature(his: Signer) -> None:
    """Nothing can stand in what a signature leaves out of itself."""
    signed = xades.sign(PLAIN, his, NOW)
    extra = outcome(2, "RISCOSSO").encode()
    inside = signed.replace(
        b"</ds:Signature>", b"<ds:Object>" + extra + b"</ds:Object></ds:Signature>"
    )
    refused(inside, {sha256(his.certificate)}, "outcome_signature_broken")
    both = first(signed).replace(
        b"</messaggi_esito_applicativo>",
        (_SIGNATURE.search(signed) or [b""])[0] + b"</messaggi_esito_applicativo>",
    )
    refused(both, {sha256(his.certificate)}, "outcome_signature_broken")


def test_without_a_signature_it_depends_on_who_is_known(his: Signer, other: Signer) -> None:
    refused(PLAIN, {sha256(his.certificate)}, "outcome_unsigned")
    unsigned = authenticity.judge(PLAIN, set(), NOW)
    assert (unsigned.signature, unsigned.signer) == ("not_verified", "")
    anybodys = authenticity.judge(xades.sign(PLAIN, other, NOW), set(), NOW)
    assert (anybodys.signature, anybodys.signer) == ("not_verified", sha256(other.certificate))


def test_a_certificate_counts_in_its_term(his: Signer) -> None:
    signed = xades.sign(PLAIN, his, NOW)
    late = NOW.replace(year=2031)
    refused(signed, {sha256(his.certificate)}, "outcome_certificate_expired", late)
    refused(b"%PDF-1.4", set(), "outcome_malformed")


def test_only_certificates_of_signers_are_trusted(authority: Authority, his: Signer) -> None:
    own = x509.load_der_x509_certificate(his.certificate)
    (found,) = bundle.signers(bundle.written([own, own]), NOW)
    assert bundle.fingerprint(found) == sha256(his.certificate)
    expired = pkcs12.load(authority.expired_signer_p12, authority.password).certificate
    wrong: list[tuple[Any, str]] = [
        (authority.ca_pem, "trust_authority"),
        (bundle.written([x509.load_der_x509_certificate(expired)]), "trust_expired"),
        (b"x", "trust_bundle"),
        (bundle.written([own]) * 11, "trust_too_large"),
        (bundle.written([own]) + b" " * 70_000, "trust_too_large"),
    ]
    for pem, code in wrong:
        with pytest.raises(Rejected) as refusal:
            bundle.signers(pem, NOW)
        assert refusal.value.code == code
