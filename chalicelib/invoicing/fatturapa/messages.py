"""The messages that SdI and public offices send about a file: receipts, notices, metadata.

Source: fatturapa.md sections 6 (names) and 9 (both families). Genuine messages do not always
satisfy their own schema, so everything is read by local name and what is missing becomes "" and a
word in `warnings`. The root and its namespace decide what a message is, never its file name: both
families can reach the same sender.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.xml import Element, local
from chalicelib.invoicing.fatturapa.blocks import children, find, namespace, text
from chalicelib.invoicing.model import Family

Type = Literal["RC", "NS", "MC", "NE", "DT", "AT", "MT", "EC", "SE"]

NAMESPACES: dict[str, Family] = {
    "http://www.fatturapa.gov.it/sdi/messaggi/v1.0": "pa",
    "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0": "private",
}
ROOTS: dict[str, Type] = {
    "RicevutaConsegna": "RC",
    "NotificaScarto": "NS",
    "RicevutaScarto": "NS",
    "NotificaMancataConsegna": "MC",
    "RicevutaImpossibilitaRecapito": "MC",
    "NotificaEsito": "NE",
    "NotificaDecorrenzaTermini": "DT",
    "AttestazioneTrasmissioneFattura": "AT",
    "MetadatiInvioFile": "MT",
    "FileMetadati": "MT",
    "NotificaEsitoCommittente": "EC",
    "ScartoEsitoCommittente": "SE",
}
_PRIVATE_ROOTS = frozenset({"RicevutaScarto", "RicevutaImpossibilitaRecapito", "FileMetadati"})
# The types that have a moment of reception at SdI, and those that SdI signs.
_DATED = frozenset({"RC", "NS", "MC", "AT"})
_UNSIGNED = frozenset({"MT", "EC"})

_NAME = re.compile(
    r"(?P<stem>[A-Z]{2}[A-Za-z0-9]{2,28}_[A-Za-z0-9]{1,5})"
    r"_(?P<type>RC|NS|MC|NE|MT|EC|SE|DT|AT)"
    r"(?:_(?P<progressive>[A-Za-z0-9]{1,3}))?"
    r"(?i:\.(?:xml|xml\.p7m|zip))"
)
_MARKUP = re.compile(rb"[\s\xef\xbb\xbf]*<")
_ATTESTATION = re.compile(rb"<(?:[\w.-]+:)?AttestazioneTrasmissioneFattura[\s>/]")


# --- values -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MessageName:
    """The parts of a message's file name; `progressive` is "" where a sender left it out."""

    stem: str
    type: str
    progressive: str


@dataclass(frozen=True)
class SdiError:
    """One Errore of a rejection; `suggestion` only in the private family."""

    code: str
    description: str
    suggestion: str


@dataclass(frozen=True)
class ArchiveRef:
    """RiferimentoArchivio: the ZIP in which the file travelled."""

    id_sdi: str
    file_name: str


@dataclass(frozen=True)
class InvoiceRef:
    """RiferimentoFattura: one document of a lot. Where it lacks, the whole file is meant."""

    number: str
    year: str
    position: str


@dataclass(frozen=True)
class SdiMessage:
    """A message as plain text values, "" where it has none.

    `file_name` is the NomeFile inside; `message_id` is SdI's, or `h-` and 32 hexadecimal digits
    of the SHA-256 of the XML where SdI's lacks, so that a repeat is still recognised; times are
    ISO text as written, with or without a zone; `available_on` is a day (private MC); `hash` is
    lower-case hexadecimal of the transmitted file; `outcome` is EC01/EC02 (NE, EC); `refusal` is
    EN00/EN01 (SE); `format` and `attempts` belong to MT, `attempts` 0 elsewhere; `signed` only
    says that a signature is there.
    """

    type: Type
    family: Family
    id_sdi: str
    file_name: str
    message_id: str
    received_at: str = ""
    delivered_at: str = ""
    available_on: str = ""
    recipient_code: str = ""
    recipient_name: str = ""
    errors: tuple[SdiError, ...] = ()
    outcome: Literal["EC01", "EC02", ""] = ""
    refusal: Literal["EN00", "EN01", ""] = ""
    description: str = ""
    note: str = ""
    hash: str = ""
    archive: ArchiveRef | None = None
    invoice: InvoiceRef | None = None
    customer_message_id: str = ""
    pec_message_id: str = ""
    format: str = ""
    attempts: int = 0
    signed: bool = False
    warnings: tuple[str, ...] = ()


def parse_name(name: str) -> MessageName | None:
    """The parts of a message's file name, folders before it left aside; None when it is no such."""
    match = _NAME.fullmatch(re.split(r"[/\\]", name)[-1])
    if match is None:
        return None
    return MessageName(match["stem"], match["type"], match["progressive"] or "")


# --- from the bytes to the tree -----------------------------------------------------------------
def _unwrapped(data: bytes) -> bytes:
    """The content of CMS signatures and base64 around a message; the same bytes where none are.

    No signature is verified here: SdI's own mark is the XAdES inside the XML.
    """
    if _MARKUP.match(data):
        return data
    # Imported here: almost no message comes wrapped, and the signature libraries are heavy.
    from chalicelib.invoicing.fatturapa import envelope

    try:
        return envelope.unwrap(data).content
    except Rejected:
        # What it is not, the XML reader says better, and some odd encodings it can still read.
        return data


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One member, never more of it than a message may be long."""
    with archive.open(info) as stream:
        data = stream.read(limits.MESSAGE_BYTES + 1)
    return data if len(data) <= limits.MESSAGE_BYTES else b""


def _named_attestation(name: str) -> bool:
    parts = parse_name(name)
    return parts is not None and parts.type == "AT"


def _attestation(data: bytes) -> bytes:
    """The attestation out of an AT archive, which also holds the original invoice.

    It is found by what it is; names only give the order. Nothing is unpacked to a disk, so names
    of members can do no harm.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > limits.ATTESTATION_MEMBERS:
                raise _unreadable("The archive of the message holds too many files.")
            # The one that is named so first: the invoice beside it may quote the element.
            for info in sorted(infos, key=lambda info: not _named_attestation(info.filename)):
                content = _unwrapped(_member(archive, info))
                if _ATTESTATION.search(content):
                    return content
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as why:
        # RuntimeError is zipfile's word for an enciphered member.
        raise _unreadable("The archive of the message cannot be opened.") from why
    raise _unreadable("The archive holds no attestation.")


def _unreadable(message: str) -> Rejected:
    return Rejected("sdi_message_unreadable", message)


def opened(data: bytes) -> bytes:
    """The XML of a message: as it came, out of a CMS envelope (DER or base64), or the attestation
    out of the ZIP of an AT. What is XML already is given back.

    Raises Rejected `sdi_message_unreadable`.
    """
    if len(data) > limits.ATTESTATION_BYTES:
        raise _unreadable("The message is too long.")
    return _attestation(data) if data[:4] == b"PK\x03\x04" else _unwrapped(data)


def _tree(data: bytes) -> tuple[Element, bytes, list[str]]:
    """Root, XML bytes, warnings. Repairs are allowed: SdI cannot be asked to send it again."""
    content = opened(data)
    try:
        parsed = xml.parse(content, limit_bytes=limits.MESSAGE_BYTES, recover=True)
    except Rejected as why:
        raise Rejected(
            "sdi_message_unreadable", "The message is not readable XML.", cause=why.code
        ) from why
    return parsed.root, content, ["xml_repaired"] if parsed.repairs else []


# --- from the tree to the values ----------------------------------------------------------------
def _family(root: Element, warnings: list[str]) -> Family:
    known = NAMESPACES.get(namespace(root))
    if known:
        return known
    warnings.append("namespace_unknown")
    # RC has the same name in both families, and only the private one has a Hash.
    private = local(root) in _PRIVATE_ROOTS or (
        local(root) == "RicevutaConsegna" and find(root, "Hash") is not None
    )
    return "private" if private else "pa"


def _outcome(word: str, warnings: list[str]) -> Literal["EC01", "EC02", ""]:
    if word == "EC01":
        return "EC01"
    if word == "EC02":
        return "EC02"
    if word:
        warnings.append("outcome_unknown")
    return ""


def _refusal(word: str, warnings: list[str]) -> Literal["EN00", "EN01", ""]:
    if word == "EN00":
        return "EN00"
    if word == "EN01":
        return "EN01"
    if word:
        warnings.append("refusal_unknown")
    return ""


def _errors(root: Element) -> tuple[SdiError, ...]:
    return tuple(
        SdiError(text(error, "Codice"), text(error, "Descrizione"), text(error, "Suggerimento"))
        for error in children(find(root, "ListaErrori"), "Errore")
    )


def _archive(root: Element) -> ArchiveRef | None:
    node = find(root, "RiferimentoArchivio")
    if node is None:
        return None
    return ArchiveRef(text(node, "IdentificativoSdI"), text(node, "NomeFile"))


def _invoice(block: Element | None) -> InvoiceRef | None:
    node = find(block, "RiferimentoFattura")
    if node is None:
        return None
    return InvoiceRef(
        text(node, "NumeroFattura"), text(node, "AnnoFattura"), text(node, "PosizioneFattura")
    )


def _missing(message: SdiMessage) -> list[str]:
    """What a message of its type should have and lacks."""
    kind = message.type
    absent = {
        "id_missing": not message.id_sdi,
        "file_name_missing": not message.file_name and kind not in ("EC", "SE"),
        "message_id_missing": kind != "EC" and message.message_id.startswith("h-"),
        "received_at_missing": kind in _DATED and not message.received_at,
        "delivered_at_missing": kind == "RC" and not message.delivered_at,
        "recipient_missing": kind in ("RC", "AT", "MT") and not message.recipient_code,
        "errors_missing": kind == "NS" and not message.errors,
        "outcome_missing": kind in ("NE", "EC") and not message.outcome,
        "refusal_missing": kind == "SE" and not message.refusal,
        "hash_missing": (message.family == "private" or kind == "AT") and not message.hash,
        "signature_missing": kind not in _UNSIGNED and not message.signed,
    }
    return [word for word, missing in absent.items() if missing]


def _against_name(message: SdiMessage, name: str) -> list[str]:
    """Where the file name says something else than the message."""
    parts = parse_name(name)
    if parts is None:
        return ["name_unknown"]
    words = ["name_type_differs"] if parts.type != message.type else []
    inner = re.sub(r"\.(?:xml|xml\.p7m|zip)$", "", message.file_name, flags=re.IGNORECASE)
    if inner and inner.casefold() != parts.stem.casefold():
        words.append("name_stem_differs")
    return words


def read(name: str, data: bytes) -> SdiMessage:
    """The values of a message; `name` is the file name it came under, for warnings only.

    `data` is the XML, the XML in a CMS envelope (DER or base64), or the ZIP of an AT.
    Raises Rejected: `sdi_message_unreadable` when no XML can be had out of it,
    `sdi_message_unknown` when the root is none of SdI's.
    """
    root, content, warnings = _tree(data)
    kind = ROOTS.get(local(root))
    if kind is None:
        raise Rejected("sdi_message_unknown", "This is no message of SdI's.", root=local(root)[:80])
    # NE carries the office's EC inside; EC is that block itself.
    answer = find(root, "EsitoCommittente") if kind == "NE" else root
    attempts = text(root, "TentativiInvio")
    message = SdiMessage(
        type=kind,
        family=_family(root, warnings),
        id_sdi=text(root, "IdentificativoSdI"),
        file_name=text(root, "NomeFile"),
        message_id=text(root, "MessageId") or "h-" + hashlib.sha256(content).hexdigest()[:32],
        received_at=text(root, "DataOraRicezione"),
        delivered_at=text(root, "DataOraConsegna"),
        available_on=text(root, "DataMessaADisposizione"),
        recipient_code=text(root, "Destinatario", "Codice") or text(root, "CodiceDestinatario"),
        recipient_name=text(root, "Destinatario", "Descrizione"),
        errors=_errors(root),
        outcome=_outcome(text(answer, "Esito"), warnings),
        refusal=_refusal(text(root, "Scarto"), warnings),
        description=text(answer, "Descrizione"),
        note=text(root, "Note"),
        hash=(text(root, "Hash") or text(root, "HashFileOriginale")).lower(),
        archive=_archive(root),
        invoice=_invoice(answer),
        customer_message_id=text(answer, "MessageIdCommittente"),
        pec_message_id=text(root, "PecMessageId"),
        format=text(root, "Formato"),
        attempts=int(attempts) if re.fullmatch(r"[0-9]{1,6}", attempts) else 0,
        signed=find(root, "Signature") is not None,
    )
    words = (*warnings, *_missing(message), *_against_name(message, name))
    return replace(message, warnings=words)
