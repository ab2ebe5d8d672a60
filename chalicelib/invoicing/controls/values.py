"""What the controls look at in the documents of a schema-valid tree, taken out in one pass.

The same nodes serve many rules, so each is touched once: reading the tree costs more than all the
arithmetic. What the reader has opened is not opened again. Of some there are thousands in a file:
those are tuples, which are made fastest. In a schema-valid file only the root is in a namespace,
so tags are plain names.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from chalicelib.base import xml
from chalicelib.base.xml import Element
from chalicelib.invoicing import model
from chalicelib.invoicing.fatturapa.blocks import Block, BodyBlocks, written
from chalicelib.invoicing.fatturapa.reader import Reading

BODY = "FatturaElettronicaBody"
HEADER = "FatturaElettronicaHeader"
GENERAL = "DatiGenerali/DatiGeneraliDocumento"
GOODS = "DatiBeniServizi"
ZERO = Decimal(0)

# A calendar day as numbers: xs:date has years that Python's date has not.
Day = tuple[int, int, int]
_PLAIN_DAY_CHARS = 10  # YYYY-MM-DD; a sign or more digits before it and a zone behind it add some
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


_LINK = "DatiFattureCollegate", "Data"
_SIMPLIFIED_LINK = "DatiFatturaRettificata", "DataFR"


class Body(NamedTuple):
    """One fiscal document.

    `index` counts from zero, `prefix` is its path, `date` the Data without a zone; `withholding`
    tells that DatiRitenuta is there, `corrects` that FSM10 names a rectified invoice. `linked`
    holds the days of other documents as written, "" where one is left out.
    """

    index: int  # type: ignore[assignment]  # that of a tuple is not missed
    prefix: str
    type: str
    day: Day
    date: str
    number: str
    art73: bool
    withholding: bool
    corrects: bool
    discounts: tuple[Discount, ...]
    linked: tuple[str, ...]
    funds: tuple[Line, ...] = ()
    lines: tuple[Line, ...] = ()
    summaries: tuple[Summary, ...] = ()
    gross: tuple[Gross, ...] = ()

    def path(self, block: str, position: int, count: int, element: str = "") -> str:
        """The path of an element, with the position of its block where there are several."""
        place = f"[{position}]" if count > 1 else ""
        return f"{self.prefix}/{block}{place}" + (f"/{element}" if element else "")

    def link(self, position: int, simplified: bool) -> str:
        """The path of the day of a linked document."""
        block, element = _SIMPLIFIED_LINK if simplified else _LINK
        return self.path(f"DatiGenerali/{block}", position, len(self.linked), element)

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
    if len(text) == _PLAIN_DAY_CHARS:
        year, month, day = map(int, text.split("-"))
        return year, month, day
    sign = -1 if text.startswith("-") else 1
    years, months, days = text.removeprefix("-").split("-")[:3]
    return sign * int(years), int(months), int(days[:2])


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


def stripped(block: Block, name: str) -> str:
    """The text of a child without the blanks at its ends; "" when it is missing."""
    return written(block, name).strip()


def read_bodies(reading: Reading) -> list[Body]:
    """The documents of a schema-valid file of either format."""
    several = len(reading.bodies) > 1
    return [
        _body(own, blocks, index, f"{BODY}[{index + 1}]" if several else BODY, reading.simplified)
        for index, (own, blocks) in enumerate(
            zip(reading.invoice.bodies, reading.bodies, strict=True)
        )
    ]


# AliquotaIVA: few are in use, and one stands in every line. Callers take the blanks off, of which
# there may be any number and which would stay in memory.
_rate = lru_cache(maxsize=256)(Decimal)


def _optional(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _body(own: model.Body, blocks: BodyBlocks, index: int, prefix: str, simplified: bool) -> Body:
    """`own` is what the reader made of the same blocks."""
    _, day_element = _SIMPLIFIED_LINK if simplified else _LINK
    return Body(
        index=index,
        prefix=prefix,
        type=own.type,
        day=day_of(own.date),
        date=own.date,
        number=own.number,
        art73=own.art73,
        withholding="DatiRitenuta" in blocks.document,
        corrects=simplified and bool(blocks.links),
        discounts=tuple([_discount(one) for one in blocks.repeated("ScontoMaggiorazione")]),
        linked=tuple([stripped(link, day_element) for link in blocks.links]),
        funds=tuple(map(_fund, blocks.repeated("DatiCassaPrevidenziale"), count(1))),
        lines=() if simplified else _lines(blocks.goods[0]),
        summaries=tuple(map(_summary, blocks.summaries, count(1))),
        gross=tuple(map(_gross, blocks.goods, count(1))) if simplified else (),
    )


def _discount(block: Element) -> Discount:
    found = fields(block)
    return Discount(
        found.get("Tipo") == "MG",
        _optional(found.get("Percentuale", "")),
        _optional(found.get("Importo", "")),
    )


_LINE, _DISCOUNT, _OTHER = "DettaglioLinee", "ScontoMaggiorazione", "TipoDato"
_LINE_TEXTS = frozenset(
    {"AliquotaIVA", "Natura", "PrezzoTotale", "Ritenuta", "PrezzoUnitario", "Quantita"}
)
_LINE_NODES = (_LINE, *sorted(_LINE_TEXTS), _DISCOUNT, _OTHER, "DatiRiepilogo")
_INTENT = "INTENTO"


def _lines(goods: Element) -> tuple[Line, ...]:
    """The lines of DatiBeniServizi in one walk: lxml passes over what nobody asks for much faster
    than Python does, and each name stands for one thing in a line, however deep."""
    lines: list[Fields] = []
    discounts: dict[int, list[Discount]] = {}
    line: Fields = {}
    for node in goods.iter(*_LINE_NODES):
        name = node.tag
        if name in _LINE_TEXTS:
            # Unstripped: the schema allows blanks around numbers only, and Decimal takes those.
            line[name] = xml.text(node) if len(node) else node.text or ""
        elif name == _LINE:
            line = {}
            lines.append(line)
        elif name == _DISCOUNT:
            discounts.setdefault(len(lines), []).append(_discount(node))
        elif name == _OTHER:
            if value(node).upper() == _INTENT:
                line[_INTENT] = ""
        else:
            break  # the summaries are behind the lines
    return tuple(
        [
            Line(
                position,
                _rate(one["AliquotaIVA"].strip()),
                one.get("Natura", ""),
                Decimal(one["PrezzoTotale"]),
                one.get("Ritenuta") == "SI",
                Decimal(one["PrezzoUnitario"]),
                Decimal(one["Quantita"]) if "Quantita" in one else None,
                tuple(discounts[position]) if position in discounts else (),
                _INTENT in one,
            )
            for position, one in enumerate(lines, start=1)
        ]
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


def _summary(block: Block, position: int) -> Summary:
    return Summary(
        position,
        _rate(stripped(block, "AliquotaIVA")),
        written(block, "Natura"),
        Decimal(written(block, "ImponibileImporto")),
        Decimal(written(block, "Imposta")),
        _optional(written(block, "Arrotondamento")) or ZERO,
        written(block, "EsigibilitaIVA") == "S",
    )


def _gross(block: Element, position: int) -> Gross:
    found = fields(block)
    rate = None
    for child in block:
        if child.tag == "DatiIVA":
            rate = _optional(fields(child).get("Aliquota", ""))
    return Gross(position, rate, found.get("Natura", ""), Decimal(found["Importo"]))
