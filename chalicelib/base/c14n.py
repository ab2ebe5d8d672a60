"""Canonical XML 1.0, inclusive and exclusive, for trees that base.xml has read."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree  # type: ignore[import-untyped, unused-ignore]

from chalicelib.base import xml
from chalicelib.base.errors import Rejected
from chalicelib.base.xml import Element

_XML_ATTRIBUTE = "{http://www.w3.org/XML/1998/namespace}"


def canonical(
    node: Element,
    *,
    exclusive: bool,
    comments: bool = False,
    whole: bool = False,
    prefixes: Sequence[str] = (),
) -> bytes:
    """The canonical form of the element where it stands in its document.

    With `whole`, of the document that `node` is the root of, with what stands around the root.
    The inclusive form renders the namespaces and the `xml:` attributes of the ancestors, whether
    used or not (Canonical XML 1.0, section 2.4); the exclusive one does so for the namespaces of
    `prefixes`. Raises Rejected `xml_not_canonical` (a relative
    namespace name, for one) and what xml.read says of a part that is over the limits.
    """
    try:
        alone = node if whole else _alone(node, inherit=not exclusive)
        octets: bytes = etree.tostring(
            alone.getroottree(),
            method="c14n",
            exclusive=exclusive,
            with_comments=comments,
            inclusive_ns_prefixes=list(prefixes) if exclusive else None,
        )
    except etree.LxmlError as error:
        raise Rejected("xml_not_canonical", "The XML has no canonical form.") from error
    return octets


def _alone(node: Element, *, inherit: bool) -> Element:
    """The element as the root of a document of its own, in the namespaces of its ancestors.

    Written and read again: lxml's own way to the canonical form of a part of a tree loses the
    default namespace below the second level.
    """
    written: bytes = etree.tostring(node, encoding="UTF-8", with_tail=False)
    alone = xml.read(written, limit_bytes=len(written))
    above = node.getparent() if inherit else None
    while above is not None:
        for name, value in above.attrib.items():
            if name.startswith(_XML_ATTRIBUTE) and name not in alone.attrib:
                alone.set(name, value)
        above = above.getparent()
    return alone
