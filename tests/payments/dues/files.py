"""Files of dues as bodies have them, for tests and benches."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import xlsxwriter

from chalicelib.payments.dues.columns import COLUMNS

HEADERS = {column.field: column.header for column in COLUMNS}
MARIA, COMPANY = "RSSMRA80A41H501Y", "12345670017"


def row(**changed: Any) -> dict[str, Any]:
    """A good one, of a person."""
    found = {
        "source": "", "category": "professionista", "name": "Rossi Maria", "tax_code": MARIA,
        "address": "Via Roma 1", "postcode": "00100", "city": "Roma", "province": "RM",
        "mail": "maria.rossi@example.org", "pec": "", "service": "quota",
        "reason": "Quota annuale 2026", "year": "2026", "chapter": "", "provenance": "",
        "amount": 150, "due": date(2026, 12, 31),
    }  # fmt: skip
    return found | changed


def xlsx(rows: Iterable[Mapping[str, Any]], headers: Mapping[str, str] = HEADERS) -> bytes:
    """A workbook with the columns in that order; days as Excel has them."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_numbers": False})
    sheet = book.add_worksheet("Quote")
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, headers.values())
    for number, values in enumerate(rows, 1):
        for place, name in enumerate(headers):
            value = values.get(name, "")
            if isinstance(value, date):
                sheet.write_datetime(number, place, value, days)
            elif value != "":
                sheet.write(number, place, value)
    book.close()
    return out.getvalue()


def text(
    rows: Iterable[Mapping[str, Any]], headers: Mapping[str, str] = HEADERS, mark: str = ";"
) -> bytes:
    """CSV as Italian Excel saves it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=mark)
    writer.writerow(headers.values())
    for values in rows:
        writer.writerow([_written(values.get(name, "")) for name in headers])
    return out.getvalue().encode("cp1252")


def _written(value: Any) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def many(count: int) -> Iterable[dict[str, Any]]:
    """So many dues of as many companies, whose codes have right check digits."""
    for number in range(count):
        stem = f"0{number:06d}058"
        odd = sum(int(digit) for digit in stem[::2])
        even = sum(sum(divmod(2 * int(digit), 10)) for digit in stem[1::2])
        code = f"{stem}{-(odd + even) % 10}"
        yield row(
            source=f"2026-{number}", category="società", name=f"Studio {number}", tax_code=code,
            amount=100 + number % 300 / 4, mail=f"studio{number}@example.org",
        )  # fmt: skip
