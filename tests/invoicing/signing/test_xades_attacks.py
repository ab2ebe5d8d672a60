"""What must be refused: changes without the key, and other things signed with it."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from chalicelib.invoicing.signing import xades
from chalicelib.invoicing.signing.xades_verify import open_xades, verify

from .. import certificate, certify, key
from . import (
    C14N,
    DS,
    FILTER2,
    NAMES,
    edited,
    element,
    forged,
    parsed,
    signed,
)
from .edits import (
    at,
    by_filter,
    codes,
    insert,
    remove,
    set_attribute,
    set_text,
    signed_info_form,
    transforms,
)

_Node = etree._Element

# --- what somebody without the key can do


def add_instruction(root: _Node, signature: _Node) -> None:
    root.insert(0, etree.ProcessingInstruction("evil", "x"))


def instruction_before(root: _Node, signature: _Node) -> None:
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", 'href="evil.xsl"'))


def text_before(root: _Node, signature: _Node) -> None:
    before = signature.getprevious()
    assert before is not None
    before.tail = "900"


def text_after(root: _Node, signature: _Node) -> None:
    signature.tail = "900"


def original_inside_object(root: _Node, signature: _Node) -> None:
    """The classic wrapping: what was signed is kept aside, what is read is new."""
    kept = copy.deepcopy(root)
    kept.remove(at(kept, "ds:Signature"))
    kept.set("Id", "doc")
    holder = element("<ds:Object/>")
    holder.append(kept)
    signature.append(holder)
    at(root, ".//ImportoTotaleDocumento").text = "900.00"


def new_root(root: _Node, signature: _Node) -> None:
    inner = copy.deepcopy(root)
    for child in [*root]:
        root.remove(child)
    root.append(inner)
    moved = inner.find("ds:Signature", NAMES)
    assert moved is not None
    root.append(moved)


def nested_root(root: _Node, signature: _Node) -> None:
    """The whole signed document as a part of another one, the signature still inside."""
    inner = copy.deepcopy(root)
    for child in [*root]:
        root.remove(child)
    root.append(inner)


def element_after(root: _Node, signature: _Node) -> None:
    root.append(element("<FatturaElettronicaBody/>"))


def moved_to_header(root: _Node, signature: _Node) -> None:
    root[0].append(signature)


def second_signature(root: _Node, signature: _Node) -> None:
    root.append(copy.deepcopy(signature))


def signature_in_body(root: _Node, signature: _Node) -> None:
    root[1].append(copy.deepcopy(signature))


def other_certificate(root: _Node, signature: _Node) -> None:
    own = certify(key("stranger").public_key()).public_bytes(Encoding.DER)
    at(signature, ".//ds:X509Certificate").text = base64.b64encode(own).decode()


def flipped_value(root: _Node, signature: _Node) -> None:
    value = at(signature, "ds:SignatureValue")
    value.text = (value.text or "").swapcase()


INFO = "ds:Signature/ds:SignedInfo"
SECOND = f"{INFO}/ds:Reference[2]"
KEYLESS: dict[str, tuple[Callable[[_Node, _Node], None], set[str]]] = {
    "amount": (set_text(".//ImportoTotaleDocumento", "900.00"), {"00102"}),
    "root attribute": (lambda r, s: r.set("versione", "FPA12"), {"00102"}),
    "element added": (insert("FatturaElettronicaBody", 0, "<Allegati/>"), {"00102"}),
    "element removed": (remove(".//ProgressivoInvio"), {"00102"}),
    "instruction inside": (add_instruction, {"00102"}),
    "instruction before the root": (instruction_before, {"00102"}),
    "text before": (text_before, {"00102"}),
    "text after": (text_after, {"00102"}),
    "signing time": (set_text(".//xades:SigningTime", "2026-05-04T10:30:00Z"), {"00102"}),
    "original inside object": (original_inside_object, {"00102"}),
    "new root": (new_root, {"00102"}),
    "nested root": (nested_root, {"00102"}),
    "element after the signature": (element_after, {"00102"}),
    "moved to the header": (moved_to_header, {"00102"}),
    "twice": (second_signature, {"00102"}),
    "a copy in the body": (signature_in_body, {"00102"}),
    "another certificate": (other_certificate, {"00102"}),
    "another value": (flipped_value, {"00102"}),
    "no value": (set_text("ds:Signature/ds:SignatureValue", ""), {"00102"}),
    "not base64": (set_text("ds:Signature/ds:SignatureValue", "è!"), {"00102"}),
    "digest value": (set_text(f"{INFO}/ds:Reference/ds:DigestValue", "AAAA"), {"00102"}),
    "hmac": (
        set_attribute(
            f"{INFO}/ds:SignatureMethod",
            "Algorithm",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        ),
        {"signature_unverifiable"},
    ),
    "no properties": (remove(".//xades:SignedProperties"), {"00102"}),
    "no key info": (remove("ds:Signature/ds:KeyInfo"), {"00102"}),
    "no signed info": (remove(INFO), {"00102"}),
}


@pytest.mark.parametrize(("edit", "wanted"), KEYLESS.values(), ids=KEYLESS.keys())
def test_changes_without_the_key_are_found(
    edit: Callable[[_Node, _Node], None], wanted: set[str]
) -> None:
    assert set(codes(edited(edit))) == wanted


# --- what the holder of a key can sign that is not the document


def only_header(root: _Node, signature: _Node) -> None:
    root[0].set("Id", "part")
    at(root, f"{INFO}/ds:Reference").set("URI", "#part")


def reference(uri: str) -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        at(root, f"{INFO}/ds:Reference").set("URI", uri)

    return edit


def document_twice(root: _Node, signature: _Node) -> None:
    info = at(root, INFO)
    info.append(copy.deepcopy(at(info, "ds:Reference")))


def one_id_twice(root: _Node, signature: _Node) -> None:
    root[0].set("Id", "SignedProperties1")


def one_id_twice_lower(root: _Node, signature: _Node) -> None:
    root[0].set("id", "SignedProperties1")


def hidden_by_signature(root: _Node, signature: _Node) -> None:
    """Filter 2 leaves out every ds:Signature, so a false one could hide what is read."""
    transforms(FILTER2, inner=by_filter())(root, signature)
    root[1].insert(0, element("<ds:Signature><ImportoBollo>2.00</ImportoBollo></ds:Signature>"))


def other_named(root: _Node, signature: _Node) -> None:
    at(signature, ".//xades:CertDigest/ds:DigestValue").text = "A" * 43 + "="


def manifest(root: _Node, signature: _Node) -> None:
    signature.append(element('<ds:Object><ds:Manifest><ds:Reference URI=""/></ds:Manifest>'
                             "</ds:Object>"))  # fmt: skip


def no_certificate_named(root: _Node, signature: _Node) -> None:
    remove(".//xades:SigningCertificateV2")(root, signature)


def fetched_key(root: _Node, signature: _Node) -> None:
    info = at(signature, "ds:KeyInfo")
    info.remove(info[0])
    info.append(element('<ds:RetrievalMethod URI="http://127.0.0.1:9/key"/>'))


def properties_of_filter(root: _Node, signature: _Node) -> None:
    at(root, f"{SECOND}/ds:Transforms/ds:Transform").set("Algorithm", f"{DS}enveloped-signature")


def form_after_form(root: _Node, signature: _Node) -> None:
    transforms(C14N, f"{DS}enveloped-signature")(root, signature)


def weak_digest(root: _Node, signature: _Node) -> None:
    at(root, f"{INFO}/ds:Reference/ds:DigestMethod").set("Algorithm", f"{DS}sha1")


def second_properties(root: _Node, signature: _Node) -> None:
    holder = at(signature, "ds:Object/xades:QualifyingProperties")
    holder.append(copy.deepcopy(holder[0]))


XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
BASE64 = f"{DS}base64"
FORGED: dict[str, tuple[Callable[[_Node, _Node], None], set[str]]] = {
    "only the header": (only_header, {"00102"}),
    "a file": (reference("file:///etc/passwd"), {"00102"}),
    "an address": (reference("http://127.0.0.1:9/x"), {"00102"}),
    "an xpointer": (reference("#xpointer(/)"), {"00102"}),
    "nowhere": (reference("#nowhere"), {"00102"}),
    "an empty name": (reference("#"), {"00102"}),
    "no uri": (lambda r, s: at(r, f"{INFO}/ds:Reference").attrib.pop("URI"), {"00102"}),
    "the document twice": (document_twice, {"00102"}),
    "no reference to properties": (remove(SECOND), {"00102"}),
    "no reference to the document": (remove(f"{INFO}/ds:Reference"), {"00102"}),
    "properties without type": (lambda r, s: at(r, SECOND).attrib.pop("Type"), {"00102"}),
    "document of type properties": (
        set_attribute(f"{INFO}/ds:Reference", "Type", xades.SIGNED_PROPERTIES),
        {"00102"},
    ),
    "not enveloped": (transforms(C14N), {"00102"}),
    "xslt": (transforms(f"{DS}enveloped-signature", XSLT), {"00102"}),
    "base64": (transforms(f"{DS}enveloped-signature", BASE64), {"00102"}),
    "filter without body": (
        transforms(FILTER2, inner=by_filter("/descendant::FatturaElettronicaBody")),
        {"00102"},
    ),
    "filter by intersection": (transforms(FILTER2, inner=by_filter(kind="intersect")), {"00102"}),
    "filter of another kind": (
        transforms(FILTER2, inner=by_filter("/descendant::ds:Signature | //b")),
        {"00102"},
    ),
    "two filters": (transforms(FILTER2, inner=by_filter() + by_filter("/*")), {"00102"}),
    "xpath of part": (
        transforms(
            "http://www.w3.org/TR/1999/REC-xpath-19991116", inner="<ds:XPath>self::p</ds:XPath>"
        ),
        {"00102"},
    ),
    "transform after form": (form_after_form, {"00102"}),
    "properties enveloped": (properties_of_filter, {"00102"}),
    "one id twice": (one_id_twice, {"00102"}),
    "one id twice in lower case": (one_id_twice_lower, {"00102"}),
    "hidden by a signature": (hidden_by_signature, {"00102"}),
    "names another certificate": (other_named, {"00102"}),
    "names no certificate": (no_certificate_named, {"00102"}),
    "something beside properties": (manifest, {"00102"}),
    "properties twice": (second_properties, {"00102"}),
    "key elsewhere": (fetched_key, {"00102"}),
    "unknown form": (signed_info_form("urn:mine"), {"00102"}),
    "weak digest": (weak_digest, {"signature_unverifiable"}),
    "no signing time": (remove(".//xades:SigningTime"), {"00103"}),
    "time without zone": (set_text(".//xades:SigningTime", "2026-05-05T10:30:00"), {"00103"}),
    "time of no calendar": (set_text(".//xades:SigningTime", "2026-02-30T10:30:00Z"), {"00103"}),
    "compact time": (set_text(".//xades:SigningTime", "20260505T103000Z"), {"00103"}),
}


@pytest.mark.parametrize(("edit", "wanted"), FORGED.values(), ids=FORGED.keys())
def test_other_shapes_are_refused_although_signed(
    edit: Callable[[_Node, _Node], None], wanted: set[str]
) -> None:
    assert set(codes(forged(edit))) == wanted


def test_a_signature_is_looked_for_only_at_the_end_of_the_root() -> None:
    assert open_xades(edited(moved_to_header)) == ()
    assert len(open_xades(edited(second_signature))) == 2
    (one,) = open_xades(edited(signature_in_body))
    assert one.parts is None
    root, _ = parsed(signed())
    assert at(root, ".//ds:X509Certificate").text
    crowd = signed().replace(b"</p:F", b"<ds:Signature/>" * 5 + b"</p:F")
    assert [f.code for f in verify(crowd)] == ["00102"]
    assert open_xades(signed())[0].certificates[0] == certificate().public_bytes(Encoding.DER)
