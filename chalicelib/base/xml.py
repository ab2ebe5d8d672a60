"""The house's only XML reader: bytes that strangers wrote become a tree, or a stable refusal.

Nothing outside the bytes is ever consulted: no DTD (any markup declaration is refused), no
entity, no XInclude, no schema location, no file, no network. What can make a parser work hard
(size, number of tags, length of one tag, depth) is measured on the bytes before parsing.

Sources: facts/fatturapa.md section 15 (what the world really sends), XML 1.0 section 4.3.3 and
appendix F (encodings), OWASP ASVS 1.5.1.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple, Protocol

from lxml import etree  # type: ignore[import-untyped, unused-ignore]

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.xmlscan import doctype, harmless, scan, shallow, too_deep, too_many_tags


class Element(Protocol):
    """The part of an lxml element that the house uses; lxml itself ships no types.

    A comment, a processing instruction or an unresolved entity is a node too: its `tag` is not
    a string, and `local` gives "" for it.
    """

    tag: Any
    text: str | None
    tail: str | None

    @property
    def attrib(self) -> MutableMapping[str, str]: ...
    @property
    def nsmap(self) -> Mapping[str | None, str]: ...
    @property
    def sourceline(self) -> int | None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Element]: ...
    def __getitem__(self, index: int, /) -> Element: ...
    def get(self, key: str, default: str = ..., /) -> str | None: ...
    def set(self, key: str, value: str, /) -> None: ...
    def iter(self, *tags: str) -> Iterator[Element]: ...
    def iterchildren(self, *tags: str) -> Iterator[Element]: ...
    def itertext(self) -> Iterator[str]: ...
    def getparent(self) -> Element | None: ...
    def getroottree(self) -> Any: ...
    def append(self, child: Element, /) -> None: ...
    def insert(self, index: int, child: Element, /) -> None: ...
    def remove(self, child: Element, /) -> None: ...
    def xpath(self, path: str, /, **options: Any) -> Any: ...


# The words in `Parsed.repairs`, weakest first. All but the last keep every character of the text.
ENCODING = "encoding"  # the bytes were not in the encoding that was declared
LEADING_BYTES = "leading_bytes"  # blanks or byte order marks before the document
CONTROL_CHARACTERS = "control_characters"  # characters that XML forbids were dropped
NAMESPACE = "namespace"  # blanks or stray quotes around a namespace name were dropped
RECOVERED = "recovered"  # the parser guessed the structure: parts may be missing


class Parsed(NamedTuple):
    """A tree, the encoding that the bytes were really in, and what had to be repaired."""

    root: Element
    encoding: str  # a Python codec name: "utf-8", "utf-16-le", "cp1252"...
    repairs: tuple[str, ...]


_BOMS = (  # the longer first: the mark of UTF-16-LE begins that of UTF-32-LE
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (  # XML 1.0 appendix F: how markup begins in a wide encoding without a mark
    (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0<\0"), "utf-16-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
)
# A closed list: Python knows encodings (UTF-7, EBCDIC, escapes) that hide markup from a scan.
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("us-ascii", "ascii"), "ascii"),
    **dict.fromkeys(("latin1", "latin-1", "iso8859-1"), "iso8859-1"),
    **dict.fromkeys(("cp1252", "windows1252", "ansi"), "cp1252"),
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in range(1, 17) if n != 12},
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
}
_WIDE_NAMES = {
    "utf-16-le": ("utf-16", "utf-16le", "iso-10646-ucs-2"),
    "utf-16-be": ("utf-16", "utf-16be", "iso-10646-ucs-2"),
    "utf-32-le": ("utf-32", "utf-32le", "iso-10646-ucs-4"),
    "utf-32-be": ("utf-32", "utf-32be", "iso-10646-ucs-4"),
}
_DECLARATION = re.compile(rb"""\s*<\?xml\s[^<>]{0,200}?(encoding\s*=\s*["']([^"'<>]{0,60})["'])""")
_USUAL_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"'
# What Python's surrogateescape leaves of an undecodable byte, read as windows-1252; the five
# bytes that windows-1252 leaves undefined are read as ISO-8859-1.
_AS_CP1252 = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(128, 256)
}
_C1 = re.compile(r"[\x80-\x9f]")

_DOCTYPE_ANYWHERE = re.compile(rb"<\s*!\s*(?:doctype|entity|element|attlist|notation)", re.I)

_FORBIDDEN = bytes(b for b in range(32) if b not in b"\t\n\r")
_FORBIDDEN_REFERENCE = re.compile(
    rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef])?|0*(?:[0-8]|1[124-9]|2\d|3[01]|6553[45])?);", re.I
)


def _deeper_than(levels: int) -> Any:
    """A question to a tree. It takes a step for each level, whether anything is there or not."""
    return etree.XPath(f"boolean({'/*' * (levels + 1)})")


_USUAL_DEPTH = 9
_UNUSUALLY_DEEP, _TOO_DEEP = _deeper_than(_USUAL_DEPTH), _deeper_than(limits.XML_DEPTH)
# "=" is excluded so that an empty xmlns="" cannot run into the attribute after it.
_NAMESPACE = re.compile(rb"""(\sxmlns(?::[\w.\-]+)?\s*=\s*)(["']+)([^"'<>=]+)(["']+)""")


def parse(
    data: bytes, *, limit_bytes: int, recover: bool = False, values_only: bool = False
) -> Parsed:
    """Read one document of at most `limit_bytes`.

    Without `recover` nothing is repaired. With it, each repair is tried in turn from the weakest
    to the strongest, and those that were needed are named in `repairs`.

    With `values_only` the tree of a document that needs no repair may lack the blanks between
    its elements, a third of all nodes; what stands in a leaf is all there.

    Raises Rejected with: xml_empty, xml_too_large (bytes, tags and references, or one tag),
    xml_encoding, xml_doctype, xml_too_deep, xml_malformed.
    """
    if len(data) > limit_bytes:
        raise Rejected(
            "xml_too_large", "The document is too large.", bytes=len(data), limit_bytes=limit_bytes
        )
    document, encoding, wrong_encoding = _decode(data, recover)
    repairs: tuple[str, ...] = (ENCODING,) if wrong_encoding else ()
    if not document or document.isspace():
        raise Rejected("xml_empty", "The document is empty.")
    if not wrong_encoding:
        plain = _harmless_tree(document, values_only)
        if plain is not None:
            return Parsed(plain, encoding, ())
    whole = scan(document)
    if not recover:
        if wrong_encoding:
            raise _wrong_encoding()
        if not whole:
            raise _malformed(None)
        return Parsed(_tree(document), encoding, repairs)
    if wrong_encoding and (found := _DECLARATION.match(document[:1024])):
        # Blanked, because the parser also minds how a name is spelt that it will not follow.
        start, end = found.span(1)
        document = document[:start] + b" " * (end - start) + document[end:]
    if whole and (root := _try_tree(document)) is not None:
        return Parsed(root, encoding, repairs)
    document, tidied = _tidy(document)
    repairs += tidied
    # Again, on what the repairs made: dropping a character can put a declaration together.
    if tidied and scan(document) and (root := _try_tree(document)) is not None:
        return Parsed(root, encoding, repairs)
    if _DOCTYPE_ANYWHERE.search(document):
        # Where the structure is guessed, a comment or CDATA section proves no innocence.
        raise doctype()
    if document.count(b"=") > limits.XML_TAGS:
        raise too_many_tags()  # attributes of a tag that the scan could not delimit
    root = _tree(document, _LENIENT)
    if _TOO_DEEP(root):
        raise too_deep()
    return Parsed(root, encoding, (*repairs, RECOVERED))


def read(data: bytes, *, limit_bytes: int, recover: bool = False) -> Element:
    """The root of the document: `parse` for those who need no marks."""
    return parse(data, limit_bytes=limit_bytes, recover=recover).root


def local(node: Element | str) -> str:
    """The name without its namespace, of an element or of a tag; "" of what is no element."""
    tag = node if isinstance(node, str) else node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def findall(root: Element, path: str) -> list[Element]:
    """The elements at `path` ("A/B/C", local names) below `root`, in document order."""
    found = [root]
    for name in path.split("/"):
        found = [child for element in found for child in element.iterchildren("{*}" + name)]
    return found


def find(root: Element, path: str) -> Element | None:
    """The first element at `path` below `root`."""
    name, _, rest = path.partition("/")
    for child in root.iterchildren("{*}" + name):
        if (found := find(child, rest) if rest else child) is not None:
            return found
    return None


def text(root: Element, path: str = "") -> str:
    """The stripped text of the first element at `path` (of `root` itself if ""); "" if none.

    The text of children is not taken, but text goes on after a comment: a comment in the middle
    must not cut a number short.
    """
    element = find(root, path) if path else root
    if element is None:
        return ""
    tails = [node.tail or "" for node in element if not isinstance(node.tag, str)]
    return "".join((element.text or "", *tails)).strip()


def serialize(root: Element) -> bytes:
    """The element as a document in UTF-8 with its declaration."""
    body: bytes = etree.tostring(root, encoding="UTF-8", with_tail=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _decode(data: bytes, recover: bool) -> tuple[bytes, str, bool]:
    """The document in UTF-8, the codec it was in, and whether that contradicts the document."""
    mark, codec = _marked(data)
    body = data[len(mark) :] if mark else data
    if codec in _WIDE_NAMES:
        try:
            document = body.decode(codec).encode()
        except UnicodeError as error:
            raise _wrong_encoding() from error
        declared = _declared(document)
        return document, codec, not mark or declared not in ("", *_WIDE_NAMES[codec])
    declared = _declared(body)
    named = _CODECS.get(declared or "utf-8", "")
    if codec == "utf-8" or named in ("", "utf-8", "ascii"):
        wrong = named == "" or (named == "ascii" and not body.isascii())
        return _from_utf8(body, wrong, recover)
    return _from_single_byte(body, named, recover)


def _marked(data: bytes) -> tuple[bytes, str]:
    """The byte order mark, and the codec that it or the first characters tell; "" when none."""
    if data[:1] == b"<" and data[1:2] != b"\0":
        return b"", ""  # as nearly always
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return mark, codec
    return b"", next((codec for head, codec in _UNMARKED if head.match(data)), "")


def _from_utf8(body: bytes, wrong: bool, recover: bool) -> tuple[bytes, str, bool]:
    if body.isascii():
        return body, "utf-8", wrong
    try:
        body.decode()
    except UnicodeDecodeError as error:
        if not recover:
            raise _wrong_encoding() from error
        # Byte by byte, because files put together from two sources are in both encodings.
        document = body.decode(errors="surrogateescape").translate(_AS_CP1252).encode()
        return document, "cp1252", True
    return body, "utf-8", wrong


def _from_single_byte(body: bytes, named: str, recover: bool) -> tuple[bytes, str, bool]:
    if body.isascii():
        return body, named, False
    if recover and named in ("iso8859-1", "cp1252", "iso8859-15"):
        # Well-formed either way, but accented Italian does not form UTF-8 sequences by chance.
        try:
            body.decode()
        except UnicodeDecodeError:
            pass
        else:
            return body, "utf-8", True
    try:
        decoded = body.decode(named)
    except UnicodeDecodeError:
        return body.decode("iso8859-1").encode(), "iso8859-1", True
    if recover and named.startswith("iso8859-") and _C1.search(decoded):
        # Nobody writes C1 controls: 0x80 in a price is the euro sign of windows-1252.
        escaped = body.decode("ascii", "surrogateescape")
        return escaped.translate(_AS_CP1252).encode(), "cp1252", True
    return decoded.encode(), named, False


def _declared(head: bytes) -> str:
    if head.startswith(_USUAL_DECLARATION):
        return "utf-8"
    found = _DECLARATION.match(head[:1024])
    return found[2].decode("ascii", "replace").strip().lower() if found else ""


def _tidy(document: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The repairs that touch no structure, and their words."""
    words = []
    if (bare := _without_lead(document)) != document:
        document = bare
        words.append(LEADING_BYTES)
    clean = document.translate(None, _FORBIDDEN)
    clean = clean.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
    clean = _FORBIDDEN_REFERENCE.sub(b"", clean)
    if clean != document:
        document = _without_lead(clean)
        words.append(CONTROL_CHARACTERS)
    named = _NAMESPACE.sub(lambda found: found[1] + b'"' + found[3].strip() + b'"', document)
    # Apostrophes become quotation marks on the way: alone they are no repair.
    if named.replace(b'"', b"'") != document.replace(b'"', b"'"):
        document = named
        words.append(NAMESPACE)
    return document, tuple(words)


def _without_lead(document: bytes) -> bytes:
    """Without blanks and marks at the start, where only a declaration could be disturbed."""
    bare = document.lstrip(b" \t\r\n\xef\xbb\xbf")
    return bare if bare.startswith(b"<") else document


def _parser(*, recover: bool = False, values_only: bool = False) -> Any:
    # Told the encoding, because the document was recoded and its declaration may now be wrong.
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        recover=recover,
        remove_blank_text=values_only,
    )


# Each run of a parser begins anew, and waits for the one before it to end.
_STRICT, _LENIENT, _VALUES = _parser(), _parser(recover=True), _parser(values_only=True)


def _tree(document: bytes, parser: Any = _STRICT) -> Element:
    try:
        root: Element | None = etree.fromstring(document, parser)
    except etree.LxmlError as error:
        raise _malformed(getattr(error, "lineno", None)) from error
    if root is None:
        raise _malformed(None)
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        raise doctype()  # the scan saw it first; this is the second lock
    return root


def _harmless_tree(document: bytes, values_only: bool) -> Element | None:
    """The tree of a well-formed document that needs no scan; None for any other."""
    if not harmless(document):
        return None
    root = _try_tree(document, _VALUES if values_only else _STRICT)
    if root is None or shallow(document) or not _UNUSUALLY_DEEP(root):
        return root
    if _TOO_DEEP(root):
        raise too_deep()
    return root


def _try_tree(document: bytes, parser: Any = _STRICT) -> Element | None:
    try:
        return _tree(document, parser)
    except Rejected as refusal:
        if refusal.code != "xml_malformed":
            raise
        return None


def _wrong_encoding() -> Rejected:
    return Rejected("xml_encoding", "The bytes are not in the encoding that the document declares.")


def _malformed(line: int | None) -> Rejected:
    return Rejected("xml_malformed", "The document is not well-formed XML.", line=line)
