"""Instalments: exact to the cent, with what is given kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.compose import Document, Instalment, Payment, Withholding
from chalicelib.invoicing.compose.payments import payments_of
from tests.invoicing.compose.examples import body, document, line


def paid(*amounts: str | None, terms: str = "TP01", **more: object) -> Document:
    parts = tuple(
        Instalment(method="MP05", amount=D(amount) if amount else None, **more)  # type: ignore[arg-type]
        for amount in amounts
    )
    return document(payments=(Payment(terms=terms, instalments=parts),))


def amounts(made: Document, payable: str) -> list[str]:
    (payment,) = payments_of(made, D(payable), "documents[0]")
    return [str(part.amount) for part in payment.instalments]


@pytest.mark.parametrize(
    ("given", "payable", "found"),
    [
        ((None,), "122.00", ["122.00"]),
        ((None, None, None), "100.00", ["33.33", "33.34", "33.33"]),
        ((None, None, None), "-100.00", ["-33.33", "-33.34", "-33.33"]),
        (("50", None, None), "122.01", ["50.00", "36.01", "36.00"]),
        (("22.00", "100.00"), "122.00", ["22.00", "100.00"]),
        ((None, None), "0.01", ["0.01", "0.00"]),
        ((None, None), "0.00", ["0.00", "0.00"]),
    ],
)
def test_amounts(given: tuple[str | None, ...], payable: str, found: list[str]) -> None:
    assert amounts(paid(*given), payable) == found


@pytest.mark.parametrize(
    ("given", "payable", "excess"),
    [
        (("1",), "122.00", "-121.00"),
        (("200", None), "122.00", "78.00"),
        (("122.01",), "122.00", "0.01"),
    ],
)
def test_sums_that_do_not_fit(given: tuple[str | None, ...], payable: str, excess: str) -> None:
    with pytest.raises(Rejected) as caught:
        amounts(paid(*given), payable)
    assert caught.value.code == "compose_payment_sum"
    assert caught.value.details == {
        "field": "documents[0].payments",
        "expected": payable,
        "excess": excess,
    }


@given(st.integers(-(10**12), 10**12), st.integers(1, 400))
def test_any_split_adds_up(total: int, count: int) -> None:
    payable = D(total).scaleb(-2)
    found = [D(amount) for amount in amounts(paid(*[None] * count), str(payable))]
    assert sum(found) == payable
    assert max(found) - min(found) <= D("0.01")


def test_what_is_due_follows_from_the_days() -> None:
    made = body(documents=(paid(None, from_day=date(2026, 11, 20), days=30),))
    part = made.find("DatiPagamento/DettaglioPagamento")
    assert part is not None
    assert part.findtext("DataScadenzaPagamento") == "2026-12-20"
    assert part.findtext("GiorniTerminiPagamento") == "30"


def test_net_of_withholding() -> None:
    held = (Withholding(kind="RT01", percent=D(20), reason="A"),)
    payment = Payment(terms="TP02", instalments=(Instalment(method="MP01"),))
    made = document(line(withheld=True), withholdings=held, payments=(payment,))
    assert body(documents=(made,)).findtext(".//ImportoPagamento") == "102.00"


def test_advance_and_balance_in_two_blocks() -> None:
    blocks = (
        Payment(terms="TP03", instalments=(Instalment(method="MP08", amount=D("22")),)),
        Payment(terms="TP02", instalments=(Instalment(method="MP05"),)),
    )
    made = body(documents=(document(payments=blocks),))
    assert [node.text for node in made.iter("ImportoPagamento")] == ["22.00", "100.00"]
