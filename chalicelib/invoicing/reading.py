"""From the bytes of a file to what it is: the examination every document passes, pure.

Order as SdI's own (fatturapa.md section 7): size, signature, format. The controls on content
join after the schema, in `_faults`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa import envelope, reader, schema
from chalicelib.invoicing.fatturapa.envelope import Unwrapped
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
    errors = _faults(data, unwrapped, parsed, received_at, schemas)
    warnings = (*unwrapped.repairs, *parsed.repairs, *invoice.warnings)
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


def _faults(
    data: bytes,
    unwrapped: Unwrapped,
    parsed: xml.Parsed,
    received_at: datetime,
    schemas: Path,
) -> tuple[dict[str, str], ...]:
    """SdI's codes; as SdI does, size and signature stop at the first failing family."""
    if len(data if unwrapped.signed is None else unwrapped.signed) > limits.DOCUMENT_BYTES:
        return (_error("00003", "The file is larger than 5 MB."),)
    broken = [
        _error(finding.code, finding.message)
        for finding in envelope.check(unwrapped, received_at)
        if finding.severity == "error"
    ]
    if broken:
        return tuple(broken)
    return tuple(
        _error(fault.code, f"{fault.path}: {fault.message}" if fault.path else fault.message)
        for fault in schema.check(parsed.root, schemas)
    )


def _error(code: str, description: str) -> dict[str, str]:
    return {"code": code, "description": description[:500], "suggestion": ""}
