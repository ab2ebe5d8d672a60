"""Positions as rows of a table: CSV and XLSX, without formulas, read back as they were written.

In a CSV a text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP,
"CSV Injection"), and so does one that looks like such a text already: `bare` takes exactly that one
away again. In a workbook every text is a text. Pure, but for the bytes of the workbook.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from chalicelib.base import clock
from chalicelib.payments.positions import counts
from chalicelib.payments.positions.positions import Shown

Format = Literal["csv", "xlsx"]
Cell = str | int
TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HEAD: Final = (
    "Posizione", "Stato", "Origine", "Codice fiscale", "Nominativo", "Causale", "Servizi",
    "Anno", "Importo", "Pagato", "Numeri avviso", "IUV", "Scadenza", "Creata il", "Pagata il",
    "Valida fino al", "Flusso",
)  # fmt: skip
# Integer cents in the row, euro in the file; days are written yyyy-mm-dd in the row.
_EURO: Final = frozenset(HEAD.index(one) for one in ("Importo", "Pagato"))
_DAYS: Final = frozenset(
    HEAD.index(one) for one in ("Scadenza", "Creata il", "Pagata il", "Valida fino al")
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def row(shown: Shown) -> tuple[Cell, ...]:
    """A position as JSON can keep it: texts, whole numbers, cents, days as text."""
    position, person = shown.position, shown.person
    payments = position.payments
    dues = [one.due for one in payments if one.due]
    paid = [one.paid_on for one in payments if one.paid_on]
    services = dict.fromkeys(line.service for line in position.lines)
    return (
        position.id, position.state, position.origin, person.tax_code, person.name,
        position.subject, " ".join(services), position.year, position.cents,
        sum(map(counts.came, payments)), " ".join(one.notice for one in payments),
        " ".join(one.iuv for one in payments), _day(min(dues, default=None)),
        _day(clock.rome_day(clock.parse(position.created_at))), _day(max(paid, default=None)),
        _day(position.ends), position.flow,
    )  # fmt: skip


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def guarded(text: str) -> str:
    """A text as no spreadsheet takes it for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def bare(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(_FORMULA) else text


def _written(place: int, cell: Cell) -> str:
    if place in _EURO:
        return f"{Decimal(cell) / 100:.2f}".replace(".", ",")
    if place in _DAYS and cell:
        return f"{date.fromisoformat(str(cell)):%d/%m/%Y}"
    return guarded(str(cell))


def csv_of(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Semicolons, and UTF-8 with its mark: as programs here read one."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEAD)
    for one in rows:
        writer.writerow([_written(place, cell) for place, cell in enumerate(one)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def read_csv(rows: Iterable[Sequence[str]]) -> Iterator[tuple[Cell, ...]]:
    """The rows of such a file (its cells, headers first) as they were before `csv_of`."""
    found = iter(rows)
    assert tuple(next(found)) == HEAD
    year = HEAD.index("Anno")
    for cells in found:
        yield tuple(_read(place, bare(cell), place == year) for place, cell in enumerate(cells))


def _read(place: int, text: str, whole: bool) -> Cell:
    if place in _EURO:
        return int(Decimal(text.replace(",", ".")) * 100)
    if place in _DAYS and text:
        day, month, year = text.split("/")
        return f"{year}-{month}-{day}"
    return int(text) if whole else text


def xlsx_of(rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook, written row by row in constant memory."""
    import xlsxwriter  # loaded only when a workbook is written

    out = io.BytesIO()
    # In constant memory texts stand in their cells: no formula, no link, no shared table.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    # Left in every way: rows that cannot be read must not leave its temporary files open.
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("Posizioni")
        euro = book.add_format({"num_format": "#,##0.00"})
        days = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEAD)
        sheet.freeze_panes(1, 0)
        for number, one in enumerate(rows, 1):
            for place, cell in enumerate(one):
                if place in _EURO:
                    sheet.write_number(number, place, Decimal(cell) / 100, euro)
                elif place in _DAYS and cell:
                    sheet.write_datetime(number, place, date.fromisoformat(str(cell)), days)
                elif isinstance(cell, int):
                    sheet.write_number(number, place, cell)
                elif cell:
                    sheet.write_string(number, place, cell)
    return out.getvalue()


WRITERS: Final = {"csv": csv_of, "xlsx": xlsx_of}
