"""The parts of a payment: to the cent, and exactly what is to be paid (2.4)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from chalicelib.base.iban import is_iban
from chalicelib.invoicing.compose.fitting import refused
from chalicelib.invoicing.compose.money import ZERO, parts, scaled
from chalicelib.invoicing.compose.values import Document, Instalment, Payment


def _checked(instalment: Instalment, field: str) -> Instalment:
    if instalment.iban and not is_iban(instalment.iban):
        raise refused("compose_iban", "The check digits of the IBAN are wrong.", f"{field}.iban")
    if instalment.due is None and instalment.from_day and instalment.days is not None:
        due = instalment.from_day + timedelta(days=instalment.days)
        return dataclasses.replace(instalment, due=due)
    return instalment


def _amounts(given: list[Decimal | None], payable: Decimal, field: str) -> list[Decimal]:
    open_parts = given.count(None)
    rest = payable - sum((amount for amount in given if amount is not None), ZERO)
    if (rest and not open_parts) or rest * payable < 0:
        message = "The instalments do not add up to what is to be paid."
        raise refused(
            "compose_payment_sum", message, field, expected=f"{payable:f}", excess=f"{-rest:f}"
        )
    even = iter(parts(rest, [Fraction(1)] * open_parts)) if open_parts else iter(())
    return [amount if amount is not None else next(even) for amount in given]


def payments_of(document: Document, payable: Decimal, field: str) -> tuple[Payment, ...]:
    """The payments of a document, each instalment with its amount; their sum is `payable`.

    Raises Rejected: compose_payment_sum, compose_iban, compose_missing.
    """
    where = f"{field}.payments"
    for place, payment in enumerate(document.payments):
        if not payment.instalments:
            message = "A payment has at least one part."
            raise refused("compose_missing", message, f"{where}[{place}].instalments")
    flat = [part for payment in document.payments for part in payment.instalments]
    if not flat:
        return ()
    amounts = iter(_amounts([part.amount for part in flat], payable, where))
    made = []
    for place, payment in enumerate(document.payments):
        instalments = []
        for index, part in enumerate(payment.instalments):
            part = _checked(part, f"{where}[{place}].instalments[{index}]")
            instalments.append(dataclasses.replace(part, amount=scaled(next(amounts), 2, 2)))
        made.append(dataclasses.replace(payment, instalments=tuple(instalments)))
    return tuple(made)
