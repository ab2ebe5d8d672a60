"""Parties, documents and the two judges that the composer's tests share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from functools import cache
from typing import Any

from lxml import etree

from chalicelib.base import limits, xml
from chalicelib.invoicing.compose import (
    Buyer,
    Composed,
    Document,
    Identity,
    Invoice,
    Line,
    Place,
    Seller,
    Sending,
    compose,
)
from chalicelib.invoicing.fatturapa import schema
from infra.local import subjects
from infra.local.sdi.bodies import check_content
from infra.local.sdi.parties import read_header
from infra.local.subjects import Subject
from tests.invoicing.official import schemas

TODAY = date(2026, 11, 21)
DAY = date(2026, 11, 20)


def identity(who: Subject) -> Identity:
    return Identity(
        country=who.country,
        vat=who.vat,
        tax_code=who.tax_code,
        name=who.name,
        first=who.first,
        last=who.last,
    )


def place(who: Subject) -> Place:
    return Place(
        street=who.street,
        postcode=who.postcode,
        city=who.city,
        province=who.province,
        country=who.country,
    )


def seller(who: Subject = subjects.SELLER, **more: Any) -> Seller:
    return Seller(identity=identity(who), place=place(who), **{"regime": who.regime, **more})


def buyer(who: Subject = subjects.BUYER, **more: Any) -> Buyer:
    return Buyer(identity=identity(who), place=place(who), **more)


def line(price: Any = "100.00", rate: Any = "22.00", **more: Any) -> Line:
    """Texts become decimals; anything else goes in as it is."""
    price, rate = (D(each) if isinstance(each, str) else each for each in (price, rate))
    return Line(**{"description": "Prestazione", "price": price, "rate": rate, **more})


def document(*lines: Line, **more: Any) -> Document:
    given = {"kind": "TD01", "number": "1/2026", "day": DAY, "lines": lines or (line(),)}
    return Document(**{**given, **more})


def invoice(*documents: Document, **more: Any) -> Invoice:
    usual = {
        "format": "FPR12",
        "sending": Sending(
            tax_code=subjects.SELLER.tax_code,
            progressive="00001",
            recipient="UFEC01" if more.get("format") == "FPA12" else "",
        ),
        "seller": seller(),
        "buyer": buyer(subjects.OFFICE if more.get("format") == "FPA12" else subjects.BUYER),
        "documents": documents or (document(),),
    }
    return Invoice(**{**usual, **more})


def body(**more: Any) -> etree._Element:
    """The single body of what `compose` makes of these values."""
    found = etree.fromstring(accepted(invoice(**more)).data).find("FatturaElettronicaBody")
    assert found is not None
    return found


@cache
def _folder() -> Any:
    return schemas()


def objections(data: bytes, today: date = TODAY) -> list[str]:
    """What the official schema and the simulator of SdI have against a file."""
    root = xml.read(data, limit_bytes=limits.DOCUMENT_BYTES)
    faults = [
        f"{fault.code} {fault.path} {fault.message}" for fault in schema.check(root, _folder())
    ]
    if faults:
        return faults
    raw = etree.fromstring(data)
    return [str(finding) for finding in check_content(raw, read_header(raw), today)]


def accepted(made: Invoice) -> Composed:
    """The composed file, which nobody may object to."""
    found = compose(made, TODAY)
    assert objections(found.data) == []
    return found
