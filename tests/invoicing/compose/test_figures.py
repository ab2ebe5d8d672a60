"""The arithmetic: worked cases of the official texts, and the edges."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, localcontext
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.compose import Change, Fund, Line, Withholding, compose
from chalicelib.invoicing.compose.money import cents, parts, percent, rounded, scaled
from chalicelib.invoicing.compose.rows import line_total
from infra.local import subjects
from tests.invoicing.compose.examples import (
    TODAY,
    accepted,
    body,
    buyer,
    document,
    invoice,
    line,
    seller,
)

numbers = st.decimals(-(10**11), 10**11, allow_nan=False, places=8)


def texts(node: object, path: str) -> list[str]:
    return [each.text for each in node.iterfind(path)]  # type: ignore[attr-defined]


@given(numbers, st.integers(0, 6))
def test_rounding_is_half_up_away_from_zero(value: D, places: int) -> None:
    with localcontext(prec=60):
        assert rounded(value, places) == value.quantize(D(1).scaleb(-places), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("-0.004", "0.00"),
        ("2.675", "2.68"),
        ("1e3", "1000.00"),
    ],
)
def test_cents(value: str, text: str) -> None:
    assert str(cents(D(value))) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", "1.00"), ("1.50000", "1.50"), ("1.12345678", "1.12345678"), ("-0", "0.00"),
        ("1E+2", "100.00"), ("0E-12", "0.00"), ("-1.2300", "-1.23"),
    ],
)  # fmt: skip
def test_scales(value: str, text: str) -> None:
    assert str(scaled(D(value), 2, 8)) == text


def test_too_fine_a_number_has_no_scale() -> None:
    with pytest.raises(ValueError, match="1E-9"):
        scaled(D("0.000000001"), 2, 8)


@given(numbers, st.lists(st.fractions(0, 100), min_size=1).filter(any))
def test_parts_add_up(amount: D, weights: list[Fraction]) -> None:
    whole = cents(amount)
    shares = parts(whole, weights)
    with localcontext(prec=60):
        assert sum(shares) == whole
    for share, weight in zip(shares, weights, strict=True):
        exact = Fraction(whole) * weight / sum(weights)
        assert abs(Fraction(share) - exact) <= Fraction(1, 100)


def off(amount: str) -> Change:
    return Change(amount=D(amount))


def less(rate: str) -> Change:
    return Change(percent=D(rate))


def discounts(*changes: Change) -> Line:
    return line("500", quantity=D(100), changes=changes)


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        ([off("10.05"), off("5.25"), off("4.70")], "48000.00"),
        ([less("8.5"), less("5.15"), less("3")], "42092.05875"),
        ([less("8.5"), off("23.56"), off("15"), less("2")], "41056.12"),
    ],
)
def test_official_cases_of_control_00423(changes: list[Change], total: str) -> None:
    assert str(line_total(discounts(*changes), 8)) == total
    accepted(invoice(document(discounts(*changes))))


def test_a_discount_on_a_negative_price_lowers_it() -> None:
    assert line_total(line("-90", changes=(Change(amount=D(9)),)), 8) == D(-99)


def test_official_case_of_arrotondamento() -> None:
    made = body(documents=(document(line("9826.9803")),))
    summary = made.find("DatiBeniServizi/DatiRiepilogo")
    assert summary is not None
    assert summary.findtext("ImponibileImporto") == "9826.98"
    assert summary.findtext("Arrotondamento") == "-0.0003"
    assert summary.findtext("Imposta") == "2161.94"


def test_line_totals_to_the_cent_when_asked() -> None:
    made = document(line("22633", quantity=D("0.030987")), places=2)
    (composed,) = accepted(invoice(made)).totals
    assert composed.taxable == D("701.33")


def test_tax_of_negative_documents() -> None:
    (totals,) = accepted(invoice(document(line("-0.50", "5")))).totals
    assert totals.tax == D("-0.03")


def test_full_precision_sums() -> None:
    # Three lines of 0.005 are a cent and a half, not three cents.
    made = invoice(document(*(line("0.005"),) * 3))
    assert accepted(made).totals[0].taxable == D("0.02")


def test_exigibility_splits_a_rate() -> None:
    lines = (line(), line(exigibility="D"), line("7", "0", natura="N2.2"))
    made = body(documents=(document(*lines),))
    assert texts(made, "DatiBeniServizi/DatiRiepilogo/EsigibilitaIVA") == ["I", "D"]
    assert len(texts(made, "DatiBeniServizi/DatiRiepilogo/AliquotaIVA")) == 3


def test_laws() -> None:
    lines = (
        line("1", "0", natura="N4", law="Art. 10 n. 18"),
        line("1", "0", natura="N4", law="Art. 10 n. 20"),
        line("1", "0", natura="N3.5"),
        line("1", "0", natura="N4", law="Art. 10 n. 18"),
    )
    made = body(documents=(document(*lines),))
    assert texts(made, "DatiBeniServizi/DatiRiepilogo/RiferimentoNormativo") == [
        "Art. 10 n. 18; Art. 10 n. 20",
        "Non imponibile art. 8 c. 1 lett. c) DPR 633/1972 - dichiarazione d'intento",
    ]


def test_agent_with_tax_and_enasarco() -> None:
    # 1000.00 of commission: 23% on half of it, 8.5% on the whole.
    held = (
        Withholding(kind="RT01", percent=D(23), reason="R", share=D(50)),
        Withholding(kind="RT04", percent=D("8.5"), reason="R"),
    )
    made = document(line("1000", withheld=True), withholdings=held)
    (totals,) = accepted(invoice(made)).totals
    assert (totals.withheld, totals.payable) == (D("200.00"), D("1020.00"))
    block = body(documents=(made,))
    assert texts(block, ".//DatiRitenuta/ImportoRitenuta") == ["115.00", "85.00"]


def test_funds_that_are_withheld_count_for_the_tax_alone() -> None:
    fund = Fund(kind="TC22", percent=D(4), rate=D(22), withheld=True)
    held = tuple(Withholding(kind=kind, percent=D(10), reason="A") for kind in ("RT01", "RT03"))
    made = document(line("100", withheld=True), line("50"), funds=(fund,), withholdings=held)
    block = body(documents=(made,))
    # 4% of 150.00 is 6.00: the tax is on 106.00, the contribution on 100.00.
    assert texts(block, ".//DatiRitenuta/ImportoRitenuta") == ["10.60", "10.00"]
    assert texts(block, ".//DatiCassaPrevidenziale/ImponibileCassa") == ["150.00"]


def test_split_payment_of_a_private_company() -> None:
    (totals,) = accepted(invoice(document(exigibility="S"))).totals
    assert (totals.total, totals.payable) == (D("122.00"), D("100.00"))


def test_rounding_of_the_document() -> None:
    made = document(line("99.99"), rounding=D("0.01"))
    (totals,) = accepted(invoice(made)).totals
    assert totals.total == D("122.00")
    assert texts(body(documents=(made,)), ".//DatiGeneraliDocumento/Arrotondamento") == ["0.01"]


def test_discounts_on_the_whole() -> None:
    changes = (Change(percent=D(10)), Change(amount=D("10")), Change(kind="MG", amount=D("1")))
    made = document(line("100"), line("50", "10"), changes=changes)
    (totals,) = accepted(invoice(made)).totals
    assert totals.taxable == D("126.00")


def test_integrations_are_paid_without_the_tax_that_the_buyer_adds() -> None:
    sold_by, bought_by = subjects.parties("TD17")
    made = invoice(document(kind="TD17"), seller=seller(sold_by), buyer=buyer(bought_by))
    (totals,) = accepted(made).totals
    assert (totals.state_tax, totals.payable) == (D("22.00"), D("100.00"))


@pytest.mark.parametrize("rate", ["4", "5", "10", "22"])
def test_percent(rate: str) -> None:
    assert percent(D("0.50"), D(rate)) == cents(D("0.005") * D(rate))


def test_amounts_beyond_the_field() -> None:
    with pytest.raises(Rejected) as caught:
        compose(invoice(document(line("99999999999", quantity=D("999999999999")))), TODAY)
    assert (caught.value.code, caught.value.details["field"]) == (
        "compose_amount",
        "documents[0].lines[0]",
    )
    with pytest.raises(Rejected) as caught:
        compose(invoice(document(line("99999999999"))), TODAY)
    assert caught.value.code == "compose_misfit"
    assert caught.value.details["field"].endswith("/ImportoTotaleDocumento")
