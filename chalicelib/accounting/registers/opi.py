"""Albo Unico OPI (nurses): told of each due by itself over HTTPS, else by a file (F001-029)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

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

_JSON: Final = "application/json"
_NAMES: Final = {
    "source": ("idQuota", "id"),
    "tax_code": ("iscritto.codiceFiscale", "codiceFiscale"),
    "last": ("iscritto.cognome", "cognome"),
    "first": ("iscritto.nome", "nome"),
    "name": ("iscritto.denominazione", "denominazione"),
    "category": ("iscritto.tipo", "tipo"),
    "address": ("iscritto.indirizzo", "indirizzo"),
    "postcode": ("iscritto.cap", "cap"),
    "city": ("iscritto.comune", "comune"),
    "province": ("iscritto.provincia", "provincia"),
    "mail": ("iscritto.email", "email"),
    "pec": ("iscritto.pec", "pec"),
    "service": ("tipoQuota",),
    "reason": ("causale",),
    "year": ("anno",),
    "chapter": ("capitolo",),
    "amount": ("importo",),
    "due": ("scadenza",),
}
_WORDS: Final = {
    "category": {"INFERMIERE": "professionista", "STP": "società", "": "professionista"}
}

_STATUS: Final = {"PAID": "PAGATA", "PARTIAL": "PAGATA_IN_PARTE", "REVERSED": "DA_PAGARE"}


def read(setting: Setting, data: bytes) -> Iterator[Row]:
    return tables.rows(setting, data, _NAMES, _WORDS)


def _messages(
    setting: Setting, dues: Sequence[Paid | Published], said: Sequence[Mapping[str, Any]],
    file: str,
) -> list[Message]:  # fmt: skip
    """Over HTTPS the address names the due; a file has to name each."""
    if setting.way == "https":
        return [
            Message((place,), _json(one), _JSON, file, "PATCH", due.id)
            for place, (due, one) in enumerate(zip(dues, said, strict=True))
        ]
    whole = [{"idQuota": due.id, **one} for due, one in zip(dues, said, strict=True)]
    return [Message(tuple(range(len(dues))), _json({"quote": whole}), _JSON, file)]


def _json(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()


def paid(setting: Setting, dues: Sequence[Paid]) -> list[Message]:
    said = [
        {
            "stato": _STATUS[one.status],
            "iuv": one.iuv, "importo": euro(one.cents, "."), "dataPagamento": one.day.isoformat(),
            "idRicevuta": one.receipt, "reversale": one.order,
        }
        for one in dues
    ]  # fmt: skip
    return _messages(setting, dues, said, "incassi.json")


def notices(setting: Setting, dues: Sequence[Published]) -> list[Message]:
    said = [
        {
            "stato": "AVVISO_EMESSO", "iuv": one.iuv, "numeroAvviso": one.notice,
            "importo": euro(one.cents, "."),
            "scadenza": one.due.isoformat() if one.due else None,
        }
        for one in dues
    ]  # fmt: skip
    return _messages(setting, dues, said, "avvisi.json")


CONNECTOR: Final = Connector("opi", "Albo Unico OPI", FORMATS, read, paid, notices)
