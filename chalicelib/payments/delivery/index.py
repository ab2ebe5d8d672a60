"""The index file of a website's area: which file is whose notice (F001-081). Pure.

The site belongs to the body's webmaster; this file is what his program reads. UTF-8, one line for
each notice, lines in the order of tax code and IUV, ended by CR LF (RFC 4180):

    CF,IUV,file
    RSSMRA80A41H501Y,01000000000000123,RSSMRA80A41H501Y_2026_01000000000000123.pdf
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

FILE_NAME: Final = "indice.csv"
HEAD: Final = ("CF", "IUV", "file")
_END: Final = "\r\n"


def line(tax_code: str, iuv: str, file_name: str) -> str:
    """One line, without its end. Nothing in it needs quotes: ValueError where something would."""
    if any(not part.isascii() or set(part) & set(',"\r\n ') for part in (tax_code, iuv, file_name)):
        raise ValueError("not a machine-readable name")
    return f"{tax_code},{iuv},{file_name}"


def write(lines: Iterable[str]) -> bytes:
    """The whole file: each line once. Rejected `index_rows` for more than INDEX_ROWS."""
    found = sorted(set(lines))
    if len(found) > limits.INDEX_ROWS:
        raise Rejected("index_rows", "The area holds too many notices.", most=limits.INDEX_ROWS)
    return "".join(one + _END for one in (",".join(HEAD), *found)).encode("ascii")
