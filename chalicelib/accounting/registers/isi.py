"""Albo ISI: files of every version of the program (F001-019…023).

A file says its version in a column of its own, or has none. The columns changed their names with
it, and are read by what they are called, whatever the version: one that nobody has seen is no
reason to refuse its dues. It is kept with what was fetched, also where that could not be read,
because it is what a help desk asks first. Payments are told by a file for each posting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from chalicelib.accounting.registers import tables
from chalicelib.accounting.registers.contract import (
    FORMATS,
    UTF8_CSV,
    Connector,
    Message,
    Paid,
    Published,
    Row,
    Setting,
    euro,
)

_NAMES: Final = {
    "source": ("ID_QUOTA", "IdQuota", "NumQuota"),
    "tax_code": ("COD_FISC", "CodiceFiscale", "CF"),
    "last": ("COGNOME",),
    "first": ("NOME",),
    "name": ("DENOMINAZIONE", "Nominativo", "RagioneSociale"),
    "category": ("TIPO_ISCRITTO", "Categoria", "TipoAnagrafica"),
    "address": ("INDIRIZZO",),
    "postcode": ("CAP",),
    "city": ("COMUNE", "Citta"),
    "province": ("PROV", "Provincia"),
    "mail": ("EMAIL", "E-mail"),
    "pec": ("PEC",),
    "service": ("TIPO_QUOTA", "Servizio"),
    "reason": ("CAUSALE", "Descrizione"),
    "year": ("ANNO", "AnnoCompetenza"),
    "chapter": ("CAPITOLO", "CapitoloEntrata"),
    "amount": ("IMPORTO", "ImportoQuota"),
    "due": ("SCADENZA", "DataScadenza"),
}
_WORDS: Final = {
    "category": {
        "I": "professionista", "ISCRITTO": "professionista", "P": "praticante",
        "PRATICANTE": "praticante", "S": "società", "STP": "società", "": "professionista",
    }
}  # fmt: skip

_RELEASE: Final = ("VERSIONE", "VersioneTracciato", "Vers")
_STATUS: Final = {"PAID": "P", "PARTIAL": "A", "REVERSED": "S"}


def read(setting: Setting, data: bytes) -> Iterator[Row]:
    return tables.rows(setting, data, _NAMES, _WORDS)


def release(setting: Setting, data: bytes) -> str:
    return tables.said(setting, data, _RELEASE)


def paid(setting: Setting, dues: Sequence[Paid]) -> list[Message]:
    """One file: `P` paid, `A` paid in part (acconto), `S` taken back (storno)."""
    head = ("ID_QUOTA", "COD_FISC", "ANNO", "IUV", "IMPORTO", "DATA_PAGAMENTO", "RICEVUTA",
            "REVERSALE", "STATO")  # fmt: skip
    found = [
        (one.id, one.tax_code, str(one.year), one.iuv, euro(one.cents), f"{one.day:%d/%m/%Y}",
         one.receipt, one.order, _STATUS[one.status])
        for one in dues
    ]  # fmt: skip
    return [Message(tuple(range(len(dues))), tables.written(head, found), UTF8_CSV, "incassi.csv")]


def notices(setting: Setting, dues: Sequence[Published]) -> list[Message]:
    head = ("ID_QUOTA", "COD_FISC", "ANNO", "IUV", "NUMERO_AVVISO", "IMPORTO", "SCADENZA")
    found = [
        (one.id, one.tax_code, str(one.year), one.iuv, one.notice, euro(one.cents),
         f"{one.due:%d/%m/%Y}" if one.due else "")
        for one in dues
    ]  # fmt: skip
    return [Message(tuple(range(len(dues))), tables.written(head, found), UTF8_CSV, "avvisi.csv")]


CONNECTOR: Final = Connector("isi", "Albo ISI", FORMATS, read, paid, notices, release)
