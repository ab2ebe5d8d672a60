"""SdI's order: size, signature, format, content; the first three stop at the first failing family.

Source: fatturapa.md section 7. Intake, the API and the command all come through `judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.base import limits, xml
from chalicelib.base.xml import Parsed
from chalicelib.invoicing import controls
from chalicelib.invoicing.controls.catalogue import CONTROLS, Family, finding, of_families
from chalicelib.invoicing.controls.finding import Finding, Verdict, verdict
from chalicelib.invoicing.controls.italian import in_italian
from chalicelib.invoicing.controls.lot import Sent
from chalicelib.invoicing.fatturapa import envelope, schema
from chalicelib.invoicing.fatturapa.envelope import Unwrapped
from chalicelib.invoicing.fatturapa.reader import Reading
from chalicelib.invoicing.model import Invoice

if TYPE_CHECKING:
    from chalicelib.invoicing.signing import cms
    from chalicelib.invoicing.signing.trust import TrustSource

# Base64 makes a file a third larger: beyond this much the whole comes near to 5 MB (section 6).
ATTACHMENTS_BYTES = 3_500_000
_SIGNATURE = of_families("signature")
_WORDS = {
    "signing_certificate_absent": "La firma non nomina il suo certificato",
    "signature_unverifiable": "La firma non può essere verificata",
}
_GUESSED_IT = "XML non ben formato: la struttura è stata indovinata e può mancare qualcosa"
_GUESSED_EN = "The XML is not well-formed: its structure was guessed and parts may be missing"


def judge(
    data: bytes,
    unwrapped: Unwrapped,
    parsed: Parsed,
    reading: Reading,
    received_at: datetime,
    schemas: Path,
    today: date,
    sent: Sent | None = None,
    trust: TrustSource | None = None,
) -> Verdict:
    """Everything that can be said of a file that is a FatturaPA document.

    `data` is the file as it came; `unwrapped`, `parsed` and `reading` what was made of it.
    `received_at` (aware) is compared with the signing time, `today` (in Italy) with the dates of
    documents. 00002 is always left open: names are the caller's ledger. `trust` is asked for
    when there is a signature to judge; without it 00101, 00104 and 00107 are left open.
    """
    invoice, open_codes = reading.invoice, {"00002"}
    if len(data if unwrapped.signed is None else unwrapped.signed) > limits.DOCUMENT_BYTES:
        left = _left(invoice.format, today, "signature", "format", "content", "duplicate")
        return verdict([finding("00003", found=str(len(data)))], open_codes | left)
    checked = envelope.evaluate(unwrapped, received_at, trust)
    open_codes |= checked.open if unwrapped.signature else _open_unsigned(invoice)
    found = list(_signature(checked.findings))
    if any(one.severity == "error" for one in found):
        left = _left(invoice.format, today, "format", "content", "duplicate")
        broken = {one.code for one in found}
        return verdict(found, (open_codes | left) - broken)
    found += _warnings(unwrapped, parsed, invoice)
    faults = list(_format(parsed, schemas))
    if faults:
        left = _left(invoice.format, today, "content", "duplicate")
        return verdict(found + faults, open_codes | left)
    broken_content, undecided = controls.check_content(reading, today, sent)
    return verdict(found + broken_content, open_codes | undecided)


def refused(code: str, message_it: str, message_en: str, today: date) -> Verdict:
    """The verdict on a file that could not even be read."""
    left = _left("", today, "signature", "format", "content", "duplicate") | {"00002"}
    return verdict([Finding(code, "error", message_it, message_en)], left - {code})


def _left(format: str, today: date, *families: Family) -> set[str]:
    """The codes of families that were not reached, of those that concern the format."""
    return {
        code
        for code in of_families(*families)
        if (not format or format in CONTROLS[code].formats)
        and (CONTROLS[code].by != "today" or CONTROLS[code].holds(today))
    }


def _open_unsigned(invoice: Invoice) -> set[str]:
    """What nobody can say of a signature that is still to be made."""
    return set(_SIGNATURE) if invoice.format == "FPA12" else set()


def _signature(findings: Iterable[cms.Finding]) -> Iterator[Finding]:
    for one in findings:
        known = CONTROLS.get(one.code)
        words = known.it if known else _WORDS.get(one.code, one.message)
        yield Finding(one.code, one.severity, words, one.message)


def _warnings(unwrapped: Unwrapped, parsed: Parsed, invoice: Invoice) -> Iterator[Finding]:
    """What SdI would refuse, and the house puts right before sending."""
    if invoice.format == "FPA12" and not unwrapped.signature:
        yield finding("00102", severity="warning")
    repairs = (*unwrapped.repairs, *(word for word in parsed.repairs if word != xml.RECOVERED))
    if repairs:
        yield finding("00200", severity="warning", found=", ".join(repairs))
    attached = sum(file.size for body in invoice.bodies for file in body.attachments)
    if attached > ATTACHMENTS_BYTES:
        yield finding("00003", severity="warning", found=str(attached))


def _format(parsed: Parsed, schemas: Path) -> Iterator[Finding]:
    """00200 and 00201. A guessed structure is no document: what is missing cannot be seen."""
    if xml.RECOVERED in parsed.repairs:
        yield Finding("00200", "error", _GUESSED_IT, _GUESSED_EN)
    for fault in schema.check(parsed.root, schemas):
        words = CONTROLS[fault.code].it
        if fault.code == "00200":
            words = f"{words}: {in_italian(fault.message)}"
        yield Finding(
            fault.code,
            "error",
            words,
            fault.message,
            fault.path,
            _body_of(fault.path),
            id=fault.id,
        )


def _body_of(path: str) -> int | None:
    """The index of the body that a path goes through; None outside of bodies."""
    step = path.partition("/")[0]
    name, _, position = step.rstrip("]").partition("[")
    if name != "FatturaElettronicaBody":
        return None
    return int(position) - 1 if position.isdigit() else 0
