"""Albo Unico OPI (nurses): JSON over HTTPS, told of each due by itself (F001-029)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chalicelib.accounting.registers import tables
from chalicelib.accounting.registers.contract import (
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


def _message(place: int, name: str, said: Mapping[str, Any]) -> Message:
    data = json.dumps(said, ensure_ascii=False).encode()
    return Message((place,), data, _JSON, f"{name}.json", "PATCH", name)


def paid(setting: Setting, dues: Sequence[Paid]) -> list[Message]:
    return [
        _message(place, one.id, {
            "stato": _STATUS[one.status],
            "iuv": one.iuv, "importo": euro(one.cents, "."), "dataPagamento": one.day.isoformat(),
            "idRicevuta": one.receipt, "reversale": one.order,
        })
        for place, one in enumerate(dues)
    ]  # fmt: skip


def notices(setting: Setting, dues: Sequence[Published]) -> list[Message]:
    return [
        _message(place, one.id, {
            "stato": "AVVISO_EMESSO", "iuv": one.iuv, "numeroAvviso": one.notice,
            "importo": euro(one.cents, "."),
            "scadenza": one.due.isoformat() if one.due else None,
        })
        for place, one in enumerate(dues)
    ]  # fmt: skip


CONNECTOR: Final = Connector("opi", "Albo Unico OPI", ("json",), read, paid, notices)
