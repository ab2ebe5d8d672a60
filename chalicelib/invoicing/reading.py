"""From the bytes of a file to what it is: the examination every document passes, pure.

The judgement is that of `controls.order`: size, signature, format, content, as SdI's own order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from chalicelib.base import clock, limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.controls.finding import Finding
from chalicelib.invoicing.controls.order import judge
from chalicelib.invoicing.fatturapa import envelope, reader
from chalicelib.invoicing.model import Invoice

Kind = Literal["xml", "p7m", "pdf"]


@dataclass(frozen=True)
class Examined:
    """A file that is a document.

    `state` is what it deserves by itself, before holds. `unsigned` is what to sign (the file as
    it came, or repaired), `signed` what to forward byte for byte; `reason` is the first code.
    """

    kind: Kind
    state: Literal["ready", "invalid", "to_convert"]
    reason: str = ""
    text: str = ""
    invoice: Invoice | None = None
    errors: tuple[dict[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    unsigned: bytes | None = field(default=None, repr=False)
    signed: bytes | None = field(default=None, repr=False)
    xades: bool = False


def examine(data: bytes, received_at: datetime, schemas: Path) -> Examined:
    """Read one file. Rejected when it is no document at all (its code is the flow's)."""
    unwrapped = envelope.unwrap(data)
    if unwrapped.kind == "zip":
        raise Rejected("member_nested_archive", "An archive inside an archive is not opened.")
    if unwrapped.kind == "pdf":
        return Examined(
            "pdf", "to_convert", "pdf_needs_template", "A PDF waits for its customer's template."
        )
    kind: Kind = "p7m" if unwrapped.signature == "cades" else "xml"
    parsed = xml.parse(
        unwrapped.xml,
        limit_bytes=limits.DOCUMENT_RAW_BYTES,
        # What is signed must stand as it is: a repair would break the signature.
        recover=not unwrapped.signature,
    )
    invoice = reader.read(parsed.root)
    verdict = judge(
        data, unwrapped, parsed, invoice, received_at, schemas, clock.rome_day(received_at)
    )
    errors = tuple(_error(finding) for finding in verdict.errors)
    doubts = (one.code for one in verdict.findings if one.severity != "error")
    warnings = (*unwrapped.repairs, *parsed.repairs, *invoice.warnings, *dict.fromkeys(doubts))
    repaired = set(parsed.repairs) - {xml.ENCODING} or _not_utf8(parsed)
    unsigned = None
    if not unwrapped.signature:
        unsigned = xml.serialize(parsed.root) if repaired else unwrapped.xml
    return Examined(
        kind=kind,
        state="invalid" if errors else "ready",
        reason=errors[0]["code"] if errors else "",
        text=errors[0]["description"] if errors else "",
        invoice=invoice,
        errors=errors,
        warnings=warnings,
        unsigned=unsigned,
        signed=unwrapped.signed,
        xades=unwrapped.signature == "xades",
    )


def _not_utf8(parsed: xml.Parsed) -> bool:
    """Whether the bytes lie about their encoding, so that SdI would read them differently."""
    return xml.ENCODING in parsed.repairs


def _error(finding: Finding) -> dict[str, str]:
    """As SdI's own errors are kept: the code, where it is and what is wrong, the values in it."""
    where = f"{finding.where}: " if finding.where else ""
    description = f"{where}{finding.sentence('it')}"[:500]
    return {"code": finding.code, "description": description, "suggestion": ""}
