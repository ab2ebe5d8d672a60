"""What App IO messages say, by language and event. A subject never holds anything personal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Event = Literal["to_pay", "paid", "revoked"]
EVENTS: Final[tuple[Event, ...]] = Event.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Text:
    """`subject` and `body` have {creditor}; bodies also {reason}, {notice}, {amount} and {due}.
    `dated` is added where there is a due date, `parts` where it may be paid by instalments."""

    subject: str
    body: str
    dated: str = ""
    parts: str = ""


@dataclass(frozen=True)
class Words:
    """The three messages, and the button that leads to the receipts. `replaced`: the one for what
    is revoked because it was paid by another notice."""

    to_pay: Text
    paid: Text
    revoked: Text
    replaced: Text
    receipts: str


WORDS: Final[dict[str, Words]] = {
    "it": Words(
        Text(
            "{creditor}: avviso di pagamento",
            "**{creditor}** ti chiede un pagamento: {reason}.\n\n"
            "Importo: **{amount} €**\n\nCodice avviso: **{notice}**\n\n"
            "Puoi pagare qui in app, scegliendo il prestatore di servizi di pagamento (PSP) "
            "che preferisci, oppure sul sito dell’ente, in banca, in posta e negli altri canali "
            "pagoPA. L’importo può cambiare: vale quello mostrato al momento del pagamento.",
            "Paga entro il **{due}**.",
            "Puoi pagare anche a rate: le trovi sull’avviso.",
        ),
        Text(
            "{creditor}: pagamento ricevuto",
            "**{creditor}** ha ricevuto il tuo pagamento di **{amount} €** per: {reason}.\n\n"
            "Codice avviso: **{notice}**\n\n"
            "La ricevuta resta a tua disposizione sul sito dell’ente.",
        ),
        Text(
            "{creditor}: avviso annullato",
            "**{creditor}** ha annullato l’avviso di pagamento per: {reason}.\n\n"
            "Codice avviso: **{notice}**\n\n"
            "Non devi pagare nulla: se hai già pagato, rivolgiti all’ente.",
        ),
        Text(
            "{creditor}: avviso da non pagare più",
            "L’avviso di **{creditor}** per: {reason} non è più da pagare, perché hai pagato in "
            "un altro modo.\n\nCodice avviso: **{notice}**\n\n"
            "Se resta qualcosa da pagare, vale il messaggio più recente.",
        ),
        "Vai alla ricevuta",
    ),
    "en": Words(
        Text(
            "{creditor}: payment notice",
            "**{creditor}** asks you for a payment: {reason}.\n\n"
            "Amount: **€ {amount}**\n\nNotice number: **{notice}**\n\n"
            "You can pay here in the app with the payment service provider (PSP) of your choice, "
            "or on the body’s website, at banks, post offices and by the other channels of "
            "pagoPA. The amount may change: what is shown when you pay is what counts.",
            "Please pay by **{due}**.",
            "You can also pay by instalments: they are on the notice.",
        ),
        Text(
            "{creditor}: payment received",
            "**{creditor}** has received your payment of **€ {amount}** for: {reason}.\n\n"
            "Notice number: **{notice}**\n\nYou find the receipt on the body’s website.",
        ),
        Text(
            "{creditor}: notice cancelled",
            "**{creditor}** has cancelled the payment notice for: {reason}.\n\n"
            "Notice number: **{notice}**\n\n"
            "There is nothing to pay: if you have paid already, please write to the body.",
        ),
        Text(
            "{creditor}: notice not to be paid any more",
            "The notice of **{creditor}** for: {reason} is not to be paid any more, because you "
            "have paid in another way.\n\nNotice number: **{notice}**\n\n"
            "If anything is left to pay, the latest message counts.",
        ),
        "Go to the receipt",
    ),
    "fr": Words(
        Text(
            "{creditor} : avis de paiement",
            "**{creditor}** vous demande un paiement : {reason}.\n\n"
            "Montant : **{amount} €**\n\nNuméro de l’avis : **{notice}**\n\n"
            "Vous pouvez payer ici, dans l’application, par le prestataire de services de "
            "paiement (PSP) de votre choix, ou sur le site de l’organisme, en banque, à la poste "
            "et par les autres canaux pagoPA. Le montant peut changer : celui affiché au moment "
            "du paiement fait foi.",
            "À payer avant le **{due}** inclus.",
            "Vous pouvez aussi payer en plusieurs fois : voir l’avis.",
        ),
        Text(
            "{creditor} : paiement reçu",
            "**{creditor}** a reçu votre paiement de **{amount} €** pour : {reason}.\n\n"
            "Numéro de l’avis : **{notice}**\n\n"
            "Le reçu reste à votre disposition sur le site de l’organisme.",
        ),
        Text(
            "{creditor} : avis annulé",
            "**{creditor}** a annulé l’avis de paiement pour : {reason}.\n\n"
            "Numéro de l’avis : **{notice}**\n\n"
            "Vous n’avez rien à payer ; si vous avez déjà payé, adressez-vous à l’organisme.",
        ),
        Text(
            "{creditor} : avis à ne plus payer",
            "L’avis de **{creditor}** pour : {reason} n’est plus à payer, car vous avez payé "
            "autrement.\n\nNuméro de l’avis : **{notice}**\n\n"
            "S’il reste quelque chose à payer, le message le plus récent fait foi.",
        ),
        "Voir le reçu",
    ),
    "es": Words(
        Text(
            "{creditor}: aviso de pago",
            "**{creditor}** le solicita un pago: {reason}.\n\n"
            "Importe: **{amount} €**\n\nNúmero de aviso: **{notice}**\n\n"
            "Puede pagar aquí, en la aplicación, con el proveedor de servicios de pago (PSP) que "
            "prefiera, o en el sitio del ente, en bancos, en correos y por los demás canales de "
            "pagoPA. El importe puede cambiar: vale el que se muestra al pagar.",
            "Pague antes del **{due}** inclusive.",
            "También puede pagar a plazos: los encuentra en el aviso.",
        ),
        Text(
            "{creditor}: pago recibido",
            "**{creditor}** ha recibido su pago de **{amount} €** por: {reason}.\n\n"
            "Número de aviso: **{notice}**\n\n"
            "El recibo queda a su disposición en el sitio del ente.",
        ),
        Text(
            "{creditor}: aviso anulado",
            "**{creditor}** ha anulado el aviso de pago por: {reason}.\n\n"
            "Número de aviso: **{notice}**\n\n"
            "No tiene que pagar nada: si ya ha pagado, diríjase al ente.",
        ),
        Text(
            "{creditor}: aviso que ya no se paga",
            "El aviso de **{creditor}** por: {reason} ya no se paga, porque ha pagado de otra "
            "manera.\n\nNúmero de aviso: **{notice}**\n\n"
            "Si queda algo por pagar, vale el mensaje más reciente.",
        ),
        "Ir al recibo",
    ),
}

# What a body shows to its people about the app (F001-180, F001-181, F001-185).
HELP: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "it": (
        ("devices", "I messaggi dell’app IO si leggono su smartphone e tablet; dal PC si possono "
         "pagare gli stessi avvisi sul sito dell’ente."),
        ("access", "Per entrare nell’app IO servono le credenziali SPID oppure la Carta d’identità "
         "elettronica (CIE)."),
        ("psp", "Chi paga nell’app sceglie il prestatore di servizi di pagamento (PSP) che "
         "gestisce la transazione e ne vede il costo prima di confermare."),
        ("messages", "Arriva un messaggio quando c’è qualcosa da pagare, quando il pagamento è "
         "stato ricevuto e quando l’avviso è annullato."),
    ),
    "en": (
        ("devices", "Messages of the IO app are read on smartphones and tablets; on a PC the same "
         "notices are paid on the body’s website."),
        ("access", "The IO app is entered with SPID credentials or with the electronic identity "
         "card (CIE)."),
        ("psp", "Whoever pays in the app chooses the payment service provider (PSP) that handles "
         "the transaction, and sees its cost before confirming."),
        ("messages", "A message comes when there is something to pay, when a payment was received "
         "and when a notice is cancelled."),
    ),
    "fr": (
        ("devices", "Les messages de l’application IO se lisent sur smartphone et tablette ; sur "
         "ordinateur, les mêmes avis se paient sur le site de l’organisme."),
        ("access", "L’accès à l’application IO demande des identifiants SPID ou la carte "
         "d’identité électronique (CIE)."),
        ("psp", "Qui paie dans l’application choisit le prestataire de services de paiement (PSP) "
         "qui gère la transaction et en voit le coût avant de confirmer."),
        ("messages", "Un message arrive lorsqu’il y a quelque chose à payer, lorsque le paiement "
         "est reçu et lorsque l’avis est annulé."),
    ),
    "es": (
        ("devices", "Los mensajes de la aplicación IO se leen en teléfonos y tabletas; en un "
         "ordenador los mismos avisos se pagan en el sitio del ente."),
        ("access", "Para entrar en la aplicación IO hacen falta las credenciales SPID o el "
         "documento de identidad electrónico (CIE)."),
        ("psp", "Quien paga en la aplicación elige el proveedor de servicios de pago (PSP) que "
         "gestiona la operación y ve su coste antes de confirmar."),
        ("messages", "Llega un mensaje cuando hay algo que pagar, cuando se ha recibido el pago y "
         "cuando el aviso se anula."),
    ),
}  # fmt: skip
