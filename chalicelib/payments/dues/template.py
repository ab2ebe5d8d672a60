"""The standard layout as a workbook to be filled in: data, and a sheet that specifies it.

No cell holds a formula; codes are text, so that no zero before them is lost.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from chalicelib.payments.body import Service
from chalicelib.payments.dues.columns import CATEGORIES, COLUMNS, PROVENANCES

FILE_NAME: Final = "quote-tracciato-standard.xlsx"
CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS: Final = 100_000
_LISTS: Final = {"category": tuple(CATEGORIES), "provenance": tuple(PROVENANCES)}
# Excel's own limit for a list that is written into the rule.
_LIST_CHARS: Final = 255


def make(services: Sequence[Service]) -> bytes:
    """The XLSX; the body's active services are offered as types."""
    import xlsxwriter  # F001-018; loaded only when the template is made

    out = io.BytesIO()
    # What looks like a formula or a link is a text here.
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(out, plain)
    head = book.add_format({"bold": True, "bg_color": "#0066CC", "font_color": "#FFFFFF",
                            "text_wrap": True, "valign": "top"})  # fmt: skip
    text = book.add_format({"num_format": "@"})
    formats = {
        "amount": book.add_format({"num_format": "#,##0.00"}),
        "due": book.add_format({"num_format": "dd/mm/yyyy"}),
    }
    data = book.add_worksheet("Quote")
    data.freeze_panes(1, 0)
    codes = tuple(service.code for service in services if service.active)
    for index, column in enumerate(COLUMNS):
        data.set_column(index, index, 20, formats.get(column.field, text))
        data.write_string(0, index, column.header, head)
        choice = codes if column.field == "service" else _LISTS.get(column.field, ())
        if choice and len(",".join(choice)) <= _LIST_CHARS:
            data.data_validation(1, index, _ROWS, index, {
                "validate": "list", "source": list(choice),
                "error_title": column.header, "error_message": "Scegliere dall’elenco.",
            })  # fmt: skip
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    rules = book.add_worksheet("Specifiche")
    rules.set_column(0, 0, 34)
    rules.set_column(1, 1, 14)
    rules.set_column(2, 2, 80)
    rules.set_column(3, 3, 30)
    for place, header in enumerate(("Colonna", "Obbligatoria", "Regola", "Esempio")):
        rules.write_string(0, place, header, head)
    for number, column in enumerate(COLUMNS, 1):
        needed = "sì" if column.needed else "no"
        for place, said in enumerate((column.header, needed, column.rule, column.example)):
            rules.write_string(number, place, said, wrapped)
    start = len(COLUMNS) + 2
    rules.write_string(start, 0, "Tipi ammessi (servizi dell’ente)", head)
    for number, service in enumerate(services, start + 1):
        if service.active:
            rules.write_string(number, 0, service.code, wrapped)
            rules.write_string(number, 2, service.subject, wrapped)
    for number, said in enumerate(_NOTES, start + len(services) + 2):
        rules.write_string(number, 0, said)
    book.close()
    return out.getvalue()


_NOTES: Final = (
    "Una riga per quota. La prima riga contiene le intestazioni; l’ordine delle colonne è libero.",
    "Le celle con formule non sono accettate: incollare i valori.",
    "Al massimo 100.000 righe; è accettato anche lo stesso tracciato in CSV.",
    "Prima dell’importazione il file è verificato: ogni errore è indicato con riga e colonna.",
)
