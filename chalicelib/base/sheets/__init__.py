"""Spreadsheets of strangers, row by row, without ever holding a whole one: XLSX and CSV.

    table = sheets.read(source)             # archives.Ranged
    for row in table.rows: row.number, row.cells

Nothing in them is evaluated: a cell with a formula is FORMULA, whatever it shows.
"""

from chalicelib.base.sheets.cells import FORMULA as FORMULA
from chalicelib.base.sheets.cells import WRONG as WRONG
from chalicelib.base.sheets.cells import Number as Number
from chalicelib.base.sheets.cells import Row as Row
from chalicelib.base.sheets.cells import Table as Table
from chalicelib.base.sheets.reading import read as read
