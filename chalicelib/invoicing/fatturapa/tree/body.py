"""2 FatturaElettronicaBody of FPA12 and FPR12 (fatturapa.md section 2, XSD 1.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.invoicing.fatturapa.tree.common import AllegatiType, ScontoMaggiorazioneType
from chalicelib.invoicing.fatturapa.tree.general import DatiGeneraliType
from chalicelib.invoicing.fatturapa.tree.kinds import (
    ABIType,
    Amount2DecimalType,
    Amount8DecimalType,
    BICType,
    CABType,
    CodiceFiscalePFType,
    CondizioniPagamentoType,
    EsigibilitaIVAType,
    GiorniTerminePagamentoType,
    IBANType,
    ModalitaPagamentoType,
    NaturaType,
    NumeroLineaType,
    QuantitaType,
    RateType,
    RitenutaType,
    String10Type,
    String15Type,
    String20Type,
    String35LatinExtType,
    String35Type,
    String60LatinType,
    String60Type,
    String80LatinType,
    String100LatinType,
    String200LatinType,
    String1000LatinType,
    TipoCessionePrestazioneType,
    TitoloType,
    date,
)


@dataclass(frozen=True, kw_only=True)
class CodiceArticoloType:
    """2.2.1.3."""

    CodiceTipo: String35Type
    CodiceValore: String35LatinExtType


@dataclass(frozen=True, kw_only=True)
class AltriDatiGestionaliType:
    """2.2.1.16."""

    TipoDato: String10Type
    RiferimentoTesto: String60LatinType | None = None
    RiferimentoNumero: Amount8DecimalType | None = None
    RiferimentoData: date | None = None


@dataclass(frozen=True, kw_only=True)
class DettaglioLineeType:
    """2.2.1: one line."""

    NumeroLinea: NumeroLineaType
    TipoCessionePrestazione: TipoCessionePrestazioneType | None = None
    CodiceArticolo: tuple[CodiceArticoloType, ...] = ()
    Descrizione: String1000LatinType
    Quantita: QuantitaType | None = None
    UnitaMisura: String10Type | None = None
    DataInizioPeriodo: date | None = None
    DataFinePeriodo: date | None = None
    PrezzoUnitario: Amount8DecimalType
    ScontoMaggiorazione: tuple[ScontoMaggiorazioneType, ...] = ()
    PrezzoTotale: Amount8DecimalType
    AliquotaIVA: RateType
    Ritenuta: RitenutaType | None = None
    Natura: NaturaType | None = None
    RiferimentoAmministrazione: String20Type | None = None
    AltriDatiGestionali: tuple[AltriDatiGestionaliType, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DatiRiepilogoType:
    """2.2.2: one summary."""

    AliquotaIVA: RateType
    Natura: NaturaType | None = None
    SpeseAccessorie: Amount2DecimalType | None = None
    Arrotondamento: Amount8DecimalType | None = None
    ImponibileImporto: Amount2DecimalType
    Imposta: Amount2DecimalType
    EsigibilitaIVA: EsigibilitaIVAType | None = None
    RiferimentoNormativo: String100LatinType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiBeniServiziType:
    """2.2: lines and summaries."""

    DettaglioLinee: tuple[DettaglioLineeType, ...]
    DatiRiepilogo: tuple[DatiRiepilogoType, ...]


@dataclass(frozen=True, kw_only=True)
class DatiVeicoliType:
    """2.3."""

    Data: date
    TotalePercorso: String15Type


@dataclass(frozen=True, kw_only=True)
class DettaglioPagamentoType:
    """2.4.2: one instalment."""

    Beneficiario: String200LatinType | None = None
    ModalitaPagamento: ModalitaPagamentoType
    DataRiferimentoTerminiPagamento: date | None = None
    GiorniTerminiPagamento: GiorniTerminePagamentoType | None = None
    DataScadenzaPagamento: date | None = None
    ImportoPagamento: Amount2DecimalType
    CodUfficioPostale: String20Type | None = None
    CognomeQuietanzante: String60LatinType | None = None
    NomeQuietanzante: String60LatinType | None = None
    CFQuietanzante: CodiceFiscalePFType | None = None
    TitoloQuietanzante: TitoloType | None = None
    IstitutoFinanziario: String80LatinType | None = None
    IBAN: IBANType | None = None
    ABI: ABIType | None = None
    CAB: CABType | None = None
    BIC: BICType | None = None
    ScontoPagamentoAnticipato: Amount2DecimalType | None = None
    DataLimitePagamentoAnticipato: date | None = None
    PenalitaPagamentiRitardati: Amount2DecimalType | None = None
    DataDecorrenzaPenale: date | None = None
    CodicePagamento: String60Type | None = None


@dataclass(frozen=True, kw_only=True)
class DatiPagamentoType:
    """2.4."""

    CondizioniPagamento: CondizioniPagamentoType
    DettaglioPagamento: tuple[DettaglioPagamentoType, ...]


@dataclass(frozen=True, kw_only=True)
class FatturaElettronicaBodyType:
    """2: one fiscal document."""

    DatiGenerali: DatiGeneraliType
    DatiBeniServizi: DatiBeniServiziType
    DatiVeicoli: DatiVeicoliType | None = None
    DatiPagamento: tuple[DatiPagamentoType, ...] = ()
    Allegati: tuple[AllegatiType, ...] = ()
