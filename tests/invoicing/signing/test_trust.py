"""Chains, terms and usage of certificates."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ObjectIdentifier

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.revocation import known
from chalicelib.invoicing.signing.trust import NOBODY, anchors, judge
from infra.local.authority import Authority
from tests.world import START

from .. import key, pem, usage
from .authorities import (
    LONG,
    NOW,
    QC,
    QC_DER,
    all_good,
    as_authority,
    as_signer,
    build,
    codes,
    crl,
    der,
    judged,
    leaf,
    middle,
    root,
    trusted,
)


def test_a_qualified_certificate_of_a_trusted_authority_passes() -> None:
    verdict = judged()
    assert verdict.passed
    assert verdict.qualified is True
    assert verdict.path == (leaf(), middle(), root())


def test_authority_of_the_local_cloud(signing_authority: Authority) -> None:
    public = key("anna").public_key()
    made = signing_authority.certify_signer(
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "Anna", START
    )
    own = x509.load_pem_x509_certificate(made)
    verdict = judge(der(own)[0], [], anchors(signing_authority.ca_pem), START)
    assert codes(verdict) == []
    assert verdict.not_evaluated == ("revocation",)
    assert verdict.qualified


@pytest.mark.parametrize(
    ("at", "wanted"),
    [(NOW + LONG + timedelta(days=1), "00100"), (NOW - LONG - timedelta(days=1), "00107")],
)
def test_term(at: datetime, wanted: str) -> None:
    long = timedelta(days=4000)
    steady = build("radice", "radice", *as_authority(1), start=NOW - long, end=NOW + long)
    between = build("mezzo", "radice", *as_authority(0), start=NOW - long, end=NOW + long)
    lists = known([crl(i, made=at, until=at + LONG) for i in ("mezzo", "radice")])
    verdict = judged(lists=lists, others=der(between), at=at, by=anchors(pem(steady)))
    assert codes(verdict) == [wanted]


@pytest.mark.parametrize(
    "others",
    [
        list,
        lambda: der(build("mezzo", "radice", *as_authority(0), signed_by="altra")),
        lambda: der(build("mezzo", "radice", (usage(sign=False, authority=True), True))),
        lambda: der(build("mezzo", "radice", (x509.BasicConstraints(True, None), True))),
        lambda: der(build("mezzo", "radice", *as_authority(0), end=NOW - timedelta(days=1))),
        lambda: der(build("mezzo", "mezzo", *as_authority())),
        lambda: [b"", b"0", b"\x30\x80" * 50],
        lambda: der(*[build("mezzo", "mezzo", *as_authority(), serial=n) for n in range(1, 60)]),
    ],
    ids=["no way up", "signed by another", "not an authority", "may not sign certificates",
         "expired", "a circle", "unreadable", "very many"],
)  # fmt: skip
def test_no_way_to_a_trusted_authority(others) -> None:  # type: ignore[no-untyped-def]
    verdict = judged(others=others())
    assert codes(verdict) == ["00104"]
    assert verdict.not_evaluated == ("revocation",)
    assert verdict.path == ()


def test_a_signer_is_no_authority_and_paths_have_a_length() -> None:
    below = build("abusivo", "firmatario", *as_signer(), serial=9)
    assert "00104" in codes(judged(below, others=der(middle(), leaf())))
    deep = build("profondo", "mezzo", *as_authority(), serial=10)
    last = build("ultimo", "profondo", *as_signer(), serial=11)
    assert codes(judged(last, others=der(middle(), deep))) == ["00104"]


def test_without_anchors_nobody_is_judged() -> None:
    verdict = judged(by=NOBODY)
    assert codes(verdict) == []
    assert verdict.not_evaluated == ("authority", "revocation")
    assert not verdict.passed


@pytest.mark.parametrize(
    ("extensions", "qualified"),
    [
        ([(usage(sign=False), True), (x509.UnrecognizedExtension(QC, QC_DER), False)], True),
        ([(x509.UnrecognizedExtension(QC, QC_DER), False)], True),
        ([(usage(sign=True), True)], False),
        (
            [
                (usage(sign=True), True),
                (x509.UnrecognizedExtension(QC, bytes.fromhex("300a3008060604008e460104")), False),
            ],
            False,
        ),
    ],
    ids=["not for signatures", "no key usage", "no statements", "not the statement"],
)
def test_wrong_usage(extensions, qualified: bool) -> None:  # type: ignore[no-untyped-def]
    verdict = judged(build("firmatario", "mezzo", *extensions, serial=7))
    assert codes(verdict) == ["00107"]
    assert verdict.qualified is qualified


def test_an_unqualified_certificate_may_be_enough() -> None:
    own = build("firmatario", "mezzo", (usage(sign=True), True), serial=7)
    verdict = judge(
        der(own)[0], der(middle()), trusted(), NOW, all_good(), qualified_required=False
    )
    assert verdict.passed
    assert verdict.qualified is False


def test_what_is_not_understood_is_said() -> None:
    odd = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    own = build("firmatario", "mezzo", *as_signer(), (odd, True), serial=7)
    assert judged(own).not_evaluated == ("critical_extension:1.2.3.4",)
    broken = x509.UnrecognizedExtension(QC, b"\x30\x05\x00")
    own = build("firmatario", "mezzo", (usage(sign=True), True), (broken, False), serial=7)
    verdict = judged(own)
    assert (verdict.qualified, verdict.not_evaluated) == (None, ("qc_statements",))
    limited = x509.NameConstraints([x509.DNSName("example.com")], None)
    between = build("mezzo", "radice", *as_authority(0), (limited, True), serial=6)
    assert judged(others=der(between)).not_evaluated == ("critical_extension:2.5.29.30",)
    assert judge(b"junk", [], trusted(), NOW).not_evaluated == ("certificate",)


def test_bundles() -> None:
    assert anchors(pem(root()) + b"\n# an authority\n" + pem(middle()))
    for bundle in (b"", b"junk", pem(root())[:100]):
        with pytest.raises(Rejected) as refused:
            anchors(bundle)
        assert refused.value.code == "trust_bundle"
    assert isinstance(root().public_key(), rsa.RSAPublicKey)
