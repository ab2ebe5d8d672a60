"""Whether a digital stamp that came with a receipt is the one that was asked for. Pure.

Compared is what the tax agency's schema (MarcaDaBollo.xsd) makes it say: its own number, its price,
the digest of its document. Its signature is not looked at: the schema asks for an XML signature of
any form, while ours are read by their profile, part by part (signing/xades_verify, signing/seal).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.payments import stamps
from chalicelib.payments.receipts.model import StampCheck
from chalicelib.payments.stamps import Stamp

_SPACE: Final = "http://www.agenziaentrate.gov.it/2014/MarcaDaBollo"


def check(data: bytes | None, asked: Stamp | None, cents: int) -> StampCheck:
    """`data` as it came, None where nothing did; `asked` None where no position says it; `cents` of
    the transfer that bought it."""
    if data is None:
        return "missing"
    try:
        root = xml.read(data, limit_bytes=limits.PAGOPA_RECEIPT_BYTES)
    except Rejected:
        return "unreadable"
    price = _cents(xml.text(root, "Importo"))
    document = "".join(xml.text(root, "ImprontaDocumento/DigestValue").split())
    if (
        root.tag != f"{{{_SPACE}}}marcaDaBollo"
        or price is None
        or not (xml.text(root, "IUBD") and xml.findall(root, "Signature"))
        or xml.text(root, "TipoBollo") != stamps.KIND
        or not stamps.is_digest(document)
    ):
        return "unreadable"
    if price != cents:
        return "other_amount"
    if asked is None:
        return "plain"
    return "fits" if document == asked.document else "other_document"


def _cents(text: str) -> int | None:
    """An amount in euro with two decimals at most."""
    try:
        found = Decimal(text).scaleb(2)
    except InvalidOperation:
        return None
    if not found.is_finite() or found != found.to_integral_value():
        return None
    return int(found)
