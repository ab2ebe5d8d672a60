"""The faults of a body towards the node: codes, and what they mean. Pure data.

Source: pagopa.md section 4.3; the code decides, the text informs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Code = Literal[
    "PAA_SINTASSI_XSD",
    "PAA_SINTASSI_EXTRAXSD",
    "PAA_ID_DOMINIO_ERRATO",
    "PAA_ID_INTERMEDIARIO_ERRATO",
    "PAA_STAZIONE_INT_ERRATA",
    "PAA_PAGAMENTO_SCONOSCIUTO",
    "PAA_PAGAMENTO_DUPLICATO",
    "PAA_PAGAMENTO_IN_CORSO",
    "PAA_PAGAMENTO_SCADUTO",
    "PAA_PAGAMENTO_ANNULLATO",
    "PAA_RECEIPT_DUPLICATA",
    "PAA_SEMANTICA",
    "PAA_SYSTEM_ERROR",
]
_WAITING: Final = "Pagamento in attesa risulta {} all’Ente Creditore."
TEXTS: Final[Mapping[Code, str]] = {
    "PAA_SINTASSI_XSD": "Errore di sintassi XSD.",
    "PAA_SINTASSI_EXTRAXSD": "Errore di sintassi extra XSD.",
    "PAA_ID_DOMINIO_ERRATO": "La PA non corrisponde al Dominio indicato.",
    "PAA_ID_INTERMEDIARIO_ERRATO": "Identificativo intermediario non corrispondente.",
    "PAA_STAZIONE_INT_ERRATA": "Stazione intermediario non corrispondente.",
    "PAA_PAGAMENTO_SCONOSCIUTO": _WAITING.format("sconosciuto"),
    "PAA_PAGAMENTO_DUPLICATO": _WAITING.format("concluso"),
    "PAA_PAGAMENTO_IN_CORSO": _WAITING.format("in corso"),
    "PAA_PAGAMENTO_SCADUTO": _WAITING.format("scaduto"),
    "PAA_PAGAMENTO_ANNULLATO": _WAITING.format("annullato"),
    "PAA_RECEIPT_DUPLICATA": "La ricevuta è già stata accettata.",
    "PAA_SEMANTICA": "Errore semantico.",
    "PAA_SYSTEM_ERROR": "Errore generico.",
}
DESCRIPTION_CHARS: Final = 250


class NodeFault(Exception):
    """Why an operation is answered KO; `description` is for people and holds no personal datum."""

    def __init__(self, code: Code, description: str = "") -> None:
        super().__init__(code)
        self.code: Code = code
        self.description = description[:DESCRIPTION_CHARS]
