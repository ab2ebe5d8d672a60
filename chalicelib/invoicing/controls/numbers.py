"""The number in the official table of each element that a control can point at.

Source: fatturapa.md sections 2 and 4. A test compares them with the schema.
"""

from __future__ import annotations

import re

_POSITION = re.compile(r"\[[0-9]+\]")
_HEAD, _BODY = "FatturaElettronicaHeader/", "FatturaElettronicaBody/"
_DOCUMENT = _BODY + "DatiGenerali/DatiGeneraliDocumento/"
_SELLER, _BUYER = _HEAD + "CedentePrestatore/", _HEAD + "CessionarioCommittente/"
_LINE = _BODY + "DatiBeniServizi/DettaglioLinee/"
_SUMMARY = _BODY + "DatiBeniServizi/DatiRiepilogo"
_FUND = _DOCUMENT + "DatiCassaPrevidenziale/"
_SENDING = _HEAD + "DatiTrasmissione/"

_BOTH = {
    _SENDING + "IdTrasmittente/IdCodice": "1.1.1.2",
    _SENDING + "FormatoTrasmissione": "1.1.3",
    _SENDING + "CodiceDestinatario": "1.1.4",
    _DOCUMENT + "TipoDocumento": "2.1.1.1",
    _DOCUMENT + "Data": "2.1.1.3",
    _DOCUMENT + "Numero": "2.1.1.4",
}
_ORDINARY = _BOTH | {
    _SENDING + "PECDestinatario": "1.1.6",
    _SELLER + "DatiAnagrafici/IdFiscaleIVA/IdPaese": "1.2.1.1.1",
    _SELLER + "DatiAnagrafici/IdFiscaleIVA/IdCodice": "1.2.1.1.2",
    _SELLER + "DatiAnagrafici/CodiceFiscale": "1.2.1.2",
    _HEAD + "RappresentanteFiscale/DatiAnagrafici/IdFiscaleIVA/IdCodice": "1.3.1.1.2",
    _HEAD + "RappresentanteFiscale/DatiAnagrafici/CodiceFiscale": "1.3.1.2",
    _BUYER + "DatiAnagrafici": "1.4.1",
    _BUYER + "DatiAnagrafici/IdFiscaleIVA/IdCodice": "1.4.1.1.2",
    _BUYER + "DatiAnagrafici/CodiceFiscale": "1.4.1.2",
    _BUYER + "RappresentanteFiscale/IdFiscaleIVA/IdCodice": "1.4.4.1.2",
    _FUND + "AliquotaIVA": "2.1.1.7.5",
    _FUND + "Ritenuta": "2.1.1.7.6",
    _FUND + "Natura": "2.1.1.7.7",
    _DOCUMENT + "ScontoMaggiorazione": "2.1.1.8",
    _BODY + "DatiGenerali/DatiFattureCollegate/Data": "2.1.6.3",
    _LINE + "ScontoMaggiorazione": "2.2.1.10",
    _LINE + "PrezzoTotale": "2.2.1.11",
    _LINE + "AliquotaIVA": "2.2.1.12",
    _LINE + "Ritenuta": "2.2.1.13",
    _LINE + "Natura": "2.2.1.14",
    _SUMMARY: "2.2.2",
    _SUMMARY + "/AliquotaIVA": "2.2.2.1",
    _SUMMARY + "/Natura": "2.2.2.2",
    _SUMMARY + "/ImponibileImporto": "2.2.2.5",
    _SUMMARY + "/Imposta": "2.2.2.6",
    _SUMMARY + "/EsigibilitaIVA": "2.2.2.7",
}
_SIMPLIFIED = _BOTH | {
    _SENDING + "PECDestinatario": "1.1.5",
    _SELLER + "IdFiscaleIVA/IdPaese": "1.2.1.1",
    _SELLER + "IdFiscaleIVA/IdCodice": "1.2.1.2",
    _SELLER + "CodiceFiscale": "1.2.2",
    _SELLER + "RappresentanteFiscale/IdFiscaleIVA/IdCodice": "1.2.8.1.2",
    _BUYER + "IdentificativiFiscali": "1.3.1",
    _BUYER + "IdentificativiFiscali/IdFiscaleIVA/IdCodice": "1.3.1.1.2",
    _BUYER + "IdentificativiFiscali/CodiceFiscale": "1.3.1.2",
    _BUYER + "AltriDatiIdentificativi/RappresentanteFiscale/IdFiscaleIVA/IdCodice": "1.3.2.6.1.2",
    _BODY + "DatiGenerali/DatiFatturaRettificata/DataFR": "2.1.2.2",
    _BODY + "DatiBeniServizi": "2.2",
    _BODY + "DatiBeniServizi/DatiIVA/Aliquota": "2.2.3.2",
    _BODY + "DatiBeniServizi/Natura": "2.2.4",
}


def official_id(where: str, simplified: bool) -> str:
    """The number of the element at that path, whatever the positions in it; "" when unknown."""
    table = _SIMPLIFIED if simplified else _ORDINARY
    return table.get(_POSITION.sub("", where), "")
