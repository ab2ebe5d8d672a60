"""What SdI would refuse and the values already tell: parties, rates, dates, numbers.

Sources: fatturapa.md section 5 (guide to the document types) and section 7 (controls). Each
refusal names SdI's own `control`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from chalicelib.base.errors import Rejected
from chalicelib.base.taxids import is_tax_code, is_vat_number
from chalicelib.invoicing.compose.fitting import refused
from chalicelib.invoicing.compose.parties import Identity
from chalicelib.invoicing.compose.values import Document, Fund, Invoice, Line
from chalicelib.invoicing.model import CREDIT_NOTE_TYPES, SELF_INVOICE_TYPES

SIMPLIFIED_KINDS = frozenset({"TD07", "TD08", "TD09"})
FOREIGN_CODE, NO_CODE = "XXXXXXX", "0000000"
NO_COUNTRY = "OO"  # stands for any outside the European Union
DIFFERENT_PARTIES = frozenset(
    {"TD01", "TD02", "TD03", "TD06", "TD07", "TD16", "TD17", "TD18", "TD19", "TD20", "TD24"}
) | {"TD25", "TD28", "TD29"}
SAME_PARTY = frozenset({"TD21", "TD27"})
FOREIGN_SELLER = frozenset({"TD17", "TD18", "TD19", "TD28"})
NO_COUNTRY_SELLER = frozenset({"TD17", "TD19"})
COARSE_NATURES = frozenset({"N2", "N3", "N6"})
SIMPLIFIED_NATURES = ("N1", "N2", "N3", "N4", "N5")
_COARSE_UNTIL = datetime.date(2021, 1, 1)
_FIRST_DAY = datetime.date(1970, 1, 1)


def _stop(code: str, message: str, field: str, control: str) -> Rejected:
    return refused(f"compose_{code}", message, field, control=control)


def same_party(one: Identity, other: Identity) -> bool:
    """By VAT number when both have one, else by tax code."""
    if one.vat and other.vat:
        return (one.country, one.vat) == (other.country, other.vat)
    return bool(one.tax_code) and one.tax_code == other.tax_code


def check_identity(who: Identity, field: str, *, named: bool = True) -> None:
    """Name and check digits. Raises compose_name, compose_vat, compose_tax_code."""
    firm, person = bool(who.name), (bool(who.first), bool(who.last))
    whole = person == (not firm, not firm) if named or any(person) else True
    if not whole:
        raise refused("compose_name", "Either a name, or first and last name.", field)
    if who.country != "IT":
        return
    if who.vat and not is_vat_number(who.vat):
        raise _stop("vat", "The VAT number is wrong.", f"{field}.vat", "00301")
    if who.tax_code and not is_tax_code(who.tax_code):
        raise _stop("tax_code", "The tax code is wrong.", f"{field}.tax_code", "00302")


def check_header(invoice: Invoice) -> None:
    """What does not depend on any document. Identities must be complete already."""
    seller, buyer = invoice.seller.identity, invoice.buyer.identity
    simplified = invoice.format == "FSM10"
    check_identity(seller, "seller.identity")
    check_identity(buyer, "buyer.identity", named=not simplified)
    if invoice.third is not None:
        check_identity(invoice.third, "third")
    sending = invoice.sending
    if sending.country == "IT" and not is_tax_code(sending.tax_code):
        message = "The tax code of the transmitter is wrong."
        raise _stop("tax_code", message, "sending.tax_code", "00300")
    chars = 6 if invoice.format == "FPA12" else 7
    if len(sending.recipient) != chars:
        message = f"The code of the recipient has {chars} characters in this format."
        raise _stop("recipient", message, "sending.recipient", "00427")
    if sending.recipient == FOREIGN_CODE and (not buyer.vat or buyer.country == "IT"):
        message = "Only buyers abroad have this code."
        raise _stop("recipient", message, "sending.recipient", "00313")
    pec = sending.pec.lower()
    if pec.startswith("sdi") and pec[3:5].isdigit() and pec[5:] == "@pec.fatturapa.it":
        raise _stop("pec", "This box is SdI's own.", "sending.pec", "00330")
    if not buyer.vat and not buyer.tax_code:
        message = "The buyer needs a VAT number or a tax code."
        raise _stop("buyer", message, "buyer.identity", "00417")
    if buyer.vat and "IT" not in (buyer.country, seller.country):
        raise _stop("buyer", "One of the parties is Italian.", "buyer.identity.country", "00476")


def check_parties(invoice: Invoice, kind: str, field: str) -> None:
    """What ties a document type to the parties (section 5)."""
    seller, buyer = invoice.seller.identity, invoice.buyer.identity
    same = same_party(seller, buyer)
    if same and kind in DIFFERENT_PARTIES:
        raise _stop("parties", "Seller and buyer are the same.", f"{field}.kind", "00471")
    if not same and kind in SAME_PARTY:
        raise _stop("parties", "Seller and buyer are not the same.", f"{field}.kind", "00472")
    country = seller.country
    if (
        (kind in FOREIGN_SELLER and country == "IT")
        or (kind == "TD29" and country != "IT")
        or (country == NO_COUNTRY and kind not in NO_COUNTRY_SELLER)
    ):
        message = "The seller's country does not fit the document type."
        raise _stop("parties", message, "seller.identity.country", "00473")
    if kind in SELF_INVOICE_TYPES and not buyer.vat:
        message = "The buyer who issues this document needs a VAT number."
        raise _stop("parties", message, "buyer.identity.vat", "00475")


def _check_vat(part: Line | Fund, document: Document, field: str) -> None:
    fund = isinstance(part, Fund)
    if not part.rate and not part.natura:
        message = "Without VAT it needs a natura."
        raise _stop("natura", message, f"{field}.natura", "00413" if fund else "00400")
    if part.rate and part.natura and (fund or document.kind != "TD16"):
        message = "With VAT it has no natura."
        raise _stop("natura", message, f"{field}.natura", "00414" if fund else "00401")
    if 0 < part.rate < 1:
        raise _stop("rate", "The rate is in per cent.", f"{field}.rate", "00424")
    if part.natura in COARSE_NATURES and document.day >= _COARSE_UNTIL:
        message = "This natura needs its sub-code."
        raise _stop("natura", message, f"{field}.natura", "00445")
    if part.natura and part.exigibility == "S":
        message = "What has no VAT cannot be under split payment."
        raise _stop("exigibility", message, f"{field}.exigibility", "00420")


def _check_lines(document: Document, simplified: bool, field: str) -> None:
    stamp = document.stamp
    if document.kind == "TD21" and stamp.due == "always" and stamp.charged:
        message = "This document type has no line for a stamp."
        raise _stop("stamp", message, f"{field}.stamp", "00474")
    for place, line in enumerate(document.lines):
        where = f"{field}.lines[{place}]"
        _check_vat(line, document, where)
        if document.kind == "TD21" and not line.rate:
            raise _stop("rate", "This document type has VAT.", f"{where}.rate", "00474")
        if simplified and line.natura and line.natura[:2] not in SIMPLIFIED_NATURES:
            message = "The simplified format does not have this natura."
            raise _stop("natura", message, f"{where}.natura", "00200")
        if line.start and line.end and line.start > line.end:
            message = "The period ends before it starts."
            raise refused("compose_period", message, f"{where}.end")
    for place, fund in enumerate(document.funds):
        _check_vat(fund, document, f"{field}.funds[{place}]")


def check_document(document: Document, invoice: Invoice, today: datetime.date, field: str) -> None:
    """One document; `today` is Italy's date."""
    simplified = invoice.format == "FSM10"
    if (document.kind in SIMPLIFIED_KINDS) != simplified:
        message = "The format does not have this document type."
        raise _stop("kind", message, f"{field}.kind", "00200")
    if document.day > today:
        raise _stop("day", "The document is dated in the future.", f"{field}.day", "00403")
    if document.day < _FIRST_DAY:
        raise _stop("day", "The format starts in 1970.", f"{field}.day", "00200")
    if not any(sign.isdigit() for sign in document.number):
        raise _stop("number", "The number needs a digit.", f"{field}.number", "00425")
    if not 2 <= document.places <= 8:
        raise refused("compose_places", "Two to eight decimals.", f"{field}.places")
    if document.kind == "TD04":
        for place, other in enumerate(document.references):
            if other.kind == "invoice" and other.day and other.day > document.day:
                message = "A credit note is not older than its invoice."
                where = f"{field}.references[{place}].day"
                raise _stop("linked_day", message, where, "00418")
    if document.rectified and document.rectified.day > document.day:
        message = "A correction is not older than what it corrects."
        raise _stop("linked_day", message, f"{field}.rectified.day", "00418")
    check_parties(invoice, document.kind, field)
    _check_lines(document, simplified, field)


def _keys(invoice: Invoice) -> Iterator[tuple[object, ...]]:
    for document in invoice.documents:
        credit = document.kind in CREDIT_NOTE_TYPES
        when = document.day if document.art73 else document.day.year
        yield credit, document.number, when


def check_lot(invoice: Invoice) -> None:
    """The same number twice in one file (section 8)."""
    seen: set[tuple[object, ...]] = set()
    for place, key in enumerate(_keys(invoice)):
        if key in seen:
            message = "Two documents of the file have the same number."
            raise _stop("number", message, f"documents[{place}].number", "00409")
        seen.add(key)
