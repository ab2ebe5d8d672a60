"""Layouts that are known: the postal statement, headings that banks use, the OPI cash journal.

Source: pagopa.md sections 2 and 10.3; OPI_GIORNALE_DI_CASSA 1.8.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from chalicelib.accounting import cells
from chalicelib.accounting.statements import Mapping, Movement
from chalicelib.base import ids, limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.sheets import Row
from chalicelib.base.xml import Element

# Poste's CSV has no headings; its first line carries the IBAN in the second column.
POSTE: Final = Mapping(
    day=0, value_day=1, texts=(2, 8), debit=5, credit=6, first_row=2, delimiter=";"
)
_IBAN = re.compile(r"IT[0-9]{2}[A-Z][0-9]{22}", re.ASCII)

# What a column is by its heading, the surest words first. Of two that fit the first word wins.
_HEADINGS: Final = {
    "day": (
        "data contabile", "data operazione", "data esec", "data movimento", "data mov",
        "data registrazione", "data contab", "data",
    ),
    "value_day": ("data valuta", "valuta ente", "valuta"),
    "provisional": ("n. provv", "numero provvisorio", "num. provvisorio", "provvisorio"),
    "debit": ("dare", "addebiti", "addebito", "uscite", "importo dare"),
    "credit": ("avere", "accrediti", "accredito", "entrate", "importo avere"),
    "amount": ("importo provvisorio", "importo in euro", "importo eur", "importo", "ammontare"),
    "sign": ("segno",),
}  # fmt: skip
_TEXTS: Final = (
    "descrizione estesa", "descrizione causale", "descrizione operazione", "descrizione",
    "dettagli", "causale descrizione", "causale", "note",
)  # fmt: skip


def suggest(rows: Sequence[Row]) -> Mapping | None:
    """The columns by the headings in the first rows, or those of Poste; None where nothing is sure.

    Only a suggestion: the operator sees the preview and says yes.
    """
    if rows and _is_poste(rows):
        return POSTE
    for row in rows:
        found = _by_headings(row)
        if found is not None:
            return found
    return None


def _is_poste(rows: Sequence[Row]) -> bool:
    first = rows[0].cells
    return (
        len(first) > 1
        and _IBAN.fullmatch("".join(first[1].split()).upper()) is not None
        and any(
            len(row.cells) > 8 and cells.day(row.cells[0]) and cells.day(row.cells[1])
            for row in rows[1:]
        )
    )


def _by_headings(row: Row) -> Mapping | None:
    names = [_plain(cell) for cell in row.cells]
    places = {key: _place(names, words) for key, words in _HEADINGS.items()}
    texts = [names.index(word) for word in _TEXTS if word in names]
    texts += [
        place
        for place, name in enumerate(names)
        if place not in texts and name.startswith(("descrizione", "causale descr"))
    ]
    day = places["day"]
    if day is None or not texts:
        return None
    if places["debit"] is not None and places["debit"] == places["credit"]:
        return None
    sides = places["debit"] is not None or places["credit"] is not None
    if not sides and places["amount"] is None:
        return None
    return Mapping(
        day=day,
        # The columns of a description are read from left to right; a short one repeats the long.
        texts=tuple(sorted(texts)),
        amount=None if sides else places["amount"],
        debit=places["debit"],
        credit=places["credit"],
        sign=None if sides else places["sign"],
        provisional=places["provisional"],
        value_day=places["value_day"],
        first_row=row.number + 1,
    )


def _place(names: Sequence[str], words: Sequence[str]) -> int | None:
    for word in words:
        for place, name in enumerate(names):
            if name == word or (name.startswith(word) and len(word) > 5):
                return place
    return None


def _plain(cell: str) -> str:
    plain = unicodedata.normalize("NFKD", cell).encode("ascii", "ignore").decode()
    return " ".join(plain.lower().split())


# --- OPI giornale di cassa ------------------------------------------------------------------------
_ENTRATA: Final = "ENTRATA"
_SOSPESO: Final = "SOSPESO ENTRATA"
_BOOKED, _CANCELLED = "ESEGUITO", "STORNATO"


def is_cash_journal(head: bytes) -> bool:
    """Whether the first bytes of a file may be those of an OPI cash journal."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" and b"giornale_di_cassa" in head


def cash_journal(data: bytes, *, account: str) -> Iterator[Movement]:
    """The provisional entries of an OPI giornale di cassa, booked or cancelled; `row` is their
    place among all movements. Orders that were carried out, and what goes out, are left out.

    Raises Rejected as `xml.read`, and `cash_journal_malformed`.
    """
    root = xml.read(data, limit_bytes=limits.CASH_JOURNAL_BYTES)
    if xml.local(root) != "flusso_giornale_di_cassa":
        raise _malformed(0)
    year = xml.text(root, "esercizio")
    for row, one in enumerate(
        xml.findall(root, "informazioni_conto_evidenza/movimento_conto_evidenza"), 1
    ):
        operation = xml.text(one, "tipo_operazione")
        if xml.text(one, "tipo_movimento") != _ENTRATA:
            continue
        if xml.text(one, "tipo_documento") != _SOSPESO or operation not in (_BOOKED, _CANCELLED):
            continue
        yield _movement(one, row, account, year, cancelled=operation == _CANCELLED)


def _movement(one: Element, row: int, account: str, year: str, *, cancelled: bool) -> Movement:
    number = xml.text(one, "numero_documento")
    cents = cells.cents(xml.text(one, "importo"), ".")
    day = cells.day(xml.text(one, "data_movimento"))
    if cents is None or day is None or not number:
        raise _malformed(row)
    progressive = xml.text(one, "progressivo_documento")
    return Movement(
        # The treasurer's own number names it, in whichever journal it comes again.
        ids.derive(account, "opi", year, number, progressive, str(cancelled)),
        day,
        -abs(cents) if cancelled else abs(cents),
        xml.text(one, "causale")[: limits.STATEMENT_TEXT_CHARS],
        row,
        number,
        cells.day(xml.text(one, "data_valuta_ente")),
        cancelled,
    )


def _malformed(row: int) -> Rejected:
    return Rejected("cash_journal_malformed", "The cash journal cannot be read.", movement=row)
