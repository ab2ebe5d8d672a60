"""Ways to break one thing in a good document, each with the codes that must follow.

A mutation works on the tree of a document that `base` or `lot` made, and mostly adds blocks of
zero amount, so that it moves no sum: what it breaks is one rule. `breaks` is exactly what SdI
finds in `base(type, format)` once it is mutated; a neighbour breaks nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from chalicelib.base import limits, xml
from infra.local.invoices import Line, make
from infra.local.subjects import parties

TODAY = date(2026, 11, 21)
ORDINARY = ("FPA12", "FPR12")
ALL = (*ORDINARY, "FSM10")
GENERAL_ORDER = (
    "TipoDocumento", "Divisa", "Data", "Numero", "DatiRitenuta", "DatiBollo", "BolloVirtuale",
    "DatiCassaPrevidenziale", "ScontoMaggiorazione", "ImportoTotaleDocumento", "Arrotondamento",
    "Causale", "Art73",
)  # fmt: skip
LINES = (
    Line(price=Decimal("150.00")),
    Line(price=Decimal("12.345"), quantity=Decimal("3.00"), discounts=(Decimal("8.50"),)),
    Line(price=Decimal("40.00"), rate=Decimal("0.00"), natura="N2.2"),
)
Root = Any
Act = Callable[[Root], object]


@dataclass(frozen=True)
class Mutation:
    """`acts` on a document of `type` in each of `formats` (FSM10 takes `simple` instead)."""

    name: str
    breaks: frozenset[str]
    acts: tuple[Act, ...]
    formats: tuple[str, ...] = ORDINARY
    type: str = "TD01"
    simple: str = "TD07"

    def type_in(self, format: str) -> str:
        return self.simple if format == "FSM10" else self.type


def tree(data: bytes) -> Root:
    return xml.read(data, limit_bytes=limits.DOCUMENT_BYTES)


def base(type: str = "TD01", format: str = "FPR12", bodies: int = 1) -> Root:
    """A good document; TD21 may have no line at rate zero."""
    lines = LINES[:2] if type == "TD21" else LINES
    # The usual public office has no VAT number, which self-invoices want of the buyer.
    buyer = parties(type)[1]
    return tree(make(type, format, buyer=buyer, lines=lines, bodies=bodies))


def bytes_of(root: Root) -> bytes:
    return xml.serialize(root)


# --- acts ---------------------------------------------------------------------------------------
def put(path: str, text: str) -> Act:
    """Set the text of the first element at a path below the root."""

    def act(root: Root) -> None:
        found = root.find(path)
        assert found is not None, path
        found.text = text

    return act


def drop(path: str) -> Act:
    """Take the first element at a path out."""

    def act(root: Root) -> None:
        found = root.find(path)
        assert found is not None, path
        found.getparent().remove(found)

    return act


def after(path: str, markup: str) -> Act:
    """Put an element behind the first one at a path."""

    def act(root: Root) -> None:
        found = root.find(path)
        assert found is not None, path
        found.addnext(etree.fromstring(markup))

    return act


def leave(root: Root) -> None:
    """Change nothing."""


def _elements(**texts: str) -> str:
    return "".join(f"<{name}>{text}</{name}>" for name, text in texts.items() if text)


def line(
    rate: str = "22.00",
    natura: str = "",
    price: str = "0.00",
    total: str = "0.00",
    *,
    quantity: str = "",
    withheld: bool = False,
    discounts: str = "",
) -> Act:
    """One more line."""
    markup = (
        "<DettaglioLinee>"
        + _elements(NumeroLinea="99", Descrizione="aggiunta", Quantita=quantity)
        + _elements(PrezzoUnitario=price)
        + discounts
        + _elements(PrezzoTotale=total, AliquotaIVA=rate, Ritenuta="SI" * withheld, Natura=natura)
        + "</DettaglioLinee>"
    )

    def act(root: Root) -> None:
        root.findall(".//DettaglioLinee")[-1].addnext(etree.fromstring(markup))

    return act


def summary(
    rate: str = "22.00",
    natura: str = "",
    taxable: str = "0.00",
    tax: str = "0.00",
    *,
    rounding: str = "",
    exigibility: str = "",
) -> Act:
    """One more DatiRiepilogo."""
    markup = (
        "<DatiRiepilogo>"
        + _elements(AliquotaIVA=rate, Natura=natura, Arrotondamento=rounding)
        + _elements(ImponibileImporto=taxable, Imposta=tax, EsigibilitaIVA=exigibility)
        + "</DatiRiepilogo>"
    )

    def act(root: Root) -> None:
        root.findall(".//DatiRiepilogo")[-1].addnext(etree.fromstring(markup))

    return act


def general(markup: str) -> Act:
    """One more element of DatiGeneraliDocumento, in its place."""

    def act(root: Root) -> None:
        new = etree.fromstring(markup)
        block = root.findall(".//DatiGeneraliDocumento")[-1]
        place = GENERAL_ORDER.index(new.tag)
        before = [one for one in block if GENERAL_ORDER.index(one.tag) <= place]
        before[-1].addnext(new)

    return act


def fund(rate: str, natura: str = "", withheld: bool = False) -> Act:
    """A cassa of zero amount."""
    return general(
        "<DatiCassaPrevidenziale>"
        + _elements(TipoCassa="TC22", AlCassa="4.00", ImportoContributoCassa="0.00")
        + _elements(AliquotaIVA=rate, Ritenuta="SI" * withheld, Natura=natura)
        + "</DatiCassaPrevidenziale>"
    )


HOLDING = general(
    "<DatiRitenuta>"
    + _elements(TipoRitenuta="RT01", ImportoRitenuta="0.00", AliquotaRitenuta="20.00")
    + "<CausalePagamento>A</CausalePagamento></DatiRitenuta>"
)


def discount(kind: str = "SC", percent: str = "", amount: str = "") -> str:
    inside = _elements(Tipo=kind, Percentuale=percent, Importo=amount)
    return f"<ScontoMaggiorazione>{inside}</ScontoMaggiorazione>"


def linked(day: str) -> Act:
    """A linked invoice of that day (ordinary) or the corrected one (FSM10)."""

    def act(root: Root) -> None:
        block = root.findall(".//DatiGenerali")[-1]
        for old in block.findall("DatiFattureCollegate") + block.findall("DatiFatturaRettificata"):
            block.remove(old)
        if root.get("versione") == "FSM10":
            inside = _elements(NumeroFR="9", DataFR=day, ElementiRettificati="importo")
            markup = f"<DatiFatturaRettificata>{inside}</DatiFatturaRettificata>"
        else:
            inside = _elements(IdDocumento="9", Data=day)
            markup = f"<DatiFattureCollegate>{inside}</DatiFattureCollegate>"
        before = [
            one for one in block if one.tag in ("DatiGeneraliDocumento", "DatiOrdineAcquisto")
        ]
        before[-1].addnext(etree.fromstring(markup))

    return act


def sale(
    amount: str = "0.00", rate: str = "", natura: str = "", tax: str = "", count: int = 1
) -> Act:
    """One more line of FSM10."""
    markup = (
        "<DatiBeniServizi>"
        + _elements(Descrizione="aggiunta", Importo=amount)
        + f"<DatiIVA>{_elements(Imposta=tax, Aliquota=rate)}</DatiIVA>"
        + _elements(Natura=natura)
        + "</DatiBeniServizi>"
    )

    def act(root: Root) -> None:
        for _ in range(count):
            root.findall(".//DatiBeniServizi")[-1].addnext(etree.fromstring(markup))

    return act


def ids(side: str, country: str = "", vat: str = "", tax_code: str = "") -> Act:
    """The identifiers of CedentePrestatore or CessionarioCommittente; "" leaves one out."""

    def act(root: Root) -> None:
        block = root.find(f".//{side}")
        for name in ("DatiAnagrafici", "IdentificativiFiscali"):
            block = block if block.find(name) is None else block.find(name)
        for old in block.findall("IdFiscaleIVA") + block.findall("CodiceFiscale"):
            block.remove(old)
        if tax_code:
            block.insert(0, etree.fromstring(f"<CodiceFiscale>{tax_code}</CodiceFiscale>"))
        if vat:
            inside = _elements(IdPaese=country, IdCodice=vat)
            block.insert(0, etree.fromstring(f"<IdFiscaleIVA>{inside}</IdFiscaleIVA>"))

    return act


def send(format: str = "", code: str = "", pec: str = "") -> Act:
    """Change DatiTrasmissione."""

    def act(root: Root) -> None:
        block = root.find(".//DatiTrasmissione")
        if format:
            block.find("FormatoTrasmissione").text = format
        recipient = block.find("CodiceDestinatario")
        if code:
            recipient.text = code
        if pec:
            for old in block.findall("PECDestinatario"):
                block.remove(old)
            recipient.addnext(etree.fromstring(f"<PECDestinatario>{pec}</PECDestinatario>"))

    return act


def of(*codes: str) -> frozenset[str]:
    return frozenset(codes)
