"""SdI's controls as data: which there are, when they hold, and the words for them.

Source: fatturapa.md section 7 (Allegato A 1.9.1 and "Elenco controlli" 2.0). The wording is ours.
`OFFLINE` is Y where the document alone decides, P where it decides a part (a wrong check digit is
wrong, a right one proves nothing), N where only a registry or SdI's memory knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from chalicelib.invoicing.controls.finding import Finding, Severity

Family = Literal["name", "size", "signature", "format", "content", "duplicate"]
Offline = Literal["Y", "P", "N"]
# Which date `since` and `until` are compared with: the day of judgement, or the document's Data.
By = Literal["today", "document"]

_ALL = frozenset({"FPA12", "FPR12", "FSM10"})
_ORDINARY = frozenset({"FPA12", "FPR12"})
_PA = frozenset({"FPA12"})
_FPR = frozenset({"FPR12"})
_FSM = frozenset({"FSM10"})


@dataclass(frozen=True)
class Control:
    """One rule. It holds from `since` to `until`, both included; None where always."""

    code: str
    family: Family
    offline: Offline
    it: str
    en: str
    formats: frozenset[str] = _ALL
    severity: Severity = "error"
    since: date | None = None
    until: date | None = None
    by: By = "today"

    def holds(self, today: date) -> bool:
        """Whether it is in force on that day (of judgement or of the document: see `by`)."""
        return (self.since is None or self.since <= today) and (
            self.until is None or today <= self.until
        )


# fmt: off
_CONTROLS = (
    Control("00001", "name", "Y", "Nome del file non conforme", "The file name breaks the rule"),
    Control("00002", "name", "P", "Nome del file già usato", "The file name was already used"),
    Control("00003", "size", "Y", "File più grande di 5 MB", "The file is larger than 5 MB"),
    Control("00100", "signature", "Y", "Certificato di firma scaduto o non ancora valido",
            "The signing certificate is expired or not yet valid"),
    Control("00101", "signature", "P", "Certificato di firma revocato o sospeso",
            "The signing certificate is revoked or suspended"),
    Control("00102", "signature", "Y", "Firma non valida o file firmato non integro",
            "The signature is not valid or the signed file is damaged"),
    Control("00103", "signature", "Y", "Firma senza riferimento temporale",
            "The signature has no signing time"),
    Control("00104", "signature", "P", "Autorità di certificazione non riconosciuta",
            "The certification authority is not trusted"),
    Control("00105", "signature", "P", "Firma con data successiva alla ricezione",
            "The signing time is later than the receipt"),
    Control("00106", "size", "Y", "File o archivio vuoto o corrotto",
            "The file or archive is empty or corrupt"),
    Control("00107", "signature", "P", "Certificato non adatto alla firma",
            "The certificate is not valid for signing"),
    Control("00200", "format", "Y", "File non conforme allo schema ufficiale",
            "The file breaks the official schema"),
    Control("00201", "format", "Y", "Più di 50 errori di formato", "More than 50 format errors"),
    Control("00300", "content", "P", "Codice fiscale di IdTrasmittente non valido",
            "The tax code of IdTrasmittente is not valid"),
    Control("00301", "content", "P", "Partita IVA del cedente non valida",
            "The seller's VAT number is not valid"),
    Control("00302", "content", "P", "Codice fiscale del cedente non valido",
            "The seller's tax code is not valid"),
    Control("00303", "content", "P", "Partita IVA del rappresentante fiscale non valida",
            "The tax representative's VAT number is not valid"),
    Control("00304", "content", "P", "Codice fiscale del rappresentante fiscale non valido",
            "The tax representative's tax code is not valid", _ORDINARY),
    Control("00305", "content", "P", "Partita IVA del cessionario non valida",
            "The buyer's VAT number is not valid"),
    Control("00306", "content", "P", "Codice fiscale del cessionario non valido",
            "The buyer's tax code is not valid"),
    Control("00311", "content", "P", "CodiceDestinatario sconosciuto",
            "CodiceDestinatario is unknown"),
    Control("00312", "content", "N", "CodiceDestinatario non più attivo",
            "CodiceDestinatario is no longer active"),
    Control("00313", "content", "Y",
            "CodiceDestinatario XXXXXXX senza una partita IVA estera del cessionario",
            "CodiceDestinatario XXXXXXX without a foreign VAT number of the buyer"),
    Control("00320", "content", "N", "Partita IVA e codice fiscale del cedente di soggetti diversi",
            "The seller's VAT number and tax code belong to different subjects"),
    Control("00321", "content", "N", "Codice fiscale del cedente estraneo al gruppo IVA",
            "The seller's tax code is not of a member of the VAT group"),
    Control("00322", "content", "P", "Partita IVA di gruppo senza codice fiscale del cedente",
            "VAT group number without the seller's tax code"),
    Control("00323", "content", "N", "Partita IVA del cedente cessata da più di 5 anni",
            "The seller's VAT number ceased more than 5 years before", _ORDINARY),
    Control("00324", "content", "N",
            "Partita IVA e codice fiscale del cessionario di soggetti diversi",
            "The buyer's VAT number and tax code belong to different subjects"),
    Control("00325", "content", "N", "Codice fiscale del cessionario estraneo al gruppo IVA",
            "The buyer's tax code is not of a member of the VAT group"),
    Control("00326", "content", "P", "Partita IVA di gruppo senza codice fiscale del cessionario",
            "VAT group number without the buyer's tax code"),
    Control("00327", "content", "N", "Codice fiscale del gruppo IVA senza la sua partita IVA",
            "Tax code of a VAT group without its VAT number", since=date(2026, 5, 15)),
    Control("00330", "content", "Y", "PECDestinatario è una casella del Sistema di Interscambio",
            "PECDestinatario is one of SdI's own boxes"),
    Control("00398", "content", "N", "Codice dell'ufficio centrale invece di quello dell'ufficio",
            "Code of the central office although one office can be told", _PA),
    Control("00399", "content", "N", "Fattura tra privati verso una pubblica amministrazione",
            "Private format although the buyer is a public body", _FPR),
    Control("00400", "content", "Y", "Linea con AliquotaIVA zero senza Natura",
            "Line with a zero rate and no Natura"),
    Control("00401", "content", "Y", "Linea con Natura e AliquotaIVA diversa da zero",
            "Line with Natura and a rate other than zero"),
    Control("00403", "content", "P", "Data del documento nel futuro",
            "The date of the document is in the future"),
    Control("00404", "duplicate", "P", "Fattura già trasmessa", "The invoice was already sent"),
    Control("00409", "duplicate", "Y", "Fattura ripetuta nello stesso lotto",
            "The invoice is repeated in the same lot"),
    Control("00411", "content", "Y", "Linea soggetta a ritenuta senza DatiRitenuta",
            "Line subject to withholding without DatiRitenuta", _ORDINARY),
    Control("00413", "content", "Y", "Cassa con AliquotaIVA zero senza Natura",
            "Fund with a zero rate and no Natura", _ORDINARY),
    Control("00414", "content", "Y", "Cassa con Natura e AliquotaIVA diversa da zero",
            "Fund with Natura and a rate other than zero", _ORDINARY),
    Control("00415", "content", "Y", "Cassa soggetta a ritenuta senza DatiRitenuta",
            "Fund subject to withholding without DatiRitenuta", _ORDINARY),
    Control("00417", "content", "Y", "Cessionario senza partita IVA né codice fiscale",
            "Buyer with neither VAT number nor tax code"),
    Control("00418", "content", "Y", "Data anteriore a quella del documento collegato",
            "The date is before that of the linked document"),
    Control("00419", "content", "Y", "Meno blocchi DatiRiepilogo che aliquote",
            "Fewer DatiRiepilogo blocks than rates", _ORDINARY),
    Control("00420", "content", "Y", "Scissione dei pagamenti con Natura N6",
            "Split payment with Natura N6", _ORDINARY),
    Control("00421", "content", "Y", "Imposta diversa da aliquota per imponibile",
            "Imposta is not the rate on the taxable amount", _ORDINARY),
    Control("00422", "content", "Y", "ImponibileImporto diverso dalla somma di linee e casse",
            "ImponibileImporto is not the sum of lines and funds", _ORDINARY),
    Control("00423", "content", "Y", "PrezzoTotale diverso da prezzo, sconti e quantità",
            "PrezzoTotale is not price, discounts and quantity", _ORDINARY),
    Control("00424", "content", "Y", "Aliquota scritta come frazione (22.00, non 0.22)",
            "Rate written as a fraction (22.00, not 0.22)"),
    Control("00425", "content", "Y", "Numero senza cifre", "Numero has no digit"),
    Control("00427", "content", "Y", "Lunghezza di CodiceDestinatario non coerente col formato",
            "The length of CodiceDestinatario does not fit the format"),
    Control("00428", "content", "Y", "FormatoTrasmissione diverso da versione",
            "FormatoTrasmissione differs from versione"),
    Control("00429", "content", "Y", "Riepilogo con AliquotaIVA zero senza Natura",
            "Summary with a zero rate and no Natura", _ORDINARY),
    Control("00430", "content", "Y", "Riepilogo con Natura e AliquotaIVA diversa da zero",
            "Summary with Natura and a rate other than zero", _ORDINARY),
    Control("00437", "content", "Y", "Sconto del documento senza Percentuale né Importo",
            "Document discount with neither Percentuale nor Importo", _ORDINARY),
    Control("00438", "content", "Y", "Sconto della linea senza Percentuale né Importo",
            "Line discount with neither Percentuale nor Importo", _ORDINARY),
    Control("00443", "content", "Y", "Aliquota presente solo nelle linee o solo nel riepilogo",
            "Rate found only in the lines or only in the summary", _ORDINARY),
    Control("00444", "content", "Y", "Natura presente solo nelle linee o solo nel riepilogo",
            "Natura found only in the lines or only in the summary", _ORDINARY),
    Control("00445", "content", "Y", "Natura senza il sottocodice obbligatorio",
            "Natura without its compulsory sub-code", since=date(2021, 1, 1), by="document"),
    Control("00460", "content", "Y", "Fattura semplificata oltre 400 euro",
            "Simplified invoice above 400 euro", _FSM),
    Control("00471", "content", "Y", "Cedente e cessionario coincidono",
            "Seller and buyer are the same"),
    Control("00472", "content", "Y", "Cedente e cessionario non coincidono",
            "Seller and buyer are not the same", _ORDINARY),
    Control("00473", "content", "Y", "IdPaese del cedente non ammesso per il TipoDocumento",
            "The seller's country is not allowed for the document type"),
    Control("00474", "content", "Y", "Linea con aliquota zero in un TD21",
            "Line with a zero rate in a TD21", _ORDINARY),
    Control("00475", "content", "Y", "IdFiscaleIVA del cessionario assente per il TipoDocumento",
            "The document type wants the buyer's VAT number", _ORDINARY),
    Control("00476", "content", "Y", "Cedente e cessionario entrambi esteri",
            "Seller and buyer are both foreign"),
    Control("00477", "content", "N", "Dichiarazione d'intento invalidata",
            "The declaration of intent was invalidated", _ORDINARY),
)

# What a finding says instead, where it is less than the control's own error: (code, severity).
_MILDER = {
    ("00001", "warning"): (
        "Nome non nella forma di SdI: il file viene rinominato prima dell'invio",
        "The name is not in SdI's form: the file is renamed before it is sent",
    ),
    ("00003", "warning"): (
        "Allegati oltre 3,5 MB: con la firma il file può superare i 5 MB",
        "Attachments above 3.5 MB: once signed the file may exceed 5 MB",
    ),
    ("00102", "warning"): (
        "File FPA12 non firmato: va firmato prima dell'invio",
        "Unsigned FPA12 file: it must be signed before it is sent",
    ),
    ("00200", "warning"): (
        "File riparato in lettura: così com'è SdI lo rifiuterebbe",
        "The file was repaired on reading: SdI would refuse it as it is",
    ),
    ("00301", "warning"): (
        "La partita IVA estera del cedente non ha la forma usuale",
        "The seller's foreign VAT number does not look like one",
    ),
    ("00305", "warning"): (
        "La partita IVA estera del cessionario non ha la forma usuale",
        "The buyer's foreign VAT number does not look like one",
    ),
    ("00404", "warning"): (
        "Numero di un documento già ricevuto qui e non ancora inviato",
        "The number of a document that came here before and is not sent yet",
    ),
    ("00409", "warning"): (
        "Numeri che differiscono solo per maiuscole o spazi nello stesso lotto",
        "Numbers in the same lot that differ only by case or blanks",
    ),
    ("00423", "likely"): (
        "PrezzoTotale oltre la tolleranza di un centesimo: probabile scarto",
        "PrezzoTotale beyond the tolerance of a cent: SdI will probably reject it",
    ),
    ("00473", "warning"): (
        "TD28 con cedente non di San Marino: le fonti ufficiali non concordano",
        "TD28 with a seller outside San Marino: the official sources do not agree",
    ),
}
# fmt: on

CONTROLS = {one.code: one for one in _CONTROLS}

# Gone from SdI's list, never evaluated: 00426 (PEC and code coherence) ended with format spec 1.3.
RETIRED = frozenset({"00426"})


def finding(
    code: str,
    where: str = "",
    body: int | None = None,
    *,
    severity: Severity = "error",
    found: str = "",
    expected: str = "",
) -> Finding:
    """A finding in the catalogue's own words."""
    control = CONTROLS[code]
    it, en = _MILDER.get((code, severity), (control.it, control.en))
    return Finding(code, severity, it, en, where, body, found, expected)


def of_families(*families: Family) -> frozenset[str]:
    """The codes of whole families."""
    return frozenset(one.code for one in _CONTROLS if one.family in families)
