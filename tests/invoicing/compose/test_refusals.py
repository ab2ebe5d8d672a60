"""Every refusal: its code, the path of the value, the control of SdI that it forestalls."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.compose import (
    Change,
    Datum,
    Delivery,
    File,
    Fund,
    Identity,
    Instalment,
    Invoice,
    Payment,
    Rectified,
    Reference,
    Stamp,
    Withholding,
    compose,
)
from infra.local import subjects
from tests.invoicing.compose.examples import (
    DAY,
    TODAY,
    buyer,
    document,
    identity,
    invoice,
    line,
    place,
    seller,
)

LINE, DOC = "documents[0].lines[0]", "documents[0]"


def refusal(made: Invoice) -> tuple[str, Any, Any]:
    with pytest.raises(Rejected) as caught:
        compose(made, TODAY)
    details = caught.value.details
    return caught.value.code, details["field"], details.get("control")


FUND = Fund(kind="TC01", percent=D(4), rate=D(22))
TAX = Withholding(kind="RT01", percent=D(20), reason="A")
PART = "payments[0].instalments[0]"


def paid(**more: Any) -> dict[str, Any]:
    """A payment at once; without any value, one without parts."""
    parts = (Instalment(**{"method": "MP05", **more}),) if more else ()
    return {"payments": (Payment(terms="TP02", instalments=parts),)}


@pytest.mark.parametrize(
    ("more", "code", "field", "control"),
    [
        ({"description": ""}, "missing", "description", None),
        ({"description": "😀"}, "missing", "description", None),
        ({"description": "漢字"}, "characters", "description", None),
        ({"description": "x" * 20_001}, "length", "description", None),
        ({"price": D("1.123456789")}, "decimals", "price", None),
        ({"price": D("NaN")}, "number", "price", None),
        ({"price": D("1E+400")}, "number", "price", None),
        ({"price": 1.5}, "number", "price", None),
        ({"price": 1}, "number", "price", None),
        ({"price": D("123456789012")}, "form", "price", None),
        ({"quantity": D(-1)}, "form", "quantity", None),
        ({"unit": "x" * 11}, "length", "unit", None),
        ({"rate": D("100.01")}, "form", "rate", None),
        ({"rate": D("0.22")}, "rate", "rate", "00424"),
        ({"rate": D(0)}, "natura", "natura", "00400"),
        ({"natura": "N4"}, "natura", "natura", "00401"),
        ({"natura": "N9", "rate": D(0)}, "form", "natura", None),
        ({"natura": "N6", "rate": D(0)}, "natura", "natura", "00445"),
        (
            {"natura": "N6.1", "rate": D(0), "exigibility": "S"},
            "exigibility", "exigibility", "00420",
        ),
        ({"exigibility": "X"}, "form", "exigibility", None),
        ({"start": DAY, "end": DAY - timedelta(days=1)}, "period", "end", None),
        ({"start": "2026-01-01"}, "type", "start", None),
        ({"changes": (Change(),)}, "change", "changes[0]", "00438"),
        ({"changes": (Change(percent=D(1), amount=D(1)),)}, "change", "changes[0]", "00438"),
        ({"changes": (Change(percent=D("1.001")),)}, "decimals", "changes[0].percent", None),
        ({"changes": [Change(percent=D(1))]}, "list", "changes", None),
        ({"data": (Datum(kind="x" * 11),)}, "length", "data[0].kind", None),
        ({"law": "x" * 101}, "length", "law", None),
    ],
)  # fmt: skip
def test_lines(more: dict[str, Any], code: str, field: str, control: str | None) -> None:
    found = refusal(invoice(document(line(**more))))
    assert found == (f"compose_{code}", f"{LINE}.{field}", control)


@pytest.mark.parametrize(
    ("more", "code", "field", "control"),
    [
        ({"number": "A"}, "number", "number", "00425"),
        ({"number": "€" * 7 + "1"}, "length", "number", None),
        ({"day": TODAY + timedelta(days=1)}, "day", "day", "00403"),
        ({"day": date(1969, 12, 31)}, "day", "day", "00200"),
        ({"kind": "TD07"}, "kind", "kind", "00200"),
        ({"kind": "TD99"}, "form", "kind", None),
        ({"currency": "EURO"}, "form", "currency", None),
        ({"lines": ()}, "lines", "lines", None),
        ({"lines": (line(),) * 10_000}, "lines", "lines", None),
        ({"places": 9}, "places", "places", None),
        ({"lines": (line(withheld=True),)}, "withholding", "withholdings", "00411"),
        ({"funds": (replace(FUND, withheld=True),)}, "withholding", "withholdings", "00415"),
        ({"funds": (replace(FUND, rate=D(0)),)}, "natura", "funds[0].natura", "00413"),
        ({"funds": (replace(FUND, natura="N4"),)}, "natura", "funds[0].natura", "00414"),
        ({"withholdings": (TAX,)}, "withholding_base", "withholdings[0]", None),
        (
            {"withholdings": (TAX, TAX), "lines": (line(withheld=True),)},
            "withholding_twice", "withholdings", None,
        ),
        (
            {"changes": (Change(amount=D(1)), Change(percent=D(1)))},
            "change_order", "changes", None,
        ),
        ({"changes": (Change(),)}, "change", "changes[0]", "00438"),
        ({"changes": (Change(amount=D("0.001")),)}, "decimals", "changes[0]", None),
        (
            {"lines": (line("1"), line("-1")), "changes": (Change(amount=D(1)),)},
            "change", "changes[0]", None,
        ),
        (
            {"references": (Reference(kind="order", id="1", lines=(2,)),)},
            "line", "references[0].lines", None,
        ),
        ({"references": (Reference(kind="order", id=""),)}, "missing", "references[0].id", None),
        ({"references": (Reference(kind="x", id="1"),)}, "form", "references[0].kind", None),
        (
            {"deliveries": (Delivery(number="1", day=DAY, lines=(9,)),)},
            "line", "deliveries[0].lines", None,
        ),
        (
            {"kind": "TD04", "references": (Reference(kind="invoice", id="1", day=TODAY),)},
            "linked_day", "references[0].day", "00418",
        ),
        (paid(), "missing", "payments[0].instalments", None),
        (paid(iban="IT60X0542811101000000123457"), "iban", f"{PART}.iban", None),
        (paid(method="MP99"), "form", f"{PART}.method", None),
        ({"rectified": Rectified(number="1", day=DAY, what="x")}, "simplified", "rectified", None),
        (
            {"rectified": Rectified(number="1", day=TODAY, what="x")},
            "linked_day", "rectified.day", "00418",
        ),
        ({"files": (File(name="a", data=b""),)}, "missing", "files[0].data", None),
        ({"files": (File(name="", data=b"x"),)}, "missing", "files[0].name", None),
        ({"stages": (0,)}, "form", "stages[0]", None),
        ({"stages": (True,)}, "number", "stages[0]", None),
        (
            {"lines": tuple(line("1", "0", natura="N4", law=f"{n}" * 60) for n in range(2))},
            "length", "lines", None,
        ),
    ],
)  # fmt: skip
def test_documents(more: dict[str, Any], code: str, field: str, control: str | None) -> None:
    assert refusal(invoice(document(**more))) == (f"compose_{code}", f"{DOC}.{field}", control)


def test_plafond_overruns_have_tax() -> None:
    own = {"seller": seller(), "buyer": buyer(subjects.SELLER)}
    made = document(line("1", "0", natura="N4"), kind="TD21")
    assert refusal(invoice(made, **own)) == ("compose_rate", f"{LINE}.rate", "00474")
    made = document(kind="TD21", stamp=Stamp(due="always", charged=True))
    assert refusal(invoice(made, **own)) == ("compose_stamp", f"{DOC}.stamp", "00474")


SENDING = invoice().sending


def sent(**more: Any) -> dict[str, Any]:
    return {"sending": replace(SENDING, **more)}


def sold(**more: Any) -> dict[str, Any]:
    return {"seller": replace(seller(), identity=replace(identity(subjects.SELLER), **more))}


def bought(**more: Any) -> dict[str, Any]:
    return {"buyer": replace(buyer(), **more)}


@pytest.mark.parametrize(
    ("more", "code", "field", "control"),
    [
        ({"documents": ()}, "documents", "documents", None),
        ({"documents": (document(), document())}, "number", "documents[1].number", "00409"),
        ({"format": "FPR13"}, "form", "format", None),
        (sent(recipient="UFEC01"), "recipient", "sending.recipient", "00427"),
        (sent(recipient="XXXXXXX"), "recipient", "sending.recipient", "00313"),
        (sent(tax_code="11001000155"), "tax_code", "sending.tax_code", "00300"),
        (sent(pec="SDI01@pec.fatturapa.it"), "pec", "sending.pec", "00330"),
        (sent(pec="a b@c"), "form", "sending.pec", None),
        (sent(progressive=""), "missing", "sending.progressive", None),
        ({"format": "FPA12", "sending": SENDING}, "missing", "sending.recipient", None),
        (sold(vat=""), "missing", "seller.identity.vat", None),
        (sold(vat="11001000155"), "vat", "seller.identity.vat", "00301"),
        (sold(name=""), "name", "seller.identity", None),
        (sold(first="B", last="C"), "name", "seller.identity", None),
        (
            bought(identity=replace(identity(subjects.PERSON), tax_code="FRRGLI84C49F205A")),
            "tax_code", "buyer.identity.tax_code", "00302",
        ),
        (bought(identity=Identity(name="Rossi")), "buyer", "buyer.identity", "00417"),
        (bought(place=None), "missing", "buyer.place", None),
        (
            bought(place=replace(place(subjects.BUYER), postcode="")),
            "missing", "buyer.place.postcode", None,
        ),
        (
            {"seller": seller(subjects.GERMAN), "buyer": buyer(subjects.FRENCH)},
            "buyer", "buyer.identity.country", "00476",
        ),
        ({"emitter": "TZ"}, "emitter", "third", None),
        ({"third": identity(subjects.SUPPLIER), "emitter": "CC"}, "emitter", "third", None),
    ],
)  # fmt: skip
def test_headers(more: dict[str, Any], code: str, field: str, control: str | None) -> None:
    made = replace(invoice(), **more)
    assert refusal(made) == (f"compose_{code}", field, control)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"cause": "x"}, "cause"),
        ({"funds": (FUND,)}, "funds"),
        (paid(method="MP01"), "payments"),
        ({"exigibility": "S"}, "exigibility"),
        ({"art73": True}, "art73"),
        ({"lines": (line(withheld=True),)}, "lines[0].withheld"),
        ({"lines": (line(exigibility="D"),)}, "lines[0].exigibility"),
        ({"lines": (line(start=DAY),)}, "lines[0].start"),
    ],
)  # fmt: skip
def test_what_the_simplified_format_has_no_place_for(more: dict[str, Any], field: str) -> None:
    made = invoice(document(**{"kind": "TD07", **more}), format="FSM10")
    assert refusal(made) == ("compose_simplified", f"{DOC}.{field}", None)


def test_simplified_natures_and_third_parties() -> None:
    made = document(line("1", "0", natura="N7"), kind="TD07")
    assert refusal(invoice(made, format="FSM10")) == ("compose_natura", f"{LINE}.natura", "00200")
    third = identity(subjects.SUPPLIER)
    found = refusal(invoice(document(kind="TD07"), format="FSM10", third=third))
    assert found == ("compose_simplified", "third", None)


def test_files_too_large() -> None:
    for size in (3_800_000, 3_749_000):
        made = document(files=(File(name="a.pdf", data=bytes(size)),))
        assert refusal(invoice(made)) == ("compose_too_large", "documents", "00003")
    compose(invoice(document(files=(File(name="a.pdf", data=bytes(3_700_000)),))), TODAY)
