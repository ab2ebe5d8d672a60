"""2.1 DatiGenerali of FPA12 and FPR12 (fatturapa.md section 2, XSD 1.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.invoicing.fatturapa.tree.common import (
    AnagraficaType,
    IdFiscaleType,
    IndirizzoType,
    ScontoMaggiorazioneType,
)
from chalicelib.invoicing.fatturapa.tree.kinds import (
    Amount2DecimalType,
    Art73Type,
    BolloVirtualeType,
    CausalePagamentoType,
    CodiceFiscaleType,
    DataFatturaType,
    DivisaType,
    NaturaType,
    NumeroColliType,
    PesoType,
    RateType,
    RiferimentoFaseType,
    RiferimentoNumeroLineaType,
    RitenutaType,
    String10Type,
    String15Type,
    String20Type,
    String80LatinType,
    String100LatinType,
    String200LatinType,
    TipoCassaType,
    TipoDocumentoType,
    TipoResaType,
    TipoRitenutaType,
    date,
    dateTime,
)


@dataclass(frozen=True, kw_only=True)
class DatiRitenutaType:
    """2.1.1.5: one withholding."""

    TipoRitenuta: TipoRitenutaType
    ImportoRitenuta: Amount2DecimalType
    AliquotaRitenuta: RateType
    CausalePagamento: CausalePagamentoType


@dataclass(frozen=True, kw_only=True)
class DatiBolloType:
    """2.1.1.6: the virtual stamp."""

    BolloVirtuale: BolloVirtualeType
    ImportoBollo: Amount2DecimalType | None = None


@dataclass(frozen=True, kw_only=True)
class DatiCassaPrevidenzialeType:
    """2.1.1.7: the contribution to one pension fund."""

    TipoCassa: TipoCassaType
    AlCassa: RateType
    ImportoContributoCassa: Amount2DecimalType
    ImponibileCassa: Amount2DecimalType | None = None
    AliquotaIVA: RateType
    Ritenuta: RitenutaType | None = None
    Natura: NaturaType | None = None
    RiferimentoAmministrazione: String20Type | None = None


@dataclass(frozen=True, kw_only=True)
class DatiGeneraliDocumentoType:
    """2.1.1."""

    TipoDocumento: TipoDocumentoType
    Divisa: DivisaType
    Data: DataFatturaType
    Numero: String20Type
    DatiRitenuta: tuple[DatiRitenutaType, ...] = ()
    DatiBollo: DatiBolloType | None = None
    DatiCassaPrevidenziale: tuple[DatiCassaPrevidenzialeType, ...] = ()
    ScontoMaggiorazione: tuple[ScontoMaggiorazioneType, ...] = ()
    ImportoTotaleDocumento: Amount2DecimalType | None = None
    Arrotondamento: Amount2DecimalType | None = None
    Causale: tuple[String200LatinType, ...] = ()
    Art73: Art73Type | None = None


@dataclass(frozen=True, kw_only=True)
class DatiDocumentiCorrelatiType:
    """2.1.2 to 2.1.6: an order, contract, agreement, receipt or invoice."""

    RiferimentoNumeroLinea: tuple[RiferimentoNumeroLineaType, ...] = ()
    IdDocumento: String20Type
    Data: date | None = None
    NumItem: String20Type | None = None
    CodiceCommessaConvenzione: String100LatinType | None = None
    CodiceCUP: String15Type | None = None
    CodiceCIG: String15Type | None = None


@dataclass(frozen=True, kw_only=True)
class DatiSALType:
    """2.1.7: a stage of the works."""

    RiferimentoFase: RiferimentoFaseType


@dataclass(frozen=True, kw_only=True)
class DatiDDTType:
    """2.1.8: a delivery note."""

    NumeroDDT: String20Type
    DataDDT: date
    RiferimentoNumeroLinea: tuple[RiferimentoNumeroLineaType, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DatiAnagraficiVettoreType:
    """2.1.9.1: who carries."""

    IdFiscaleIVA: IdFiscaleType
    CodiceFiscale: CodiceFiscaleType | None = None
    Anagrafica: AnagraficaType
    NumeroLicenzaGuida: String20Type | None = None


@dataclass(frozen=True, kw_only=True)
class DatiTrasportoType:
    """2.1.9."""

    DatiAnagraficiVettore: DatiAnagraficiVettoreType | None = None
    MezzoTrasporto: String80LatinType | None = None
    CausaleTrasporto: String100LatinType | None = None
    NumeroColli: NumeroColliType | None = None
    Descrizione: String100LatinType | None = None
    UnitaMisuraPeso: String10Type | None = None
    PesoLordo: PesoType | None = None
    PesoNetto: PesoType | None = None
    DataOraRitiro: dateTime | None = None
    DataInizioTrasporto: date | None = None
    TipoResa: TipoResaType | None = None
    IndirizzoResa: IndirizzoType | None = None
    DataOraConsegna: dateTime | None = None


@dataclass(frozen=True, kw_only=True)
class FatturaPrincipaleType:
    """2.1.10: for hauliers."""

    NumeroFatturaPrincipale: String20Type
    DataFatturaPrincipale: date


@dataclass(frozen=True, kw_only=True)
class DatiGeneraliType:
    """2.1: the document and what it refers to."""

    DatiGeneraliDocumento: DatiGeneraliDocumentoType
    DatiOrdineAcquisto: tuple[DatiDocumentiCorrelatiType, ...] = ()
    DatiContratto: tuple[DatiDocumentiCorrelatiType, ...] = ()
    DatiConvenzione: tuple[DatiDocumentiCorrelatiType, ...] = ()
    DatiRicezione: tuple[DatiDocumentiCorrelatiType, ...] = ()
    DatiFattureCollegate: tuple[DatiDocumentiCorrelatiType, ...] = ()
    DatiSAL: tuple[DatiSALType, ...] = ()
    DatiDDT: tuple[DatiDDTType, ...] = ()
    DatiTrasporto: DatiTrasportoType | None = None
    FatturaPrincipale: FatturaPrincipaleType | None = None
