"""CSV as programs and people write it: any of four encodings, any of four delimiters.

Source: RFC 4180, and pagopa.md section 2 for what is met (`;`, tab, CP1252, a mark before UTF-8,
line breaks inside quotes).
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from typing import Final

from chalicelib.base import limits
from chalicelib.base.archives import Ranged
from chalicelib.base.sheets.cells import Row, Table, refused

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = ";\t,|"
_FIRST_LINES: Final = 20


def read(source: Ranged, delimiter: str = "") -> Table:
    """The rows of a CSV. Raises Rejected as `reading.read`."""
    encoding = _encoding(source)
    chosen = delimiter or _delimiter("".join(islice(_lines(source, encoding), _FIRST_LINES)))
    return Table(_rows(source, encoding, chosen), "csv")


def _blocks(source: Ranged) -> Iterator[bytes]:
    for start in range(0, source.size, limits.SHEET_BLOCK_BYTES):
        yield source.read(start, min(limits.SHEET_BLOCK_BYTES, source.size - start))


def _encoding(source: Ranged) -> str:
    head = source.read(0, min(source.size, 4))
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(source):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _lines(source: Ranged, encoding: str) -> Iterator[str]:
    # Five bytes mean nothing in CP1252; a reader of rows says where they stand, not a decoder.
    decoder = codecs.getincrementaldecoder(encoding)(
        "replace" if encoding == "cp1252" else "strict"
    )
    kept = ""
    try:
        for block in _blocks(source):
            # Only at line feeds: a lone CR may be the first half of CR LF in the next block.
            kept += decoder.decode(block)
            *whole, kept = kept.split("\n")
            if len(kept) > limits.SHEET_LINE_CHARS:
                raise refused("csv_line_too_long", limit_chars=limits.SHEET_LINE_CHARS)
            for line in whole:
                yield line + "\n"
        kept += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise refused("csv_corrupt") from error
    if kept:
        yield kept


def _delimiter(first: str) -> str:
    """The one that stands most often in the first lines outside quotes; titles have none."""
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _rows(source: Ranged, encoding: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(_lines(source, encoding), delimiter=delimiter)
    number = 0
    try:
        for cells in reader:
            # As a spreadsheet shows it: a quoted line break does not begin a row.
            number += 1
            if len(cells) > limits.SHEET_COLUMNS:
                raise refused("sheet_too_many_columns", row=number)
            if any(cell and not cell.isspace() for cell in cells):
                yield Row(number, cells)
    except csv.Error as error:
        raise refused("csv_corrupt", row=number + 1) from error
