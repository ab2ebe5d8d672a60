"""Blocks of both formats (XSD 1.2.3 and VFSM10 1.0.2), named and ordered as in the schemas."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.invoicing.fatturapa.tree.kinds import (
    Amount2DecimalType,
    Amount8DecimalType,
    CAPType,
    CodEORIType,
    CodiceType,
    NazioneType,
    NumeroCivicoType,
    ProvinciaType,
    RateType,
    SocioUnicoType,
    StatoLiquidazioneType,
    String10Type,
    String20Type,
    String60LatinType,
    String80LatinType,
    String100LatinType,
    TipoScontoMaggiorazioneType,
    TitoloType,
    base64Binary,
)


@dataclass(frozen=True, kw_only=True)
class IdFiscaleType:
    """A country (ISO 3166-1 alpha-2, or OO) and a tax identifier in it."""

    IdPaese: NazioneType
    IdCodice: CodiceType


@dataclass(frozen=True, kw_only=True)
class IndirizzoType:
    """A place; CAP 00000 and no Provincia abroad."""

    Indirizzo: String60LatinType
    NumeroCivico: NumeroCivicoType | None = None
    CAP: CAPType
    Comune: String60LatinType
    Provincia: ProvinciaType | None = None
    Nazione: NazioneType


@dataclass(frozen=True, kw_only=True)
class AnagraficaType:
    """Denominazione, or Nome and Cognome."""

    Denominazione: String80LatinType | None = None
    Nome: String60LatinType | None = None
    Cognome: String60LatinType | None = None
    Titolo: TitoloType | None = None
    CodEORI: CodEORIType | None = None


@dataclass(frozen=True, kw_only=True)
class IscrizioneREAType:
    """1.2.4: the entry in the register of companies."""

    Ufficio: ProvinciaType
    NumeroREA: String20Type
    CapitaleSociale: Amount2DecimalType | None = None
    SocioUnico: SocioUnicoType | None = None
    StatoLiquidazione: StatoLiquidazioneType


@dataclass(frozen=True, kw_only=True)
class AllegatiType:
    """2.5: a file inside the document; `Attachment` is its base64 as written."""

    NomeAttachment: String60LatinType
    AlgoritmoCompressione: String10Type | None = None
    FormatoAttachment: String10Type | None = None
    DescrizioneAttachment: String100LatinType | None = None
    Attachment: base64Binary


@dataclass(frozen=True, kw_only=True)
class ScontoMaggiorazioneType:
    """A discount (SC) or surcharge (MG); Importo wins over Percentuale."""

    Tipo: TipoScontoMaggiorazioneType
    Percentuale: RateType | None = None
    Importo: Amount8DecimalType | None = None
