"""The words of our messages, Italian first. Regulated terms stay Italian in every language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.accounts.model import Language

# state: (Italian, English)
_STATES: Final[dict[str, tuple[str, str]]] = {
    "unpacked": ("archivio letto", "archive read"),
    "refused_file": ("file rifiutato", "file refused"),
    "to_convert": ("in attesa di conversione", "waiting for conversion"),
    "held": ("in sospeso", "on hold"),
    "invalid": ("non conforme: non inviata", "not valid: not sent"),
    "awaiting_signature": ("in attesa della firma", "waiting for its signature"),
    "own_sending": ("da inviare a cura del cliente", "to be sent by the customer himself"),
    "kept": ("custodita: non viene inviata", "kept: it is not sent"),
    "ready": ("presa in carico, in attesa di invio", "accepted, waiting to be sent"),
    "sent": ("inviata al Sistema di Interscambio", "sent to Sistema di Interscambio"),
    "rejected": ("scartata dal Sistema di Interscambio", "rejected by Sistema di Interscambio"),
    "delivered": ("consegnata al destinatario", "delivered to the recipient"),
    "made_available": (
        "a disposizione del cessionario nella sua area riservata",
        "available to the buyer in his reserved area",
    ),
    "not_delivered": ("non ancora recapitata", "not delivered yet"),
    "accepted": ("accettata dal destinatario", "accepted by the recipient"),
    "refused": ("rifiutata dal destinatario", "refused by the recipient"),
    "expired": ("decorrenza termini", "term expired (decorrenza termini)"),
    "undeliverable": (
        "recapito impossibile, con attestazione di avvenuta trasmissione",
        "delivery impossible, with attestazione di avvenuta trasmissione",
    ),
    "discarded": ("eliminata su richiesta", "discarded on request"),
}

# reason: what a person should know or do
_REASONS: Final[dict[str, tuple[str, str]]] = {
    "duplicate": (
        "Potrebbe essere un doppione: decidere se inviarla o eliminarla.",
        "It may be a duplicate: decide whether to send or discard it.",
    ),
    "unknown_customer": (
        "Chi emette il documento non è tra i vostri clienti: indicare il cliente.",
        "The issuer is none of your customers: say whose document it is.",
    ),
    "seller_mismatch": (
        "Chi emette il documento non è il cliente indicato: decidere se inviarla.",
        "The issuer is not the customer indicated: decide whether to send it.",
    ),
    "unlawful_recipient": (
        "Una prestazione sanitaria a una persona fisica non va al Sistema di Interscambio "
        "(art. 10-bis D.L. 119/2018): consegnarla su carta o in PDF e inviare i dati al "
        "Sistema TS.",
        "A health service to a natural person does not go to Sistema di Interscambio "
        "(art. 10-bis of D.L. 119/2018): hand it over on paper or in PDF and send its data to "
        "Sistema TS.",
    ),
    "no_credit": (
        "I crediti per questo formato sono terminati: il documento parte da sé quando ne arrivano.",
        "There are no credits left for this format: the document leaves by itself when some come.",
    ),
    "not_enabled": (
        "Il cliente non è abilitato all'invio: il documento attende che lo abilitiate.",
        "The customer is not enabled to send: the document waits until you enable him.",
    ),
    "pdf_needs_template": (
        "Il PDF attende il modello di conversione del cliente.",
        "The PDF waits for its customer's conversion template.",
    ),
}

_FLAGS: Final[dict[str, tuple[str, str]]] = {
    "contradiction": (
        "Il Sistema di Interscambio ha inviato messaggi in contraddizione: verificare.",
        "Sistema di Interscambio sent messages that contradict each other: please check.",
    ),
    "signature_overdue": (
        "Il termine per l'invio sta per scadere e la firma manca ancora.",
        "The term for sending is about to end and the signature is still missing.",
    ),
    "unexpected": (
        "Il Sistema di Interscambio ha inviato un messaggio inatteso: verificare.",
        "Sistema di Interscambio sent an unexpected message: please check.",
    ),
}


@dataclass(frozen=True)
class Words:
    """The fixed parts of a message in one language."""

    customer: str
    document: str
    total: str
    buyer: str
    state: str
    messages: str
    file: str
    advice: str
    members: str
    digest: str
    changes: str
    issuer_unknown: str
    number: str
    of: str
    why: str


_IT: Final = Words(
    customer="Cliente",
    document="Documento",
    total="Totale",
    buyer="Destinatario",
    state="Stato",
    messages="Messaggi del Sistema di Interscambio",
    file="File",
    advice="Suggerimento",
    members="documenti e rifiuti",
    digest="Riepilogo",
    changes="variazioni di stato",
    issuer_unknown="non ancora noto",
    number="n.",
    of="del",
    why="Ricevete questo messaggio perché il documento è stato affidato a noi per vostro conto.",
)
_EN: Final = Words(
    customer="Customer",
    document="Document",
    total="Total",
    buyer="Recipient",
    state="State",
    messages="Messages of Sistema di Interscambio",
    file="File",
    advice="Advice",
    members="documents and refusals",
    digest="Digest",
    changes="changes of state",
    issuer_unknown="not known yet",
    number="no.",
    of="of",
    why="You receive this message because the document was entrusted to us on your behalf.",
)


def words(language: Language) -> Words:
    return _IT if language == "it" else _EN


def _pick(found: dict[str, tuple[str, str]], key: str, language: Language) -> str:
    pair = found.get(key)
    return "" if pair is None else pair[0 if language == "it" else 1]


def state(name: str, language: Language) -> str:
    """The state as people say it; its own name when it has no words (a bug that tests find)."""
    return _pick(_STATES, name, language) or name


def reason(code: str, language: Language) -> str:
    return _pick(_REASONS, code, language)


def flag(code: str, language: Language) -> str:
    return _pick(_FLAGS, code, language)


TOLD_STATES: Final = frozenset(_STATES)
