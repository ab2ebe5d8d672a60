"""The parts of an arriving ds:Signature, found by place only and refused when in another order.

Nothing is looked up by name somewhere below, and no identifier is followed to wherever it leads:
each part has one place where it may stand, and each reference one element that it may mean. That
is what keeps a signature from being moved around something that it never covered.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.base import xml
from chalicelib.base.c14n import canonical
from chalicelib.base.xml import Element
from chalicelib.invoicing.signing.xades import (
    C14N,
    DSIG,
    ENVELOPED,
    EXCLUSIVE,
    SIGNED_PROPERTIES,
    XADES,
)

FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"
SIGNATURE = f"{{{DSIG}}}Signature"
_XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"  # differs only for xml:id and xml:base
_COMMENTS = "WithComments"
_FORMS = {  # algorithm: (exclusive, with comments)
    C14N: (False, False),
    f"{C14N}#{_COMMENTS}": (False, True),
    _C14N_11: (False, False),
    f"{_C14N_11}#{_COMMENTS}": (False, True),
    EXCLUSIVE: (True, False),
    EXCLUSIVE + _COMMENTS: (True, True),
}
_PREFIXES_MAX = 20
_TRANSFORMS_MAX = 4
_IDS = "//*[@Id=$id or @ID=$id or @id=$id or @xml:id=$id]"


class Broken(Exception):
    """00102: the signature is not what it must be. The message is for people."""


@dataclass(frozen=True)
class Form:
    """A canonicalisation as it is asked for; `prefixes` as in InclusiveNamespaces."""

    exclusive: bool
    comments: bool
    prefixes: tuple[str, ...] = ()

    def octets(self, node: Element, *, comments: bool = False) -> bytes:
        """Of an element where it stands. References inside a document never see comments."""
        return canonical(node, exclusive=self.exclusive, comments=comments, prefixes=self.prefixes)


INCLUSIVE = Form(exclusive=False, comments=False)  # what holds where a reference names none


@dataclass(frozen=True)
class Reference:
    """One ds:Reference. `removes` says which signatures are taken out first, "" where none is."""

    uri: str
    removes: str  # "": none; "own": enveloped-signature; "all": by an XPath
    filtered: bool  # by XPath Filter 2.0 alone, as SdI does
    form: Form
    digest_algorithm: str
    digest: bytes


@dataclass(frozen=True)
class Parts:
    """A signature taken apart. `document`, `properties` and `key_info` are its references."""

    signed_info: Element
    form: Form
    method: str
    value: bytes
    certificates: tuple[bytes, ...]
    document: Reference
    properties: Reference
    key_info: Reference | None
    properties_node: Element
    key_info_node: Element


def take_apart(root: Element, signature: Element) -> Parts:
    """The parts of `signature`, a child of `root`. Raises Broken."""
    children = _elements(signature)
    names = [_name(child, DSIG) for child in children]
    if names[:3] != ["SignedInfo", "SignatureValue", "KeyInfo"] or set(names[3:]) != {"Object"}:
        raise Broken("its parts are missing or in another order")
    signed_info, value, key_info = children[:3]
    properties = _properties(children[3:])
    head, *references = _elements(signed_info)
    if _name(head, DSIG) != "CanonicalizationMethod" or not references:
        raise Broken("SignedInfo is not in order")
    method, *references = references
    if _name(method, DSIG) != "SignatureMethod" or len(method):
        raise Broken("SignedInfo is not in order")
    targets = (root, properties, key_info)
    found: dict[int, Reference] = {}
    for node in references:
        reference = _reference(node)
        index = next((i for i, t in enumerate(targets) if _means(root, t, reference.uri)), -1)
        if index < 0:
            raise Broken(f"a reference leads elsewhere ({reference.uri[:80]})")
        if index in found:
            raise Broken("one part is referenced twice")
        if (index == 1) is not (node.get("Type") == SIGNED_PROPERTIES):
            raise Broken("a reference is not of the type that it says")
        if bool(reference.removes) is not (index == 0):
            raise Broken("a reference is transformed in an unexpected way")
        found[index] = reference
    if 0 not in found or 1 not in found:
        raise Broken("it does not cover the document and its own properties")
    return Parts(
        signed_info=signed_info,
        form=_form(head),
        method=method.get("Algorithm", "") or "",
        value=decoded(value),
        certificates=_certificates(key_info),
        document=found[0],
        properties=found[1],
        key_info=found.get(2),
        properties_node=properties,
        key_info_node=key_info,
    )


def document_octets(data: bytes, index: int, reference: Reference) -> bytes:
    """What the document reference of the signature that is `index`-th from the last child covers.

    `data` is read again, for the tree without its signature is another tree: XML Signature keeps
    the text around a signature that is taken out.
    """
    root = xml.read(data, limit_bytes=len(data))
    own = _elements(root)[index]
    removed = [own] if reference.removes == "own" else list(root.iter(SIGNATURE))
    for node in removed:
        _take_out(node)
    form = reference.form
    return canonical(
        root, exclusive=form.exclusive, prefixes=form.prefixes, whole=reference.uri == ""
    )


def decoded(node: Element | None) -> bytes:
    """The bytes of a base64 element. Raises Broken."""
    if node is None or _elements(node):
        raise Broken("a value is missing")
    text = "".join(xml.text(node).split())
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Broken("a value is not base64") from error


def one(node: Element, space: str, *path: str) -> Element | None:
    """The element at `path` below `node` when there is exactly one at each step. Else None."""
    at = node
    for name in path:
        found = [child for child in at if child.tag == f"{{{space}}}{name}"]
        if len(found) != 1:
            return None
        at = found[0]
    return at


def _properties(objects: Sequence[Element]) -> Element:
    """SignedProperties. What else an Object can hold would be unsigned text in a signed file."""
    if len(objects) != 1 or len(_elements(objects[0])) != 1:
        raise Broken("it holds more or less than its own properties")
    found = one(objects[0], XADES, "QualifyingProperties", "SignedProperties")
    if found is None:
        raise Broken("it has no signed properties")
    return found


def _means(root: Element, target: Element, uri: str) -> bool:
    """Whether `uri` leads to `target` and, whatever attribute one takes for the Id, only there."""
    if uri == "":
        return target is root
    name = uri[1:]
    if not name or name not in (target.get("Id"), target.get("ID"), target.get("id")):
        return False
    return [*root.xpath(_IDS, id=name)] == [target]


def _reference(node: Element) -> Reference:
    uri = node.get("URI")
    if _name(node, DSIG) != "Reference" or uri is None or (uri and not uri.startswith("#")):
        raise Broken("SignedInfo holds something other than references into the document")
    children = {_name(child, DSIG): child for child in _elements(node)}
    if len(children) != len(_elements(node)) or not {"DigestMethod", "DigestValue"} <= set(
        children
    ) <= {"Transforms", "DigestMethod", "DigestValue"}:
        raise Broken("a reference is not in order")
    transforms = _elements(children["Transforms"]) if "Transforms" in children else []
    if len(transforms) > _TRANSFORMS_MAX:
        raise Broken("a reference has too many transforms")
    form, removes, kinds = None, "", set()
    for transform in transforms:
        algorithm = transform.get("Algorithm", "") or ""
        if _name(transform, DSIG) != "Transform" or form is not None:
            raise Broken("transforms are not in order")
        if algorithm in _FORMS:
            form = _form(transform)
        elif algorithm == ENVELOPED and not _elements(transform):
            removes = removes or "own"
            kinds.add(algorithm)
        elif algorithm in (FILTER2, _XPATH) and _removes_signatures(transform, algorithm):
            removes = "all"
            kinds.add(algorithm)
        else:
            raise Broken(f"a transform is not accepted ({algorithm[:80]})")
    return Reference(
        uri=uri,
        removes=removes,
        filtered=kinds == {FILTER2},
        form=form or INCLUSIVE,
        digest_algorithm=children["DigestMethod"].get("Algorithm", "") or "",
        digest=decoded(children["DigestValue"]),
    )


def _removes_signatures(transform: Element, algorithm: str) -> bool:
    """By XPath Filter 2.0 as SdI itself writes it, or by the XPath of the first XML Signature."""
    children = _elements(transform)
    if len(children) != 1 or _elements(children[0]):
        return False
    node = children[0]
    prefixes = [prefix for prefix, name in node.nsmap.items() if name == DSIG and prefix]
    expression = "".join(xml.text(node).split())
    if algorithm == _XPATH:
        wanted = {f"not(ancestor-or-self::{p}:Signature)" for p in prefixes}
        return _name(node, DSIG) == "XPath" and expression in wanted
    wanted = {start + f"{p}:Signature" for p in prefixes for start in ("/descendant::", "//")}
    subtracts = _name(node, FILTER2) == "XPath" and node.get("Filter") == "subtract"
    return subtracts and expression in wanted


def _form(node: Element) -> Form:
    found = _FORMS.get(node.get("Algorithm", "") or "")
    if found is None:
        raise Broken("a canonical form is not known")
    prefixes: list[str] = []
    for child in _elements(node):
        if _name(child, EXCLUSIVE) != "InclusiveNamespaces" or not found[0]:
            raise Broken("a canonical form has unknown parameters")
        prefixes += (child.get("PrefixList", "") or "").split()
    if len(prefixes) > _PREFIXES_MAX:
        raise Broken("a canonical form has too many parameters")
    return Form(*found, prefixes=tuple(prefixes))


def _certificates(key_info: Element) -> tuple[bytes, ...]:
    return tuple(
        decoded(node)
        for data in key_info
        if data.tag == f"{{{DSIG}}}X509Data"
        for node in data
        if node.tag == f"{{{DSIG}}}X509Certificate"
    )


def _take_out(node: Element) -> None:
    parent = node.getparent()
    assert parent is not None
    siblings = list(parent)
    at, tail = siblings.index(node), node.tail or ""
    if at:
        siblings[at - 1].tail = (siblings[at - 1].tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(node)


def _elements(node: Element) -> list[Element]:
    return [child for child in node if isinstance(child.tag, str)]


def _name(node: Element, space: str) -> str:
    """The local name of an element of that namespace, else ""."""
    tag = node.tag
    inside = isinstance(tag, str) and tag.startswith(f"{{{space}}}")
    return xml.local(node) if inside else ""
