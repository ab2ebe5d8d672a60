// The notice's fixed texts, verbatim (chalicelib/payments/notice/words.py, which names the source;
// a test compares them): PagoPA has them in these languages and in no other.

export const LAW = {
  it: {
    name: "Italiano",
    online: "Paga con l’app IO",
    onlineText: "oppure dal tuo Home Banking, con la tua app di pagamento o con gli altri canali abilitati.",
    local: "Paga sul territorio",
    localText: "presso Banche e Sportelli ATM, negli Uffici Postali e Punti Postali, nei Bar, Edicole, Ricevitorie, Supermercati, Tabaccherie e altri Esercenti Convenzionati.",
    legal: "In fase di pagamento, se previsto dall’ente, l’importo potrebbe essere aggiornato automaticamente e subire variazioni in diminuzione (per sgravi, note di credito) o in aumento (per sanzioni, interessi, ecc.).",
  },
  en: {
    name: "English",
    online: "Pay with the IO app",
    onlineText: "or with your Home Banking, payment app or the other affiliated channels.",
    local: "Pay locally",
    localText: "at banks and ATMs, in post offices, cafés, news stands, betting and tobacco Shops, supermarkets and other affiliated merchants.",
    legal: "During the payment, if allowed by the payee, the amount may be updated automatically and be subject to decreases (in case of discounts or credit notes) or increases (in case of penalties, interest, etc.).",
  },
  fr: {
    name: "Français",
    online: "Paiement avec l’application IO",
    onlineText: "ou depuis votre « Banque à domicile », avec votre application de paiement ou avec les autres canaux activés.",
    local: "Payez sur le territoire",
    localText: "dans les banques, les guichets automatiques, les bureaux de poste, les points postaux, les bars, les kiosques à journaux, les détaillants, les supermarchés, les bureaux de tabac et les autres opérateurs agréés.",
    legal: "En phase de paiement, si l’organisme le prévoit, le montant pourrait être mis à jour automatiquement et subir des variations en diminution (pour les réductions, les notes de crédit) ou en augmentation (pour les sanctions, les intérêts, etc.).",
  },
  de: {
    name: "Deutsch",
    online: "Online",
    onlineText: "mit der App IO, mittels Home Banking, einer Zahlungsapp oder anderer zugelassener Zahlungsdienstleister.",
    local: "In ihrer umgebung",
    localText: "bei Banken und ATM-Schaltern, in Postämtern und Poststellen, Tabaktrafiken und anderen angebundenen Dienstleistern.",
    legal: "Der angeführte Betrag könnte sich auf Grund von allfälligen auch teilweisen Annullierungen oder Gutschriften,Verzugsgebühren, Strafen, Zinsen oder anderen Kosten ändern.",
  },
  sl: {
    name: "Slovenščina",
    online: "Plačajte z aplikacijo IO",
    onlineText: "ali prek svoje spletne banke, z aplikacijo za plačevanje ali prek drugih razpoložljivih kanalov.",
    local: "Plačajte lokalno",
    localText: "na bankah in okencih bankomatov, poštnih uradih in poštnih točkah, v barih, kioskih, sprejemnih pisarnah, supermarketih, trafikah in pri drugih pooblaščenih operaterjih.",
    legal: "Če upravičenec to predvidi, se lahko med fazo plačila znesek samodejno posodobi in tudi zmanjša (zaradi popustov, dobropisov) ali poveča (zaradi kazni, obresti itd.).",
  },
};
