"""Positions and bodies for tests of what pagoPA is told."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.payments.body import Account, Body, Segregation
from chalicelib.payments.dues.model import Person
from chalicelib.payments.iuv import make
from chalicelib.payments.positions.model import Line, Payment, Position

CREDITOR = "80012000826"
BANK = "IT60X0542811101000000123456"
TODAY = date(2026, 11, 22)
DUE = date(2026, 12, 31)
BODY = Body(
    CREDITOR, "Ordine di prova", (Segregation("01", "12345670017", "Partner"),), "01",
    (Account(BANK, "Ordine di prova"),), sector="Segreteria",
)  # fmt: skip
MARIA = Person("RSSMRA80A41H501Y", "Rossi Maria", "Via Roma 1", "20121", "Milano", "MI", "m@x.it")


def line(cents: int, place: int = 0) -> Line:
    """To one of several accounts, by `place`."""
    return Line("quota", "Quota", cents, f"9/120100{place}AP/", BANK)


def position(*cents: int, rates: tuple[int, ...] = (), **changed: Any) -> Position:
    """Of lines to as many accounts; the whole may be paid, or by `rates`."""
    whole = sum(cents)
    asked = [Payment(0, make("01", 1), whole, DUE)]
    for number, one in enumerate(rates, 1):
        asked.append(Payment(number, make("01", 1 + number), one, DUE))
    known: dict[str, Any] = {
        "id": "abcdefghijklmnopqrstuvwx",
        "state": "valid",
        "origin": "dues",
        "person": "p",
        "creditor": CREDITOR,
        "subject": "Quota 2026",
        "cents": whole,
        "lines": tuple(line(one, place) for place, one in enumerate(cents)),
        "payments": tuple(asked),
        "created_at": "2026-11-21T09:00:00.000Z",
        "ends": date(2026, 12, 31),
    }
    return Position(**known | changed)
