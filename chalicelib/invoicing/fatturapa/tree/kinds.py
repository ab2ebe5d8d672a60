"""The simple types of the official schemas, under their official names.

Sources: XSD 1.2.3 (FPA12, FPR12) and VFSM10 1.0.2, fatturapa.md sections 1 to 4. The types of the
simplified format are the same except for the four that `simplified` declares again.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from chalicelib.invoicing.fatturapa.tree.facets import (
    Base64,
    Choice,
    Code,
    Day,
    Moment,
    Number,
    Text,
    Whole,
)


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


ANY = r"(?s:.*)"
# XSD's point is no line end of either kind.
CONTACT = r"[^\n\r]+@[^\n\r]+[.]+[^\n\r]+"
_ATOM = r"[!#-'*+/-9=?A-Z^-~-]+"
EMAIL = (
    rf"({_ATOM}(\.{_ATOM})*"
    r'|"(\[\]!#-[^-~ \t]|(\\[\t -~]))+")'
    rf"@({_ATOM}(\.{_ATOM})*|\[[\t -Z^-~]*\])"
)

# --- dates and bytes: the schemas use XML's own types
date = Annotated[str, Day("date")]
dateTime = Annotated[str, Moment("dateTime")]
base64Binary = Annotated[str, Base64("base64Binary")]

# --- closed lists
FormatoTrasmissioneType = Annotated[str, Choice("FormatoTrasmissioneType", _words("FPA12 FPR12"))]
CausalePagamentoType = Annotated[
    str,
    Choice(
        "CausalePagamentoType",
        _words("A B C D E G H I L M N O P Q R S T U V W X Y Z L1 M1 M2 O1 V1 ZO"),
    ),
]
TipoScontoMaggiorazioneType = Annotated[str, Choice("TipoScontoMaggiorazioneType", _words("SC MG"))]
Art73Type = Annotated[str, Choice("Art73Type", _words("SI"))]
TipoCassaType = Annotated[
    str,
    Choice(
        "TipoCassaType",
        _words(
            "TC01 TC02 TC03 TC04 TC05 TC06 TC07 TC08 TC09 TC10 TC11 TC12 TC13 TC14 TC15 TC16 "
            "TC17 TC18 TC19 TC20 TC21 TC22"
        ),
    ),
]
TipoDocumentoType = Annotated[
    str,
    Choice(
        "TipoDocumentoType",
        _words(
            "TD01 TD02 TD03 TD04 TD05 TD06 TD16 TD17 TD18 TD19 TD20 TD21 TD22 TD23 TD24 TD25 "
            "TD26 TD27 TD28 TD29"
        ),
    ),
]
TipoRitenutaType = Annotated[
    str,
    Choice(
        "TipoRitenutaType",
        _words("RT01 RT02 RT03 RT04 RT05 RT06"),
    ),
]
SoggettoEmittenteType = Annotated[str, Choice("SoggettoEmittenteType", _words("CC TZ"))]
RegimeFiscaleType = Annotated[
    str,
    Choice(
        "RegimeFiscaleType",
        _words(
            "RF01 RF02 RF04 RF05 RF06 RF07 RF08 RF09 RF10 RF11 RF12 RF13 RF14 RF15 RF16 RF17 "
            "RF18 RF19 RF20"
        ),
    ),
]
CondizioniPagamentoType = Annotated[
    str,
    Choice(
        "CondizioniPagamentoType",
        _words("TP01 TP02 TP03"),
    ),
]
ModalitaPagamentoType = Annotated[
    str,
    Choice(
        "ModalitaPagamentoType",
        _words(
            "MP01 MP02 MP03 MP04 MP05 MP06 MP07 MP08 MP09 MP10 MP11 MP12 MP13 MP14 MP15 MP16 "
            "MP17 MP18 MP19 MP20 MP21 MP22 MP23"
        ),
    ),
]
RitenutaType = Annotated[str, Choice("RitenutaType", _words("SI"))]
EsigibilitaIVAType = Annotated[str, Choice("EsigibilitaIVAType", _words("D I S"))]
NaturaType = Annotated[
    str,
    Choice(
        "NaturaType",
        _words(
            "N1 N2 N2.1 N2.2 N3 N3.1 N3.2 N3.3 N3.4 N3.5 N3.6 N4 N5 N6 N6.1 N6.2 N6.3 N6.4 "
            "N6.5 N6.6 N6.7 N6.8 N6.9 N7"
        ),
    ),
]
SocioUnicoType = Annotated[str, Choice("SocioUnicoType", _words("SU SM"))]
StatoLiquidazioneType = Annotated[str, Choice("StatoLiquidazioneType", _words("LS LN"))]
TipoCessionePrestazioneType = Annotated[
    str,
    Choice(
        "TipoCessionePrestazioneType",
        _words("SC PR AB AC"),
    ),
]
BolloVirtualeType = Annotated[str, Choice("BolloVirtualeType", _words("SI"))]

# --- free texts
TitoloType = Annotated[str, Text("TitoloType", "basic", 2, 10, collapse=True)]
String10Type = Annotated[str, Text("String10Type", "basic", 1, 10)]
String15Type = Annotated[str, Text("String15Type", "basic", 1, 15)]
String20Type = Annotated[str, Text("String20Type", "basic", 1, 20)]
String35Type = Annotated[str, Text("String35Type", "basic", 1, 35)]
String35LatinExtType = Annotated[str, Text("String35LatinExtType", "any", 1, 35)]
String60Type = Annotated[str, Text("String60Type", "basic", 1, 60)]
String60LatinType = Annotated[str, Text("String60LatinType", "latin", 1, 60)]
String80LatinType = Annotated[str, Text("String80LatinType", "latin", 1, 80)]
String100LatinType = Annotated[str, Text("String100LatinType", "latin", 1, 100)]
String200LatinType = Annotated[str, Text("String200LatinType", "latin", 1, 200)]
String1000LatinType = Annotated[str, Text("String1000LatinType", "latin", 1, 1000)]
NumeroCivicoType = Annotated[str, Text("NumeroCivicoType", "basic", 1, 8)]
TelFaxType = Annotated[str, Text("TelFaxType", "basic", 5, 12)]

# --- texts of a fixed form
CodiceDestinatarioType = Annotated[str, Code("CodiceDestinatarioType", r"[A-Z0-9]{6,7}", 6, 7)]
CodiceType = Annotated[str, Code("CodiceType", ANY, 1, 28)]
IBANType = Annotated[str, Code("IBANType", r"[a-zA-Z]{2}[0-9]{2}[a-zA-Z0-9]{11,30}", 15, 34)]
BICType = Annotated[str, Code("BICType", r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3}){0,1}", 8, 11)]
CodiceFiscaleType = Annotated[str, Code("CodiceFiscaleType", r"[A-Z0-9]{11,16}", 11, 16)]
CodiceFiscalePFType = Annotated[str, Code("CodiceFiscalePFType", r"[A-Z0-9]{16}", 16, 16)]
CodEORIType = Annotated[str, Code("CodEORIType", ANY, 13, 17)]
ProvinciaType = Annotated[str, Code("ProvinciaType", r"[A-Z]{2}", 2, 2)]
NazioneType = Annotated[str, Code("NazioneType", r"[A-Z]{2}", 2, 2)]
DivisaType = Annotated[str, Code("DivisaType", r"[A-Z]{3}", 3, 3)]
TipoResaType = Annotated[str, Code("TipoResaType", r"[A-Z]{3}", 3, 3)]
EmailType = Annotated[str, Code("EmailType", EMAIL, 0, 256)]
EmailContattiType = Annotated[str, Code("EmailContattiType", CONTACT, 7, 256)]
CAPType = Annotated[str, Code("CAPType", r"[0-9]{5}", 5, 5)]
ABIType = Annotated[str, Code("ABIType", r"[0-9]{5}", 5, 5)]
CABType = Annotated[str, Code("CABType", r"[0-9]{5}", 5, 5)]

# --- numbers and days
RiferimentoNumeroLineaType = Annotated[int, Whole("RiferimentoNumeroLineaType", 1, 9999)]
PesoType = Annotated[Decimal, Number("PesoType", 4, 1, 2)]
Amount8DecimalType = Annotated[Decimal, Number("Amount8DecimalType", 11, 2, 8, negative=True)]
Amount2DecimalType = Annotated[Decimal, Number("Amount2DecimalType", 11, 2, 2, negative=True)]
RateType = Annotated[Decimal, Number("RateType", 3, 2, 2, top=Decimal("100.00"))]
RiferimentoFaseType = Annotated[int, Whole("RiferimentoFaseType", 1, 999)]
NumeroColliType = Annotated[int, Whole("NumeroColliType", 1, 9999)]
NumeroLineaType = Annotated[int, Whole("NumeroLineaType", 1, 9999)]
GiorniTerminePagamentoType = Annotated[int, Whole("GiorniTerminePagamentoType", 0, 999)]
QuantitaType = Annotated[Decimal, Number("QuantitaType", 12, 2, 8)]
DataFatturaType = Annotated[str, Day("DataFatturaType", "1970-01-01")]
