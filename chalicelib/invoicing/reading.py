"""From the bytes of a file to what it is: the examination every document passes, pure.

The judgement is that of `controls.order`: size, signature, format, content, as SdI's own order.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from chalicelib.base import clock, limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.controls.finding import Finding
from chalicelib.invoicing.controls.order import judge
from chalicelib.invoicing.fatturapa import envelope, reader
from chalicelib.invoicing.model import Invoice

if TYPE_CHECKING:
    from chalicelib.invoicing.signing.trust import TrustSource

Kind = Literal["xml", "p7m", "pdf"]


class Examined(NamedTuple):
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
    unsigned: bytes | None = None
    signed: bytes | None = None
    xades: bool = False

    def __repr__(self) -> str:
        """Without what the document says."""
        return f"Examined({self.kind!r}, {self.state!r}, {self.reason!r})"


def examine(
    data: bytes, received_at: datetime, schemas: Path, trust: TrustSource | None = None
) -> Examined:
    """Read one file. Rejected when it is no document at all (its code is the flow's).

    `trust` is asked for when the file is signed.
    """
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
        values_only=True,
    )
    read = reader.read_all(parsed.root)
    invoice, today = read.invoice, clock.rome_day(received_at)
    verdict = judge(data, unwrapped, parsed, read, received_at, schemas, today, trust=trust)
    errors = tuple([_error(one) for one in verdict.findings if one.severity == "error"])
    doubts = [one.code for one in verdict.findings if one.severity != "error"]
    warnings = (*unwrapped.repairs, *parsed.repairs, *invoice.warnings, *dict.fromkeys(doubts))
    if unwrapped.signature and not errors and trust is not None and trust().anchors:
        # Who has named authorities wants to know when they could not be asked.
        warnings += tuple(
            f"{code}_not_evaluated"
            for code in sorted(envelope.BY_TRUST & set(verdict.not_evaluated))
        )
    unsigned = None
    if not unwrapped.signature:
        # A repair of the encoding counts too: SdI would read the bytes as they are declared.
        unsigned = xml.serialize(parsed.root) if parsed.repairs else unwrapped.xml
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


def _error(finding: Finding) -> dict[str, str]:
    """As SdI's own errors are kept: the code, where it is and what is wrong, the values in it."""
    where = f"{finding.where}: " if finding.where else ""
    description = f"{where}{finding.sentence('it')}"[:500]
    return {"code": finding.code, "description": description, "suggestion": ""}
