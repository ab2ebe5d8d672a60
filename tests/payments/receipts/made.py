"""Receipts for tests, as a door would have read them."""

from __future__ import annotations

from typing import Any

from chalicelib.payments.positions.model import Position
from chalicelib.payments.receipts.model import Receipt, ReceiptTransfer, Subject

BANK = "IT60X0542811101000000123456"
RAW = b"<?xml version='1.0'?>\n<receipt>as it came</receipt>\n"
MARIA = Subject("F", "RSSMRA80A41H501Y", "Rossi Maria")


def receipt(
    iuv: str = "01000000000004285", creditor: str = "80012000826", cents: int = 1_000,
    **changed: Any,
) -> Receipt:  # fmt: skip
    """Of one transfer, paid at noon of 22 November 2026 in Rome."""
    known: dict[str, Any] = {
        "id": "c110729d258c4ab1b765fe902aae41d6",
        "iuv": iuv,
        "creditor": creditor,
        "cents": cents,
        "fee_cents": 150,
        "paid_at": "2026-11-22T11:00:00.000Z",
        "day": "2026-11-22",
        "method": "creditCard",
        "channel": "88888888888_01",
        "psp_id": "AGID_01",
        "psp_name": "Banca di prova",
        "description": "Quota annuale",
        "company": "Ordine di prova",
        "transfers": (ReceiptTransfer(1, creditor, cents, BANK, f"/RFB/{iuv}/", "9/1201001AP/"),),
        "source": "node",
        "debtor": MARIA,
        "payer": Subject("F", "VRDLGU75B02F205X", "Verdi Luigi", mail="l.verdi@example.org"),
        "notice": f"3{iuv}",
        "psp_code": "12345670017",
        "applied_on": "2026-11-22",
        "transferred_on": "2026-11-23",
        "note": "cart-1",
    }
    return Receipt(**known | changed)


def of(position: Position, number: int = 0, **changed: Any) -> Receipt:
    """Of a payment of a position, as it is asked for without any rule."""
    payment = next(one for one in position.payments if one.number == number)
    known: dict[str, Any] = {"id": f"{position.id}-{number}", "cents": payment.cents}
    return receipt(payment.iuv, position.creditor, **known | changed)
