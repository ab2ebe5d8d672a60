"""What somebody is told who signs and sends his invoices himself: the steps, and the ways to SdI.

Source: fatturapa.md sections 6, 9, 11 and 12. The paths are those of the hub's API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chalicelib.accounts.model import Language

PATH = "/v1/help/sending"


@dataclass(frozen=True)
class Way:
    """One of SdI's channels. `needs` is what one must have first; `address` is where it is."""

    id: Literal["pec", "web", "sdicoop", "sdiftp"]
    name: str
    how: str
    needs: str
    address: str


@dataclass(frozen=True)
class Help:
    """The page in one language."""

    title: str
    steps: tuple[str, ...]
    channels: tuple[Way, ...]


_PEC, _WEB = "sdi01@pec.fatturapa.it", "https://ivaservizi.agenziaentrate.gov.it"
_SDI = "https://www.fatturapa.gov.it"

_IT = Help(
    title="Firmare e inviare da sé una fattura al Sistema di Interscambio",
    steps=(
        "Scarica l'XML del documento (GET /v1/documents/{id}/files, file «unsigned») e non"
        " modificarlo.",
        "Firmalo con il tuo kit di firma digitale: CAdES (.xml.p7m) o XAdES (.xml). La firma è"
        " obbligatoria verso la pubblica amministrazione (FPA12), facoltativa verso i privati.",
        "Riporta qui il file firmato (POST /v1/documents/{id}/signed): resta legato alla fattura.",
        "Invialo a SdI con uno dei canali qui sotto, con un nome mai usato prima:"
        " codice del Paese e codice fiscale di chi trasmette, trattino basso, fino a cinque lettere"
        " o cifre (IT01234567897_00001.xml).",
        "Di' con quale nome l'hai inviato (POST /v1/documents/{id}/sent).",
        "Riporta qui ogni ricevuta di SdI (POST /v1/documents/{id}/receipts): lo stato della"
        " fattura la segue.",
    ),
    channels=(
        Way(
            "pec", "Posta elettronica certificata",
            "Allega uno o più file (30 MB in tutto) a un messaggio. La prima risposta di SdI indica"
            " la casella a cui inviare da allora in poi.",
            "Una casella PEC; nessun accreditamento.", _PEC,
        ),
        Way(
            "web", "Fatture e Corrispettivi",
            "Carica il file (5 MB al massimo) nel portale dell'Agenzia delle Entrate; il portale"
            " sigilla da sé le fatture tra privati non firmate.",
            "SPID, CIE, CNS o le credenziali dell'Agenzia delle Entrate.", _WEB,
        ),
        Way(
            "sdicoop", "SDICoop",
            "Servizio web SOAP con autenticazione reciproca; le ricevute arrivano a un servizio"
            " proprio.",
            "Accreditamento del canale, certificati rilasciati da SdI, prove di"
            " interoperabilità.", _SDI,
        ),
        Way(
            "sdiftp", "SDIFTP",
            "Supporti ZIP firmati e cifrati su un proprio server SFTP, da cui SdI li preleva; per"
            " grandi volumi.",
            "Accreditamento del canale, un server sempre raggiungibile, certificati di firma e di"
            " cifratura.", _SDI,
        ),
    ),
)  # fmt: skip

_EN = Help(
    title="Signing and sending an invoice to Sistema di Interscambio yourself",
    steps=(
        "Download the XML of the document (GET /v1/documents/{id}/files, the file `unsigned`) and"
        " leave it as it is.",
        "Sign it with your own kit: CAdES (.xml.p7m) or XAdES (.xml). A signature is compulsory"
        " towards the public administration (FPA12) and optional towards anybody else.",
        "Bring the signed file back (POST /v1/documents/{id}/signed): it stays with the invoice.",
        "Send it to SdI by one of the channels below, under a name that was never used before:"
        " country and tax code of who transmits, an underscore, up to five letters or digits"
        " (IT01234567897_00001.xml).",
        "Say under which name you sent it (POST /v1/documents/{id}/sent).",
        "Bring each of SdI's receipts (POST /v1/documents/{id}/receipts): the state of the invoice"
        " follows it.",
    ),
    channels=(
        Way(
            "pec", "Certified mail (PEC)",
            "Attach one or more files (30 MB in all) to a message. SdI's first answer names the box"
            " to write to from then on.",
            "A PEC box; no accreditation.", _PEC,
        ),
        Way(
            "web", "Fatture e Corrispettivi",
            "Upload the file (5 MB at most) to the tax agency's portal, which seals unsigned"
            " invoices between private parties by itself.",
            "SPID, CIE, CNS or the tax agency's own credentials.", _WEB,
        ),
        Way(
            "sdicoop", "SDICoop",
            "SOAP web service with mutual authentication; receipts come to a service of your own.",
            "Accreditation of the channel, certificates issued by SdI, interoperability tests.",
            _SDI,
        ),
        Way(
            "sdiftp", "SDIFTP",
            "Signed and enciphered ZIP files on an SFTP server of your own, from which SdI takes"
            " them; for large volumes.",
            "Accreditation of the channel, a server that is always up, certificates for signing"
            " and enciphering.", _SDI,
        ),
    ),
)  # fmt: skip

PAGES: dict[Language, Help] = {"it": _IT, "en": _EN}
