"""What the controls look at in the documents of a schema-valid tree, taken out in one pass.

The same nodes serve many rules, so each is touched once: reading the tree costs more than all the
arithmetic. Of some there are thousands in a file: those are tuples, which are made fastest. In a
schema-valid file only the root is in a namespace, so tags are plain names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from chalicelib.base import xml
from chalicelib.base.xml import Element

BODY = "FatturaElettronicaBody"
HEADER = "FatturaElettronicaHeader"
GENERAL = "DatiGenerali/DatiGeneraliDocumento"
GOODS = "DatiBeniServizi"
ZERO = Decimal(0)

# A calendar day as numbers: xs:date has years that Python's date has not.
Day = tuple[int, int, int]
Fields = dict[str, str]


class Discount(NamedTuple):
    """ScontoMaggiorazione of a line or of the document; None where it is left out."""

    raises: bool
    percent: Decimal | None
    amount: Decimal | None


class Line(NamedTuple):
    """A line (2.2.1) or a fund (2.1.1.7), whose contribution is its `total`.

    `position` counts from one among its own kind; `quantity` is None where it is left out;
    `intent` tells that AltriDatiGestionali names a declaration of intent.
    """

    position: int
    rate: Decimal
    natura: str
    total: Decimal
    withheld: bool
    price: Decimal = ZERO
    quantity: Decimal | None = None
    discounts: tuple[Discount, ...] = ()
    intent: bool = False


class Summary(NamedTuple):
    """DatiRiepilogo (2.2.2)."""

    position: int
    rate: Decimal
    natura: str
    taxable: Decimal
    tax: Decimal
    rounding: Decimal
    split: bool


class Gross(NamedTuple):
    """DatiBeniServizi of FSM10 (2.2): `total` is gross; `rate` None where only Imposta is there."""

    position: int
    rate: Decimal | None
    natura: str
    total: Decimal


@dataclass(frozen=True)
class Body:
    """One fiscal document.

    `index` counts from zero, `prefix` is its path, `date` the Data as written; `withholding`
    tells that DatiRitenuta is there, `corrects` that FSM10 names a rectified invoice. `linked`
    holds (path, day, as written) of other documents.
    """

    index: int
    prefix: str
    type: str
    day: Day
    date: str
    number: str
    art73: bool
    withholding: bool
    corrects: bool
    discounts: tuple[Discount, ...]
    linked: tuple[tuple[str, Day, str], ...]
    funds: tuple[Line, ...] = ()
    lines: tuple[Line, ...] = ()
    summaries: tuple[Summary, ...] = ()
    gross: tuple[Gross, ...] = ()

    def path(self, block: str, position: int, count: int, element: str = "") -> str:
        """The path of an element, with the position of its block where there are several."""
        place = f"[{position}]" if count > 1 else ""
        return f"{self.prefix}/{block}{place}" + (f"/{element}" if element else "")

    def line(self, one: Line, element: str) -> str:
        """The path of an element of a line."""
        return self.path(f"{GOODS}/DettaglioLinee", one.position, len(self.lines), element)

    def fund(self, one: Line, element: str) -> str:
        """The path of an element of a fund."""
        block = f"{GENERAL}/DatiCassaPrevidenziale"
        return self.path(block, one.position, len(self.funds), element)

    def summary(self, one: Summary, element: str) -> str:
        """The path of an element of a summary."""
        return self.path(f"{GOODS}/DatiRiepilogo", one.position, len(self.summaries), element)

    def sale(self, one: Gross, element: str) -> str:
        """The path of an element of a line of FSM10."""
        return self.path(GOODS, one.position, len(self.gross), element)


def day_of(text: str) -> Day:
    """The calendar day of an xs:date as written; a time zone does not move it."""
    sign = -1 if text.startswith("-") else 1
    year, month, day = text.removeprefix("-").split("-")[:3]
    return sign * int(year), int(month), int(day[:2])


def as_day(day: date) -> Day:
    """The same for a date."""
    return day.year, day.month, day.day


def value(node: Element) -> str:
    """The stripped text of an element; it goes on after a comment."""
    return xml.text(node) if len(node) else (node.text or "").strip()


def fields(block: Element) -> Fields:
    """Name -> text of the children of a block; the first where a name is repeated."""
    found: Fields = {}
    for child in block:
        if isinstance(child.tag, str):
            found.setdefault(child.tag, value(child))
    return found


def read_bodies(root: Element) -> list[Body]:
    """The documents of a schema-valid file of either format."""
    nodes = list(root.iterchildren(BODY))
    simplified = xml.local(root) == "FatturaElettronicaSemplificata"
    return [
        _body(node, index, f"{BODY}[{index + 1}]" if len(nodes) > 1 else BODY, simplified)
        for index, node in enumerate(nodes)
    ]


def _decimal(text: str | None) -> Decimal:
    return Decimal(text) if text else ZERO


def _optional(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _discount(block: Element) -> Discount:
    found = fields(block)
    return Discount(
        found.get("Tipo") == "MG",
        _optional(found.get("Percentuale")),
        _optional(found.get("Importo")),
    )


def _body(node: Element, index: int, prefix: str, simplified: bool) -> Body:
    general: Fields = {}
    funds: list[Line] = []
    discounts: list[Discount] = []
    linked: list[tuple[str, Day, str]] = []
    lines: list[Line] = []
    summaries: list[Summary] = []
    gross: list[Gross] = []
    for block in node:
        if block.tag == "DatiGenerali":
            general = _generals(block, prefix, funds, discounts, linked)
        elif block.tag == GOODS and simplified:
            gross.append(_gross(block, len(gross) + 1))
        elif block.tag == GOODS:
            for child in block:
                if child.tag == "DettaglioLinee":
                    lines.append(_line(child, len(lines) + 1))
                elif child.tag == "DatiRiepilogo":
                    summaries.append(_summary(child, len(summaries) + 1))
    return Body(
        index=index,
        prefix=prefix,
        type=general["TipoDocumento"],
        day=day_of(general["Data"]),
        date=general["Data"],
        number=general["Numero"],
        art73=general.get("Art73") == "SI",
        withholding="DatiRitenuta" in general,
        corrects=any(path.endswith("DataFR") for path, _, _ in linked),
        discounts=tuple(discounts),
        linked=tuple(linked),
        funds=tuple(funds),
        lines=tuple(lines),
        summaries=tuple(summaries),
        gross=tuple(gross),
    )


def _generals(
    block: Element,
    prefix: str,
    funds: list[Line],
    discounts: list[Discount],
    linked: list[tuple[str, Day, str]],
) -> Fields:
    """DatiGeneraliDocumento as fields; fills the lists with what may be repeated."""
    general: Fields = {}
    links = sum(1 for child in block if child.tag == "DatiFattureCollegate")
    at = 0
    for child in block:
        if child.tag == "DatiGeneraliDocumento":
            general = fields(child)
            for one in child:
                if one.tag == "DatiCassaPrevidenziale":
                    funds.append(_fund(one, len(funds) + 1))
                elif one.tag == "ScontoMaggiorazione":
                    discounts.append(_discount(one))
        elif child.tag == "DatiFattureCollegate":
            at += 1
            place = f"[{at}]" if links > 1 else ""
            _link(child, f"{prefix}/DatiGenerali/DatiFattureCollegate{place}", "Data", linked)
        elif child.tag == "DatiFatturaRettificata":
            _link(child, f"{prefix}/DatiGenerali/DatiFatturaRettificata", "DataFR", linked)
    return general


def _link(block: Element, path: str, name: str, linked: list[tuple[str, Day, str]]) -> None:
    found = fields(block).get(name)
    if found:
        linked.append((f"{path}/{name}", day_of(found), found))


def _line(block: Element, position: int) -> Line:
    found: Fields = {}
    discounts: list[Discount] = []
    intent = False
    for child in block:
        tag = child.tag
        if tag in _LINE_FIELDS:
            # Unstripped: the schema allows blanks around numbers only, and Decimal takes those.
            found[tag] = xml.text(child) if len(child) else child.text or ""
        elif tag == "ScontoMaggiorazione":
            discounts.append(_discount(child))
        elif tag == "AltriDatiGestionali":
            intent = intent or fields(child).get("TipoDato", "").upper() == "INTENTO"
    return Line(
        position,
        Decimal(found["AliquotaIVA"]),
        found.get("Natura", ""),
        Decimal(found["PrezzoTotale"]),
        found.get("Ritenuta") == "SI",
        Decimal(found["PrezzoUnitario"]),
        _optional(found.get("Quantita")),
        tuple(discounts),
        intent,
    )


_LINE_FIELDS = frozenset(
    {"AliquotaIVA", "Natura", "PrezzoTotale", "Ritenuta", "PrezzoUnitario", "Quantita"}
)


def _fund(block: Element, position: int) -> Line:
    found = fields(block)
    return Line(
        position,
        Decimal(found["AliquotaIVA"]),
        found.get("Natura", ""),
        Decimal(found["ImportoContributoCassa"]),
        found.get("Ritenuta") == "SI",
    )


def _summary(block: Element, position: int) -> Summary:
    found = fields(block)
    return Summary(
        position,
        Decimal(found["AliquotaIVA"]),
        found.get("Natura", ""),
        Decimal(found["ImponibileImporto"]),
        Decimal(found["Imposta"]),
        _decimal(found.get("Arrotondamento")),
        found.get("EsigibilitaIVA") == "S",
    )


def _gross(block: Element, position: int) -> Gross:
    found = fields(block)
    rate = None
    for child in block:
        if child.tag == "DatiIVA":
            rate = _optional(fields(child).get("Aliquota"))
    return Gross(position, rate, found.get("Natura", ""), Decimal(found["Importo"]))
