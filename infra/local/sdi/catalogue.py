"""Words for the codes of SdI's controls: Descrizione and Suggerimento of a rejection.

The codes and their meaning follow the SdI specifications (facts §7); the wording is this
simulator's own.
"""

from __future__ import annotations

from dataclasses import dataclass

_SEE_SPECIFICATION = "Verificare la regola del controllo nelle specifiche tecniche"

_WORDS: dict[str, tuple[str, str]] = {
    "00001": ("Nome file non valido", "Usare <paese><identificativo>_<progressivo>.<estensione>"),
    "00002": ("Nome file duplicato", "Inviare il file con un nome mai usato prima"),
    "00003": ("Dimensioni del file superiori al limite", "Ridurre gli allegati"),
    "00100": ("Certificato di firma scaduto", "Firmare con un certificato in corso di validità"),
    "00102": ("File non integro o firma non valida", "Firmare di nuovo il file e rinviarlo"),
    "00103": ("Firma priva del riferimento temporale", "Includere signing-time nella firma"),
    "00104": ("CA emittente non affidabile", "Usare il certificato di una CA qualificata"),
    "00105": ("Riferimento temporale della firma successivo alla ricezione", "Verificare l'ora"),
    "00106": ("File o archivio vuoto o corrotto", "Verificare il contenuto dell'archivio"),
    "00107": ("Certificato non valido per la firma", "Usare un certificato di firma qualificata"),
    "00200": ("File non conforme al formato", "Verificare il file con lo schema XSD"),
    "00201": ("Più di 50 errori di formato", "Correggere gli errori elencati e verificare"),
    "00300": ("IdCodice del trasmittente non valido", "Indicare un codice fiscale esistente"),
    "00301": ("IdFiscaleIVA del cedente non valido o cessato", "Verificare la partita IVA"),
    "00302": ("CodiceFiscale del cedente non valido", "Verificare il codice fiscale"),
    "00303": ("IdFiscaleIVA del rappresentante fiscale non valido", "Verificare la partita IVA"),
    "00304": ("CodiceFiscale del rappresentante fiscale non valido", ""),
    "00305": ("IdFiscaleIVA del cessionario non valido", "Verificare la partita IVA"),
    "00306": ("CodiceFiscale del cessionario non valido", "Verificare il codice fiscale"),
    "00311": ("CodiceDestinatario non valido", "Verificare il codice con il destinatario"),
    "00312": ("CodiceDestinatario non attivo", "Verificare il codice con il destinatario"),
    "00313": ("CodiceDestinatario XXXXXXX ammesso solo per soggetti esteri", ""),
    "00320": ("Partita IVA e codice fiscale del cedente di soggetti diversi", ""),
    "00321": ("CodiceFiscale del cedente non partecipante al gruppo IVA", ""),
    "00322": ("CodiceFiscale del cedente assente con la partita IVA di un gruppo IVA", ""),
    "00323": ("Partita IVA del cedente cessata da più di cinque anni", ""),
    "00324": ("Partita IVA e codice fiscale del cessionario di soggetti diversi", ""),
    "00325": ("CodiceFiscale del cessionario non partecipante al gruppo IVA", ""),
    "00326": ("CodiceFiscale del cessionario assente con la partita IVA di un gruppo IVA", ""),
    "00327": ("CodiceFiscale del cessionario è quello di un gruppo IVA", "Indicare la partita IVA"),
    "00330": ("PECDestinatario è una casella del Sistema di Interscambio", ""),
    "00398": ("Codice dell'ufficio centrale con un ufficio identificabile in IPA", ""),
    "00399": ("Formato FPR12 verso una pubblica amministrazione", "Usare il formato FPA12"),
    "00400": ("AliquotaIVA pari a zero senza Natura nella linea", "Indicare la Natura"),
    "00401": ("Natura presente con AliquotaIVA diversa da zero nella linea", "Togliere la Natura"),
    "00403": ("Data del documento successiva alla data di ricezione", "Verificare la Data"),
    "00404": ("Fattura duplicata", "Verificare se il documento è già stato trasmesso"),
    "00409": ("Fattura duplicata nel lotto", "Verificare i numeri dei documenti del lotto"),
    "00411": ("DatiRitenuta assente con una linea soggetta a ritenuta", "Indicare DatiRitenuta"),
    "00413": ("AliquotaIVA pari a zero senza Natura in DatiCassaPrevidenziale", ""),
    "00414": ("Natura con AliquotaIVA diversa da zero in DatiCassaPrevidenziale", ""),
    "00415": ("DatiRitenuta assente con una cassa soggetta a ritenuta", "Indicare DatiRitenuta"),
    "00417": ("IdFiscaleIVA e CodiceFiscale del cessionario entrambi assenti", ""),
    "00418": ("Data anteriore a quella della fattura collegata", "Verificare le date"),
    "00419": ("DatiRiepilogo assente per una o più aliquote", "Aggiungere i riepiloghi"),
    "00420": ("EsigibilitaIVA S con Natura N6", "Togliere la scissione dei pagamenti"),
    "00421": ("Imposta non calcolata secondo le regole", "Imposta = aliquota x imponibile"),
    "00422": ("ImponibileImporto non calcolato secondo le regole", "Sommare linee e casse"),
    "00423": ("PrezzoTotale non calcolato secondo le regole", "Verificare prezzo e sconti"),
    "00424": ("AliquotaIVA non indicata in termini percentuali", "Scrivere 22.00, non 0.22"),
    "00425": ("Numero senza caratteri numerici", "Mettere almeno una cifra nel Numero"),
    "00427": ("CodiceDestinatario di lunghezza non coerente col formato", ""),
    "00428": ("FormatoTrasmissione diverso dall'attributo versione", ""),
    "00429": ("AliquotaIVA pari a zero senza Natura in DatiRiepilogo", "Indicare la Natura"),
    "00430": ("Natura con AliquotaIVA diversa da zero in DatiRiepilogo", "Togliere la Natura"),
    "00437": ("ScontoMaggiorazione del documento senza Percentuale né Importo", ""),
    "00438": ("ScontoMaggiorazione della linea senza Percentuale né Importo", ""),
    "00443": ("Aliquote di linee e riepiloghi non corrispondenti", ""),
    "00444": ("Nature di linee e riepiloghi non corrispondenti", ""),
    "00445": ("Natura senza codice di dettaglio non più ammessa", "Usare il sottocodice"),
    "00460": ("Importo superiore al limite della fattura semplificata", "Usare il formato FPR12"),
    "00471": ("Cedente e cessionario coincidono per il TipoDocumento indicato", ""),
    "00472": ("Cedente e cessionario devono coincidere per il TipoDocumento indicato", ""),
    "00473": ("IdPaese del cedente non ammesso per il TipoDocumento indicato", ""),
    "00474": ("Linea con AliquotaIVA pari a zero in un TD21", ""),
    "00475": ("IdFiscaleIVA del cessionario assente per il TipoDocumento indicato", ""),
    "00476": ("Cedente e cessionario entrambi esteri", "Almeno un IdPaese deve essere IT"),
    "00477": ("Dichiarazione d'intento invalidata", "Verificare il protocollo della ricevuta"),
}


@dataclass(frozen=True)
class Finding:
    """One violated control: its code, and where or what (empty when there is nothing to add)."""

    code: str
    detail: str = ""

    @property
    def descrizione(self) -> str:
        """SdI's description with the detail after a colon; not yet cut to a message's limit."""
        words = _WORDS[self.code][0]
        return f"{words}: {self.detail}" if self.detail else words

    @property
    def suggerimento(self) -> str:
        """What to do about it (private flow only); never empty."""
        return _WORDS[self.code][1] or _SEE_SPECIFICATION
