"""From the XML of a document to its tree.

Any child is found by its local name, wherever it stands in its block. What is schema-valid comes
through whole: every value in its lexical form (scale of decimals, zones of dates, line breaks of
base64). Left out without a word: comments, processing instructions, blanks between elements, the
prefix. Left out with a word in `changes`: what the format does not have. Left out knowingly:
ds:Signature, see `FatturaElettronica.signed`.
"""

from __future__ import annotations

from typing import Any

from chalicelib.base.errors import Rejected
from chalicelib.base.xml import Element, local
from chalicelib.invoicing.fatturapa.blocks import namespace
from chalicelib.invoicing.fatturapa.reader import NAMESPACES, ORDINARY, SIMPLIFIED
from chalicelib.invoicing.fatturapa.tree.facets import Facet, Number, Whole
from chalicelib.invoicing.fatturapa.tree.plan import Field, fields_of
from chalicelib.invoicing.fatturapa.tree.roots import (
    Change,
    FatturaElettronica,
    FatturaElettronicaSemplificata,
    Kind,
    Tree,
)
from chalicelib.invoicing.fatturapa.tree.written import to_decimal, to_int

ROOTS: dict[str, type[Tree]] = {
    ORDINARY: FatturaElettronica,
    SIMPLIFIED: FatturaElettronicaSemplificata,
}
ATTRIBUTES = ("versione", "SistemaEmittente")
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
_PATH_CHARS = 300  # what a hostile name may cost in a message


class _Notes:
    """What the reader meets on the way."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.signed = False

    def add(self, kind: Kind, path: str) -> None:
        self.changes.append(Change(kind, path[:_PATH_CHARS]))


def _text(node: Element) -> str:
    """The character data as written, which goes on after a comment."""
    tails = "".join(child.tail or "" for child in node if not isinstance(child.tag, str))
    return (node.text or "") + tails


def _leaf(facet: Facet, written: str, path: str) -> Any:
    try:
        if isinstance(facet, Number):
            return to_decimal(written)
        if isinstance(facet, Whole):
            return to_int(written)
    except ValueError as error:
        raise Rejected("tree_value", "The value is not a number.", field=path) from error
    return written


def _loose_text(node: Element) -> bool:
    tails = (child.tail for child in node)
    return any((part or "").strip() for part in (node.text, *tails))


def _grouped(
    node: Element, own: tuple[Field, ...], path: str, notes: _Notes
) -> dict[str, list[tuple[Element, str]]]:
    """The children by name, each with its path; strangers and disorder become notes."""
    places = {field.name: place for place, field in enumerate(own)}
    elements = [child for child in node if isinstance(child.tag, str)]
    totals: dict[str, int] = {}
    for child in elements:
        totals[local(child)] = totals.get(local(child), 0) + 1
    found: dict[str, list[tuple[Element, str]]] = {}
    last = 0
    for child in elements:
        name = local(child)
        index = len(found.setdefault(name, [])) + 1
        below = f"{path}/{name}" if path else name
        if totals[name] > 1:
            below = f"{below}[{index}]"
        found[name].append((child, below))
        if name == "Signature" and not path and namespace(child) == XMLDSIG:
            notes.signed = True
        elif name not in places:
            notes.add("unknown", below)
        else:
            if places[name] < last:
                notes.add("moved", below)
            if namespace(child):
                notes.add("namespace", below)
            last = max(last, places[name])
    return found


def _value(field: Field, node: Element, path: str, notes: _Notes) -> Any:
    for name in node.attrib:
        notes.add("attribute", f"{path}/@{local(name)}")
    if field.block is not None:
        return _block(field.block, node, path, notes)
    assert field.facet is not None, field.name
    for child in node:
        if isinstance(child.tag, str):
            notes.add("unknown", f"{path}/{local(child)}")
    return _leaf(field.facet, _text(node), path)


def _values(own: tuple[Field, ...], node: Element, path: str, notes: _Notes) -> dict[str, Any]:
    """The attributes of a block, by name."""
    if _loose_text(node):
        notes.add("text", path)
    found = _grouped(node, own, path, notes)
    values: dict[str, Any] = {}
    for field in own:
        nodes = found.get(field.name, [])
        if not nodes:
            if field.required:
                where = f"{path}/{field.name}" if path else field.name
                raise Rejected("tree_missing", "A compulsory element is missing.", field=where)
            continue
        if field.many:
            values[field.name] = tuple(_value(field, each, at, notes) for each, at in nodes)
            continue
        for _, at in nodes[1:]:
            notes.add("repeated", at)
        values[field.name] = _value(field, *nodes[0], notes)
    return values


def _block(block: type[Any], node: Element, path: str, notes: _Notes) -> Any:
    return block(**_values(fields_of(block), node, path, notes))


def parse(root: Element) -> Tree:
    """The tree of a document, from the root element that `base.xml` read.

    Raises Rejected: not_fatturapa (another root), tree_missing (a compulsory element or `versione`
    is not there), tree_value (no number where one must be); `field` is the path below the root.
    """
    kind = ROOTS.get(local(root))
    if kind is None:
        raise Rejected("not_fatturapa", "The file is not a FatturaPA document.")
    notes = _Notes()
    if namespace(root) != NAMESPACES[local(root)]:
        notes.add("namespace", "")
    values: dict[str, Any] = {}
    for name, written in root.attrib.items():
        if name in ATTRIBUTES:
            values[name] = written
        else:
            notes.add("attribute", f"@{local(name)}")
    if "versione" not in values:
        raise Rejected("tree_missing", "A compulsory attribute is missing.", field="@versione")
    own = tuple(field for field in fields_of(kind) if field.name not in ATTRIBUTES)
    values |= _values(own, root, "", notes)
    return kind(**values, signed=notes.signed, changes=tuple(notes.changes))
