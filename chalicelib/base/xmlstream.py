"""XML that is too large for a tree, element by element: the hardened way of `base.xml`.

    for element in elements(blocks, "datiSingoliPagamenti", limit_bytes=...):
        ...                                    # each such child of the root, then the root itself

    for name, piece in texts(blocks, limit_bytes=...):
        ...                                    # ("xmlRendicontazione", a piece of what is in it)

Nothing outside the bytes is consulted and no declaration is accepted. What is kept in memory is one
element, and of the root what is no such element; of texts one block, however long a text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from lxml import etree  # type: ignore[import-untyped, unused-ignore]

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.xml import Element
from chalicelib.base.xmlscan import doctype

_DECLARED = re.compile(rb"""\s*<\?xml\s[^<>]{0,200}?encoding\s*=\s*["']([^"'<>]{0,60})["']""")
_MARK: Final = b"\xef\xbb\xbf"
# A closed list, as in base.xml: others hide markup from a look at the bytes.
_ENCODINGS: Final = {
    "": "utf-8", "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "us-ascii", "ascii": "us-ascii",
    "iso-8859-1": "iso-8859-1", "latin1": "iso-8859-1", "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252", "cp1252": "windows-1252",
}  # fmt: skip
_DOCTYPE: Final = b"<!DOCTYPE"


def elements(blocks: Iterable[bytes], name: str, *, limit_bytes: int) -> Iterator[Element]:
    """Each child of the root with the local name `name`, whole; at last the root without them.

    An element is empty as soon as the next one is asked for. Raises Rejected as `xml.parse`:
    xml_empty, xml_too_large, xml_encoding, xml_doctype, xml_malformed.
    """
    source = _Source(blocks, limit_bytes)
    parser = etree.iterparse(
        source,
        events=("end",),
        tag="{*}" + name,
        encoding=source.encoding,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        remove_comments=True,
        remove_pis=True,
    )
    last: Any = None
    try:
        for _, element in parser:
            parent = element.getparent()
            if parent is None or parent.getparent() is not None:
                continue  # of that name, but somewhere else
            yield element
            source.quiet_bytes = 0
            element.clear(keep_tail=False)
            if last is not None:
                # Not the present one: the parser has not done with what follows it.
                parent.remove(last)
                if len(parent) > limits.XML_STREAM_OTHERS:
                    raise _too_large(limits.XML_STREAM_OTHERS)
            last = element
    except etree.LxmlError as error:
        raise Rejected(
            "xml_malformed",
            "The document is not well-formed XML.",
            line=getattr(error, "lineno", None),
        ) from error
    root: Any = parser.root
    if root is None:
        raise Rejected("xml_malformed", "The document is not well-formed XML.", line=None)
    if root.getroottree().docinfo.internalDTD is not None:
        raise doctype()  # the bytes told it first; this is the second lock
    if last is not None:
        root.remove(last)
    yield root


def texts(blocks: Iterable[bytes], *, limit_bytes: int) -> Iterator[tuple[str, str]]:
    """The document as (local name of an element, a piece of its text), in order: a first piece ""
    for each element that begins, then its text, which may come in many.

    Raises Rejected as `elements`.
    """
    source, told = _Source(blocks, limit_bytes), _Told()
    parser = etree.XMLParser(
        target=told,
        encoding=source.encoding,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        while block := source.read(limits.SHEET_BLOCK_BYTES):
            parser.feed(block)
            source.quiet_bytes = 0  # a text may be as long as the document
            yield from told.taken()
        parser.close()
    except etree.LxmlError as error:
        raise Rejected(
            "xml_malformed",
            "The document is not well-formed XML.",
            line=getattr(error, "lineno", None),
        ) from error
    yield from told.taken()


class _Told:
    """What the parser tells while it goes: pieces that nobody took yet."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._found: list[tuple[str, str]] = []

    def start(self, tag: str, attributes: Any) -> None:
        del attributes
        name = tag.rpartition("}")[2]
        self._open.append(name)
        self._found.append((name, ""))

    def end(self, tag: str) -> None:
        del tag
        self._open.pop()

    def data(self, piece: str) -> None:
        if self._open:
            self._found.append((self._open[-1], piece))

    def close(self) -> None:
        """The parser asks for it."""

    def taken(self) -> list[tuple[str, str]]:
        found, self._found = self._found, []
        return found


class _Source:
    """What the parser reads from: looks at each block before the parser does."""

    def __init__(self, blocks: Iterable[bytes], limit_bytes: int) -> None:
        self._blocks = iter(blocks)
        self._limit_bytes = limit_bytes
        self._total_bytes = 0
        self._tail = b""
        self.quiet_bytes = 0  # since an element came
        head = b""
        while len(head) < 4 * limits.KIB and (block := next(self._blocks, b"")):
            head += block
        if not head.strip():
            raise Rejected("xml_empty", "The document is empty.")
        self._kept = head.removeprefix(_MARK).lstrip()
        # No other first byte: the wide encodings begin with a mark or with a zero.
        if self._kept[:1] != b"<" or b"\0" in self._kept[:4]:
            raise _wrong_encoding()
        found = _DECLARED.match(self._kept[:1024])
        declared = found[1].decode("ascii", "replace").strip().lower() if found else ""
        if declared not in _ENCODINGS:
            raise _wrong_encoding()
        self.encoding = _ENCODINGS[declared]

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end."""
        if not self._kept:
            self._kept = next(self._blocks, b"")
        block, self._kept = self._kept[:size], self._kept[size:]
        if _DOCTYPE in self._tail + block[: len(_DOCTYPE)] or _DOCTYPE in block:
            raise doctype()
        self._tail = block[-len(_DOCTYPE) :]
        self._total_bytes += len(block)
        self.quiet_bytes += len(block)
        if self._total_bytes > self._limit_bytes:
            raise _too_large(self._limit_bytes)
        if self.quiet_bytes > limits.XML_STREAM_QUIET_BYTES:
            raise _too_large(limits.XML_STREAM_QUIET_BYTES)
        return block


def _too_large(limit: int) -> Rejected:
    return Rejected("xml_too_large", "The document is too large.", limit=limit)


def _wrong_encoding() -> Rejected:
    return Rejected("xml_encoding", "The bytes are not in an encoding that is read here.")
