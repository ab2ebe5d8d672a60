"""The words of a receipt that a body issues for a training event, and of the mail that brings it.

What the paper shares with other receipts is in `payments.receipts.words`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.payments.receipts.words import Language


@dataclass(frozen=True)
class Words:
    """One language. {number}, {day}, {event}, {body}, {name} and {rate} are filled in."""

    title: str
    numbered: str
    holder: str
    vat: str
    event: str
    event_title: str
    event_day: str
    place: str
    sums: str
    taxable: str
    tax: str
    rounding: str
    law: str
    issued: str
    foot: str
    mail_title: str
    mail: str


WORDS: Final[dict[Language, Words]] = {
    "it": Words(
        title="Ricevuta",
        numbered="n. {number} del {day}",
        holder="Intestatario",
        vat="Partita IVA",
        event="Evento formativo",
        event_title="Titolo",
        event_day="Data dell’evento",
        place="Sede",
        sums="Importi",
        taxable="Imponibile",
        tax="IVA {rate}%",
        rounding="Arrotondamento",
        law="Titolo di esclusione o esenzione IVA",
        issued="Emessa da",
        foot="Emessa per l’importo incassato tramite pagoPA. Non è una fattura.",
        mail_title="Ricevuta n. {number}: {event}",
        mail="Gentile {name},\n\nin allegato trova la ricevuta n. {number} che {body} ha emesso "
        "per la partecipazione a: {event}.\n",
    ),
    "en": Words(
        title="Receipt",
        numbered="no. {number} of {day}",
        holder="Issued to",
        vat="VAT number",
        event="Training event",
        event_title="Title",
        event_day="Date of the event",
        place="Venue",
        sums="Amounts",
        taxable="Taxable amount",
        tax="VAT {rate}%",
        rounding="Rounding",
        law="Why no VAT is due",
        issued="Issued by",
        foot="Issued for the amount received through pagoPA. It is not an invoice.",
        mail_title="Receipt no. {number}: {event}",
        mail="Dear {name},\n\nattached is receipt no. {number}, issued by {body} for taking part "
        "in: {event}.\n",
    ),
    "fr": Words(
        title="Reçu",
        numbered="n° {number} du {day}",
        holder="Établi pour",
        vat="Numéro de TVA",
        event="Formation",
        event_title="Intitulé",
        event_day="Date de la formation",
        place="Lieu",
        sums="Montants",
        taxable="Base imposable",
        tax="TVA {rate} %",
        rounding="Arrondi",
        law="Motif d’exclusion ou d’exonération de TVA",
        issued="Établi par",
        foot="Établi pour le montant encaissé au moyen de pagoPA. Ce n’est pas une facture.",
        mail_title="Reçu n° {number} : {event}",
        mail="Bonjour {name},\n\nvous trouverez ci-joint le reçu n° {number} établi par {body} "
        "pour votre participation à : {event}.\n",
    ),
    "es": Words(
        title="Recibo",
        numbered="n.º {number} de {day}",
        holder="A nombre de",
        vat="Número de IVA",
        event="Actividad formativa",
        event_title="Título",
        event_day="Fecha de la actividad",
        place="Lugar",
        sums="Importes",
        taxable="Base imponible",
        tax="IVA {rate} %",
        rounding="Redondeo",
        law="Motivo de exclusión o exención del IVA",
        issued="Emitido por",
        foot="Emitido por el importe cobrado mediante pagoPA. No es una factura.",
        mail_title="Recibo n.º {number}: {event}",
        mail="Hola, {name}:\n\nadjuntamos el recibo n.º {number} emitido por {body} por la "
        "participación en: {event}.\n",
    ),
}


def words(language: str) -> Words:
    """Italian where a language is not one of ours."""
    for known, found in WORDS.items():
        if known == language:
            return found
    return WORDS["it"]
