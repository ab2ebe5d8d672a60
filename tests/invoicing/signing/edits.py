"""Changes to a signed invoice, as functions of its root and its signature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from lxml import etree

from chalicelib.invoicing.signing.xades_verify import verify

from .. import SIGNED_AT
from . import (
    FILTER2,
    NAMES,
    element,
)

_Node = etree._Element


def codes(document: bytes) -> list[str]:
    return [f.code for f in verify(document, SIGNED_AT + timedelta(days=1))]


def at(node: _Node, path: str) -> _Node:
    found = node.find(path, NAMES)
    assert found is not None, path
    return found


def transforms(*algorithms: str, inner: str = "") -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        place = at(signature, "ds:SignedInfo/ds:Reference/ds:Transforms")
        for child in [*place]:
            place.remove(child)
        for algorithm in algorithms:
            made = f'<ds:Transform Algorithm="{algorithm}">{inner}</ds:Transform>'
            place.append(element(made))

    return edit


def by_filter(expression: str = "/descendant::ds:Signature", kind: str = "subtract") -> str:
    return f'<f:XPath xmlns:f="{FILTER2}" Filter="{kind}">{expression}</f:XPath>'


def signed_info_form(algorithm: str) -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        at(signature, "ds:SignedInfo/ds:CanonicalizationMethod").set("Algorithm", algorithm)

    return edit


def set_text(path: str, text: str) -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        at(root, path).text = text

    return edit


def set_attribute(path: str, name: str, value: str) -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        at(root, path).set(name, value)

    return edit


def insert(path: str, index: int, xml: str) -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        at(root, path).insert(index, element(xml))

    return edit


def remove(path: str) -> Callable[[_Node, _Node], None]:
    def edit(root: _Node, signature: _Node) -> None:
        node = at(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return edit
