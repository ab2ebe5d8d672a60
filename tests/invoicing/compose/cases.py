"""Invoices of every shape that the composer must accept, grown from a seed."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from chalicelib.invoicing.compose import (
    Change,
    Code,
    Datum,
    Delivery,
    Document,
    File,
    Fund,
    Identity,
    Instalment,
    Invoice,
    Line,
    Payment,
    Rectified,
    Reference,
    Stamp,
    Withholding,
)
from infra.local import subjects
from infra.local.invoices import ORDINARY_TYPES, SIMPLIFIED_TYPES
from infra.local.subjects import Subject
from tests.invoicing.compose.examples import DAY, buyer, invoice, seller

NATURES = (
    "N1", "N2.1", "N2.2", "N3.1", "N3.2", "N3.3", "N3.4", "N3.5", "N3.6", "N4", "N5", "N6.1",
    "N6.2", "N6.3", "N6.4", "N6.5", "N6.6", "N6.7", "N6.8", "N6.9", "N7",
)  # fmt: skip
RATES = ("4.00", "5", "10", "22", "22.00", "100", "1.00", "7.35")
WORDS = (
    "Manutenzione", "“urgente”", "– 100 €", "caffè", "œuvre", "n°5", "Łódź", "a\nb\tc", "…", "™",
    "\u00a0", "<b>&amp;", "😀", "Çeşme", "x" * 70,
)  # fmt: skip
BUYERS = (subjects.BUYER, subjects.PERSON, subjects.GERMAN, subjects.FRENCH)
IBANS = ("IT60 X054 2811 1010 0000 0123 456", "DE89370400440532013000", "gb82west12345698765432")


def amount(random: Random, places: int = 8, negative: bool = True) -> Decimal:
    """Up to a few million, most often small, with up to so many decimals."""
    size = random.choice((1, 10, 1_000, 50_000))
    scale = random.randint(0, places)
    value = Decimal(random.randint(0, size * 10**scale)).scaleb(-scale)
    return -value if negative and random.random() < 0.15 else value


def text(random: Random, words: int) -> str:
    """Never empty, sometimes not in the format's characters."""
    return " ".join(["Voce", *random.choices(WORDS, k=random.randint(0, words))])


def change(random: Random, places: int = 8) -> Change:
    kind = random.choice(("SC", "SC", "MG"))
    if random.random() < 0.6:
        return Change(kind=kind, percent=Decimal(random.randint(0, 10_000)).scaleb(-2))
    return Change(kind=kind, amount=amount(random, places))


def _vat(random: Random, kind: str) -> dict[str, Any]:
    if kind == "TD16" and random.random() < 0.5:
        return {"rate": Decimal("22"), "natura": random.choice(("N6.1", "N6.3"))}
    if kind == "TD21" or random.random() < 0.6:
        return {"rate": Decimal(random.choice(RATES))}
    return {"natura": random.choice(NATURES)}


def line(random: Random, kind: str, held: bool) -> Line:
    rare = random.random() < 0.3
    return Line(
        **_vat(random, kind),
        description=text(random, 40 if random.random() < 0.05 else 4),
        price=amount(random),
        quantity=random.choice((None, amount(random, 6, negative=False).scaleb(-2))),
        unit=random.choice(("", "pz", "ore")),
        changes=tuple(change(random) for _ in range(random.choice((0, 0, 0, 1, 2, 4)))),
        law=random.choice(("", "", "", "Art. 10, n. 18, DPR 633/72")),
        withheld=held and random.random() < 0.8,
        funded=random.choice((None, None, True, False)),
        kind=random.choice(("", "", "", "SC", "PR", "AB", "AC")),
        codes=(Code(kind="EAN", value="8001234567890"),) if rare else (),
        start=DAY - timedelta(days=30) if rare else None,
        end=DAY if rare else None,
        reference="UFF-1" if rare else "",
        data=(Datum(kind="TARGA", text="AB123CD", number=amount(random), day=DAY),) if rare else (),
    )


def fund(random: Random, held: bool) -> Fund:
    taxed = random.random() < 0.6
    return Fund(
        kind=f"TC{random.randint(1, 22):02}",
        percent=Decimal(random.choice(("2", "4.00", "5.50"))),
        base=random.choice((None, None, amount(random, 2))),
        rate=Decimal(random.choice(RATES)) if taxed else Decimal(0),
        natura="" if taxed else random.choice(NATURES),
        withheld=held and random.random() < 0.5,
    )


def withholding(random: Random, kind: str, free: bool) -> Withholding:
    return Withholding(
        kind=kind,
        percent=Decimal(random.choice(("20", "23.00", "8.50", "30"))),
        reason=random.choice(("A", "R", "M1", "ZO")),
        share=Decimal(random.choice(("100", "50", "20.00"))),
        base=amount(random, 2) if free else None,
    )


def payments(random: Random) -> tuple[Payment, ...]:
    if random.random() < 0.3:
        return ()
    parts = [
        Instalment(
            method=f"MP{random.randint(1, 23):02}",
            from_day=DAY if random.random() < 0.5 else None,
            days=random.choice((None, 0, 30, 60)),
            iban=random.choice(("", *IBANS)),
            beneficiary=random.choice(("", "Società “Beta” S.r.l.")),
        )
        for _ in range(random.randint(1, 7))
    ]
    cut = random.randint(1, len(parts))
    blocks = [parts[:cut], parts[cut:]]
    return tuple(
        Payment(terms=random.choice(("TP01", "TP02", "TP03")), instalments=tuple(block))
        for block in blocks
        if block
    )


def _shared(random: Random, kind: str, number: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "number": number,
        "day": DAY - timedelta(days=random.randint(0, 100)),
        "places": random.choice((8, 8, 2, 4)),
        "stamp": Stamp(
            due="auto" if kind == "TD21" else random.choice(("auto", "auto", "always", "never")),
            n1=random.choice(("mixed", "always", "never")),
            charged=random.random() < 0.5,
        ),
        "files": (File(name="nota “1”.pdf", data=random.randbytes(40), format="PDF"),)
        if random.random() < 0.2
        else (),
    }


def document(random: Random, kind: str, number: str, pa: bool) -> Document:
    held = random.random() < 0.4
    lines = tuple(line(random, kind, held) for _ in range(random.randint(1, 6)))
    funds = tuple(fund(random, held) for _ in range(random.choice((0, 0, 1, 2))))
    if kind == "TD21":
        funds = tuple(dataclasses.replace(each, rate=Decimal(22), natura="") for each in funds)
    based = any(each.withheld for each in lines)
    anything = based or any(each.withheld for each in funds)
    kinds = random.sample(("RT01", "RT02", "RT03", "RT04", "RT05", "RT06"), random.randint(1, 3))
    withholdings = (
        tuple(withholding(random, each, not based or random.random() < 0.2) for each in kinds)
        if anything
        else ()
    )
    shared = _shared(random, kind, number)
    day: date = shared["day"]
    changes = [Change(kind="SC", percent=Decimal("2.5"))] if random.random() < 0.1 else []
    return Document(
        **shared,
        lines=lines,
        exigibility=random.choice(("I", "D", "S")) if pa else random.choice(("I", "I", "D", "S")),
        changes=tuple(changes),
        rounding=random.choice((None, None, Decimal("0.01"), Decimal("-0.49"))),
        funds=funds,
        withholdings=withholdings,
        cause=text(random, 60) if random.random() < 0.5 else "",
        art73=random.random() < 0.1,
        references=tuple(
            Reference(
                kind=random.choice(("order", "contract", "agreement", "reception", "invoice")),
                id=f"R-{n}",
                day=random.choice((None, day - timedelta(days=1))),
                cig=random.choice(("", "Z8B2F4A1C0")),
                cup=random.choice(("", "J31B20000010001")),
                lines=random.choice(((), (1,), (len(lines),))),
            )
            for n in range(random.choice((0, 0, 1, 3)))
        ),
        deliveries=(Delivery(number="DDT 7", day=day, lines=(1,)),)
        if random.random() < 0.2
        else (),
        stages=random.choice(((), (1, 2))),
        payments=payments(random),
    )


def short_document(random: Random, kind: str, number: str, large: bool) -> Document:
    lines = []
    for _ in range(random.randint(1, 3)):
        vat = _vat(random, kind)
        if vat.get("natura", "N1")[:2] in ("N6", "N7"):
            vat = {"natura": "N2.2"}
        price = (
            amount(random, 2, negative=False) if large else Decimal(random.randint(0, 9_000)) / 100
        )
        lines.append(Line(**vat, description=text(random, 5), price=price))
    return Document(
        **_shared(random, kind, number),
        lines=tuple(lines),
        rectified=Rectified(number="9/2026", day=DAY - timedelta(days=120), what="Prezzo – errato")
        if kind != "TD07"
        else None,
    )


def _foreigner(random: Random, who: Subject) -> Subject:
    """Some foreigners have no number at all."""
    if who.country == "IT" or random.random() < 0.7:
        return who
    country = random.choice((who.country, "US", "CH"))
    return dataclasses.replace(who, vat="", country=country)


def case(seed: int) -> Invoice:
    """One invoice that must be accepted."""
    random = Random(seed)
    kind = random.choice((*ORDINARY_TYPES, "TD01", "TD04", "TD06", "TD24", *SIMPLIFIED_TYPES))
    count = random.choice((1, 1, 1, 1, 3))
    sold_by, bought_by = subjects.parties(kind)
    if kind in SIMPLIFIED_TYPES:
        regime = random.choice(("RF01", "RF19"))
        large = regime == "RF19" or kind != "TD07"
        made = [short_document(random, kind, f"{n}/S", large) for n in range(count)]
        return invoice(*made, format="FSM10", seller=seller(regime=regime), buyer=buyer(bought_by))
    pa = kind in ("TD01", "TD02", "TD04", "TD05", "TD06", "TD24", "TD25") and random.random() < 0.3
    if bought_by == subjects.BUYER:
        bought_by = _foreigner(random, random.choice(BUYERS))
    documents = [document(random, kind, f"A {n}/26", pa) for n in range(count)]
    more: dict[str, Any] = {}
    if random.random() < 0.1 and sold_by.country == "IT":
        more["third"] = Identity(name="Studio Terzi", vat=subjects.SUPPLIER.vat)
    return invoice(
        *documents,
        format="FPA12" if pa else "FPR12",
        seller=seller(sold_by, phone="0512345678", regime=random.choice(("RF01", "RF19"))),
        buyer=buyer(subjects.OFFICE if pa else bought_by),
        software=random.choice(("", "Sportello")),
        **more,
    )
