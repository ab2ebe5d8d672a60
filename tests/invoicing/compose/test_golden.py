"""Four invoices as their issuers write them, worked out by hand and kept as files.

`SPORTELLO_UPDATE_GOLDEN=1` writes tests/golden/compose_*.xml again; read the difference before it
is committed. The figures are asserted here too, so that an update cannot change them unseen.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest

from chalicelib.invoicing.compose import (
    Change,
    Code,
    Company,
    Delivery,
    Fund,
    Instalment,
    Invoice,
    Line,
    Payment,
    Profession,
    Reference,
    Stamp,
    Withholding,
)
from infra.local import subjects
from infra.local.subjects import Subject, tax_code
from tests.invoicing.compose.examples import accepted, buyer, document, invoice, seller

FOLDER = Path(__file__).parents[2] / "golden"
IBAN = "IT60X0542811101000000123456"

DENTIST = Subject(
    first="Marta",
    last="Serra",
    vat=subjects.vat_number(4400400),
    tax_code=tax_code("Serra", "Marta", date(1979, 5, 14), True),
    street="Via Mazzini 3",
    postcode="40137",
    city="Bologna",
    province="BO",
)
SURVEYOR = replace(
    DENTIST,
    first="Paolo",
    last="Galli",
    vat=subjects.vat_number(5500500),
    tax_code=tax_code("Galli", "Paolo", date(1971, 9, 2)),
)
EXEMPT = "Esente art. 10, n. 18, DPR 633/1972"


def dental() -> Invoice:
    """Care is exempt: stamp, charged to the patient; paid by card on the spot.

    A clinic is invoiced, because care of persons may not go through SdI.
    """
    care = {"natura": "N4", "law": EXEMPT}
    lines = (
        Line(description="Visita odontoiatrica", price=D("60"), **care),
        Line(description="Igiene orale – ablazione del tartaro", price=D("85.50"), **care),
    )
    paid = Payment(terms="TP02", instalments=(Instalment(method="MP08", due=date(2026, 11, 20)),))
    made = document(*lines, number="112", stamp=Stamp(charged=True), payments=(paid,))
    work = Profession(
        register="Ordine dei medici chirurghi e degli odontoiatri",
        province="BO",
        number="1234",
        since=date(2006, 2, 1),
    )
    return invoice(made, seller=seller(DENTIST, profession=work))


def professional() -> Invoice:
    """A fee note with pension fund (5%) and withholding (20% on the fee alone)."""
    fee = Line(
        description="Direzione lavori di via Àvogadro – “II lotto”",
        price=D("2500"),
        rate=D(22),
        withheld=True,
    )
    costs = Line(description="Diritti di segreteria anticipati", price=D("50"), natura="N1")
    paid = Payment(
        terms="TP02",
        instalments=(Instalment(method="MP05", iban=IBAN, from_day=date(2026, 11, 20), days=30),),
    )
    made = document(
        fee,
        costs,
        kind="TD06",
        number="24/P",
        funds=(Fund(kind="TC03", percent=D(5), rate=D(22)),),
        withholdings=(Withholding(kind="RT01", percent=D(20), reason="A"),),
        payments=(paid,),
    )
    return invoice(made, seller=seller(SURVEYOR))


def public() -> Invoice:
    """To a municipality: split payment, CIG and CUP, one supply at two rates."""
    order = Reference(
        kind="order",
        id="ODA-77",
        day=date(2026, 9, 1),
        cig="Z8B2F4A1C0",
        cup="J31B20000010001",
        lines=(1, 2),
    )
    lines = (
        Line(
            description="Manutenzione impianto elettrico",
            price=D("35.125"),
            quantity=D("16"),
            unit="ore",
            rate=D(22),
            start=date(2026, 10, 1),
            end=date(2026, 10, 31),
        ),
        Line(description="Segnaletica ‘senza barriere’", price=D("120"), quantity=D(3), rate=D(4)),
    )
    paid = Payment(
        terms="TP02",
        instalments=(Instalment(method="MP05", iban=IBAN, due=date(2026, 12, 20)),),
    )
    made = document(
        *lines,
        number="3/PA",
        exigibility="S",
        references=(order,),
        payments=(paid,),
        cause="Contratto di manutenzione 2026",
    )
    company = Company(office="BO", number="123456", capital=D("10000"), members="SM")
    return invoice(made, format="FPA12", seller=seller(company=company))


def shop() -> Invoice:
    """Four rates, discounts one on the other, a discount on the whole, three instalments."""
    lines = (
        Line(
            description="Trapano",
            price=D("89.90"),
            quantity=D(2),
            unit="pz",
            rate=D(22),
            changes=(Change(percent=D("10")), Change(percent=D("5"))),
            codes=(Code(kind="EAN", value="8001234567890"),),
        ),
        Line(description="Viti 4×40, cento", price=D("0.04735"), quantity=D(100), rate=D(22)),
        Line(
            description="Legna da ardere", price=D("13.5"), quantity=D("2.5"), unit="q", rate=D(10)
        ),
        Line(
            description="Manuale “Fai da te”",
            price=D("18"),
            rate=D(4),
            changes=(Change(amount=D("1.50")), Change(kind="MG", percent=D(2))),
        ),
        Line(description="Francobolli", price=D("6.75"), natura="N1"),
    )
    method = {"method": "MP12", "bank": "Banca di prova"}
    due = (date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28))
    parts = tuple(Instalment(**method, due=day) for day in due)
    made = document(
        *lines,
        kind="TD24",
        number="FD-318/2026",
        changes=(Change(amount=D("5.00")),),
        deliveries=(Delivery(number="881", day=date(2026, 11, 3), lines=(1, 2)),),
        payments=(Payment(terms="TP01", instalments=parts),),
    )
    return invoice(made, buyer=buyer(subjects.BUYER))


@pytest.mark.parametrize("make", [dental, professional, public, shop])
def test_golden_files(make: object) -> None:
    assert callable(make)
    data = accepted(make()).data
    path = FOLDER / f"compose_{make.__name__}.xml"
    if os.environ.get("SPORTELLO_UPDATE_GOLDEN"):
        path.write_bytes(data)
    assert data.decode() == path.read_text(encoding="utf-8")


def test_figures_of_the_dentist() -> None:
    (totals,) = accepted(dental()).totals
    # 60.00 + 85.50 exempt, 2.00 of stamp.
    assert (totals.taxable, totals.tax, totals.stamp) == (D("147.50"), D("0.00"), D("2.00"))
    assert totals.total == totals.payable == D("147.50")


def test_figures_of_the_professional() -> None:
    (totals,) = accepted(professional()).totals
    # Fund 125.00; VAT 22% of 2625.00 = 577.50; expenses 50.00; withholding 20% of 2500.00.
    assert (totals.taxable, totals.tax, totals.total) == (D("2675.00"), D("577.50"), D("3252.50"))
    assert (totals.withheld, totals.payable) == (D("500.00"), D("2752.50"))


def test_figures_of_the_municipality() -> None:
    (totals,) = accepted(public()).totals
    # 562.00 at 22% = 123.64; 360.00 at 4% = 14.40; the VAT is paid to the State.
    assert (totals.taxable, totals.tax, totals.total) == (D("922.00"), D("138.04"), D("1060.04"))
    assert (totals.state_tax, totals.payable) == (D("138.04"), D("922.00"))


def test_figures_of_the_shop() -> None:
    (totals,) = accepted(shop()).totals
    # 22%: 153.729 + 4.735 = 158.464; 10%: 33.75; 4%: 16.83; N1: 6.75; in all 215.794.
    # The discount of 5.00 falls on them as 3.67, 0.78, 0.39 and 0.16.
    # 154.794 -> 154.79 (34.05), 32.97 (3.30), 16.44 (0.66), 6.59.
    assert (totals.taxable, totals.tax) == (D("210.79"), D("38.01"))
    assert totals.total == totals.payable == D("248.80")
