"""The words that say why there is no VAT (RiferimentoNormativo, 2.2.2.8), where none are given.

Source: the articles that the code list of Natura names (fatturapa.md section 3) and, for the
flat-rate regime, law 190/2014.
"""

from __future__ import annotations

_BY_NATURA = {
    "N1": "Escluso art. 15 DPR 633/1972",
    "N2.1": "Non soggetto artt. da 7 a 7-septies DPR 633/1972",
    "N2.2": "Non soggetto a IVA",
    "N3.1": "Non imponibile art. 8 c. 1 lett. a) e b) DPR 633/1972",
    "N3.2": "Non imponibile art. 41 DL 331/1993",
    "N3.3": "Non imponibile art. 71 DPR 633/1972",
    "N3.4": "Non imponibile art. 8-bis DPR 633/1972",
    "N3.5": "Non imponibile art. 8 c. 1 lett. c) DPR 633/1972 - dichiarazione d'intento",
    "N3.6": "Non imponibile - operazione che non concorre al plafond",
    "N4": "Esente art. 10 DPR 633/1972",
    "N5": "Regime del margine - IVA non esposta in fattura",
    "N6.1": "Inversione contabile art. 74 c. 7 e 8 DPR 633/1972",
    "N6.2": "Inversione contabile art. 17 c. 5 DPR 633/1972",
    "N6.3": "Inversione contabile art. 17 c. 6 lett. a) DPR 633/1972",
    "N6.4": "Inversione contabile art. 17 c. 6 lett. a-bis) DPR 633/1972",
    "N6.5": "Inversione contabile art. 17 c. 6 lett. b) DPR 633/1972",
    "N6.6": "Inversione contabile art. 17 c. 6 lett. c) DPR 633/1972",
    "N6.7": "Inversione contabile art. 17 c. 6 lett. a-ter) DPR 633/1972",
    "N6.8": "Inversione contabile art. 17 c. 6 lett. d-bis), d-ter), d-quater) DPR 633/1972",
    "N6.9": "Inversione contabile - altri casi",
    "N7": "IVA assolta in altro Stato UE",
}
FLAT_RATE_REGIME = "RF19"
_FLAT_RATE = "Regime forfetario art. 1 c. 54-89 L. 190/2014"
SPLIT_PAYMENT = "Scissione dei pagamenti art. 17-ter DPR 633/1972"


def usual(natura: str, regime: str) -> str:
    """The usual words for a natura; "" for one that has none."""
    if natura == "N2.2" and regime == FLAT_RATE_REGIME:
        return _FLAT_RATE
    return _BY_NATURA.get(natura, "")
