"""Files of registers, as they are known to write them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import xlsxwriter

MARIA, LUCA = "RSSMRA80A41H501Y", "VRDLCU85C15F205R"

# Version 1 of the program: short names, no version, no kind of member.
ISI_1 = (
    "NumQuota;CF;Cognome;Nome;Anno;Capitolo;Importo;Scadenza;Causale\r\n"
    f"1001;{MARIA};Rossi;Maria;2026;1.1;150,00;31/12/2026;Quota 2026\r\n"
    "1002;12345670017;Studio Verdi;;2026;1.1;300,00;31/12/2026;Quota società 2026\r\n"
).encode("cp1252")
# Version 3: says it, other names and order, more columns, points between thousands.
ISI_3 = (
    "VERSIONE;ID_QUOTA;TIPO_ISCRITTO;COD_FISC;DENOMINAZIONE;PEC;ANNO;CAPITOLO;CAUSALE;IMPORTO;"
    "SCADENZA;STATO\r\n"
    f"3.2;1001;I;{MARIA};Rossi Maria;maria@pec.example.org;2026;1.1;Quota 2026;1.150,00;"
    "31/12/2026;APERTA\r\n"
    "3.2;1002;STP;12345670017;Studio Verdi STP;;2026;1.1;Quota società 2026;300,00;31/12/2026;"
    "APERTA\r\n"
    "3.2;1003;P;RSSMRA80A41H501Y;Rossi Maria;;2026;1.1;Quota praticanti 2026;50,00;31/12/2026;"
    "APERTA\r\n"
).encode()


def opi(*dues: dict[str, Any]) -> bytes:
    """What Albo Unico OPI answers."""
    found = [
        {
            "idQuota": 77, "anno": 2026, "importo": 120.5, "causale": "Quota 2026",
            "scadenza": "2026-12-31", "capitolo": "1.1",
            "iscritto": {"codiceFiscale": MARIA, "cognome": "Rossi", "nome": "Maria",
                         "tipo": "INFERMIERE", "pec": "maria@pec.example.org"},
        }
        | one
        for one in (dues or ({},))
    ]  # fmt: skip
    return json.dumps({"pagina": 1, "quote": found}).encode()


def sferabit(*rows: tuple[Any, ...]) -> bytes:
    """A workbook of Sferabit; numbers and days as Excel has them."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Pendenze")
    sheet.write_row(0, 0, ["Ordine degli Avvocati"])
    sheet.write_row(2, 0, ["Id pendenza", "Codice fiscale", "Nominativo", "Elenco", "Anno",
                           "Oggetto", "Importo dovuto", "Scadenza"])  # fmt: skip
    for number, row in enumerate(rows, 3):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def table(form: str, head: Sequence[str], *rows: Sequence[Any]) -> bytes:
    """The same dues in any format: texts in a CSV, cells with types in a workbook, and objects, in
    which `a.b` is b of a."""
    if form == "json":
        found = [_nested(dict(zip(head, row, strict=True))) for row in rows]
        return json.dumps(found).encode()
    if form == "csv":
        text = io.StringIO(newline="")
        words = [[str(cell).replace(".", ",") if isinstance(cell, float) else cell for cell in row]
                 for row in rows]  # fmt: skip
        csv.writer(text, delimiter=";").writerows([head, *words])
        return text.getvalue().encode("cp1252")
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for number, row in enumerate([head, *rows]):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def _nested(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        first, _, last = name.partition(".")
        if last:
            found.setdefault(first, {})[last] = value
        else:
            found[name] = value
    return found


def notai(*rows: tuple[str, str, str, int, int]) -> bytes:
    """Lines of fixed width: id, tax code, name, year, cents."""
    return "".join(
        f"{name:<8}{code:<16}{who:<24}{year:04d}{cents:08d}\r\n"
        for name, code, who, year, cents in rows
    ).encode("cp1252")
