"""SdI's controls on one file that need no memory: size, signature, format, content.

The order is SdI's: the first three families stop at the first failure, content errors are listed
together (facts §7). Names and duplicates need memory and are judged by `intake`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from cryptography import x509
from lxml import etree

from infra.local.sdi.bodies import check_content, document_date, document_number
from infra.local.sdi.cades import check_cades
from infra.local.sdi.catalogue import Finding
from infra.local.sdi.duplicates import fiscal_keys
from infra.local.sdi.names import InvoiceName
from infra.local.sdi.parties import (
    PA_FORMAT,
    PRIVATE_FORMAT,
    SIMPLIFIED_FORMAT,
    Header,
    read_header,
)
from infra.local.sdi.registry import USUAL, Registry
from infra.local.sdi.signer import SignatureError
from infra.local.sdi.xades import check_xades, find_signatures
from infra.local.sdi.xmlfiles import FORMAT_ERRORS_MAX, InvoiceSchemas, XmlError, parse_xml

FILE_BYTES_MAX = 5_000_000
ERRORS_MAX = 200
"""What ListaErrori holds."""

ROME = ZoneInfo("Europe/Rome")
_DEFAULT_FORMAT = PRIVATE_FORMAT
_FORMATS = frozenset({PA_FORMAT, SIMPLIFIED_FORMAT, _DEFAULT_FORMAT})


@dataclass(frozen=True)
class InvoiceReference:
    """How an outcome names the invoice: Numero and calendar year."""

    number: str
    year: int


@dataclass(frozen=True)
class Inspection:
    """What the controls found. `header` is None when the file could not be read that far."""

    format: str
    findings: tuple[Finding, ...] = ()
    header: Header | None = None
    keys: tuple[str, ...] = ()
    references: tuple[InvoiceReference, ...] = field(default=())


@dataclass(frozen=True)
class Rules:
    """What the controls compare with: the schemas, the CA of qualified certificates, and what is
    known of people and offices."""

    schemas: InvoiceSchemas
    trusted: x509.Certificate
    registry: Registry = USUAL


def inspect_file(name: InvoiceName, data: bytes, received_at: datetime, rules: Rules) -> Inspection:
    """Judge one invoice file (not an archive) with a valid name. `received_at` is aware."""
    guess = guess_format(data)
    if len(data) > FILE_BYTES_MAX:
        return Inspection(guess, (Finding("00003", f"{len(data)} byte"),))
    if not data:
        return Inspection(guess, (Finding("00106"),))
    try:
        root = _open_signed(name, data, received_at, rules)
    except SignatureError as error:
        return Inspection(guess, (error.finding,))
    except XmlError as error:
        return Inspection(guess, (Finding("00200", str(error)),))

    version = root.get("versione", "")
    guess = version if version in _FORMATS else guess
    errors = rules.schemas.errors(root)
    if errors:
        findings = [Finding("00200", message) for message in errors[:FORMAT_ERRORS_MAX]]
        if len(errors) > FORMAT_ERRORS_MAX:
            findings.append(Finding("00201"))
        return Inspection(guess, tuple(findings))

    header = read_header(root)
    today = received_at.astimezone(ROME).date()
    keys = tuple(fiscal_keys(root, header))
    references = tuple(_reference(body) for body in root.iterfind("FatturaElettronicaBody"))
    findings = check_content(root, header, today, rules.registry)
    return Inspection(header.version, tuple(findings[:ERRORS_MAX]), header, keys, references)


def guess_format(data: bytes) -> str:
    """The format to answer in when the file may not be readable: a CMS keeps its text in clear."""
    for known in (PA_FORMAT, SIMPLIFIED_FORMAT):
        code = known.encode()
        if b'versione="' + code in data or b"versione='" + code in data:
            return known
    return _DEFAULT_FORMAT


def _open_signed(
    name: InvoiceName, data: bytes, received_at: datetime, rules: Rules
) -> etree._Element:
    """The document's root after the signature family. Raises SignatureError, XmlError."""
    if name.extension == "xml.p7m":
        return parse_xml(check_cades(data, received_at, rules.trusted))
    root = parse_xml(data)
    if find_signatures(root):
        check_xades(root, received_at, rules.trusted)
    elif root.get("versione") == PA_FORMAT:
        raise SignatureError(Finding("00102", "firma assente in un file FPA12"))
    return root


def _reference(body: etree._Element) -> InvoiceReference:
    issued = document_date(body)
    assert issued is not None, "the schema requires Data"
    return InvoiceReference(document_number(body), issued.year)
