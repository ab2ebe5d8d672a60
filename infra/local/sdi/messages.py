"""SdI's messages to the sender, in both families (facts §9), before the seal.

Family A (`http://www.fatturapa.gov.it/sdi/messaggi/v1.0`) answers FPA12; family B
(`http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0`) answers the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from infra.local.sdi.catalogue import Finding
from infra.local.sdi.controls import ROME, InvoiceReference
from infra.local.sdi.parties import PA_FORMAT
from infra.local.sdi.xmlfiles import DS

FAMILY_A = "http://www.fatturapa.gov.it/sdi/messaggi/v1.0"
FAMILY_B = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0"

OPERATIONS = {
    "RC": "RicevutaConsegna",
    "NS": "NotificaScarto",
    "MC": "NotificaMancataConsegna",
    "NE": "NotificaEsito",
    "DT": "NotificaDecorrenzaTermini",
    "AT": "AttestazioneTrasmissioneFattura",
}
"""Operation of TrasmissioneFatture by message type; both families travel over the same ones."""

_ROOTS_B = {
    "RC": "RicevutaConsegna",
    "NS": "RicevutaScarto",
    "MC": "RicevutaImpossibilitaRecapito",
}
_DESCRIPTION_CHARS_MAX = {FAMILY_A: 255, FAMILY_B: 1000}


@dataclass(frozen=True)
class Subject:
    """The file that a message is about. `sha256` is hex, `archive` the (id, name) of its zip."""

    id_sdi: int
    name: str
    sha256: str
    received_at: datetime
    format: str
    recipient: str = ""
    recipient_name: str = ""
    archive: tuple[int, str] | None = None

    @property
    def family(self) -> str:
        """Namespace of the messages about this file."""
        return FAMILY_A if self.format == PA_FORMAT else FAMILY_B


def delivered(subject: Subject, message_id: str, at: datetime) -> etree._Element:
    """RC: the recipient has it since `at`."""
    root = _open(subject, "RC")
    _add_hash(root, subject)
    _add(root, "DataOraRicezione", _moment(subject.received_at))
    _add(root, "DataOraConsegna", _moment(at))
    _add_recipient(root, subject)
    _add_archive(root, subject)
    _add(root, "MessageId", message_id)
    return root


def rejected(subject: Subject, message_id: str, findings: Sequence[Finding]) -> etree._Element:
    """NS: `findings` (1..200) are why."""
    assert findings, "a rejection says why"
    root = _open(subject, "NS")
    _add_hash(root, subject)
    _add(root, "DataOraRicezione", _moment(subject.received_at))
    _add_archive(root, subject)
    errors = etree.SubElement(root, "ListaErrori")
    for finding in findings:
        error = etree.SubElement(errors, "Errore")
        _add(error, "Codice", finding.code)
        limit = _DESCRIPTION_CHARS_MAX[subject.family]
        _add(error, "Descrizione", _printable(finding.descrizione)[:limit])
        if subject.family == FAMILY_B:
            _add(error, "Suggerimento", finding.suggerimento)
    _add(root, "MessageId", message_id)
    return root


def not_delivered(subject: Subject, message_id: str, at: datetime) -> etree._Element:
    """MC: final and harmless for private buyers, a pause in the attempts for PA."""
    root = _open(subject, "MC")
    _add_hash(root, subject)
    _add(root, "DataOraRicezione", _moment(subject.received_at))
    if subject.family == FAMILY_B:
        _add(root, "DataMessaADisposizione", at.astimezone(ROME).date().isoformat())
    _add_archive(root, subject)
    _add(root, "Descrizione", "Impossibile recapitare il file al destinatario")
    _add(root, "MessageId", message_id)
    return root


def buyer_outcome(
    subject: Subject,
    message_id: str,
    outcome: str,
    reference: InvoiceReference | None,
    buyer_message_id: str,
) -> etree._Element:
    """NE (PA only): `outcome` EC01 or EC02; no `reference` means the whole lot."""
    root = _open(subject, "NE")
    answer = etree.SubElement(root, "EsitoCommittente", versione="1.0")
    _add(answer, "IdentificativoSdI", str(subject.id_sdi))
    _add_reference(answer, reference)
    _add(answer, "Esito", outcome)
    if outcome == "EC02":
        _add(answer, "Descrizione", "Rifiuto per errata indicazione del CIG")
    _add(answer, "MessageIdCommittente", buyer_message_id)
    _add(root, "MessageId", message_id)
    return root


def term_expired(
    subject: Subject, message_id: str, reference: InvoiceReference | None
) -> etree._Element:
    """DT (PA only): fifteen days without an answer."""
    root = etree.Element(
        f"{{{FAMILY_A}}}{OPERATIONS['DT']}", nsmap={"types": FAMILY_A, "ds": DS}, versione="1.0"
    )
    _add(root, "IdentificativoSdI", str(subject.id_sdi))
    _add_reference(root, reference)
    _add(root, "NomeFile", subject.name)
    _add(root, "Descrizione", "Decorrenza dei termini per la comunicazione dell'esito")
    _add(root, "MessageId", message_id)
    return root


def attested(subject: Subject, message_id: str) -> etree._Element:
    """AT (PA only): sent, and impossible to deliver."""
    root = _open(subject, "AT")
    _add(root, "DataOraRicezione", _moment(subject.received_at))
    _add_archive(root, subject)
    _add_recipient(root, subject)
    _add(root, "MessageId", message_id)
    _add(root, "HashFileOriginale", subject.sha256)
    return root


def _open(subject: Subject, kind: str) -> etree._Element:
    """The root with the two fields that every message but DT begins with."""
    family = subject.family
    local = OPERATIONS[kind] if family == FAMILY_A else _ROOTS_B[kind]
    root = etree.Element(f"{{{family}}}{local}", nsmap={"types": family, "ds": DS}, versione="1.0")
    _add(root, "IdentificativoSdI", str(subject.id_sdi))
    _add(root, "NomeFile", subject.name)
    return root


def _add(parent: etree._Element, name: str, value: str) -> None:
    etree.SubElement(parent, name).text = value


def _add_hash(root: etree._Element, subject: Subject) -> None:
    if subject.family == FAMILY_B:
        _add(root, "Hash", subject.sha256)


def _add_recipient(root: etree._Element, subject: Subject) -> None:
    recipient = etree.SubElement(root, "Destinatario")
    _add(recipient, "Codice", subject.recipient)
    _add(recipient, "Descrizione", subject.recipient_name)


def _add_archive(root: etree._Element, subject: Subject) -> None:
    if subject.archive is not None:
        archive = etree.SubElement(root, "RiferimentoArchivio")
        _add(archive, "IdentificativoSdI", str(subject.archive[0]))
        _add(archive, "NomeFile", subject.archive[1])


def _add_reference(parent: etree._Element, reference: InvoiceReference | None) -> None:
    if reference is not None:
        node = etree.SubElement(parent, "RiferimentoFattura")
        _add(node, "NumeroFattura", reference.number)
        _add(node, "AnnoFattura", str(reference.year))


def _moment(at: datetime) -> str:
    """xs:dateTime in Italy's time with offset and milliseconds, as SdI writes it."""
    return at.astimezone(ROME).isoformat(timespec="milliseconds")


def _printable(words: str) -> str:
    """Libraries quote what they refuse, and XML cannot hold every character of it."""
    return "".join(character if character.isprintable() else " " for character in words)
