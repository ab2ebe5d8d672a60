"""The fiscal key by which SdI knows that an invoice has already been sent (facts §8)."""

from __future__ import annotations

from lxml import etree

from infra.local.sdi.bodies import document_date, document_kind, document_number
from infra.local.sdi.parties import Header
from infra.local.sdi.xmlfiles import text

_CREDIT_NOTES = frozenset({"TD04", "TD08"})
_BY_BUYER = frozenset({"TD16", "TD17", "TD18", "TD19", "TD20", "TD22", "TD23", "TD28", "TD29"})


def fiscal_keys(root: etree._Element, header: Header) -> list[str]:
    """One key a body, in their order; equal keys are the same invoice sent twice.

    Issuer (the buyer where the buyer issues), Numero as written and the year of Data, or the
    whole Data under art. 73. Credit notes have a series of their own.
    """
    return [_key(body, header) for body in root.iterfind("FatturaElettronicaBody")]


def _key(body: etree._Element, header: Header) -> str:
    kind, issued = document_kind(body), document_date(body)
    assert issued is not None, "the schema requires Data"
    by_buyer = header.issuer_role == "CC" or kind in _BY_BUYER
    issuer = header.buyer if by_buyer else header.seller
    by_day = text(body, "DatiGenerali/DatiGeneraliDocumento/Art73") == "SI"
    return "|".join(
        (
            "nota" if kind in _CREDIT_NOTES else "fattura",
            issuer.vat_id or issuer.tax_code,
            document_number(body),
            issued.isoformat() if by_day else str(issued.year),
        )
    )
