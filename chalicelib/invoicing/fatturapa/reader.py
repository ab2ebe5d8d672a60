"""From the tree of a FatturaPA file to the plain values of `invoicing.model`.

Sources: fatturapa.md sections 2 (FPA12/FPR12), 4 (FSM10), 15 (what the world really sends).

Reading is lenient: a file with a recognisable root always gives an Invoice, with "" or None where
something is missing and one word in `warnings` for each kind of oddity. Whether the file is valid
is the business of `schema` and of the controls, which look at the same tree.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from chalicelib.base import limits, xml
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.xml import Element, local
from chalicelib.invoicing.model import Attachment, Body, Format, Invoice, Party

ORDINARY = "FatturaElettronica"
SIMPLIFIED = "FatturaElettronicaSemplificata"
NAMESPACES = {
    ORDINARY: "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2",
    SIMPLIFIED: "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0",
}

# Of one block, by local names.
Firsts = dict[str, Element]

_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
# Wider than the schema allows, yet narrow enough that the sum of a whole file stays inside the
# 28 digits of the default decimal context: beyond them sums would be rounded silently.
_AMOUNT = re.compile(r"[+-]?[0-9]{1,14}(?:\.[0-9]{1,9})?")
_ONE_LINE = str.maketrans("\t\r\n", "   ")


# --- the tree, by local names; a missing node has nothing below it ------------------------------
def namespace(node: Element) -> str:
    """The namespace address of an element, "" when it has none."""
    return str(node.tag).rpartition("}")[0][1:]


def children(node: Element | None, name: str) -> list[Element]:
    """The child elements of that local name, in order."""
    return xml.findall(node, name) if node is not None else []


def find(node: Element | None, *path: str) -> Element | None:
    """The first element down a path of local names."""
    return xml.find(node, "/".join(path)) if node is not None else None


def text(node: Element | None, *path: str) -> str:
    """The text down a path, with every run of white space as one blank; "" when missing."""
    return " ".join(xml.text(node, "/".join(path)).split()) if node is not None else ""


def content(node: Element | None) -> str:
    """The character data of an element as written, blanks at its ends included.

    It goes on after a comment: `1<!-- -->2` is 12 to SdI, and must not be 1 here.
    """
    if node is None:
        return ""
    if not len(node):
        return node.text or ""
    tails = "".join(child.tail or "" for child in node if not isinstance(child.tag, str))
    return (node.text or "") + tails


def _firsts(node: Element | None) -> Firsts:
    """Local name -> first child of that name: one pass, where each search would be one more."""
    found: Firsts = {}
    if node is not None:
        for child in node:
            tag = child.tag
            if isinstance(tag, str):
                found.setdefault(tag.rpartition("}")[2], child)
    return found


def _words(node: Element | None) -> str:
    """`text` of an element that was already found."""
    if node is None:
        return ""
    raw = content(node) if len(node) else node.text or ""
    return " ".join(raw.split())


# --- values -------------------------------------------------------------------------------------
def _day(node: Element | None, warnings: list[str]) -> str:
    """An ISO date without blanks and time zone; what cannot be a date stays as it is written."""
    raw = content(node)
    match = _DATE.fullmatch(raw.strip())
    if match is None:
        if raw.strip():
            warnings.append("date_unreadable")
        return raw.strip()
    try:
        date.fromisoformat(match[1])
    except ValueError:
        warnings.append("date_unreadable")
    if match[1] != raw:
        warnings.append("date_normalised")
    return match[1]


def _amount(node: Element | None, warnings: list[str]) -> Decimal | None:
    """An exact decimal; None when the element is missing, empty or not a number."""
    raw = content(node).strip()
    if _AMOUNT.fullmatch(raw):
        return Decimal(raw)
    if raw:
        warnings.append("amount_unreadable")
    return None


def _name(block: Firsts) -> str:
    """Denominazione, or Nome and Cognome, from the block that holds them."""
    return _words(block.get("Denominazione")) or " ".join(
        part for part in (_words(block.get("Nome")), _words(block.get("Cognome"))) if part
    )


def _party(node: Element | None, identity: Firsts, names: Firsts) -> Party:
    """`identity`, the children of `node`, holds IdFiscaleIVA and CodiceFiscale, `names` the name;
    any may be missing."""
    vat = _firsts(identity.get("IdFiscaleIVA"))
    country, code = vat.get("IdPaese"), vat.get("IdCodice")
    return Party(
        # What the first IdFiscaleIVA lacks may be in one after it, where the block is repeated.
        country=_words(country) if country is not None else text(node, "IdFiscaleIVA", "IdPaese"),
        vat=_words(code) if code is not None else text(node, "IdFiscaleIVA", "IdCodice"),
        tax_code=_words(identity.get("CodiceFiscale")),
        name=_name(names),
    )


def _decoded(node: Element | None) -> bytes | None:
    """The bytes of a base64Binary (white space is allowed in it); None when it is broken."""
    packed = "".join(content(node).split())
    try:
        # Strict: the lenient decoder drops what it does not know and gives other bytes back.
        return binascii.a2b_base64(packed, strict_mode=True) if packed else b""
    except ValueError:
        return None


def _attachments(body: Element, warnings: list[str]) -> Iterator[Attachment]:
    for block in children(body, "Allegati"):
        data = _decoded(find(block, "Attachment"))
        if data is None:
            warnings.append("attachment_broken")
        elif not data:
            warnings.append("attachment_empty")
        yield Attachment(
            name=text(block, "NomeAttachment"),
            format=text(block, "FormatoAttachment"),
            size=-1 if data is None else len(data),
        )


# --- bodies -------------------------------------------------------------------------------------
def _ordinary_sums(body: Element, warnings: list[str]) -> tuple[Decimal, Decimal]:
    """Taxable and tax: the sums of DatiRiepilogo (2.2.2.5, 2.2.2.6)."""
    taxable = tax = _ZERO
    for summary in children(find(body, "DatiBeniServizi"), "DatiRiepilogo"):
        found = _firsts(summary)
        taxable += _amount(found.get("ImponibileImporto"), warnings) or _ZERO
        tax += _amount(found.get("Imposta"), warnings) or _ZERO
    return taxable, tax


def _simplified_sums(body: Element, warnings: list[str]) -> tuple[Decimal, Decimal]:
    """Taxable and tax of FSM10, whose Importo (2.2.2) is gross of VAT.

    Imposta is taken as written; where only Aliquota is there, it is taken out of the gross.
    """
    taxable = tax = _ZERO
    for line in children(body, "DatiBeniServizi"):
        gross = _amount(find(line, "Importo"), warnings) or _ZERO
        own = _amount(find(line, "DatiIVA", "Imposta"), warnings)
        if own is None:
            rate = _amount(find(line, "DatiIVA", "Aliquota"), warnings) or _ZERO
            # A rate that makes no sense must not divide by zero: the line then has no tax.
            share = rate / (100 + rate) if rate > 0 else _ZERO
            own = (gross * share).quantize(_CENT, ROUND_HALF_UP)
        taxable += gross - own
        tax += own
    return taxable, tax


def _body(body: Element, simplified: bool, warnings: list[str]) -> Body:
    general = find(body, "DatiGenerali")
    document = _firsts(find(general, "DatiGeneraliDocumento"))
    number = content(document.get("Numero"))
    if number != number.strip():
        # Trimmed all the same: two numbers that differ by blanks are one to every reader.
        warnings.append("number_trimmed")
    if simplified:
        taxable, tax = _simplified_sums(body, warnings)
        links, key = children(general, "DatiFatturaRettificata"), "NumeroFR"
    else:
        taxable, tax = _ordinary_sums(body, warnings)
        links, key = children(general, "DatiFattureCollegate"), "IdDocumento"
    return Body(
        type=_words(document.get("TipoDocumento")),
        number=number.translate(_ONE_LINE).strip(),
        date=_day(document.get("Data"), warnings),
        currency=_words(document.get("Divisa")),
        total=_amount(document.get("ImportoTotaleDocumento"), warnings),
        taxable=taxable,
        tax=tax,
        art73=_words(document.get("Art73")) == "SI",
        attachments=tuple(_attachments(body, warnings)),
        linked=tuple(number for number in (text(link, key) for link in links) if number),
    )


# --- the file -----------------------------------------------------------------------------------
def _require(root: Element) -> bool:
    """Whether the root is the simplified one; Rejected `not_fatturapa` when it is neither."""
    name = local(root)
    if name not in NAMESPACES:
        raise Rejected("not_fatturapa", "The file is not a FatturaPA document.", root=name[:80])
    return name == SIMPLIFIED


def _format(root: Element, sending: Firsts, warnings: list[str]) -> Format:
    """The root decides for FSM10, then `versione`, then FormatoTrasmissione, then the code."""
    if local(root) == SIMPLIFIED:
        return "FSM10"
    version = (root.get("versione") or "").strip()
    declared = _words(sending.get("FormatoTrasmissione"))
    if version != declared:
        warnings.append("format_mismatch")
    for word in (version, declared):
        if word == "FPA12":
            return "FPA12"
        if word == "FPR12":
            return "FPR12"
    warnings.append("format_guessed")
    # Only offices of the public administration have codes of six characters.
    return "FPA12" if len(_words(sending.get("CodiceDestinatario"))) == 6 else "FPR12"


def _emitter(header: Firsts, warnings: list[str]) -> Literal["", "CC", "TZ"]:
    word = _words(header.get("SoggettoEmittente"))
    if word == "CC":
        return "CC"
    if word == "TZ":
        return "TZ"
    if word:
        warnings.append("emitter_unknown")
    return ""


def _subject(side: Element | None) -> Party:
    """A party of the ordinary format."""
    block = find(side, "DatiAnagrafici")
    identity = _firsts(block)
    return _party(block, identity, _firsts(identity.get("Anagrafica")))


def _parties(header: Firsts, simplified: bool) -> tuple[Party, Party]:
    """Seller and buyer; the simplified format keeps them in other places."""
    seller, buyer = header.get("CedentePrestatore"), header.get("CessionarioCommittente")
    if not simplified:
        return _subject(seller), _subject(buyer)
    own, blocks = _firsts(seller), _firsts(buyer)
    ids, others = blocks.get("IdentificativiFiscali"), blocks.get("AltriDatiIdentificativi")
    return _party(seller, own, own), _party(ids, _firsts(ids), _firsts(others))


def _oddities(root: Element, header: Element | None, bodies: int) -> list[str]:
    """What is odd about the frame of the file."""
    words = []
    if namespace(root) != NAMESPACES[local(root)]:
        words.append("namespace_unknown")
    if header is None:
        words.append("header_missing")
    elif namespace(header):
        # Invalid by the schema (only the root is qualified), yet sent: a default namespace.
        words.append("children_qualified")
    if not bodies:
        words.append("body_missing")
    return words


def _bodies(root: Element) -> list[Element]:
    bodies = list(children(root, "FatturaElettronicaBody"))
    if len(bodies) > limits.LOT_BODIES:
        # Reading a part would let the rest through unseen.
        raise Rejected(
            "too_many_bodies",
            "The lot holds more documents than can be taken in.",
            bodies=len(bodies),
            limit=limits.LOT_BODIES,
        )
    return bodies


def read(root: Element) -> Invoice:
    """The values of an FPA12, FPR12 or FSM10 file, whatever prefixes it uses.

    Raises Rejected: `not_fatturapa` for another root, `too_many_bodies` above LOT_BODIES.
    Warnings are words without repetition: namespace_unknown, header_missing, children_qualified,
    body_missing, format_mismatch, format_guessed, emitter_unknown, date_normalised,
    date_unreadable, amount_unreadable, number_trimmed, attachment_broken, attachment_empty.
    """
    simplified = _require(root)
    header, found = find(root, "FatturaElettronicaHeader"), _bodies(root)
    warnings = _oddities(root, header, len(found))
    blocks = _firsts(header)
    sending = _firsts(blocks.get("DatiTrasmissione"))
    sender = _firsts(sending.get("IdTrasmittente"))
    shape = _format(root, sending, warnings)
    emitter = _emitter(blocks, warnings)
    seller, buyer = _parties(blocks, simplified)
    bodies = tuple(_body(body, simplified, warnings) for body in found)
    return Invoice(
        format=shape,
        version=(root.get("versione") or "").strip(),
        progressive=_words(sending.get("ProgressivoInvio")),
        transmitter=_words(sender.get("IdPaese")) + _words(sender.get("IdCodice")),
        recipient_code=_words(sending.get("CodiceDestinatario")),
        recipient_pec=_words(sending.get("PECDestinatario")),
        seller=seller,
        buyer=buyer,
        emitter=emitter,
        bodies=bodies,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def attachment(root: Element, body_index: int, index: int) -> bytes:
    """The decoded bytes of one attachment; both indices count from zero.

    Raises NotFound when there is no such body or attachment, Rejected `not_fatturapa` for another
    root and `attachment_broken` when its base64 cannot be decoded. AlgoritmoCompressione is not
    undone: what the issuer attached is what comes out.
    """
    _require(root)
    bodies = list(children(root, "FatturaElettronicaBody"))
    blocks = list(children(bodies[body_index], "Allegati")) if 0 <= body_index < len(bodies) else []
    if not 0 <= index < len(blocks):
        raise NotFound("attachment")
    data = _decoded(find(blocks[index], "Attachment"))
    if data is None:
        raise Rejected("attachment_broken", "The attachment is not valid base64.")
    return data
