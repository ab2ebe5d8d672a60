"""From the bytes of a file to its verdict: the one door of the API and of the command.

Source: fatturapa.md sections 6 (names), 7 (order) and 15 (what files really are).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing import names
from chalicelib.invoicing.controls.catalogue import finding
from chalicelib.invoicing.controls.finding import Finding, Language, Verdict, verdict
from chalicelib.invoicing.controls.lot import Sent
from chalicelib.invoicing.controls.order import judge, refused
from chalicelib.invoicing.fatturapa import envelope, reader
from chalicelib.invoicing.fatturapa.envelope import Unwrapped
from chalicelib.invoicing.model import Invoice

if TYPE_CHECKING:
    from chalicelib.invoicing.signing.trust import TrustSource

_REFUSALS = {
    "00003": "File più grande di 5 MB",
    "00106": "File vuoto",
    "cms_detached": "La firma non contiene il documento",
    "cms_too_deep": "Troppe firme una dentro l'altra",
    "document_too_large": "File troppo grande",
    "member_nested_archive": "Un archivio dentro un archivio non viene aperto",
    "not_fatturapa": "Il file non è una fattura elettronica",
    "pdf_needs_template": "Un PDF va convertito con il modello del cliente",
    "too_many_bodies": "Il lotto contiene troppi documenti",
    "unknown_content": "Il file non è XML, né un file firmato, un PDF o uno ZIP",
    "xml_doctype": "Una dichiarazione DOCTYPE non è mai accettata",
    "xml_empty": "Il documento è vuoto",
    "xml_encoding": "I byte non sono nella codifica dichiarata",
    "xml_malformed": "XML non ben formato",
    "xml_too_deep": "XML annidato troppo a fondo",
    "xml_too_large": "XML troppo grande",
    "zip_corrupt": "Archivio corrotto",
    "zip_empty": "Archivio vuoto",
}
# For these SdI has a code of its own.
_OFFICIAL = {
    "document_too_large": "00003",
    "member_empty": "00106",
    "zip_corrupt": "00106",
    "zip_empty": "00106",
}


@dataclass(frozen=True)
class Examination:
    """The verdict on one file. `format` and `invoice` are "" and None when it is no document."""

    name: str
    format: str
    verdict: Verdict
    invoice: Invoice | None = None


def examine_all(
    data: bytes,
    name: str,
    received_at: datetime,
    schemas: Path,
    today: date,
    sent: Sent | None = None,
    trust: TrustSource | None = None,
) -> Examination:
    """Judge the bytes of one file (not of an archive); never raises for what is in them.

    A name that is not in SdI's form is a warning only, because files are renamed before they are
    sent (`names.outgoing`). A file that is no FatturaPA document has one error: SdI's code where
    it has one, else the house's word for the refusal.
    """
    try:
        unwrapped = envelope.unwrap(data)
        if unwrapped.kind == "zip":
            raise Rejected("member_nested_archive", "An archive in an archive is not opened.")
        if unwrapped.kind == "pdf":
            raise Rejected("pdf_needs_template", "A PDF waits for its customer's template.")
        parsed = xml.parse(
            unwrapped.xml,
            limit_bytes=limits.DOCUMENT_RAW_BYTES,
            # What is signed must stand as it is: a repair would break the signature.
            recover=not unwrapped.signature,
            values_only=True,
        )
        read = reader.read_all(parsed.root)
    except Rejected as refusal:
        return refuse(name, refusal, today)
    found = judge(data, unwrapped, parsed, read, received_at, schemas, today, sent, trust)
    named = verdict((*_name(name, unwrapped), *found.findings), found.not_evaluated)
    return Examination(name, read.invoice.format, named, read.invoice)


def refuse(name: str, refusal: Rejected, today: date) -> Examination:
    """The examination of what could not be read."""
    code = _OFFICIAL.get(refusal.code, refusal.code)
    words = _REFUSALS.get(refusal.code) or _REFUSALS.get(code) or f"Rifiutato ({refusal.message})"
    return Examination(name, "", refused(code, words, refusal.message.rstrip("."), today))


def to_json(found: Examination, language: Language = "it") -> dict[str, object]:
    """One file as an object: every finding is in `errors`, its severity says how bad it is."""
    return {
        "file": found.name,
        "format": found.format,
        "accepted": found.verdict.accepted,
        "errors": [
            {
                "code": one.code,
                "severity": one.severity,
                "message": one.sentence(language),
                "where": one.where,
                "body": one.body,
            }
            for one in found.verdict.findings
        ],
        "not_evaluated": list(found.verdict.not_evaluated),
    }


def _name(name: str, unwrapped: Unwrapped) -> list[Finding]:
    """00001: the form, the length of an Italian identifier, the extension for the content."""
    own = names.base(name)
    extension = ".xml.p7m" if unwrapped.signature == "cades" else ".xml"
    identifier = own.partition("_")[0][2:]
    good = names.is_sdi(own) and names.stem(own) + extension.upper() == own.upper()
    if good and own[:2].upper() == "IT":
        good = 11 <= len(identifier) <= 16
    return [] if good else [finding("00001", severity="warning", found=own)]
