"""A look at the markup before any parser sees it: declarations, depth, number and size of tags.

`harmless` asks little and is right about nearly every file; `scan` goes through all tokens of the
others. Bounded by construction: one pass, no going back. Only base.xml calls them.
"""

from __future__ import annotations

import re

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

# One token of markup. Possessive throughout, so that no input makes it go back; what fits no
# other branch is the last one, where the scan stops. The first takes a whole run of elements that
# hold text only, which is what an invoice is made of: one match instead of two for each.
_TOKEN = re.compile(
    rb"""<(?:
      [A-Za-z_][\w.:-]{0,80}+>[^<]*+</[^<>]*+>
      (?:[^<]*+<[A-Za-z_][\w.:-]{0,80}+>[^<]*+</[^<>]*+>)*+()              # 1: leaves
    | (/)[^<>]*+>                                                          # 2: end
    | [^<>!?/"'\s][^<>"']*+(?:(?:"[^"<]*+"|'[^'<]*+')[^<>"']*+)*+(?:(?<=/)(>)|(>))  # 3 empty, 4
    | (?:!--(?s:.*?)--|!\[CDATA\[(?s:.*?)\]\]|\?(?s:.*?)\?)(>)              # 5: no element
    | (!)                                                                  # 6: declaration
    | ()                                                                   # 7: not XML
    )""",
    re.VERBOSE,
)
_LEAVES, _END, _EMPTY, _OPEN, _DECLARES, _BROKEN = 1, 2, 3, 4, 6, 7
_SMALL_BYTES = 8 * limits.KIB  # about as much as an invoice has with so many tags


def harmless(document: bytes) -> bool:
    """Whether a strict parser may read it at once: all that `scan` looks for, save the depth.

    No `<!` means no declaration (and no comment or CDATA section that could hide one); the parser
    stops at 256 levels by itself, so the depth can be asked of the tree. False proves nothing.
    """
    return (
        # One byte is found ten times as fast as two, and hardly any invoice has it.
        (b"!" not in document or b"<!" not in document)
        # Each takes a byte at least.
        and (len(document) <= limits.XML_TAGS or _marks(document) <= limits.XML_TAGS)
        and _short_tags(document)
    )


def shallow(document: bytes) -> bool:
    """Whether a well-formed document is so small that it cannot be too deep: each level takes two
    tags, the last perhaps one. False proves nothing; the bytes of larger ones are not even asked.
    """
    return len(document) <= _SMALL_BYTES and document.count(b"<") <= 2 * limits.XML_DEPTH


def _marks(document: bytes) -> int:
    """How many tags and references there can be."""
    return document.count(b"<") + document.count(b"&")


def _short_tags(document: bytes) -> bool:
    """Whether no tag can be too long. A tag holds no other `<`, so only where none follows for as
    long is there anything to see: a long text behind a short tag, as attachments are."""
    longest = limits.XML_TAG_BYTES
    at = document.find(b"<")
    while 0 <= at < len(document) - longest:
        last = document.rfind(b"<", at + 1, at + longest)
        if last < 0:
            end = document.find(b">", at, at + longest)
            # Between quotation marks a `>` ends nothing.
            if end < 0 or b'"' in (tag := document[at:end]) or b"'" in tag:
                return False
            last = document.find(b"<", end)
        at = last
    return True


def scan(document: bytes) -> bool:
    """Whether the markup holds together; raises for what is refused in any case."""
    if _marks(document) > limits.XML_TAGS:
        raise too_many_tags()
    depth, longest = 0, limits.XML_TAG_BYTES
    for token in _TOKEN.finditer(document):
        kind = token.lastindex
        if kind in (_LEAVES, _EMPTY) and depth >= limits.XML_DEPTH:
            raise too_deep()
        if kind == _LEAVES:
            continue
        if kind == _END:
            depth -= 1
            continue
        if kind == _OPEN:
            depth += 1
            if depth > limits.XML_DEPTH:
                raise too_deep()
        elif kind == _DECLARES:
            if document.startswith((b"--", b"[CDATA["), token.end()):
                return False  # it never ends
            raise doctype()
        elif kind == _BROKEN:
            return False
        if kind is not None and kind <= _OPEN and token.end() - token.start() > longest:
            raise Rejected("xml_too_large", "One tag is too long.", limit_bytes=longest)
    return True


def doctype() -> Rejected:
    return Rejected("xml_doctype", "A document type declaration is never accepted.")


def too_many_tags() -> Rejected:
    return Rejected("xml_too_large", "The document has too many tags.", limit=limits.XML_TAGS)


def too_deep() -> Rejected:
    return Rejected("xml_too_deep", "The document is nested too deeply.", limit=limits.XML_DEPTH)
