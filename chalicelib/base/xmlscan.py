"""A look at the markup before any parser sees it: declarations, depth, number and size of tags.

Bounded by construction: one pass, no going back. Only base.xml calls it.
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
_LEAVES, _END, _OPEN, _DECLARES, _BROKEN = 1, 2, 4, 6, 7


def scan(document: bytes) -> bool:
    """Whether the markup holds together; raises for what is refused in any case."""
    if document.count(b"<") + document.count(b"&") > limits.XML_TAGS:
        raise too_many_tags()
    depth, longest = 0, limits.XML_TAG_BYTES
    for token in _TOKEN.finditer(document):
        kind = token.lastindex
        if kind == _LEAVES:
            if depth >= limits.XML_DEPTH:
                raise too_deep()
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
