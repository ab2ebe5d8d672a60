"""The blocks that made FatturaPA documents consist of, and their arithmetic.

Sources: fatturapa.md sections 2 and 4 (order of the elements), 7 (formulas). Totals are exact:
lines carry their full precision, summaries are rounded half up and keep the difference in
Arrotondamento.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date as calendar
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Union
from xml.sax.saxutils import escape

from infra.local.subjects import Subject

ORDINARY_TYPES = (
    "TD01", "TD02", "TD03", "TD04", "TD05", "TD06", "TD16", "TD17", "TD18", "TD19", "TD20",
    "TD21", "TD22", "TD23", "TD24", "TD25", "TD26", "TD27", "TD28", "TD29",
)  # fmt: skip
_SELF_TYPES = frozenset({*ORDINARY_TYPES[6:14], "TD27", "TD28", "TD29"})
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)

# An element: its name and either text or children. Without content it is left out, since SdI
# refuses empty elements.
Node = tuple[str, Union[str, "list[Node]"]]


@dataclass(frozen=True)
class Line:
    """A line: `price` per unit net of VAT, up to eight decimals; a rate of 0 needs a natura.

    `discounts` are per cent, taken off one after the other.
    """

    description: str = "Prestazione professionale"
    price: Decimal = Decimal("150.00")
    quantity: Decimal | None = None
    rate: Decimal = Decimal("22.00")
    natura: str = ""
    discounts: tuple[Decimal, ...] = ()

    @property
    def total(self) -> Decimal:
        """PrezzoTotale by the formula of control 00423, rounded at the eighth decimal."""
        unit = self.price
        for per_cent in self.discounts:
            unit -= unit * per_cent / _HUNDRED
        whole = unit * (self.quantity if self.quantity is not None else 1)
        return whole.quantize(Decimal("1e-8"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Withholding:
    """Ritenuta on every line, and on the fund's contribution where that is subject to it."""

    type: str = "RT01"
    rate: Decimal = Decimal("20.00")
    reason: str = "A"


@dataclass(frozen=True)
class Fund:
    """Cassa previdenziale: a contribution on the lines, itself under VAT at the first rate."""

    type: str = "TC22"
    rate: Decimal = Decimal("4.00")
    withheld: bool = False


@dataclass(frozen=True)
class File:
    """An attachment; `format` is its extension, "" to leave it out."""

    name: str
    format: str
    data: bytes


# --- numbers and text ---------------------------------------------------------------------------
def round2(value: Decimal) -> Decimal:
    """To the cent, half up (away from zero), as the law and SdI round."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def number(value: Decimal) -> str:
    """A decimal as the schema wants it: two decimals at least, eight at most, no exponent."""
    digits = f"{value:.8f}".rstrip("0")
    whole, _, decimals = digits.partition(".")
    return f"{whole}.{decimals:0<2}"


def _later(day: str, days: int) -> str:
    return (calendar.fromisoformat(day) + timedelta(days=days)).isoformat()


def following(text: str, steps: int) -> str:
    """The document number so many steps on: its first run of digits grows."""
    return re.sub(r"\d+", lambda digits: str(int(digits[0]) + steps), text, count=1)


def render(nodes: Iterable[Node], depth: int) -> Iterator[str]:
    for name, content in nodes:
        pad = "  " * depth
        if isinstance(content, str):
            if content:
                yield f"{pad}<{name}>{escape(content)}</{name}>"
        elif content:
            yield f"{pad}<{name}>"
            yield from render(content, depth + 1)
            yield f"{pad}</{name}>"


# --- blocks of both formats ---------------------------------------------------------------------
def vat_id(who: Subject) -> Node:
    pair: list[Node] = [("IdPaese", who.country), ("IdCodice", who.vat)]
    return ("IdFiscaleIVA", pair if who.vat else [])


def names(who: Subject) -> list[Node]:
    return [("Denominazione", who.name), ("Nome", who.first), ("Cognome", who.last)]


def seat(who: Subject) -> Node:
    return (
        "Sede",
        [
            ("Indirizzo", who.street),
            ("CAP", who.postcode),
            ("Comune", who.city),
            ("Provincia", who.province),
            ("Nazione", who.country),
        ],
    )


def sending(format: str, progressive: str, transmitter: str, recipient: str, pec: str) -> Node:
    return (
        "DatiTrasmissione",
        [
            ("IdTrasmittente", [("IdPaese", transmitter[:2]), ("IdCodice", transmitter[2:])]),
            ("ProgressivoInvio", progressive),
            ("FormatoTrasmissione", format),
            ("CodiceDestinatario", recipient),
            ("PECDestinatario", pec),
        ],
    )


def attached(files: Iterable[File]) -> list[Node]:
    return [
        (
            "Allegati",
            [
                ("NomeAttachment", file.name),
                ("FormatoAttachment", file.format),
                ("Attachment", base64.b64encode(file.data).decode("ascii")),
            ],
        )
        for file in files
    ]


# --- the ordinary format ------------------------------------------------------------------------
def _summaries(lines: tuple[Line, ...], fund: Decimal) -> list[tuple[Decimal, str, Decimal]]:
    """(rate, natura, exact sum) for each pair, with the fund under the pair of the first line."""
    sums: dict[tuple[Decimal, str], Decimal] = {}
    for line in lines:
        pair = (line.rate, line.natura)
        sums[pair] = sums.get(pair, Decimal(0)) + line.total
    sums[lines[0].rate, lines[0].natura] += fund
    return [(rate, natura, total) for (rate, natura), total in sums.items()]


def _line(position: int, line: Line, withheld: bool) -> Node:
    discounts: list[Node] = [
        ("ScontoMaggiorazione", [("Tipo", "SC"), ("Percentuale", number(rate))])
        for rate in line.discounts
    ]
    return (
        "DettaglioLinee",
        [
            ("NumeroLinea", str(position)),
            ("Descrizione", line.description),
            ("Quantita", number(line.quantity) if line.quantity is not None else ""),
            ("PrezzoUnitario", number(line.price)),
            *discounts,
            ("PrezzoTotale", number(line.total)),
            ("AliquotaIVA", number(line.rate)),
            ("Ritenuta", "SI" if withheld else ""),
            ("Natura", line.natura),
        ],
    )


def _summary(rate: Decimal, natura: str, total: Decimal, exigibility: str) -> Node:
    taxable = round2(total)
    # Split payment and reverse charge exclude each other (control 00420).
    due = "" if natura else exigibility
    return (
        "DatiRiepilogo",
        [
            ("AliquotaIVA", number(rate)),
            ("Natura", natura),
            ("Arrotondamento", number(taxable - total) if taxable != total else ""),
            ("ImponibileImporto", number(taxable)),
            ("Imposta", number(round2(rate * taxable / _HUNDRED))),
            ("EsigibilitaIVA", due),
            ("RiferimentoNormativo", "Operazione senza IVA" if natura and not rate else ""),
        ],
    )


@dataclass(frozen=True)
class Extras:
    """What a body may hold beside its lines."""

    stamp: bool
    withholding: Withholding | None
    fund: Fund | None
    art73: bool
    exigibility: str
    linked: tuple[tuple[str, str], ...]
    attachments: tuple[File, ...]


@dataclass(frozen=True)
class _Totals:
    """What a document comes to: `held` is the withholding, `fund` the contribution."""

    net: Decimal
    fund: Decimal
    held: Decimal
    vat: Decimal
    total: Decimal
    sums: list[tuple[Decimal, str, Decimal]]


def _totals(lines: tuple[Line, ...], more: Extras) -> _Totals:
    net = round2(sum((line.total for line in lines), Decimal(0)))
    fund = round2(net * more.fund.rate / _HUNDRED) if more.fund else Decimal(0)
    sums = _summaries(lines, fund)
    vat = sum((round2(rate * round2(part) / _HUNDRED) for rate, _, part in sums), Decimal(0))
    taxable = sum((round2(part) for _, _, part in sums), Decimal(0))
    base = net + (fund if more.fund and more.fund.withheld else 0)
    held = round2(base * more.withholding.rate / _HUNDRED) if more.withholding else Decimal(0)
    return _Totals(net, fund, held, vat, taxable + vat, sums)


def _general(type: str, name: str, day: str, first: Line, sums: _Totals, more: Extras) -> Node:
    """DatiGeneraliDocumento (2.1.1); the fund is taxed as the first line is."""
    kept, fund = more.withholding, more.fund
    withholding: list[Node] = []
    if kept:
        withholding = [
            ("TipoRitenuta", kept.type),
            ("ImportoRitenuta", number(sums.held)),
            ("AliquotaRitenuta", number(kept.rate)),
            ("CausalePagamento", kept.reason),
        ]
    contribution: list[Node] = []
    if fund:
        contribution = [
            ("TipoCassa", fund.type),
            ("AlCassa", number(fund.rate)),
            ("ImportoContributoCassa", number(sums.fund)),
            ("ImponibileCassa", number(sums.net)),
            ("AliquotaIVA", number(first.rate)),
            ("Ritenuta", "SI" if kept and fund.withheld else ""),
            ("Natura", first.natura),
        ]
    stamp: list[Node] = [("BolloVirtuale", "SI"), ("ImportoBollo", "2.00")]
    return (
        "DatiGeneraliDocumento",
        [
            ("TipoDocumento", type),
            ("Divisa", "EUR"),
            ("Data", day),
            ("Numero", name),
            ("DatiRitenuta", withholding),
            ("DatiBollo", stamp if more.stamp else []),
            ("DatiCassaPrevidenziale", contribution),
            ("ImportoTotaleDocumento", number(sums.total)),
            ("Art73", "SI" if more.art73 else ""),
        ],
    )


def _payment(day: str, sums: _Totals, split: bool) -> list[Node]:
    """One transfer, of what the buyer pays to the seller himself."""
    due = sums.total - sums.held - (sums.vat if split else 0)
    detail: list[Node] = [
        ("ModalitaPagamento", "MP05"),
        ("DataScadenzaPagamento", _later(day, 30)),
        ("ImportoPagamento", number(due)),
        ("IBAN", "IT60X0542811101000000123456"),
    ]
    return [("CondizioniPagamento", "TP02"), ("DettaglioPagamento", detail)]


def document(type: str, name: str, day: str, lines: tuple[Line, ...], more: Extras) -> Node:
    """FatturaElettronicaBody of the ordinary format; `name` is the document's number."""
    sums, split = _totals(lines, more), more.exigibility == "S"
    order: list[Node] = [("IdDocumento", "ORD-" + name[-16:]), ("CodiceCIG", "Z1A2B3C4D5")]
    links: list[Node] = [
        ("DatiFattureCollegate", [("IdDocumento", other), ("Data", when)])
        for other, when in more.linked
    ]
    delivery: list[Node] = [("NumeroDDT", "DDT-1"), ("DataDDT", day)]
    # A credit note and a self-invoice ask for no payment.
    paid = type != "TD04" and type not in _SELF_TYPES
    return (
        "FatturaElettronicaBody",
        [
            (
                "DatiGenerali",
                [
                    _general(type, name, day, lines[0], sums, more),
                    ("DatiOrdineAcquisto", order if split else []),
                    *links,
                    ("DatiDDT", delivery if type in ("TD24", "TD25") else []),
                ],
            ),
            (
                "DatiBeniServizi",
                [
                    *(
                        _line(at, line, more.withholding is not None)
                        for at, line in enumerate(lines, start=1)
                    ),
                    *(_summary(*part, more.exigibility) for part in sums.sums),
                ],
            ),
            ("DatiPagamento", _payment(day, sums, split) if paid else []),
            *attached(more.attachments),
        ],
    )


def simplified(type: str, name: str, day: str, lines: tuple[Line, ...], more: Extras) -> Node:
    """FatturaElettronicaBody of FSM10, whose amounts are gross of VAT."""
    corrected: list[Node] = [
        (
            "DatiFatturaRettificata",
            [("NumeroFR", other), ("DataFR", when), ("ElementiRettificati", "Importo")],
        )
        for other, when in more.linked[:1]
    ]
    details: list[Node] = []
    for line in lines:
        net = round2(line.total)
        vat = round2(net * line.rate / _HUNDRED)
        details.append(
            (
                "DatiBeniServizi",
                [
                    ("Descrizione", line.description),
                    ("Importo", number(net + vat)),
                    ("DatiIVA", [("Imposta", number(vat)), ("Aliquota", number(line.rate))]),
                    ("Natura", line.natura),
                ],
            )
        )
    return (
        "FatturaElettronicaBody",
        [
            (
                "DatiGenerali",
                [
                    (
                        "DatiGeneraliDocumento",
                        [
                            ("TipoDocumento", type),
                            ("Divisa", "EUR"),
                            ("Data", day),
                            ("Numero", name),
                            ("BolloVirtuale", "SI" if more.stamp else ""),
                        ],
                    ),
                    *corrected,
                ],
            ),
            *details,
            *attached(more.attachments),
        ],
    )
