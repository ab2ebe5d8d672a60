"""Orders and payments as CSV and XLSX, for people and for programs that read nothing else.

Every cell is a text or a number, never a formula: what begins with one of a formula's signs gets an
apostrophe before it, as OWASP's page on CSV injection has it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Final, Literal

from chalicelib.accounting.posting import store, treasury
from chalicelib.accounting.posting.model import Order
from chalicelib.accounting.posting.opi import Payer
from chalicelib.base import config, ids, limits, s3
from chalicelib.base.errors import Rejected
from chalicelib.base.s3 import Place

What = Literal["orders", "payments"]
Format = Literal["csv", "xlsx"]
Cell = str | int | Decimal | date
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HEADS: Final[dict[What, tuple[str, ...]]] = {
    "orders": ("Esercizio", "Numero", "Data contabile", "Data banca", "Capitolo", "Provenienza",
               "Anno", "Anagrafica", "Conto di incasso", "Provvisorio", "Flusso", "Importo",
               "Stato", "Esito tesoriere"),
    # What a register that is not connected is told by hand (F001-035).
    "payments": ("IUV", "Codice fiscale", "Nominativo", "Importo", "Data", "Ricevuta", "Causale",
                 "Accertamento", "Reversale", "Flusso"),
}  # fmt: skip


def rows(what: What, order: Order, payers: Mapping[str, Payer]) -> Iterator[tuple[Cell, ...]]:
    """What an order comes to in a table. Pure."""
    draft = order.draft
    if what == "orders":
        names = {payers[line.person].name for line in draft.lines if line.person in payers}
        name = draft.counterpart or (names.pop() if len(names) == 1 else "Diversi")
        yield (
            order.year, order.number, draft.day, draft.bank_day or "", draft.chapter,
            draft.provenance, draft.year, name, draft.account, draft.provisional, draft.flow_id,
            Decimal(draft.cents) / 100, order.state, order.outcome.partition(" ")[2],
        )  # fmt: skip
        return
    if order.state == "reversed":
        return
    for line in draft.lines:
        payer = payers.get(line.person, Payer(""))
        yield (
            line.iuv, payer.tax_code, payer.name, Decimal(line.cents) / 100, draft.day, line.iur,
            line.reason, line.assessment, order.id, draft.flow_id,
        )  # fmt: skip


def plain(cell: Cell) -> str:
    """A cell of a CSV as Italian programs read it; never a formula. Pure."""
    if isinstance(cell, Decimal):
        return f"{cell:.2f}".replace(".", ",")
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    said = str(cell)
    return f"'{said}" if said.startswith(_FORMULA) else said


def write_csv(head: Sequence[str], found: Iterable[Sequence[Cell]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    for row in found:
        writer.writerow([plain(cell) for cell in row])
    # Excel takes a CSV without a mark for the code page of its machine.
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def write_xlsx(head: Sequence[str], found: Iterable[Sequence[Cell]]) -> bytes:
    import xlsxwriter  # loaded only when a workbook is written

    out = io.BytesIO()
    # In constant memory texts are written as they are: no formula, no link, no shared table.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("Dati")
    euro = book.add_format({"num_format": "#,##0.00"})
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, head)
    for number, row in enumerate(found, 1):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, place, cell, days)
            elif isinstance(cell, Decimal):
                sheet.write_number(number, place, cell, euro)
            elif isinstance(cell, int):
                sheet.write_number(number, place, cell)
            else:
                sheet.write_string(number, place, cell)
    book.close()
    return out.getvalue()


def link(tenant: str, what: What, form: Format, first: date, last: date) -> tuple[str, str]:
    """A link to the orders, or to the payments in them, of accounting dates from `first` to `last`
    (of one year), and the file's name. Rejected `export_days`, `export_rows`."""
    if first.year != last.year or last < first:
        raise Rejected("export_days", "Two days of one year, the first one first.")
    found = list(islice(_between(tenant, what, first, last), limits.EXPORT_ROWS + 1))
    if len(found) > limits.EXPORT_ROWS:
        raise Rejected("export_rows", "Ask for fewer days.", most=limits.EXPORT_ROWS)
    write = {"csv": write_csv, "xlsx": write_xlsx}[form]
    data = write(HEADS[what], found)
    key = f"{tenant}/exports/{what}-{first}-{last}-{ids.sha256(data)[:16]}.{form}"
    place = Place(config.get("DOCUMENTS_BUCKET"), key)
    s3.put(place, data, _TYPES[form])
    names = {"orders": "reversali", "payments": "incassi"}
    name = f"{names[what]}-{first}-{last}.{form}"
    return s3.download_link(place, name, limits.DOWNLOAD_LINK_S), name


def _between(tenant: str, what: What, first: date, last: date) -> Iterator[tuple[Cell, ...]]:
    year = first.year
    listed = store.list_orders(tenant, f"{year}-", f"{year}-~", page=limits.PAGE_ITEMS_MAX)
    # Numbers ascend with the days: behind the last day nothing more comes.
    while batch := list(islice(listed, limits.PAGE_ITEMS_MAX)):
        orders = [one.order for one in batch if first <= one.order.draft.day <= last]
        payers = treasury.payers_of(tenant, orders)
        for order in orders:
            yield from rows(what, order, payers)
        if batch[-1].order.draft.day > last:
            return
