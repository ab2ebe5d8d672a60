"""Helpers of the tests of signatures: invoices, signed ones, and a way to sign what is wrong."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from chalicelib.invoicing.signing import xades

from .. import SIGNED_AT, key, signer

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
NAMES = {"ds": DS, "xades": XADES}

INVOICE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<p:FatturaElettronica versione="FPR12" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
    b'xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2" '
    b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    b"  <FatturaElettronicaHeader><DatiTrasmissione><ProgressivoInvio>00001</ProgressivoInvio>"
    b"</DatiTrasmissione><Denominazione>Perch\xc3\xa9 &amp; figli \xe2\x82\xac</Denominazione>"
    b"</FatturaElettronicaHeader>\n"
    b"  <FatturaElettronicaBody><!-- totale --><DatiGenerali><ImportoTotaleDocumento>100.00"
    b"</ImportoTotaleDocumento></DatiGenerali></FatturaElettronicaBody>\n"
    b"</p:FatturaElettronica>\n"
)

Edit = Callable[[etree._Element, etree._Element], None]


@cache
def signed() -> bytes:
    return xades.sign(INVOICE, signer(), SIGNED_AT)


def parsed(document: bytes) -> tuple[etree._Element, etree._Element]:
    root = etree.fromstring(document)
    found = root.find("ds:Signature", NAMES)
    assert found is not None
    return root, found


def written(root: etree._Element) -> bytes:
    made: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return made


def edited(edit: Edit, document: bytes | None = None) -> bytes:
    """A signed invoice changed by somebody who has no key."""
    root, signature = parsed(document or signed())
    edit(root, signature)
    return written(root)


def forged(edit: Edit, document: bytes | None = None) -> bytes:
    """A signed invoice changed, and then signed again by the holder of the key.

    Each digest is made for whatever its reference can be taken to mean, so that only the shape
    of the signature can be what is wrong with it.
    """
    root, signature = parsed(document or signed())
    edit(root, signature)
    info = signature.find("ds:SignedInfo", NAMES)
    assert info is not None
    for reference in info.iterfind("ds:Reference", NAMES):
        value = reference.find("ds:DigestValue", NAMES)
        method = reference.find("ds:DigestMethod", NAMES)
        assert value is not None
        assert method is not None
        name = method.get("Algorithm", "").rpartition("#")[2]
        octets = _meant(root, signature, reference)
        value.text = base64.b64encode(hashlib.new(name, octets).digest()).decode()
    form = info.find("ds:CanonicalizationMethod", NAMES)
    assert form is not None
    octets = canonical(info, form.get("Algorithm", ""))
    raw = key("signer").sign(octets, padding.PKCS1v15(), hashes.SHA256())
    signature.find("ds:SignatureValue", NAMES).text = base64.b64encode(raw).decode()  # type: ignore[union-attr]
    return written(root)


def canonical(node: etree._Element, algorithm: str) -> bytes:
    """In place: by writing the element with all that is in scope and reading it again."""
    exclusive = algorithm.startswith(EXCLUSIVE)
    alone = etree.fromstring(etree.tostring(node, with_tail=False))
    made: bytes = etree.tostring(
        alone.getroottree(),
        method="c14n",
        exclusive=exclusive,
        with_comments=algorithm.endswith("WithComments"),
    )
    return made


def _meant(root: etree._Element, signature: etree._Element, reference: etree._Element) -> bytes:
    uri = reference.get("URI") or ""
    transforms = [t.get("Algorithm", "") for t in reference.iter(f"{{{DS}}}Transform")]
    form = next((t for t in transforms if "c14n" in t), C14N).removesuffix("#WithComments")
    if uri:
        found = root.xpath("//*[@Id=$id]", id=uri.lstrip("#"))
        node = found[-1] if found else root
        if node is not root:
            return canonical(node, form)
    tree = copy.deepcopy(root.getroottree())
    everywhere = any(FILTER2 in t or "xpath" in t.lower() for t in transforms)
    place = [*root].index(signature) if signature in [*root] else None
    gone = [*tree.getroot().iter(f"{{{DS}}}Signature")]
    if not everywhere and place is not None:
        gone = [tree.getroot()[place]]
    for node in gone:
        parent, tail = node.getparent(), node.tail or ""
        before = node.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
        parent.remove(node)
    made: bytes = etree.tostring(
        tree, method="c14n", exclusive=form.startswith(EXCLUSIVE), with_comments=False
    )
    return made


def element(xml: str) -> etree._Element:
    """An element from text in which the prefixes ds and xades are bound."""
    return etree.fromstring(f'<x xmlns:ds="{DS}" xmlns:xades="{XADES}">{xml}</x>')[0]
