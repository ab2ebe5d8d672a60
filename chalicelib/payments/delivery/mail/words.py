"""What a body's mails to citizens say, in the languages they are written in. Data.

{name} is the citizen, {body} the creditor institution, {subject} what is asked for. A line whose
value is missing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["it", "en", "fr", "es"]


@dataclass(frozen=True)
class Words:
    """One language's texts."""

    notice_title: str
    receipt_title: str
    test_title: str
    greeting: str
    notice: str
    receipt: str
    test: str
    amount: str
    due: str
    number: str
    instalments: str
    creditor: str
    paid_on: str
    receipt_id: str
    how: str
    info: str


WORDS: Final[dict[Language, Words]] = {
    "it": Words(
        notice_title="Avviso di pagamento: {subject}",
        receipt_title="Ricevuta di pagamento: {subject}",
        test_title="Messaggio di prova di {body}",
        greeting="Gentile {name},",
        notice="in allegato trova l’avviso di pagamento pagoPA di {body} per: {subject}.",
        receipt="in allegato trova la ricevuta del pagamento a {body} per: {subject}.",
        test="Questo messaggio prova che l’account di posta di {body} è configurato bene.",
        amount="Importo: {amount} euro",
        due="Scadenza: {due}",
        number="Codice avviso: {number}",
        instalments="Si può pagare anche in {count} rate: i codici sono nell’avviso.",
        creditor="Codice fiscale dell’ente creditore: {code}",
        paid_on="Data del pagamento: {day}",
        receipt_id="Identificativo della ricevuta: {id}",
        how="Può pagare in rete, con le app di pagamento, in banca, alla posta e negli altri punti "
        "abilitati, con il codice avviso o con il codice QR dell’avviso.",
        info="Per informazioni: {info}",
    ),
    "en": Words(
        notice_title="Payment notice: {subject}",
        receipt_title="Payment receipt: {subject}",
        test_title="Test message of {body}",
        greeting="Dear {name},",
        notice="please find attached the pagoPA payment notice (avviso di pagamento) of {body} "
        "for: {subject}.",
        receipt="please find attached the receipt of your payment to {body} for: {subject}.",
        test="This message proves that the mail account of {body} is set up well.",
        amount="Amount: {amount} euro",
        due="To be paid by: {due}",
        number="Notice code (codice avviso): {number}",
        instalments="It can be paid in {count} instalments too: their codes are in the notice.",
        creditor="Fiscal code of the creditor institution: {code}",
        paid_on="Day of payment: {day}",
        receipt_id="Receipt identifier: {id}",
        how="You can pay online, by payment apps, at banks, post offices and other authorised "
        "places, with the notice code or with the QR code of the notice.",
        info="For information: {info}",
    ),
    "fr": Words(
        notice_title="Avis de paiement : {subject}",
        receipt_title="Reçu de paiement : {subject}",
        test_title="Message d’essai de {body}",
        greeting="Bonjour {name},",
        notice="vous trouverez ci-joint l’avis de paiement pagoPA (avviso di pagamento) de {body} "
        "pour : {subject}.",
        receipt="vous trouverez ci-joint le reçu de votre paiement à {body} pour : {subject}.",
        test="Ce message prouve que le compte de messagerie de {body} est bien configuré.",
        amount="Montant : {amount} euros",
        due="À payer avant le : {due}",
        number="Code de l’avis (codice avviso) : {number}",
        instalments="Le paiement est possible aussi en {count} fois : les codes sont dans l’avis.",
        creditor="Code fiscal de l’organisme créancier : {code}",
        paid_on="Date du paiement : {day}",
        receipt_id="Identifiant du reçu : {id}",
        how="Vous pouvez payer en ligne, avec les applications de paiement, en banque, à la poste "
        "et dans les autres points agréés, avec le code de l’avis ou son code QR.",
        info="Pour toute information : {info}",
    ),
    "es": Words(
        notice_title="Aviso de pago: {subject}",
        receipt_title="Recibo de pago: {subject}",
        test_title="Mensaje de prueba de {body}",
        greeting="Estimado/a {name}:",
        notice="adjuntamos el aviso de pago pagoPA (avviso di pagamento) de {body} por: {subject}.",
        receipt="adjuntamos el recibo de su pago a {body} por: {subject}.",
        test="Este mensaje prueba que la cuenta de correo de {body} está bien configurada.",
        amount="Importe: {amount} euros",
        due="Fecha de vencimiento: {due}",
        number="Código del aviso (codice avviso): {number}",
        instalments="También se puede pagar en {count} plazos: los códigos están en el aviso.",
        creditor="Código fiscal del organismo acreedor: {code}",
        paid_on="Fecha del pago: {day}",
        receipt_id="Identificador del recibo: {id}",
        how="Puede pagar en línea, con las aplicaciones de pago, en el banco, en correos y en los "
        "demás puntos autorizados, con el código del aviso o con su código QR.",
        info="Para más información: {info}",
    ),
}


def words_of(language: str) -> Words:
    """Italian where a language is none of these."""
    for known, found in WORDS.items():
        if known == language:
            return found
    return WORDS["it"]
