"""FSM10, the simplified format (fatturapa.md section 4, VFSM10 1.0.2), below its root.

Its classes have the names of the schema, which uses many of them in both formats with different
content: they are meant to be read as `simplified.CedentePrestatoreType`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from chalicelib.invoicing.fatturapa.tree.common import (
    AllegatiType,
    IdFiscaleType,
    IndirizzoType,
    IscrizioneREAType,
)
from chalicelib.invoicing.fatturapa.tree.facets import Choice, Code
from chalicelib.invoicing.fatturapa.tree.kinds import (
    Amount2DecimalType,
    BolloVirtualeType,
    CodiceFiscaleType,
    DataFatturaType,
    DivisaType,
    EmailType,
    RateType,
    RegimeFiscaleType,
    SoggettoEmittenteType,
    String10Type,
    String20Type,
    String60LatinType,
    String80LatinType,
    String100LatinType,
    String1000LatinType,
)

# The four simple types that differ from those of the ordinary format.
CodiceDestinatarioType = Annotated[str, Code("CodiceDestinatarioType", r"[A-Z0-9]{7}", 7, 7)]
FormatoTrasmissioneType = Annotated[str, Choice("FormatoTrasmissioneType", ("FSM10",))]
TipoDocumentoType = Annotated[str, Choice("TipoDocumentoType", ("TD07", "TD08", "TD09"))]
NaturaType = Annotated[
    str,
    Choice(
        "NaturaType",
        (
            "N1",
            "N2",
            "N2.1",
            "N2.2",
            "N3",
            "N3.1",
            "N3.2",
            "N3.3",
            "N3.4",
            "N3.5",
            "N3.6",
            "N4",
            "N5",
        ),
    ),
]


@dataclass(frozen=True, kw_only=True)
class DatiTrasmissioneType:
    """1.1: who transmits, to which code."""

    IdTrasmittente: IdFiscaleType
    ProgressivoInvio: String10Type
    FormatoTrasmissione: FormatoTrasmissioneType
    CodiceDestinatario: CodiceDestinatarioType
    PECDestinatario: EmailType | None = None


@dataclass(frozen=True, kw_only=True)
class RappresentanteFiscaleType:
    """1.2.8 and 1.3.2.6; Denominazione, or Nome and Cognome."""

    IdFiscaleIVA: IdFiscaleType
    Denominazione: String80LatinType | None = None
    Nome: String60LatinType | None = None
    Cognome: String60LatinType | None = None


@dataclass(frozen=True, kw_only=True)
class CedentePrestatoreType:
    """1.2: the seller; Denominazione, or Nome and Cognome."""

    IdFiscaleIVA: IdFiscaleType
    CodiceFiscale: CodiceFiscaleType | None = None
    Denominazione: String80LatinType | None = None
    Nome: String60LatinType | None = None
    Cognome: String60LatinType | None = None
    Sede: IndirizzoType
    StabileOrganizzazione: IndirizzoType | None = None
    RappresentanteFiscale: RappresentanteFiscaleType | None = None
    IscrizioneREA: IscrizioneREAType | None = None
    RegimeFiscale: RegimeFiscaleType


@dataclass(frozen=True, kw_only=True)
class IdentificativiFiscaliType:
    """1.3.1: enough to name a buyer."""

    IdFiscaleIVA: IdFiscaleType | None = None
    CodiceFiscale: CodiceFiscaleType | None = None


@dataclass(frozen=True, kw_only=True)
class AltriDatiIdentificativiType:
    """1.3.2; Denominazione, or Nome and Cognome."""

    Denominazione: String80LatinType | None = None
    Nome: String60LatinType | None = None
    Cognome: String60LatinType | None = None
    Sede: IndirizzoType
    StabileOrganizzazione: IndirizzoType | None = None
    RappresentanteFiscale: RappresentanteFiscaleType | None = None


@dataclass(frozen=True, kw_only=True)
class CessionarioCommittenteType:
    """1.3: the buyer."""

    IdentificativiFiscali: IdentificativiFiscaliType
    AltriDatiIdentificativi: AltriDatiIdentificativiType | None = None


@dataclass(frozen=True, kw_only=True)
class FatturaElettronicaHeaderType:
    """1: who sends, sells, buys."""

    DatiTrasmissione: DatiTrasmissioneType
    CedentePrestatore: CedentePrestatoreType
    CessionarioCommittente: CessionarioCommittenteType
    SoggettoEmittente: SoggettoEmittenteType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiGeneraliDocumentoType:
    """2.1.1."""

    TipoDocumento: TipoDocumentoType
    Divisa: DivisaType
    Data: DataFatturaType
    Numero: String20Type
    BolloVirtuale: BolloVirtualeType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiFatturaRettificataType:
    """2.1.2: the document that is corrected, and what in it."""

    NumeroFR: String20Type
    DataFR: DataFatturaType
    ElementiRettificati: String1000LatinType


@dataclass(frozen=True, kw_only=True)
class DatiGeneraliType:
    """2.1."""

    DatiGeneraliDocumento: DatiGeneraliDocumentoType
    DatiFatturaRettificata: DatiFatturaRettificataType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiIVAType:
    """2.2.3: Imposta, Aliquota or both."""

    Imposta: Amount2DecimalType | None = None
    Aliquota: RateType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiBeniServiziType:
    """2.2: one line; Importo holds the VAT."""

    Descrizione: String1000LatinType
    Importo: Amount2DecimalType
    DatiIVA: DatiIVAType
    Natura: NaturaType | None = None
    RiferimentoNormativo: String100LatinType | None = None


@dataclass(frozen=True, kw_only=True)
class FatturaElettronicaBodyType:
    """2: one fiscal document."""

    DatiGenerali: DatiGeneraliType
    DatiBeniServizi: tuple[DatiBeniServiziType, ...]
    Allegati: tuple[AllegatiType, ...] = ()
