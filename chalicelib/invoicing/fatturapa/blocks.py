"""A FatturaPA tree by local names, and its blocks opened, each once for all who read them.

A missing node has nothing below it. Opening a block costs more than all that is done with its
texts, so who looks further at a file goes on from what is open.
"""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.base import xml
from chalicelib.base.xml import Element, local

# The first child of each local name in a block: its text where it is a leaf, else the element.
Block = dict[str, "str | Element"]


def namespace(node: Element) -> str:
    """The namespace address of an element, "" when it has none."""
    return str(node.tag).rpartition("}")[0][1:]


def children(node: Element | None, name: str) -> list[Element]:
    """The child elements of that local name, in order."""
    return [*node.iterchildren("{*}" + name)] if node is not None else []


def find(node: Element | None, *path: str) -> Element | None:
    """The first element down a path of local names."""
    return xml.find(node, "/".join(path)) if node is not None else None


def text(node: Element | None, *path: str) -> str:
    """The text down a path, with every run of white space as one blank; "" when missing."""
    return " ".join(xml.text(node, "/".join(path)).split()) if node is not None else ""


def content(node: Element | None) -> str:
    """The character data of an element as written, blanks at its ends included.

    It goes on after a comment: `1<!-- -->2` is 12 to SdI, and must not be 1 here.
    """
    if node is None:
        return ""
    if not len(node):
        return node.text or ""
    tails = "".join(child.tail or "" for child in node if not isinstance(child.tag, str))
    return (node.text or "") + tails


def opened(node: str | Element) -> Block:
    """The children of a block; none when it is missing or a leaf."""
    found: Block = {}
    if isinstance(node, str):
        return found
    for child in node:
        name = child.tag
        if not isinstance(name, str):
            continue
        if name[0] == "{":
            name = name.rpartition("}")[2]
        if name not in found:
            found[name] = child if len(child) else child.text or ""
    return found


def written(block: Block, name: str) -> str:
    """The character data of a child as `content` gives it; "" when it is missing."""
    value = block.get(name, "")
    return value if isinstance(value, str) else content(value)


def words(block: Block, name: str) -> str:
    """The same with every run of white space as one blank."""
    value = block.get(name, "")
    return " ".join((value if isinstance(value, str) else content(value)).split())


class BodyBlocks(NamedTuple):
    """The blocks of one body.

    `document` is DatiGeneraliDocumento, opened from `node`; `links` each DatiFattureCollegate (in
    the simplified format DatiFatturaRettificata), `summaries` each DatiRiepilogo; `goods` are
    DatiBeniServizi, several only in the simplified format; `attached` tells that there are
    Allegati.
    """

    node: Element | None
    document: Block
    links: list[Block]
    goods: list[Element]
    summaries: list[Block]
    attached: bool

    def repeated(self, name: str) -> list[Element]:
        """All children of that name of DatiGeneraliDocumento."""
        return children(self.node, name) if name in self.document else []


def body_blocks(body: Element, simplified: bool) -> BodyBlocks:
    """The blocks of a FatturaElettronicaBody."""
    node: Element | None = None
    links: list[Block] = []
    linking = "DatiFatturaRettificata" if simplified else "DatiFattureCollegate"
    blocks = opened(body)
    general = blocks.get("DatiGenerali", "")
    for child in general if not isinstance(general, str) else ():
        name = local(child)
        if name == linking:
            links.append(opened(child))
        elif name == "DatiGeneraliDocumento" and node is None:
            node = child
    if simplified:
        goods, summaries = children(body, "DatiBeniServizi"), []
    else:
        only = blocks.get("DatiBeniServizi", "")
        goods = [only] if not isinstance(only, str) else []
        summaries = [opened(one) for block in goods for one in children(block, "DatiRiepilogo")]
    document = opened(node) if node is not None else {}
    return BodyBlocks(node, document, links, goods, summaries, "Allegati" in blocks)
