"""SdI's seals on its messages, as SdI's simulator makes them, and everything that is not one."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import xades
from chalicelib.invoicing.signing.holder import describe
from chalicelib.invoicing.signing.pkcs12 import Signer
from chalicelib.invoicing.signing.seal import SealTrust, seal_trust, verify_sdi_seal
from chalicelib.invoicing.signing.xades_verify import verify
from infra.local.authority import Authority
from infra.local.sdi import messages
from infra.local.sdi.catalogue import Finding
from infra.local.sdi.controls import InvoiceReference
from infra.local.sdi.seal import Sealer
from tests.world import START

from .. import authority, key, named, pem
from . import INVOICE, NAMES, element, parsed, written


@cache
def subject(form: str) -> messages.Subject:
    return messages.Subject(
        id_sdi=123456,
        name="IT01234567890_00001.xml.p7m",
        sha256="ab" * 32,
        received_at=START,
        format=form,
        recipient="ABC1234" if form == "FPR12" else "ABC123",
        recipient_name="Comune di Prova",
    )


def every_message() -> list[tuple[str, etree._Element]]:
    pa, b2b = subject("FPA12"), subject("FPR12")
    return [
        ("RC of PA", messages.delivered(pa, "1", START)),
        ("RC", messages.delivered(b2b, "2", START)),
        ("NS of PA", messages.rejected(pa, "3", [Finding("00102", "firma")])),
        ("NS", messages.rejected(b2b, "4", [Finding("00404", "duplicato")])),
        ("MC of PA", messages.not_delivered(pa, "5", START)),
        ("MC", messages.not_delivered(b2b, "6", START)),
        ("NE", messages.buyer_outcome(pa, "7", "EC01", None, "8")),
        ("DT", messages.term_expired(pa, "9", InvoiceReference("1", 2026))),
        ("AT", messages.attested(pa, "10")),
    ]


@pytest.fixture(scope="module")
def sealer(signing_authority: Authority) -> Sealer:
    return Sealer.load(signing_authority.seal_cert_pem, signing_authority.seal_key_pem)


@pytest.fixture(scope="module")
def trust(signing_authority: Authority) -> SealTrust:
    return seal_trust(signing_authority.seal_ca_pem)


@pytest.mark.parametrize("index", range(9))
def test_messages_of_sdi_are_good(sealer: Sealer, trust: SealTrust, index: int) -> None:
    name, root = every_message()[index]
    absent = verify_sdi_seal(etree.tostring(root), trust)
    assert absent.state == "absent", name
    message = sealer.seal(root, START)
    verdict = verify_sdi_seal(message, trust)
    assert (verdict.state, verdict.reason) == ("good", ""), name
    assert verdict.sealed_at == START
    assert "Sistema Interscambio Fattura PA" in verdict.subject
    assert verify(message) == ()


def sealed(sealer: Sealer) -> bytes:
    return sealer.seal(messages.delivered(subject("FPR12"), "1", START), START)


def test_mutated_messages_are_broken(sealer: Sealer, trust: SealTrust) -> None:
    message = sealed(sealer)
    changes = {
        b"123456<": b"123457<",
        b"Comune": b"Citta'",
        b'versione="1.0"': b'versione="1.1"',
        b"+00:00</xades:SigningTime>": b"+01:00</xades:SigningTime>",
        b'URI="#KeyInfoId"': b'URI="#KeyInfoXd"',
        b"xmlenc#sha256": b"xmlenc#sha999",
        b"</ds:Signature>": b"</ds:Signature><MessageId>9</MessageId>",
        b'Filter="subtract"': b'Filter="union"',
        b'Id="KeyInfoId"': b'Id="KeyInfoId" xmlns:q="urn:q"',
    }
    for old, new in changes.items():
        mutated = message.replace(old, new)
        assert mutated != message, old
        assert verify_sdi_seal(mutated, trust).state in ("broken", "absent"), old
    assert verify_sdi_seal(message, trust).state == "good"


def test_seal_in_another_shape_is_broken(signing_authority: Authority, trust: SealTrust) -> None:
    """A sound signature by SdI's key, but not as SdI signs: nobody knows what it was meant for."""
    key_ = Sealer.load(signing_authority.seal_cert_pem, signing_authority.seal_key_pem)
    who = describe(key_.certificate, [])
    message = etree.tostring(messages.delivered(subject("FPR12"), "1", START))
    made = xades.sign(message, Signer(**vars(who), key=key_.key), START)
    assert verify(made) == ()
    verdict = verify_sdi_seal(made, trust)
    assert (verdict.state, verdict.reason) == ("broken", "It is not in the shape of SdI's seals.")


def test_seal_of_somebody_else_is_untrusted(sealer: Sealer, trust: SealTrust) -> None:
    root = messages.delivered(subject("FPR12"), "1", START)
    message = sealed(sealer)
    assert verify_sdi_seal(message, SealTrust()).state == "untrusted"
    stranger = Sealer(_certificate("CA Agenzia delle Entrate", _SDI), key("seal"))
    assert verify_sdi_seal(stranger.seal(root, START), trust).state == "untrusted"
    # The issuer is right, the subject is not.
    ours = SealTrust((_root("CA Agenzia delle Entrate"),))
    for changed in (
        {**_SDI, x509.NameOID.COMMON_NAME: "Sistema Interscambio Fattura"},
        {**_SDI, x509.NameOID.ORGANIZATION_NAME: "Agenzia"},
        {kind: value for kind, value in _SDI.items() if kind != x509.NameOID.COUNTRY_NAME},
    ):
        other = Sealer(_certificate("CA Agenzia delle Entrate", changed), key("seal"))
        made = other.seal(messages.delivered(subject("FPR12"), "1", START), START)
        assert verify_sdi_seal(made, ours).state == "untrusted"
    good = Sealer(_certificate("CA Agenzia delle Entrate", _SDI), key("seal"))
    made = good.seal(messages.delivered(subject("FPR12"), "1", START), START)
    assert verify_sdi_seal(made, ours).state == "good"
    late = good.seal(messages.delivered(subject("FPR12"), "1", START), START + timedelta(days=4000))
    assert verify_sdi_seal(late, ours).state == "untrusted"


_SDI = {
    x509.NameOID.COUNTRY_NAME: "IT",
    x509.NameOID.ORGANIZATION_NAME: "Agenzia delle Entrate",
    x509.NameOID.ORGANIZATIONAL_UNIT_NAME: "Servizi Telematici",
    x509.NameOID.COMMON_NAME: "Sistema Interscambio Fattura PA",
}


def _built(subject_: x509.Name, issuer: x509.Name, public: rsa.RSAPublicKey) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject_)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(7)
        .not_valid_before(START - timedelta(days=30))
        .not_valid_after(START + timedelta(days=1000))
        .sign(key("seal authority"), hashes.SHA256())
    )


def _root(name: str) -> x509.Certificate:
    own = named(name)
    return _built(own, own, key("seal authority").public_key())


def _certificate(issuer: str, attributes: dict[x509.ObjectIdentifier, str]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in attributes.items()])
    return _built(name, named(issuer), key("seal").public_key())


def test_messages_may_carry_signed_messages_of_others(sealer: Sealer, trust: SealTrust) -> None:
    """The buyer's EC inside an NE ends with a signature of its own; elsewhere none may be."""
    inside = "<ds:Signature><ds:SignedInfo/></ds:Signature>"
    root = messages.buyer_outcome(subject("FPA12"), "7", "EC01", None, "8")
    root.find("EsitoCommittente").append(element(inside))  # type: ignore[union-attr]
    assert verify_sdi_seal(sealer.seal(root, START), trust).state == "good"
    root = messages.delivered(subject("FPA12"), "7", START)
    root.find("Destinatario").append(element(inside))  # type: ignore[union-attr]
    assert verify_sdi_seal(sealer.seal(root, START), trust).state == "broken"


def test_an_invoice_sealed_by_the_agency_verifies(sealer: Sealer) -> None:
    made = sealer.seal(etree.fromstring(INVOICE), START)
    assert verify(made, START) == ()
    assert [f.code for f in verify(made.replace(b"100.00", b"900.00"))] == ["00102"]


def test_two_seals_are_broken(sealer: Sealer, trust: SealTrust) -> None:
    root, signature = parsed(sealed(sealer))
    root.append(element(etree.tostring(signature, with_tail=False).decode()))
    assert len(root.findall("ds:Signature", NAMES)) == 2
    assert verify_sdi_seal(written(root), trust).state == "broken"


def test_trust_is_of_the_agency_only() -> None:
    assert seal_trust(b"") == SealTrust()
    for bundle in (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                   pem(authority())):  # fmt: skip
        with pytest.raises(Rejected) as refused:
            seal_trust(bundle)
        assert refused.value.code == "seal_authority"


def test_what_is_no_message_is_refused(trust: SealTrust) -> None:
    for broken in (b"", b"<a", b"PK\x03\x04"):
        with pytest.raises(Rejected):
            verify_sdi_seal(broken, trust)
