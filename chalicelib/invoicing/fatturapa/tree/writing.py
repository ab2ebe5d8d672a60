"""From a tree to the XML of the document, in UTF-8 and in the order of the schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa.reader import NAMESPACES, ORDINARY, SIMPLIFIED
from chalicelib.invoicing.fatturapa.tree.plan import fields_of
from chalicelib.invoicing.fatturapa.tree.reading import ATTRIBUTES
from chalicelib.invoicing.fatturapa.tree.roots import FatturaElettronica, Tree
from chalicelib.invoicing.fatturapa.tree.written import text_of

# What XML 1.0 cannot hold in any form (production [2]).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A reader turns a bare carriage return into a line end, and line ends of attributes into blanks.
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = {
    **_IN_TEXT,
    **str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"}),
}


def _checked(text: str, path: str) -> str:
    if _FORBIDDEN.search(text):
        raise Rejected("tree_character", "XML cannot hold one of the characters.", field=path)
    return text


def _lines(block: Any, skipped: tuple[str, ...], path: str, depth: int) -> Iterator[str]:
    pad = "  " * depth
    for field in fields_of(type(block)):
        held = getattr(block, field.name)
        if field.name in skipped or held is None:
            continue
        for value in held if field.many else (held,):
            below = f"{path}/{field.name}" if path else field.name
            if field.block is not None:
                inside = list(_lines(value, (), below, depth + 1))
                yield f"{pad}<{field.name}>" if inside else f"{pad}<{field.name}/>"
                yield from inside
                if inside:
                    yield f"{pad}</{field.name}>"
            else:
                text = _checked(text_of(value), below).translate(_IN_TEXT)
                yield f"{pad}<{field.name}>{text}</{field.name}>"


def serialize(tree: Tree) -> bytes:
    """The file of a tree, without signature.

    Values are written as they are: `faults` tells whether the schema would take them. Raises
    Rejected tree_character for what no XML document can hold.
    """
    name = ORDINARY if isinstance(tree, FatturaElettronica) else SIMPLIFIED
    given = ((word, getattr(tree, word)) for word in ATTRIBUTES)
    attributes = "".join(
        f' {word}="{_checked(held, "@" + word).translate(_IN_ATTRIBUTE)}"'
        for word, held in given
        if held is not None
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<p:{name} xmlns:p="{NAMESPACES[name]}"{attributes}>',
        *_lines(tree, ATTRIBUTES, "", 1),
        f"</p:{name}>",
        "",
    ]
    return "\n".join(lines).encode()
