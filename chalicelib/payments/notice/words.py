"""The fixed texts of a notice, verbatim, in Italian and the languages that may stand beside it.

Source: PagoPA, "Avviso di pagamento analogico", translations of the fixed texts (version 3.2), as
pagopa.md section 3.2 names it. They are prescribed, mistakes included: nothing here is to be
improved. {n} is a number of instalments or of one of them, {name} the creditor institution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Second = Literal["en", "fr", "de", "sl"]
Language = Literal["it"] | Second


@dataclass(frozen=True)
class Words:
    """One language's texts. `by` stands above the day of the whole, `rate_by` before any other."""

    title: str
    creditor: str
    recipient: str
    how_much_and_when: str
    amount: str
    euro: str
    by: str
    legal: str
    many: str
    whole_or_rates: str
    only_rates: str
    where: str
    go_to: str
    online: str
    online_text: str
    online_text_site: str
    local: str
    local_text: str
    data: str
    single: str
    rate: str
    rate_by: str
    hint_single: str
    hint_rate: str
    data_recipient: str
    data_creditor: str
    subject: str
    notice_code: str
    cbill: str
    creditor_code: str


# PagoPA has this in Italian only: the heading where nothing has a due date.
HOW_MUCH: Final = "Quanto pagare?"

WORDS: Final[dict[Language, Words]] = {
    "it": Words(
        title="Avviso di pagamento",
        creditor="Ente Creditore",
        recipient="Destinatario",
        how_much_and_when="Quanto e quando pagare?",
        amount="Importo",
        euro="Euro",
        by="entro il",
        legal=(
            "In fase di pagamento, se previsto dall’ente, l’importo potrebbe essere "
            "aggiornato automaticamente e subire variazioni in diminuzione (per sgravi, note "
            "di credito) o in aumento (per sanzioni, interessi, ecc.)."
        ),
        many="Importi e scadenze sono riportati nel dettaglio di ogni singola rata.",
        whole_or_rates="Puoi pagare per intero o in {n} rate",
        only_rates="Puoi pagare in {n} rate",
        where="Dove pagare?",
        go_to="vai su pagopa.gov.it",
        online="Paga con l’app IO",
        online_text=(
            "oppure dal tuo Home Banking, con la tua app di pagamento o con gli altri canali "
            "abilitati."
        ),
        online_text_site=(
            "oppure sul sito di {name}, dal tuo Home Banking, con la tua app di pagamento o "
            "con gli altri canali abilitati."
        ),
        local="Paga sul territorio",
        local_text=(
            "presso Banche e Sportelli ATM, negli Uffici Postali e Punti Postali, nei Bar, "
            "Edicole, Ricevitorie, Supermercati, Tabaccherie e altri Esercenti Convenzionati."
        ),
        data="Dati per il pagamento",
        single="Rata unica",
        rate="Rata {n}",
        rate_by="entro il",
        hint_single="Inquadra il codice QR con la tua app di pagamento o usa i dati accanto.",
        hint_rate="Inquadra il codice QR con la tua app di pagamento o usa i dati sopra.",
        data_recipient="Destinatario",
        data_creditor="Ente Creditore",
        subject="Oggetto del pagamento",
        notice_code="Cod. Avviso",
        cbill="Cod. CBILL",
        creditor_code="Cod. Fiscale Ente",
    ),
    "en": Words(
        title="Payment notice",
        creditor="Payee",
        recipient="Recipient",
        how_much_and_when="How much and when to pay?",
        amount="Amount",
        euro="Euro",
        by="by",
        legal=(
            "During the payment, if allowed by the payee, the amount may be updated "
            "automatically and be subject to decreases (in case of discounts or credit notes) "
            "or increases (in case of penalties, interest, etc.)."
        ),
        many="Amounts and due dates are shown in each instalment detail.",
        whole_or_rates="You can pay in full or in {n} instalments.",
        only_rates="You can pay in {n} instalments.",
        where="Where to pay?",
        go_to="Go to pagopa.gov.it",
        online="Pay with the IO app",
        online_text="or with your Home Banking, payment app or the other affiliated channels.",
        online_text_site=(
            "or with {name} website, your Home Banking, payment app or the other affiliated "
            "channels."
        ),
        local="Pay locally",
        local_text=(
            "at banks and ATMs, in post offices, cafés, news stands, betting and tobacco "
            "Shops, supermarkets and other affiliated merchants."
        ),
        data="Payment details",
        single="Full amount",
        rate="Instalment #{n}",
        rate_by="by",
        hint_single="Scan the QR Code with your payment app or use the data printed here.",
        hint_rate="Scan the QR Code with your payment app or use the data printed above.",
        data_recipient="Recipient",
        data_creditor="Payee",
        subject="Payment description",
        notice_code="Notice code",
        cbill="CBILL code",
        creditor_code="Payee tax code",
    ),
    "fr": Words(
        title="Avis de paiement",
        creditor="Organisme créancier",
        recipient="Destinataire",
        how_much_and_when="Combien et quand payer?",
        amount="Montant",
        euro="Euros",
        by="avant le",
        legal=(
            "En phase de paiement, si l’organisme le prévoit, le montant pourrait être mis à "
            "jour automatiquement et subir des variations en diminution (pour les réductions, "
            "les notes de crédit) ou en augmentation (pour les sanctions, les intérêts, "
            "etc.)."
        ),
        many="Les montants et les échéances sont indiqués en détail pour chaque versement.",
        whole_or_rates="Vous pouvez payer le montant total ou en {n} échéances",
        only_rates="Vous pouvez payer en {n} échéances",
        where="Où payer?",
        go_to="accédez au site pagopa.gov.it",
        online="Paiement avec l’application IO",
        online_text=(
            "ou depuis votre « Banque à domicile », avec votre application de paiement ou "
            "avec les autres canaux activés."
        ),
        online_text_site=(
            "sur le site de {name}, depuis votre «Banque à domicile», avec votre application "
            "de paiement ou avec les autres canaux activés."
        ),
        local="Payez sur le territoire",
        local_text=(
            "dans les banques, les guichets automatiques, les bureaux de poste, les points "
            "postaux, les bars, les kiosques à journaux, les détaillants, les supermarchés, "
            "les bureaux de tabac et les autres opérateurs agréés."
        ),
        data="Données pour le paiement",
        single="Versement unique",
        rate="Versement {n}",
        rate_by="avant le",
        hint_single=(
            "Encadrez le code QR avec votre application de paiement ou utilisez les données "
            "ci-contre."
        ),
        hint_rate=(
            "Encadrez le code QR avec votre application de paiement ou utilisez les données "
            "ci-dessus."
        ),
        data_recipient="Destinataire",
        data_creditor="Organisme créancier",
        subject="Objet du paiement",
        notice_code="Code Avis",
        cbill="Code CBILL",
        creditor_code="Code Organisme fiscal",
    ),
    "de": Words(
        title="Zahlungsmitteilung",
        creditor="Körperschaft",
        recipient="Empfänger",
        how_much_and_when="Wieviel und wann bezahlen?",
        amount="Betrag",
        euro="Euro",
        by="Fälligkeitsdatum",
        legal=(
            "Der angeführte Betrag könnte sich auf Grund von allfälligen auch teilweisen "
            "Annullierungen oder Gutschriften,Verzugsgebühren, Strafen, Zinsen oder anderen "
            "Kosten ändern."
        ),
        many="Die Beträge und Fälligkeiten sind in den Details der einzelnen Rate angegeben.",
        whole_or_rates="Es ist möglich, den Betrag vollständig oder in {n} Raten zu zahlen",
        only_rates="Es ist möglich, den Betrag in {n} Raten zu zahlen",
        where="Wo bezahlen?",
        go_to="Liste der Zahlungsdienstleister: pagopa.gov.it",
        online="Online",
        online_text=(
            "mit der App IO, mittels Home Banking, einer Zahlungsapp oder anderer "
            "zugelassener Zahlungsdienstleister."
        ),
        online_text_site=(
            "mit der App IO, auf {name}, mittels Home Banking, einer Zahlungsapp oder anderer "
            "zugelassener Zahlungsdienstleister."
        ),
        local="In ihrer umgebung",
        local_text=(
            "bei Banken und ATM-Schaltern, in Postämtern und Poststellen, Tabaktrafiken und "
            "anderen angebundenen Dienstleistern."
        ),
        data="Zahlungsinformationen",
        single="Einzige Rate",
        rate="Rate {n}",
        rate_by="Fällig am",
        hint_single="Den QR-Code mit der Zahlungs-App scannen oder folgende Daten verwenden.",
        hint_rate="Den QR-Code mit der Zahlungs-App scannen oder oben Daten verwenden.",
        data_recipient="Empfänger",
        data_creditor="Körperschaft",
        subject="Zahlungsgrund",
        notice_code="Zahlungsmitteilungskodex",
        cbill="CBILL-Kodex",
        creditor_code="St.Nr. der Körperschaft",
    ),
    "sl": Words(
        title="Obvestilo o plačilu",
        creditor="Plačnik",
        recipient="Prejemnik",
        how_much_and_when="Koliko in kdaj plačati?",
        amount="Znesek",
        euro="EUR",
        by="do",
        legal=(
            "Če upravičenec to predvidi, se lahko med fazo plačila znesek samodejno posodobi "
            "in tudi zmanjša (zaradi popustov, dobropisov) ali poveča (zaradi kazni, obresti "
            "itd.)."
        ),
        many="Zneski in roki zapadlosti so podrobno prikazani za vsak posamezen obrok.",
        whole_or_rates="Plačate lahko v celoti ali v {n} obrokih",
        only_rates="Plačate lahko v {n} obrokih",
        where="Kje plačati?",
        go_to="pojdite na pagopa.gov.it",
        online="Plačajte z aplikacijo IO",
        online_text=(
            "ali prek svoje spletne banke, z aplikacijo za plačevanje ali prek drugih "
            "razpoložljivih kanalov."
        ),
        online_text_site=(
            "ali na spletnem mestu {name}, prek svoje spletne banke, z aplikacijo za "
            "plačevanje ali prek drugih razpoložljivih kanalov."
        ),
        local="Plačajte lokalno",
        local_text=(
            "na bankah in okencih bankomatov, poštnih uradih in poštnih točkah, v barih, "
            "kioskih, sprejemnih pisarnah, supermarketih, trafikah in pri drugih pooblaščenih "
            "operaterjih."
        ),
        data="Podatki za plačilo",
        single="Enkratni obrok",
        rate="Obrok št. {n}",
        rate_by="do",
        hint_single=(
            "Skenirajte QR-kodo z aplikacijo za plačila ali uporabite podatke, navedene ob kodi."
        ),
        hint_rate=(
            "Skenirajte QR-kodo z aplikacijo za plačila ali uporabite podatke, navedene nad njo."
        ),
        data_recipient="Prejemnik",
        data_creditor="Plačnik",
        subject="Predmet plačila",
        notice_code="Št. obvestila",
        cbill="Št. CBILL",
        creditor_code="Davčna številka plačnika",
    ),
}
