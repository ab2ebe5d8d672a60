"""Everything about one file's signatures at once, as the rest of the house asks for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.invoicing.fatturapa import envelope
from chalicelib.invoicing.signing import cades, pkcs12, xades
from chalicelib.invoicing.signing.assess import Assessment, assess
from chalicelib.invoicing.signing.trust import NOBODY, Anchors, anchors
from infra.local.authority import Authority
from tests.world import START

from .. import SIGNED_AT, authority, pem, signer
from . import INVOICE, signed


def of(data: bytes, trusted: Anchors = NOBODY, days: int = 0, **options: bool) -> Assessment:
    opened = envelope.unwrap(data)
    document = opened.signed if opened.signature == "xades" else None
    at = (SIGNED_AT if trusted is NOBODY else START) + timedelta(days=days)
    return assess(opened.cms, document, at, trusted, **options)


@pytest.mark.parametrize("form", [cades, xades])
def test_a_good_file(form, signing_authority: Authority) -> None:  # type: ignore[no-untyped-def]
    own = pkcs12.load(signing_authority.signer_p12, signing_authority.password)
    found = of(form.sign(INVOICE, own, START), anchors(signing_authority.ca_pem))
    assert not found.refused
    assert found.findings == ()
    assert found.not_evaluated == ("revocation",)
    assert ["Maria Rossi" in each.subject for each in found.signers] == [True]
    assert found.verdicts[0].qualified


@pytest.mark.parametrize("form", [cades, xades])
def test_an_expired_one_is_said_once(form, signing_authority: Authority) -> None:  # type: ignore[no-untyped-def]
    own = pkcs12.load(signing_authority.expired_signer_p12, signing_authority.password)
    then = own.not_after - timedelta(days=1)
    found = of(form.sign(INVOICE, own, then), anchors(signing_authority.ca_pem))
    assert [f.code for f in found.findings] == ["00100"]
    assert found.refused


@pytest.mark.parametrize("form", [cades, xades])
def test_a_stranger(form, signing_authority: Authority) -> None:  # type: ignore[no-untyped-def]
    made = form.sign(INVOICE, signer(), SIGNED_AT)
    found = of(made, anchors(signing_authority.ca_pem))
    assert {f.code for f in found.findings} == {"00104", "00107"}
    alone = of(made)
    assert [f.code for f in alone.findings] == ["00107"]  # it does not say that it is qualified
    assert alone.not_evaluated == ("authority", "revocation")
    known = of(made, anchors(pem(authority())), qualified_required=False)
    assert not known.refused


def test_two_layers_are_two_signers() -> None:
    twice = cades.sign(cades.sign(INVOICE, signer(), SIGNED_AT), signer(), SIGNED_AT)
    damaged = twice.replace(b"100.00", b"900.00")
    found = of(damaged, qualified_required=False)
    assert [(f.code, f.signer) for f in found.findings] == [("00102", 0), ("00102", 1)]
    assert len(found.signers) == 2


def test_damaged_and_unreadable_files() -> None:
    tampered = signed().replace(b"100.00", b"900.00")
    assert [f.code for f in of(tampered, qualified_required=False).findings] == ["00102"]
    for document in (b"<a", INVOICE):
        found = assess((), document, SIGNED_AT, NOBODY)
        assert [f.code for f in found.findings] == ["00102"]
    assert assess((), None, SIGNED_AT, NOBODY) == Assessment()
