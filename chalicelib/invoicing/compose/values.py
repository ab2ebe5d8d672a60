"""What an invoice is made of: the values that `compose` takes.

A text of "" and a None are left out of the document. The annotations are the limits of the field
that the value goes to (`tree.kinds`): texts are brought to its characters, what does not fit is
refused under the path of the value (`documents[0].lines[2].description`).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from chalicelib.invoicing.compose.parties import Buyer, Identity, Seller, Sending
from chalicelib.invoicing.fatturapa.tree import kinds
from chalicelib.invoicing.fatturapa.tree.body import DatiVeicoliType
from chalicelib.invoicing.fatturapa.tree.facets import Choice, Text
from chalicelib.invoicing.fatturapa.tree.general import DatiTrasportoType, FatturaPrincipaleType
from chalicelib.invoicing.model import Format

DocumentKind = Annotated[
    str,
    Choice(
        "",
        (*kinds.TipoDocumentoType.__metadata__[0].values, "TD07", "TD08", "TD09"),
    ),
]
# Texts that are split over several elements instead of being refused.
LongText = Annotated[str, Text("", "latin", 1, 20_000)]


@dataclass(frozen=True)
class Cut:
    """Beside a facet: a text that is too long is cut, because nothing depends on its end."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A discount (SC) or surcharge (MG), per cent or per unit; not both."""

    kind: kinds.TipoScontoMaggiorazioneType = "SC"
    percent: kinds.RateType | None = None
    amount: kinds.Amount8DecimalType | None = None


@dataclass(frozen=True, kw_only=True)
class Code:
    """An article code: its kind (EAN, TARIC, CARB...) and value."""

    kind: kinds.String35Type
    value: kinds.String35LatinExtType


@dataclass(frozen=True, kw_only=True)
class Datum:
    """AltriDatiGestionali."""

    kind: kinds.String10Type
    text: kinds.String60LatinType = ""
    number: kinds.Amount8DecimalType | None = None
    day: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line. `price` is per unit, without VAT (with VAT in FSM10); no quantity counts as one.

    `exigibility` "" takes that of the document; `law` is the text for what has no VAT, "" for the
    usual one of the natura; `withheld`: subject to withholding; `funded`: part of the base of the
    pension fund (None: unless it is an expense paid for the buyer, N1). A description beyond 1,000
    characters goes on in lines of price zero.
    """

    description: LongText
    price: kinds.Amount8DecimalType
    quantity: kinds.QuantitaType | None = None
    unit: kinds.String10Type = ""
    changes: tuple[Change, ...] = ()
    rate: kinds.RateType = Decimal(0)
    natura: kinds.NaturaType = ""
    exigibility: kinds.EsigibilitaIVAType = ""
    law: kinds.String100LatinType = ""
    withheld: bool = False
    funded: bool | None = None
    kind: kinds.TipoCessionePrestazioneType = ""
    codes: tuple[Code, ...] = ()
    start: datetime.date | None = None
    end: datetime.date | None = None
    reference: kinds.String20Type = ""
    data: tuple[Datum, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fund:
    """Cassa previdenziale: `percent` on the funded lines, or on `base`; itself taxed."""

    kind: kinds.TipoCassaType
    percent: kinds.RateType
    base: kinds.Amount2DecimalType | None = None
    rate: kinds.RateType = Decimal(0)
    natura: kinds.NaturaType = ""
    exigibility: kinds.EsigibilitaIVAType = ""
    law: kinds.String100LatinType = ""
    withheld: bool = False
    reference: kinds.String20Type = ""


@dataclass(frozen=True, kw_only=True)
class Withholding:
    """One kind of withholding: `percent` on `share` per cent of the base.

    The base is what is withheld: the lines and, for the tax (RT01, RT02), the funds that say so;
    for the contributions of RT03 to RT06 the lines alone. `base` gives another one.
    """

    kind: kinds.TipoRitenutaType
    percent: kinds.RateType
    reason: kinds.CausalePagamentoType
    share: kinds.RateType = Decimal(100)
    base: kinds.Amount2DecimalType | None = None


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """The virtual stamp. `due`: by the rule of `stamp`, always, or never.

    `n1`: whether what is excluded (N1) counts for the threshold: only beside something that counts
    by itself, always, or never. `charged`: the buyer pays it, on a line of its own.
    """

    due: Literal["auto", "always", "never"] = "auto"
    n1: Literal["mixed", "always", "never"] = "mixed"
    charged: bool = False


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Another document; `lines` are positions of this document's lines, from one."""

    kind: Literal["order", "contract", "agreement", "reception", "invoice"]
    id: kinds.String20Type
    day: datetime.date | None = None
    item: kinds.String20Type = ""
    project: kinds.String100LatinType = ""
    cup: kinds.String15Type = ""
    cig: kinds.String15Type = ""
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A delivery note (DDT); `lines` as in `Reference`, none for the whole document."""

    number: kinds.String20Type
    day: datetime.date
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A part of the payment. Without `amount` it takes its even part of what the others leave.

    `due` follows from `from_day` and `days` where it is left out.
    """

    method: kinds.ModalitaPagamentoType
    amount: kinds.Amount2DecimalType | None = None
    due: datetime.date | None = None
    from_day: datetime.date | None = None
    days: kinds.GiorniTerminePagamentoType | None = None
    beneficiary: kinds.String200LatinType = ""
    bank: kinds.String80LatinType = ""
    iban: kinds.IBANType = ""
    abi: kinds.ABIType = ""
    cab: kinds.CABType = ""
    bic: kinds.BICType = ""
    code: kinds.String60Type = ""
    post_office: kinds.String20Type = ""
    payee_last: kinds.String60LatinType = ""
    payee_first: kinds.String60LatinType = ""
    payee_tax_code: kinds.CodiceFiscalePFType = ""
    payee_title: kinds.TitoloType = ""
    early_discount: kinds.Amount2DecimalType | None = None
    early_day: datetime.date | None = None
    late_penalty: kinds.Amount2DecimalType | None = None
    late_day: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """How it is paid: TP01 by instalments, TP02 at once, TP03 in advance."""

    terms: kinds.CondizioniPagamentoType
    instalments: tuple[Instalment, ...]


@dataclass(frozen=True, kw_only=True)
class File:
    """An attachment; a name that is too long keeps its extension."""

    name: Annotated[kinds.String60LatinType, Cut()]
    data: bytes
    format: kinds.String10Type = ""
    description: Annotated[kinds.String100LatinType, Cut()] = ""
    compression: kinds.String10Type = ""


@dataclass(frozen=True, kw_only=True)
class Rectified:
    """FSM10: the document that is corrected, and what in it."""

    number: kinds.String20Type
    day: datetime.date
    what: kinds.String1000LatinType


@dataclass(frozen=True, kw_only=True)
class Document:
    """One fiscal document.

    `changes`: discounts and surcharges on the whole, spread over the lines (SdI's formula does not
    know the field for them). `rounding` is added to the total. `places`: decimals of the line
    totals, 2 to 8. Blocks that few use are given as blocks of the tree.
    """

    kind: DocumentKind
    number: kinds.String20Type
    day: datetime.date
    lines: tuple[Line, ...]
    currency: kinds.DivisaType = "EUR"
    exigibility: kinds.EsigibilitaIVAType = "I"
    changes: tuple[Change, ...] = ()
    rounding: kinds.Amount2DecimalType | None = None
    places: int = 8
    funds: tuple[Fund, ...] = ()
    withholdings: tuple[Withholding, ...] = ()
    stamp: Stamp = Stamp()
    cause: LongText = ""
    art73: bool = False
    references: tuple[Reference, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    stages: tuple[kinds.RiferimentoFaseType, ...] = ()
    transport: DatiTrasportoType | None = None
    main_invoice: FatturaPrincipaleType | None = None
    vehicle: DatiVeicoliType | None = None
    payments: tuple[Payment, ...] = ()
    rectified: Rectified | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """One file: a header and its documents (a lot when there are several).

    `emitter` None follows from the documents: CC when the buyer issues them. `third` issues in the
    name of the seller (TZ).
    """

    format: Format
    sending: Sending
    seller: Seller
    buyer: Buyer
    documents: tuple[Document, ...]
    third: Identity | None = None
    emitter: Literal["", "CC", "TZ"] | None = None
    software: Annotated[kinds.String10Type, Cut()] = ""
