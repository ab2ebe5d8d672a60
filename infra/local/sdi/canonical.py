"""The parts of XML signature that signing and checking share: canonical forms and digests."""

from __future__ import annotations

import copy
import hashlib

from lxml import etree

from infra.local.sdi.xmlfiles import DS

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_COMMENTS = C14N + "#WithComments"
C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
EXCLUSIVE_COMMENTS = EXCLUSIVE + "WithComments"
ENVELOPED = DS + "enveloped-signature"
FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"
SUBTRACT_SIGNATURE = "/descendant::ds:Signature"

CANONICAL_FORMS = {
    # algorithm: (exclusive, with comments); 1.1 differs from 1.0 only in xml:id and xml:base
    C14N: (False, False),
    C14N_11: (False, False),
    C14N_COMMENTS: (False, True),
    EXCLUSIVE: (True, False),
    EXCLUSIVE_COMMENTS: (True, True),
}

DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}

_XML_ATTRIBUTES = "{http://www.w3.org/XML/1998/namespace}"


def canonical(node: etree._Element, algorithm: str = C14N) -> bytes:
    """Canonical form of `node` where it stands. Raises KeyError for an unknown algorithm.

    Inclusive canonicalisation renders the namespaces and the `xml:` attributes that the ancestors
    declare, used or not; lxml serialises an element as if it stood alone, so they are put on a
    copy first.
    """
    exclusive, comments = CANONICAL_FORMS[algorithm]
    alone = etree.Element(node.tag, attrib=dict(node.attrib), nsmap=node.nsmap)
    if not exclusive:
        for ancestor in node.iterancestors():
            for name, value in ancestor.attrib.items():
                if name.startswith(_XML_ATTRIBUTES) and name not in alone.attrib:
                    alone.set(name, value)
    alone.text = node.text
    alone.extend(copy.deepcopy(child) for child in node)
    return bytes(etree.tostring(alone, method="c14n", exclusive=exclusive, with_comments=comments))


def without_signatures(root: etree._Element) -> etree._Element:
    """A copy of the whole document less every ds:Signature, keeping the text around each."""
    tree = copy.deepcopy(root.getroottree())
    for signature in list(tree.getroot().iter(f"{{{DS}}}Signature")):
        remove_keeping_tail(signature)
    return tree.getroot()


def remove_keeping_tail(node: etree._Element) -> None:
    """Take `node` out of its parent; the text that follows it is not part of it and stays."""
    parent, before, tail = node.getparent(), node.getprevious(), node.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    node.tail = None
    parent.remove(node)


def document_octets(root: etree._Element, algorithm: str = C14N) -> bytes:
    """Canonical form of the document without its signatures, processing instructions included."""
    exclusive, comments = CANONICAL_FORMS[algorithm]
    tree = without_signatures(root).getroottree()
    return bytes(etree.tostring(tree, method="c14n", exclusive=exclusive, with_comments=comments))
