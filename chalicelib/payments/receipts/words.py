"""The words of a printed receipt, and how each language writes sums and days.

The regulated term "ricevuta telematica" is explained in each language and named in Italian too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["it", "en", "fr", "es"]


@dataclass(frozen=True)
class Words:
    """One language. `thousands` and `decimal` stand in a sum."""

    tag: str
    thousands: str
    decimal: str
    title: str
    copy: str
    paid: str
    on: str
    creditor: str
    name: str
    code: str
    address: str
    office: str
    contacts: str
    debtor: str
    payer: str
    anonymous: str
    payment: str
    reason: str
    amount: str
    fee: str
    fee_none: str
    total: str
    paid_at: str
    applied_on: str
    transferred_on: str
    psp: str
    psp_code: str
    channel: str
    method: str
    references: str
    notice: str
    iuv: str
    id: str
    transfers: str
    stamp: str
    beneficiary: str
    account: str
    taxonomy: str
    double: str
    stand_in: str
    foot: str


WORDS: Final[dict[Language, Words]] = {
    "it": Words(
        tag="it-IT",
        thousands=".",
        decimal=",",
        title="Ricevuta di pagamento pagoPA",
        copy="Copia della ricevuta telematica (RT)",
        paid="Importo pagato",
        on="il",
        creditor="Ente creditore",
        name="Denominazione",
        code="Codice fiscale",
        address="Indirizzo",
        office="Ufficio",
        contacts="Contatti",
        debtor="Debitore",
        payer="Versante",
        anonymous="Non indicato",
        payment="Pagamento",
        reason="Causale",
        amount="Importo",
        fee="Commissione del prestatore di servizi di pagamento",
        fee_none="Non indicata",
        total="Totale con commissione",
        paid_at="Data e ora del pagamento",
        applied_on="Data dell’applicazione",
        transferred_on="Data del riversamento",
        psp="Prestatore di servizi di pagamento (PSP)",
        psp_code="Codice fiscale o partita IVA del PSP",
        channel="Canale",
        method="Modalità di pagamento",
        references="Riferimenti",
        notice="Codice avviso",
        iuv="Identificativo univoco di versamento (IUV)",
        id="Identificativo della ricevuta (IUR)",
        transfers="Dettaglio dei versamenti",
        stamp="Marca da bollo digitale",
        beneficiary="Ente beneficiario",
        account="Conto di accredito",
        taxonomy="Codice tassonomico",
        double="Per questo avviso risultava già un pagamento: per la somma versata in più "
        "rivolgersi all’ente creditore.",
        stand_in="Pagamento autorizzato da pagoPA per conto dell’ente creditore.",
        foot="I dati sono quelli della ricevuta telematica emessa da pagoPA e conservata dall’ente "
        "creditore, che fa fede del pagamento.",
    ),
    "en": Words(
        tag="en",
        thousands=",",
        decimal=".",
        title="pagoPA payment receipt",
        copy="Copy of the electronic receipt (ricevuta telematica, RT)",
        paid="Amount paid",
        on="on",
        creditor="Creditor institution",
        name="Name",
        code="Tax code",
        address="Address",
        office="Office",
        contacts="Contacts",
        debtor="Debtor",
        payer="Paid by",
        anonymous="Not given",
        payment="Payment",
        reason="Reason",
        amount="Amount",
        fee="Fee of the payment service provider",
        fee_none="Not given",
        total="Total with the fee",
        paid_at="Date and time of payment",
        applied_on="Application date",
        transferred_on="Date of transfer to the creditor",
        psp="Payment service provider (PSP)",
        psp_code="Tax code or VAT number of the PSP",
        channel="Channel",
        method="Payment method",
        references="References",
        notice="Notice code",
        iuv="Unique payment identifier (IUV)",
        id="Receipt identifier (IUR)",
        transfers="Breakdown of the payment",
        stamp="Digital revenue stamp",
        beneficiary="Beneficiary",
        account="Credited account",
        taxonomy="Taxonomy code",
        double="A payment of this notice was already known: ask the creditor institution about "
        "the sum paid in excess.",
        stand_in="Payment authorised by pagoPA on behalf of the creditor institution.",
        foot="The data are those of the electronic receipt issued by pagoPA and kept by the "
        "creditor institution, which is the proof of payment.",
    ),
    "fr": Words(
        tag="fr",
        thousands="\u00a0",
        decimal=",",
        title="Reçu de paiement pagoPA",
        copy="Copie du reçu électronique (ricevuta telematica, RT)",
        paid="Montant payé",
        on="le",
        creditor="Organisme créancier",
        name="Dénomination",
        code="Code fiscal",
        address="Adresse",
        office="Bureau",
        contacts="Contacts",
        debtor="Débiteur",
        payer="Payé par",
        anonymous="Non indiqué",
        payment="Paiement",
        reason="Motif",
        amount="Montant",
        fee="Commission du prestataire de services de paiement",
        fee_none="Non indiquée",
        total="Total avec la commission",
        paid_at="Date et heure du paiement",
        applied_on="Date d’application",
        transferred_on="Date du virement au créancier",
        psp="Prestataire de services de paiement (PSP)",
        psp_code="Code fiscal ou numéro de TVA du PSP",
        channel="Canal",
        method="Mode de paiement",
        references="Références",
        notice="Code de l’avis",
        iuv="Identifiant unique de versement (IUV)",
        id="Identifiant du reçu (IUR)",
        transfers="Détail des versements",
        stamp="Timbre fiscal numérique",
        beneficiary="Bénéficiaire",
        account="Compte crédité",
        taxonomy="Code de taxonomie",
        double="Un paiement de cet avis était déjà connu : s’adresser à l’organisme créancier pour "
        "la somme payée en trop.",
        stand_in="Paiement autorisé par pagoPA pour le compte de l’organisme créancier.",
        foot="Les données sont celles du reçu électronique émis par pagoPA et conservé par "
        "l’organisme créancier, qui fait foi du paiement.",
    ),
    "es": Words(
        tag="es",
        thousands=".",
        decimal=",",
        title="Recibo de pago pagoPA",
        copy="Copia del recibo electrónico (ricevuta telematica, RT)",
        paid="Importe pagado",
        on="el",
        creditor="Entidad acreedora",
        name="Denominación",
        code="Código fiscal",
        address="Dirección",
        office="Oficina",
        contacts="Contactos",
        debtor="Deudor",
        payer="Pagado por",
        anonymous="No indicado",
        payment="Pago",
        reason="Concepto",
        amount="Importe",
        fee="Comisión del proveedor de servicios de pago",
        fee_none="No indicada",
        total="Total con comisión",
        paid_at="Fecha y hora del pago",
        applied_on="Fecha de aplicación",
        transferred_on="Fecha de abono al acreedor",
        psp="Proveedor de servicios de pago (PSP)",
        psp_code="Código fiscal o número de IVA del PSP",
        channel="Canal",
        method="Forma de pago",
        references="Referencias",
        notice="Código del aviso",
        iuv="Identificador único de pago (IUV)",
        id="Identificador del recibo (IUR)",
        transfers="Detalle de los pagos",
        stamp="Timbre fiscal digital",
        beneficiary="Beneficiario",
        account="Cuenta de abono",
        taxonomy="Código de taxonomía",
        double="Ya constaba un pago de este aviso: consulte a la entidad acreedora por la suma "
        "pagada de más.",
        stand_in="Pago autorizado por pagoPA en nombre de la entidad acreedora.",
        foot="Los datos son los del recibo electrónico emitido por pagoPA y conservado por la "
        "entidad acreedora, que acredita el pago.",
    ),
}


def words(language: str) -> Words:
    """Of a language (ISO 639-1); Italian where there are none."""
    return next((found for name, found in WORDS.items() if name == language), WORDS["it"])


def euros(cents: int, said: Words) -> str:
    """A sum as the language writes it, with the euro sign behind."""
    whole, part = divmod(cents, 100)
    return f"{whole:,}".replace(",", said.thousands) + f"{said.decimal}{part:02d}\u00a0€"
