"""1 FatturaElettronicaHeader of FPA12 and FPR12 (fatturapa.md section 2, XSD 1.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.invoicing.fatturapa.tree.common import (
    AnagraficaType,
    IdFiscaleType,
    IndirizzoType,
    IscrizioneREAType,
)
from chalicelib.invoicing.fatturapa.tree.kinds import (
    CodiceDestinatarioType,
    CodiceFiscaleType,
    EmailContattiType,
    EmailType,
    FormatoTrasmissioneType,
    ProvinciaType,
    RegimeFiscaleType,
    SoggettoEmittenteType,
    String10Type,
    String20Type,
    String60LatinType,
    String60Type,
    String80LatinType,
    TelFaxType,
    date,
)


@dataclass(frozen=True, kw_only=True)
class ContattiTrasmittenteType:
    """1.1.5."""

    Telefono: TelFaxType | None = None
    Email: EmailContattiType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiTrasmissioneType:
    """1.1: who transmits, to which code."""

    IdTrasmittente: IdFiscaleType
    ProgressivoInvio: String10Type
    FormatoTrasmissione: FormatoTrasmissioneType
    CodiceDestinatario: CodiceDestinatarioType
    ContattiTrasmittente: ContattiTrasmittenteType | None = None
    PECDestinatario: EmailType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiAnagraficiCedenteType:
    """1.2.1."""

    IdFiscaleIVA: IdFiscaleType
    CodiceFiscale: CodiceFiscaleType | None = None
    Anagrafica: AnagraficaType
    AlboProfessionale: String60LatinType | None = None
    ProvinciaAlbo: ProvinciaType | None = None
    NumeroIscrizioneAlbo: String60Type | None = None
    DataIscrizioneAlbo: date | None = None
    RegimeFiscale: RegimeFiscaleType


@dataclass(frozen=True, kw_only=True)
class ContattiType:
    """1.2.5."""

    Telefono: TelFaxType | None = None
    Fax: TelFaxType | None = None
    Email: EmailContattiType | None = None


@dataclass(frozen=True, kw_only=True)
class CedentePrestatoreType:
    """1.2: the seller."""

    DatiAnagrafici: DatiAnagraficiCedenteType
    Sede: IndirizzoType
    StabileOrganizzazione: IndirizzoType | None = None
    IscrizioneREA: IscrizioneREAType | None = None
    Contatti: ContattiType | None = None
    RiferimentoAmministrazione: String20Type | None = None


@dataclass(frozen=True, kw_only=True)
class DatiAnagraficiRappresentanteType:
    """1.3.1."""

    IdFiscaleIVA: IdFiscaleType
    CodiceFiscale: CodiceFiscaleType | None = None
    Anagrafica: AnagraficaType


@dataclass(frozen=True, kw_only=True)
class RappresentanteFiscaleType:
    """1.3: who represents the seller."""

    DatiAnagrafici: DatiAnagraficiRappresentanteType


@dataclass(frozen=True, kw_only=True)
class DatiAnagraficiCessionarioType:
    """1.4.1."""

    IdFiscaleIVA: IdFiscaleType | None = None
    CodiceFiscale: CodiceFiscaleType | None = None
    Anagrafica: AnagraficaType


@dataclass(frozen=True, kw_only=True)
class RappresentanteFiscaleCessionarioType:
    """1.4.4: who represents the buyer; Denominazione, or Nome and Cognome."""

    IdFiscaleIVA: IdFiscaleType
    Denominazione: String80LatinType | None = None
    Nome: String60LatinType | None = None
    Cognome: String60LatinType | None = None


@dataclass(frozen=True, kw_only=True)
class CessionarioCommittenteType:
    """1.4: the buyer."""

    DatiAnagrafici: DatiAnagraficiCessionarioType
    Sede: IndirizzoType
    StabileOrganizzazione: IndirizzoType | None = None
    RappresentanteFiscale: RappresentanteFiscaleCessionarioType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiAnagraficiTerzoIntermediarioType:
    """1.5.1."""

    IdFiscaleIVA: IdFiscaleType | None = None
    CodiceFiscale: CodiceFiscaleType | None = None
    Anagrafica: AnagraficaType


@dataclass(frozen=True, kw_only=True)
class TerzoIntermediarioSoggettoEmittenteType:
    """1.5: who issues in the name of the seller."""

    DatiAnagrafici: DatiAnagraficiTerzoIntermediarioType


@dataclass(frozen=True, kw_only=True)
class FatturaElettronicaHeaderType:
    """1: who sends, sells, buys."""

    DatiTrasmissione: DatiTrasmissioneType
    CedentePrestatore: CedentePrestatoreType
    RappresentanteFiscale: RappresentanteFiscaleType | None = None
    CessionarioCommittente: CessionarioCommittenteType
    TerzoIntermediarioOSoggettoEmittente: TerzoIntermediarioSoggettoEmittenteType | None = None
    SoggettoEmittente: SoggettoEmittenteType | None = None
