"""Every word on the page that is not a code's label, and how numbers and days are written.

Keys are the names of FatturaPA's elements where there is one. Amounts: Italian 1.234,56 and
English 1,234.56; days: 20/11/2026 and 20 Nov 2026. What cannot be read as a number or a day is
shown as it is written, since a copy must not hide what the file says.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from chalicelib.invoicing.courtesy.labels import Language

_WORDS = """
mark | Copia di cortesia priva di valore fiscale | Courtesy copy without fiscal value
origin | L'originale è la fattura elettronica in formato XML. | The original is the electronic \
invoice in XML format.
page | Pagina {page} di {pages} | Page {page} of {pages}
numbered | n. {number} | no. {number}
dated | del {day} | of {day}
document | Documento | Document
continued | segue | continued
yes | Sì | Yes
total | Totale documento | Document total
total_sum | Totale (calcolato) | Total (computed)
taxable_sum | Totale imponibile | Total taxable
tax_sum | Totale imposta | Total tax
general | Dati generali | General data
seller | Cedente / prestatore | Seller
buyer | Cessionario / committente | Buyer
seller_agent | Rappresentante fiscale del cedente | Seller's tax representative
buyer_agent | Rappresentante fiscale del cessionario | Buyer's tax representative
third | Terzo intermediario o soggetto emittente | Third-party intermediary or issuer
carrier | Vettore | Carrier
branch | Stabile organizzazione | Permanent establishment
transmission | Trasmissione | Transmission
sdi | Sistema di Interscambio | Exchange System (SdI)
sdi_id | Identificativo SdI | SdI identifier
sdi_state | Stato | State
sent_at | Inviata il | Sent on
delivered_at | Consegnata il | Delivered on
references | Riferimenti | References
lines | Dettaglio | Details
summary | Riepilogo IVA | VAT summary
totals | Totali | Totals
funds | Cassa previdenziale | Social security fund
withholdings | Ritenute | Withholdings
adjustments | Sconti e maggiorazioni sul documento | Discounts and surcharges on the document
payment | Pagamento | Payment
attachments | Allegati | Attachments
transport | Trasporto | Transport
vehicle | Dati veicolo | Vehicle
others | Altri dati presenti nel file | Other data in the file
legend | Legenda | Key
kind | Tipo | Type
object | Documento | Document
size | Dimensione | Size
size_bad | non leggibile | not readable
line_refs | Righe | Lines
line_no | N. | No.
price | Prezzo unitario | Unit price
discount | Sconto / magg. | Disc. / surch.
amount | Importo | Amount
gross | Importo (IVA inclusa) | Amount (VAT included)
vat | IVA | VAT
held | Ritenuta | Withh.
period | Periodo | Period
subject_to | Soggetto a ritenuta | Subject to withholding
details | Dettagli | Details
stamp | Imposta di bollo assolta virtualmente | Stamp duty paid virtually
rea | Iscrizione REA | REA registration
vat_id | Partita IVA | VAT no.
DatiOrdineAcquisto | Ordine d'acquisto | Purchase order
DatiContratto | Contratto | Contract
DatiConvenzione | Convenzione | Agreement
DatiRicezione | Ricezione | Receipt
DatiFattureCollegate | Fattura collegata | Linked invoice
DatiSAL | Stato avanzamento lavori | Progress of works
DatiDDT | Documento di trasporto | Delivery note
FatturaPrincipale | Fattura principale | Main invoice
DatiFatturaRettificata | Fattura rettificata | Corrected invoice
ElementiRettificati | Elementi rettificati | Corrected elements
IdTrasmittente | Trasmittente | Transmitter
ProgressivoInvio | Progressivo invio | Transmission no.
FormatoTrasmissione | Formato | Format
CodiceDestinatario | Codice destinatario | Recipient code
PECDestinatario | PEC destinatario | Recipient PEC
Telefono | Telefono | Telephone
Fax | Fax | Fax
Email | E-mail | E-mail
SistemaEmittente | Sistema emittente | Issuing system
versione | Versione | Version
SoggettoEmittente | Soggetto emittente | Issued by
CodiceFiscale | Codice fiscale | Tax code
CodEORI | EORI | EORI
Titolo | Titolo | Title
RegimeFiscale | Regime fiscale | Tax regime
AlboProfessionale | Albo professionale | Professional register
ProvinciaAlbo | Provincia albo | Register province
NumeroIscrizioneAlbo | N. iscrizione albo | Register no.
DataIscrizioneAlbo | Data iscrizione albo | Registered on
CapitaleSociale | Capitale sociale | Share capital
SocioUnico | Soci | Shareholders
StatoLiquidazione | Liquidazione | Liquidation
RiferimentoAmministrazione | Rif. amministrazione | Administrative ref.
NumeroLicenzaGuida | Licenza di guida | Driving licence
Divisa | Divisa | Currency
Causale | Causale | Reason
Art73 | Art. 73 DPR 633/72 | Art. 73 DPR 633/72
Arrotondamento | Arrotondamento | Rounding
ImportoBollo | Importo del bollo | Stamp duty
Data | Data | Date
NumItem | Item | Item
CodiceCommessaConvenzione | Commessa/convenzione | Job/agreement
CodiceCUP | CUP | CUP
CodiceCIG | CIG | CIG
Descrizione | Descrizione | Description
Quantita | Quantità | Quantity
UnitaMisura | U.M. | Unit
AliquotaIVA | Aliquota | Rate
Imposta | Imposta | Tax
Natura | Natura | Nature
RiferimentoNormativo | Rif. normativo | Legal reference
TipoCessionePrestazione | Tipo cessione | Kind of supply
SpeseAccessorie | Spese accessorie | Ancillary expenses
ImponibileImporto | Imponibile | Taxable
EsigibilitaIVA | Esigibilità | When due
AlCassa | Aliquota | Rate
ImponibileCassa | Imponibile cassa | Fund base
ImportoContributoCassa | Contributo | Contribution
CausalePagamento | Causale | Reason
DataScadenzaPagamento | Scadenza | Due date
ModalitaPagamento | Modalità | Method
Beneficiario | Beneficiario | Payee
DataRiferimentoTerminiPagamento | Decorrenza termini | Terms from
GiorniTerminiPagamento | Giorni | Days
CodUfficioPostale | Ufficio postale | Post office
Quietanzante | Quietanzante | Receipt by
CFQuietanzante | C.F. quietanzante | Receipt tax code
IstitutoFinanziario | Istituto | Bank
IBAN | IBAN | IBAN
ABI | ABI | ABI
CAB | CAB | CAB
BIC | BIC | BIC
ScontoPagamentoAnticipato | Sconto pagamento anticipato | Early payment discount
DataLimitePagamentoAnticipato | Limite pagamento anticipato | Early payment until
PenalitaPagamentiRitardati | Penale ritardo | Late payment penalty
DataDecorrenzaPenale | Decorrenza penale | Penalty from
CodicePagamento | Codice pagamento | Payment code
MezzoTrasporto | Mezzo | Means
CausaleTrasporto | Causale trasporto | Reason for transport
NumeroColli | Colli | Packages
UnitaMisuraPeso | U.M. peso | Weight unit
PesoLordo | Peso lordo | Gross weight
PesoNetto | Peso netto | Net weight
DataOraRitiro | Ritiro | Collection
DataInizioTrasporto | Inizio trasporto | Transport from
TipoResa | Resa | Delivery terms
IndirizzoResa | Indirizzo di resa | Delivery address
DataOraConsegna | Consegna | Delivery
TotalePercorso | Percorso | Distance
NomeAttachment | Nome | Name
AlgoritmoCompressione | Compressione | Compression
FormatoAttachment | Formato | Format
DescrizioneAttachment | Descrizione | Description
"""
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(.*)", re.DOTALL)
_TIME = re.compile(r"T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.0+)?(Z|[+-][0-9]{2}:[0-9]{2})?")


@cache
def _table() -> dict[str, tuple[str, str]]:
    rows = [[part.strip() for part in line.split("|")] for line in _WORDS.strip().splitlines()]
    return {key: (it, en) for key, it, en in rows}


def word(key: str, language: Language) -> str:
    """The word of a key; KeyError for one that does not exist."""
    return _table()[key][0 if language == "it" else 1]


def number(text: str, language: Language, decimals: int = 2) -> str:
    """A number of the file with thousands parted and `decimals` at least; it is never rounded.

    Zeros beyond those decimals say nothing and are dropped: 150.00000000 is 150,00.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    sign, whole, fraction = match[1], match[2].lstrip("0") or "0", (match[3] or "").rstrip("0")
    thousands, point = (".", ",") if language == "it" else (",", ".")
    grouped = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", thousands, whole)
    fraction = fraction.ljust(decimals, "0")
    return sign.replace("+", "") + grouped + (point + fraction if fraction else "")


def per_cent(text: str, language: Language) -> str:
    """A rate of the file, "22,00%"; "" stays ""."""
    return f"{number(text, language)}%" if text else ""


def money(text: str, currency: str, language: Language) -> str:
    """An amount with its currency: "€ 1.234,56", "USD 1,234.56"; "" stays ""."""
    unit = "€" if currency == "EUR" else currency
    # A blank that does not break: a unit alone at the end of a line is hard to read.
    return f"{unit}\u00a0{number(text, language)}".strip() if text else ""


def day(text: str, language: Language) -> str:
    """An ISO day, or day and time, as people write it; a time zone stays as it is written."""
    match = _DAY.fullmatch(text)
    if match is None:
        return text
    try:
        found = date.fromisoformat(match[1])
    except ValueError:
        return text
    written = f"{found:%d/%m/%Y}"
    if language == "en":
        written = f"{found.day} {_MONTHS[found.month - 1]} {found.year}"
    rest = match[2].strip()
    time = _TIME.fullmatch(rest)
    if time:
        rest = " ".join(part for part in time.groups() if part).replace("Z", "UTC")
    return f"{written} {rest}".strip()


def size(octets: int, language: Language) -> str:
    """The size of a file: bytes, then kB and MB (1,000 each) with one decimal."""
    if octets < 0:
        return word("size_bad", language)
    if octets < 1_000:
        return f"{octets} byte"
    unit, power = ("kB", 1_000) if octets < 1_000_000 else ("MB", 1_000_000)
    tenths = (octets * 10 + power // 2) // power
    return f"{number(f'{tenths // 10}.{tenths % 10}', language, 1)} {unit}"
