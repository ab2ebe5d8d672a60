"""From the tree of a FatturaPA file to the plain values of `invoicing.model`.

Sources: fatturapa.md sections 2 (FPA12/FPR12), 4 (FSM10), 15 (what the world really sends).

Reading is lenient: a file with a recognisable root always gives an Invoice, with "" or None where
something is missing and one word in `warnings` for each kind of oddity. Whether the file is valid
is the business of `schema` and of the controls, which go on from the same blocks.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from chalicelib.base import limits
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.xml import Element, local
from chalicelib.invoicing.fatturapa.blocks import (
    Block,
    BodyBlocks,
    body_blocks,
    children,
    content,
    find,
    namespace,
    opened,
    text,
    words,
    written,
)
from chalicelib.invoicing.model import Attachment, Body, Format, Invoice, Party

ORDINARY = "FatturaElettronica"
SIMPLIFIED = "FatturaElettronicaSemplificata"
NAMESPACES = {
    ORDINARY: "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2",
    SIMPLIFIED: "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0",
}

_AGENT = "RappresentanteFiscale"
_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
# Wider than the schema allows, yet narrow enough that the sum of a whole file stays inside the
# 28 digits of the default decimal context: beyond them sums would be rounded silently.
_AMOUNT = re.compile(r"[+-]?[0-9]{1,14}(?:\.[0-9]{1,9})?")
_ONE_LINE = str.maketrans("\t\r\n", "   ")


# --- values -------------------------------------------------------------------------------------
def _day(raw: str, warnings: list[str]) -> str:
    """An ISO date without blanks and time zone; what cannot be a date stays as it is written."""
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


def _amount(raw: str, warnings: list[str]) -> Decimal | None:
    """An exact decimal; None when the text is empty or not a number."""
    raw = raw.strip()
    if _AMOUNT.fullmatch(raw):
        return Decimal(raw)
    if raw:
        warnings.append("amount_unreadable")
    return None


def _party(identity: Block, names: Block, node: str | Element) -> Party:
    """`identity`, opened from `node`, holds IdFiscaleIVA and CodiceFiscale, `names` the name."""
    country = vat = ""
    if "IdFiscaleIVA" in identity:
        own = opened(identity["IdFiscaleIVA"])
        country, vat = words(own, "IdPaese"), words(own, "IdCodice")
        if not isinstance(node, str):
            # What the first lacks may be in one after it, where the block is repeated.
            country = country if "IdPaese" in own else text(node, "IdFiscaleIVA", "IdPaese")
            vat = vat if "IdCodice" in own else text(node, "IdFiscaleIVA", "IdCodice")
    tax_code, name = words(identity, "CodiceFiscale"), words(names, "Denominazione")
    if name:
        return Party(country, vat, tax_code, name)
    name = f"{words(names, 'Nome')} {words(names, 'Cognome')}".strip()
    return Party(country, vat, tax_code, name, person=bool(name))


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
def _ordinary_sums(summaries: list[Block], warnings: list[str]) -> tuple[Decimal, Decimal]:
    """Taxable and tax: the sums of DatiRiepilogo (2.2.2.5, 2.2.2.6)."""
    taxable = tax = _ZERO
    for one in summaries:
        taxable += _amount(written(one, "ImponibileImporto"), warnings) or _ZERO
        tax += _amount(written(one, "Imposta"), warnings) or _ZERO
    return taxable, tax


def _simplified_sums(goods: list[Element], warnings: list[str]) -> tuple[Decimal, Decimal]:
    """Taxable and tax of FSM10, whose Importo (2.2.2) is gross of VAT.

    Imposta is taken as written; where only Aliquota is there, it is taken out of the gross.
    """
    taxable = tax = _ZERO
    for line in goods:
        gross = _amount(content(find(line, "Importo")), warnings) or _ZERO
        own = _amount(content(find(line, "DatiIVA", "Imposta")), warnings)
        if own is None:
            rate = _amount(content(find(line, "DatiIVA", "Aliquota")), warnings) or _ZERO
            # A rate that makes no sense must not divide by zero: the line then has no tax.
            share = rate / (100 + rate) if rate > 0 else _ZERO
            own = (gross * share).quantize(_CENT, ROUND_HALF_UP)
        taxable += gross - own
        tax += own
    return taxable, tax


def _body(body: Element, blocks: BodyBlocks, simplified: bool, warnings: list[str]) -> Body:
    document = blocks.document
    number = written(document, "Numero")
    if number != number.strip():
        # Trimmed all the same: two numbers that differ by blanks are one to every reader.
        warnings.append("number_trimmed")
    if simplified:
        taxable, tax = _simplified_sums(blocks.goods, warnings)
        key = "NumeroFR"
    else:
        taxable, tax = _ordinary_sums(blocks.summaries, warnings)
        key = "IdDocumento"
    return Body(
        type=words(document, "TipoDocumento"),
        number=number.translate(_ONE_LINE).strip(),
        date=_day(written(document, "Data"), warnings),
        currency=words(document, "Divisa"),
        total=_amount(written(document, "ImportoTotaleDocumento"), warnings),
        taxable=taxable,
        tax=tax,
        art73=words(document, "Art73") == "SI",
        attachments=tuple(_attachments(body, warnings)) if blocks.attached else (),
        linked=tuple([number for link in blocks.links if (number := words(link, key))]),
    )


# --- the file -----------------------------------------------------------------------------------
def _require(root: Element) -> bool:
    """Whether the root is the simplified one; Rejected `not_fatturapa` when it is neither."""
    name = local(root)
    if name not in NAMESPACES:
        raise Rejected("not_fatturapa", "The file is not a FatturaPA document.", root=name[:80])
    return name == SIMPLIFIED


def _format(version: str, sending: Block, simplified: bool, warnings: list[str]) -> Format:
    """The root decides for FSM10, then `versione`, then FormatoTrasmissione, then the code."""
    if simplified:
        return "FSM10"
    declared = words(sending, "FormatoTrasmissione")
    if version != declared:
        warnings.append("format_mismatch")
    for word in (version, declared):
        if word == "FPA12":
            return "FPA12"
        if word == "FPR12":
            return "FPR12"
    warnings.append("format_guessed")
    # Only offices of the public administration have codes of six characters.
    return "FPA12" if len(words(sending, "CodiceDestinatario")) == 6 else "FPR12"


def _emitter(header: Block, warnings: list[str]) -> Literal["", "CC", "TZ"]:
    word = words(header, "SoggettoEmittente")
    if word == "CC":
        return "CC"
    if word == "TZ":
        return "TZ"
    if word:
        warnings.append("emitter_unknown")
    return ""


def _parties(header: Block, simplified: bool) -> tuple[Block, Party, Party, bool]:
    """The block with the seller's RegimeFiscale, seller and buyer, and whether anybody has a tax
    representative; the formats keep them in different places."""
    seller, buyer = header.get("CedentePrestatore", ""), header.get("CessionarioCommittente", "")
    sold, bought = opened(seller), opened(buyer)
    if simplified:
        ids = bought.get("IdentificativiFiscali", "")
        names = opened(bought.get("AltriDatiIdentificativi", ""))
        represented = _AGENT in sold or _AGENT in names
        return sold, _party(sold, sold, seller), _party(opened(ids), names, ids), represented
    seller, buyer = sold.get("DatiAnagrafici", ""), bought.get("DatiAnagrafici", "")
    own, other = opened(seller), opened(buyer)
    return (
        own,
        _party(own, opened(own.get("Anagrafica", "")), seller),
        _party(other, opened(other.get("Anagrafica", "")), buyer),
        _AGENT in header or _AGENT in bought,
    )


def _frame(root: Element) -> tuple[Element | None, list[Element]]:
    """The header and the bodies. Raises Rejected `too_many_bodies` above LOT_BODIES."""
    header: Element | None = None
    bodies = []
    for child in root:
        name = local(child)
        if name == "FatturaElettronicaBody":
            bodies.append(child)
        elif name == "FatturaElettronicaHeader" and header is None:
            header = child
    if len(bodies) > limits.LOT_BODIES:
        # Reading a part would let the rest through unseen.
        raise Rejected(
            "too_many_bodies",
            "The lot holds more documents than can be taken in.",
            bodies=len(bodies),
            limit=limits.LOT_BODIES,
        )
    return header, bodies


def _oddities(root: Element, header: Element | None, bodies: int, simplified: bool) -> list[str]:
    """What is odd about the frame of the file."""
    odd = []
    if namespace(root) != NAMESPACES[SIMPLIFIED if simplified else ORDINARY]:
        odd.append("namespace_unknown")
    if header is None:
        odd.append("header_missing")
    elif namespace(header):
        # Invalid by the schema (only the root is qualified), yet sent: a default namespace.
        odd.append("children_qualified")
    if not bodies:
        odd.append("body_missing")
    return odd


class Reading(NamedTuple):
    """An Invoice and the blocks it was read from, for those who look further at the same file.

    `sending` is DatiTrasmissione, `seller` the block with the seller's RegimeFiscale;
    `represented` tells that a party has a tax representative; `header` None where the file has
    none.
    """

    root: Element
    simplified: bool
    invoice: Invoice
    header: Element | None
    sending: Block
    seller: Block
    represented: bool
    bodies: list[BodyBlocks]


def read_all(root: Element) -> Reading:
    """The values of an FPA12, FPR12 or FSM10 file, whatever prefixes it uses.

    Raises Rejected: `not_fatturapa` for another root, `too_many_bodies` above LOT_BODIES.
    Warnings are words without repetition: namespace_unknown, header_missing, children_qualified,
    body_missing, format_mismatch, format_guessed, emitter_unknown, date_normalised,
    date_unreadable, amount_unreadable, number_trimmed, attachment_broken, attachment_empty.
    """
    simplified = _require(root)
    header, found = _frame(root)
    warnings = _oddities(root, header, len(found), simplified)
    blocks = opened(header if header is not None else "")
    sending = opened(blocks.get("DatiTrasmissione", ""))
    sender = opened(sending.get("IdTrasmittente", ""))
    version = (root.get("versione") or "").strip()
    shape = _format(version, sending, simplified, warnings)
    emitter = _emitter(blocks, warnings)
    regime, seller, buyer, represented = _parties(blocks, simplified)
    bodies = [body_blocks(body, simplified) for body in found]
    invoice = Invoice(
        format=shape,
        version=version,
        progressive=words(sending, "ProgressivoInvio"),
        transmitter=words(sender, "IdPaese") + words(sender, "IdCodice"),
        recipient_code=words(sending, "CodiceDestinatario"),
        recipient_pec=words(sending, "PECDestinatario"),
        seller=seller,
        buyer=buyer,
        emitter=emitter,
        bodies=tuple(
            [
                _body(body, opened, simplified, warnings)
                for body, opened in zip(found, bodies, strict=True)
            ]
        ),
        warnings=tuple(dict.fromkeys(warnings)),
    )
    return Reading(root, simplified, invoice, header, sending, regime, represented, bodies)


def read(root: Element) -> Invoice:
    """The Invoice of `read_all`."""
    return read_all(root).invoice


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
