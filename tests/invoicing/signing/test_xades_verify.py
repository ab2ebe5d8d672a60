"""Signatures of others as they arrive: every shape that SdI takes."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import xades
from chalicelib.invoicing.signing.xades_verify import verify

from .. import FROM, SIGNED_AT, UNTIL, certificate, certify, key, signer
from . import (
    C14N,
    DS,
    EXCLUSIVE,
    FILTER2,
    INVOICE,
    XADES,
    element,
    forged,
    signed,
    written,
)
from .edits import (
    at,
    by_filter,
    codes,
    signed_info_form,
    transforms,
)

_Node = etree._Element

# --- what is accepted


def same(root: _Node, signature: _Node) -> None:
    """No change: the helper that signs again is right."""


def properties_form(algorithm: str | None) -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        reference = at(signature, "ds:SignedInfo/ds:Reference[2]")
        if algorithm is None:
            reference.remove(at(reference, "ds:Transforms"))
        else:
            at(reference, "ds:Transforms/ds:Transform").set("Algorithm", algorithm)

    return edit


def root_by_id(root: _Node, signature: _Node) -> None:
    root.set("Id", "doc")
    at(signature, "ds:SignedInfo/ds:Reference").set("URI", "#doc")


def key_info_covered(root: _Node, signature: _Node) -> None:
    at(signature, "ds:KeyInfo").set("Id", "K")
    made = copy.deepcopy(at(signature, "ds:SignedInfo/ds:Reference[2]"))
    made.set("URI", "#K")
    del made.attrib["Type"]
    at(signature, "ds:SignedInfo").append(made)


def only_key_info(root: _Node, signature: _Node) -> None:
    """BES by the reference to KeyInfo instead of SigningCertificateV2."""
    key_info_covered(root, signature)
    named = at(signature, ".//xades:SigningCertificateV2")
    at(signature, ".//xades:SignedSignatureProperties").remove(named)


def first_edition(root: _Node, signature: _Node) -> None:
    """SigningCertificate as XAdES had it before V2."""
    named = at(signature, ".//xades:SigningCertificateV2")
    named.tag = f"{{{XADES}}}SigningCertificate"
    at(named, "xades:Cert").remove(at(named, "xades:Cert/xades:IssuerSerialV2"))


def named_by_sha1(root: _Node, signature: _Node) -> None:
    first_edition(root, signature)
    digest = at(signature, ".//xades:CertDigest")
    at(digest, "ds:DigestMethod").set("Algorithm", f"{DS}sha1")
    named = hashlib.sha1(certificate().public_bytes(Encoding.DER)).digest()
    at(digest, "ds:DigestValue").text = base64.b64encode(named).decode()


def pretty(root: _Node, signature: _Node) -> None:
    """Line breaks in base64, comments and blanks between the parts."""
    value = at(signature, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")
    value.text = "\n".join((value.text or "")[i : i + 64] for i in range(0, 4000, 64))
    signature.insert(0, etree.Comment("firma"))
    signature.text = "\n  "


def unsigned_properties(root: _Node, signature: _Node) -> None:
    at(signature, "ds:Object/xades:QualifyingProperties").append(
        element(
            "<xades:UnsignedProperties><xades:UnsignedSignatureProperties/>"
            "</xades:UnsignedProperties>"
        )
    )


def inclusive_prefixes(root: _Node, signature: _Node) -> None:
    form = at(signature, "ds:SignedInfo/ds:CanonicalizationMethod")
    form.append(etree.fromstring(f'<i:InclusiveNamespaces xmlns:i="{EXCLUSIVE}" PrefixList=""/>'))


ACCEPTED: dict[str, Callable[[_Node, _Node], None]] = {
    "as ours": same,
    "no canonical form named": transforms(f"{DS}enveloped-signature"),
    "exclusive": transforms(f"{DS}enveloped-signature", EXCLUSIVE),
    "with comments": transforms(f"{DS}enveloped-signature", f"{C14N}#WithComments"),
    "c14n 1.1": transforms(f"{DS}enveloped-signature", "http://www.w3.org/2006/12/xml-c14n11"),
    "filter 2": transforms(FILTER2, inner=by_filter()),
    "filter 2 short": transforms(FILTER2, inner=by_filter(" //ds:Signature ")),
    "xpath": transforms(
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        inner="<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>",
    ),
    "signed info inclusive": signed_info_form(C14N),
    "signed info with comments": signed_info_form(f"{EXCLUSIVE}WithComments"),
    "prefix list": inclusive_prefixes,
    "properties inclusive": properties_form(C14N),
    "properties untransformed": properties_form(None),
    "root by id": root_by_id,
    "key info covered": key_info_covered,
    "only key info": only_key_info,
    "SigningCertificate": first_edition,
    "SigningCertificate by SHA-1": named_by_sha1,
    "pretty": pretty,
    "unsigned properties": unsigned_properties,
}


@pytest.mark.parametrize("edit", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_shapes_that_are_accepted(edit: Callable[[_Node, _Node], None]) -> None:
    document = forged(edit)
    assert codes(document) == []
    assert codes(document.replace(b"100.00", b"900.00")) == ["00102"]


@pytest.mark.parametrize(
    "method",
    ["RSA_SHA256", "RSA_SHA512", "SHA256_RSA_MGF1", "SHA512_RSA_MGF1", "ECDSA_SHA256",
     "ECDSA_SHA384"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["CANONICAL_XML_1_0", "CANONICAL_XML_1_1"])
def test_signatures_of_signxml_verify(method: str, form: str) -> None:
    """Not in exclusive form: there signxml does not verify what it has signed itself."""
    signxml = pytest.importorskip("signxml", reason="signxml is not installed here")
    from signxml.xades import XAdESSigner

    private = ec.generate_private_key(ec.SECP256R1()) if method.startswith("EC") else key("signer")
    own = certify(private.public_key())
    made = XAdESSigner(
        signature_algorithm=signxml.SignatureMethod[method],
        c14n_algorithm=signxml.CanonicalizationMethod[form],
    ).sign(
        etree.fromstring(INVOICE),
        key=private,
        cert=[own],
        always_add_key_value=False,
    )
    document = written(made)
    # It signs at the time of the test run, which the certificate need not cover.
    assert {f.code for f in verify(document)} <= {"00100", "00107"}
    assert "00102" in {f.code for f in verify(document.replace(b"100.00", b"900.00"))}


def test_times_are_judged() -> None:
    late = xades.sign(INVOICE, signer(), SIGNED_AT)
    assert [f.code for f in verify(late, SIGNED_AT - timedelta(seconds=1))] == ["00105"]
    assert [f.code for f in verify(late, UNTIL + timedelta(days=1))] == ["00100"]
    assert [f.code for f in verify(late, FROM - timedelta(days=1))] == ["00105", "00107"]


def test_unsigned_and_unreadable() -> None:
    assert [f.code for f in verify(INVOICE)] == ["00102"]
    for broken in (b"", b"<a", b"\0\0", signed()[:-10], b"<!DOCTYPE a>" + signed()):
        with pytest.raises(Rejected):
            verify(broken)
