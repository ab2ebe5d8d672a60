"""Which kind of spreadsheet a file is."""

from __future__ import annotations

from chalicelib.base import archives, limits
from chalicelib.base.archives import Ranged
from chalicelib.base.sheets import csvs, xlsx
from chalicelib.base.sheets.cells import Table, refused

# OLE: an XLS of before 2007, or an XLSX with a password.
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(source: Ranged, *, sheet: str = "", delimiter: str = "") -> Table:
    """A workbook's `sheet` (""; its first that is shown) or a CSV (`delimiter` "": found out).

    Raises Rejected, also while rows are read: sheet_empty, sheet_too_large, sheet_old,
    sheet_missing, sheet_corrupt, sheet_doctype, sheet_too_many_strings, sheet_cell_too_long,
    sheet_too_many_columns, csv_line_too_long, csv_corrupt, and as `archives.plan`.
    """
    if not source.size:
        raise refused("sheet_empty")
    if source.size > limits.SHEET_FILE_BYTES:
        raise refused("sheet_too_large", limit_bytes=limits.SHEET_FILE_BYTES)
    head = source.read(0, min(source.size, 64))
    if head.startswith(_OLD):
        raise refused("sheet_old")
    if archives.is_zip(head):
        return xlsx.read(source, sheet)
    return csvs.read(source, delimiter)
