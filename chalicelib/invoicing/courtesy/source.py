"""Reading a tree so that nothing is forgotten: what was not asked for is found at the end.

The copy promises every value of the file. A list of what to show cannot prove that, least of all
for files that break the schema; so each value that is shown is noted, and `rest` gives the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.base import xml
from chalicelib.base.xml import Element, local

# The bytes of an attachment and of a signature are no text to read.
_UNREAD = frozenset({"Attachment", "Signature"})


@dataclass(frozen=True)
class Source:
    """An element (None: missing, and then all below it is) and what was shown of the file."""

    node: Element | None
    shown: set[Element] = field(repr=False)


def many(source: Source, path: str) -> list[Source]:
    """The elements at a path of local names."""
    if source.node is None:
        return []
    return [Source(node, source.shown) for node in xml.findall(source.node, path)]


def one(source: Source, path: str) -> Source:
    """The first element at a path."""
    node = xml.find(source.node, path) if source.node is not None else None
    return Source(node, source.shown)


def own(source: Source) -> str:
    """The element's own text, noted as shown; every run of white space is one blank."""
    if source.node is None:
        return ""
    source.shown.add(source.node)
    return " ".join(xml.text(source.node).split())


def value(source: Source, path: str) -> str:
    """The text of the first element at a path, noted as shown; "" when missing."""
    return own(one(source, path))


def values(source: Source, path: str) -> list[str]:
    """The texts of all elements at a path, without the empty ones."""
    return [text for text in map(own, many(source, path)) if text]


def rest(source: Source) -> Iterator[tuple[str, str]]:
    """(path below the element, text) of all that was not shown, in the order of the file."""
    if source.node is None:
        return
    stack: list[tuple[Element, str]] = [(source.node, "")]
    while stack:
        node, path = stack.pop()
        if local(node) in _UNREAD:
            continue
        text = " ".join(xml.text(node).split())
        if text and node not in source.shown:
            yield path, text
        below = [(child, f"{path}/{local(child)}".lstrip("/")) for child in node if local(child)]
        stack.extend(reversed(below))
