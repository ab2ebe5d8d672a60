"""Changes to tell, for the tests of messages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chalicelib.base.s3 import Place
from chalicelib.invoicing.document import Document, Said
from chalicelib.messages.model import Change

ERRORS = (
    {"code": "00404", "description": "Fattura duplicata", "suggestion": "Verificare il numero"},
    {"code": "00423", "description": "Prezzo totale errato", "suggestion": ""},
)


def said(**changed: Any) -> Said:
    known: dict[str, Any] = {
        "format": "FPR12",
        "family": "private",
        "type": "TD01",
        "number": "12/A",
        "date": "2026-11-20",
        "currency": "EUR",
        "amount": Decimal("1234.5"),
        "taxable": Decimal("1000"),
        "tax": Decimal("234.5"),
        "seller": "IT1",
        "seller_name": "Officina Bassi S.r.l.",
        "buyer": "IT2",
        "buyer_name": "Comune di Valdoro",
        "recipient": "UFEC01",
    }
    return Said(**(known | changed))


def document(**changed: Any) -> Document:
    known: dict[str, Any] = {
        "id": "d1",
        "state": "sent",
        "version": 4,
        "file_name": "fattura.xml",
        "channel": "api",
        "sender": "k",
        "received_at": "2026-11-21T09:00:00.000Z",
        "size": 1,
        "sha256": "0",
        "raw": Place("b", "k"),
        "customer": "c1",
        "said": said(),
        "name": "IT01234567890_00001",
    }
    return Document(**(known | changed))


def change(state: str = "sent", about: Document | None = None, **changed: Any) -> Change:
    known: dict[str, Any] = {
        "tenant": "alfa",
        "document": about or document(),
        "version": 3,
        "at": "2026-11-21T10:00:00.000Z",
        "state": state,
        "reason": "",
        "flag": "",
        "errors": (),
        "customer_name": "Officina Bassi S.r.l.",
    }
    return Change(**(known | changed))
