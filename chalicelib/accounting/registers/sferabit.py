"""Sferabit (lawyers): open dues; what was paid is taken off them (F001-030, 034)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from chalicelib.accounting.registers import tables
from chalicelib.accounting.registers.contract import (
    FORMATS,
    Connector,
    Message,
    Paid,
    Published,
    Row,
    Setting,
    euro,
)

_NAMES: Final = {
    "source": ("Id pendenza", "Codice pendenza"),
    "tax_code": ("Codice fiscale", "CF/PIVA"),
    "name": ("Nominativo", "Iscritto"),
    "category": ("Elenco", "Albo"),
    "address": ("Indirizzo",),
    "postcode": ("CAP",),
    "city": ("Città",),
    "province": ("Provincia",),
    "mail": ("Email",),
    "pec": ("PEC",),
    "service": ("Tipo",),
    "reason": ("Oggetto", "Causale"),
    "year": ("Anno",),
    "chapter": ("Capitolo",),
    "amount": ("Importo dovuto", "Importo"),
    "due": ("Scadenza",),
}
_WORDS: Final = {
    "category": {
        "Avvocati": "professionista", "Praticanti": "praticante",
        "Praticanti abilitati": "praticante", "STA": "società", "": "professionista",
    }
}  # fmt: skip

_STATUS: Final = {"PAID": "RIMOSSA", "PARTIAL": "ACCONTO", "REVERSED": "RIPRISTINATA"}


def read(setting: Setting, data: bytes) -> Iterator[Row]:
    return tables.rows(setting, data, _NAMES, _WORDS)


def paid(setting: Setting, dues: Sequence[Paid]) -> list[Message]:
    """All of a posting in one call: a due that is paid whole is removed from the open ones."""
    said = [
        {"pendenza": one.id, "esito": _STATUS[one.status],
         "iuv": one.iuv, "importo": euro(one.cents), "data": one.day.isoformat(),
         "ricevuta": one.receipt}
        for one in dues
    ]  # fmt: skip
    return _whole(dues, {"incassi": said}, "incassi.json")


def notices(setting: Setting, dues: Sequence[Published]) -> list[Message]:
    said = [
        {"pendenza": one.id, "iuv": one.iuv, "avviso": one.notice, "importo": euro(one.cents)}
        for one in dues
    ]
    return _whole(dues, {"avvisi": said}, "avvisi.json")


def _whole(dues: Sequence[object], said: object, suffix: str) -> list[Message]:
    data = json.dumps(said, ensure_ascii=False).encode()
    return [Message(tuple(range(len(dues))), data, "application/json", suffix)]


CONNECTOR: Final = Connector("sferabit", "Sferabit", FORMATS, read, paid, notices)
