"""Every element of both formats, in the order of the schemas (fatturapa.md sections 2 and 4).

A line is `Name kind card`: no kind for a block; card `?` may be left out, `*` any number of times.
The kinds are those of `made._value`.
"""

from __future__ import annotations

SEAT = """
Indirizzo text
NumeroCivico short ?
CAP five
Comune text
Provincia two ?
Nazione two
"""
IDS = """
IdFiscaleIVA ?
  IdPaese two
  IdCodice code11
CodiceFiscale code16 ?
"""
NAMES = """
Anagrafica
  Denominazione text
  Titolo short ?
  CodEORI code16 ?
"""
RELATED = """
RiferimentoNumeroLinea int *
IdDocumento short
Data day ?
NumItem short ?
CodiceCommessaConvenzione text ?
CodiceCUP short ?
CodiceCIG short ?
"""
REA = """
IscrizioneREA ?
  Ufficio two
  NumeroREA short
  CapitaleSociale amount ?
  SocioUnico list:SocioUnico ?
  StatoLiquidazione list:StatoLiquidazione
"""
ATTACHED = """
Allegati *
  NomeAttachment text
  AlgoritmoCompressione short ?
  FormatoAttachment short ?
  DescrizioneAttachment text ?
  Attachment bytes
"""


def _under(depth: int, text: str) -> str:
    return "\n".join("  " * depth + line for line in text.strip("\n").splitlines()) + "\n"


def _sending(format: str) -> str:
    return f"""
FatturaElettronicaHeader
  DatiTrasmissione
    IdTrasmittente
      IdPaese two
      IdCodice code11
    ProgressivoInvio short
    FormatoTrasmissione ={format}
    CodiceDestinatario code7
    {"ContattiTrasmittente ?" if format != "FSM10" else ""}
    {"  Telefono short ?" if format != "FSM10" else ""}
    {"  Email text" if format != "FSM10" else ""}
    PECDestinatario text ?
"""


ORDINARY_HEADER = (
    _sending("FPR12")
    + "  CedentePrestatore\n    DatiAnagrafici\n"
    + _under(3, IDS + NAMES)
    + _under(
        3,
        "AlboProfessionale text ?\nProvinciaAlbo two ?\nNumeroIscrizioneAlbo short ?\n"
        "DataIscrizioneAlbo day ?\nRegimeFiscale list:RegimeFiscale",
    )
    + "    Sede\n"
    + _under(3, SEAT)
    + "    StabileOrganizzazione ?\n"
    + _under(3, SEAT)
    + _under(2, REA)
    + _under(2, "Contatti ?\n  Telefono short ?\n  Fax short ?\n  Email text")
    + "    RiferimentoAmministrazione short ?\n"
    + "  RappresentanteFiscale ?\n    DatiAnagrafici\n"
    + _under(3, IDS + NAMES)
    + "  CessionarioCommittente\n    DatiAnagrafici\n"
    + _under(3, IDS + NAMES)
    + "    Sede\n"
    + _under(3, SEAT)
    + "    StabileOrganizzazione ?\n"
    + _under(3, SEAT)
    + "    RappresentanteFiscale ?\n"
    + _under(3, IDS + "Denominazione text")
    + "  TerzoIntermediarioOSoggettoEmittente ?\n    DatiAnagrafici\n"
    + _under(3, IDS + NAMES)
    + "  SoggettoEmittente list:SoggettoEmittente ?\n"
)

ORDINARY_BODY = (
    """
FatturaElettronicaBody
  DatiGenerali
    DatiGeneraliDocumento
      TipoDocumento list:TipoDocumento
      Divisa =EUR
      Data day
      Numero short
      DatiRitenuta *
        TipoRitenuta list:TipoRitenuta
        ImportoRitenuta amount
        AliquotaRitenuta rate
        CausalePagamento list:CausalePagamento
      DatiBollo ?
        BolloVirtuale yes
        ImportoBollo amount ?
      DatiCassaPrevidenziale *
        TipoCassa list:TipoCassa
        AlCassa rate
        ImportoContributoCassa amount
        ImponibileCassa amount ?
        AliquotaIVA rate
        Ritenuta yes ?
        Natura list:Natura ?
        RiferimentoAmministrazione short ?
      ScontoMaggiorazione *
        Tipo sign
        Percentuale rate ?
        Importo price ?
      ImportoTotaleDocumento amount ?
      Arrotondamento amount ?
      Causale long *
      Art73 yes ?
"""
    + "".join(
        f"    {name} *\n{_under(3, RELATED)}"
        for name in (
            "DatiOrdineAcquisto",
            "DatiContratto",
            "DatiConvenzione",
            "DatiRicezione",
            "DatiFattureCollegate",
        )
    )
    + """
    DatiSAL *
      RiferimentoFase int
    DatiDDT *
      NumeroDDT short
      DataDDT day
      RiferimentoNumeroLinea int *
    DatiTrasporto ?
      DatiAnagraficiVettore ?
"""
    + _under(4, IDS + NAMES)
    + """
        NumeroLicenzaGuida short ?
      MezzoTrasporto text ?
      CausaleTrasporto text ?
      NumeroColli int ?
      Descrizione text ?
      UnitaMisuraPeso short ?
      PesoLordo rate ?
      PesoNetto rate ?
      DataOraRitiro moment ?
      DataInizioTrasporto day ?
      TipoResa three ?
      IndirizzoResa ?
"""
    + _under(4, SEAT)
    + """
      DataOraConsegna moment ?
    FatturaPrincipale ?
      NumeroFatturaPrincipale short
      DataFatturaPrincipale day
  DatiBeniServizi
    DettaglioLinee *
      NumeroLinea int
      TipoCessionePrestazione list:TipoCessionePrestazione ?
      CodiceArticolo *
        CodiceTipo short
        CodiceValore text
      Descrizione long
      Quantita quantity ?
      UnitaMisura short ?
      DataInizioPeriodo day ?
      DataFinePeriodo day ?
      PrezzoUnitario price
      ScontoMaggiorazione *
        Tipo sign
        Percentuale rate ?
        Importo price ?
      PrezzoTotale price
      AliquotaIVA rate
      Ritenuta yes ?
      Natura list:Natura ?
      RiferimentoAmministrazione short ?
      AltriDatiGestionali *
        TipoDato short
        RiferimentoTesto text ?
        RiferimentoNumero price ?
        RiferimentoData day ?
    DatiRiepilogo *
      AliquotaIVA rate
      Natura list:Natura ?
      SpeseAccessorie amount ?
      Arrotondamento price ?
      ImponibileImporto amount
      Imposta amount
      EsigibilitaIVA list:EsigibilitaIVA ?
      RiferimentoNormativo text ?
  DatiVeicoli ?
    Data day
    TotalePercorso short
  DatiPagamento *
    CondizioniPagamento list:CondizioniPagamento
    DettaglioPagamento *
      Beneficiario long ?
      ModalitaPagamento list:ModalitaPagamento
      DataRiferimentoTerminiPagamento day ?
      GiorniTerminiPagamento int ?
      DataScadenzaPagamento day ?
      ImportoPagamento amount
      CodUfficioPostale short ?
      CognomeQuietanzante text ?
      NomeQuietanzante text ?
      CFQuietanzante code16 ?
      TitoloQuietanzante short ?
      IstitutoFinanziario text ?
      IBAN code27 ?
      ABI five ?
      CAB five ?
      BIC code11 ?
      ScontoPagamentoAnticipato amount ?
      DataLimitePagamentoAnticipato day ?
      PenalitaPagamentiRitardati amount ?
      DataDecorrenzaPenale day ?
      CodicePagamento text ?
"""
    + _under(1, ATTACHED)
)

SIMPLIFIED_HEADER = (
    _sending("FSM10")
    + "  CedentePrestatore\n"
    + _under(2, IDS + "Denominazione text\nSede\n" + _under(1, SEAT))
    + "    StabileOrganizzazione ?\n"
    + _under(3, SEAT)
    + "    RappresentanteFiscale ?\n"
    + _under(3, IDS + "Nome text\nCognome text")
    + _under(2, REA)
    + "    RegimeFiscale list:RegimeFiscale\n"
    + "  CessionarioCommittente\n    IdentificativiFiscali\n"
    + _under(3, IDS)
    + "    AltriDatiIdentificativi ?\n"
    + _under(3, "Nome text\nCognome text\nSede\n" + _under(1, SEAT))
    + "      RappresentanteFiscale ?\n"
    + _under(4, IDS + "Denominazione text")
    + "  SoggettoEmittente list:SoggettoEmittente ?\n"
)

SIMPLIFIED_BODY = """
FatturaElettronicaBody
  DatiGenerali
    DatiGeneraliDocumento
      TipoDocumento list:TipoDocumento
      Divisa =EUR
      Data day
      Numero short
      BolloVirtuale yes ?
    DatiFatturaRettificata ?
      NumeroFR short
      DataFR day
      ElementiRettificati long
  DatiBeniServizi *
    Descrizione long
    Importo amount
    DatiIVA
      Imposta amount ?
      Aliquota rate ?
    Natura list:Natura ?
    RiferimentoNormativo text ?
""" + _under(1, ATTACHED)
