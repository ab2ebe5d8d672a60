"""How GPD and Biz Events write a receipt. Pure.

GPD's receipts service gives the paSendRT that its own station got from the node (XML, either
version); Biz Events gives JSON with amounts in euro. Source: pagopa.md sections 4.1 and 5.5;
CtReceiptModelResponse of openapi_ec.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from chalicelib.base import clock, limits, xml
from chalicelib.base.errors import Failure, Rejected
from chalicelib.base.xml import Element
from chalicelib.payments.node import requests
from chalicelib.payments.node.faults import NodeFault
from chalicelib.payments.receipts.model import Pairs, Receipt, ReceiptTransfer, Subject

# The element that holds a receipt, and whether it is of the second version.
_ROOTS: Final = {"paSendRTReq": False, "paSendRTV2Request": True}


def unreadable(reason: str) -> Failure:
    return Rejected("pagopa_receipt_unreadable", "This receipt cannot be read.", reason=reason)


def from_gpd(data: bytes, now: datetime) -> Receipt:
    """A receipt of GPD's receipts service. Rejected `pagopa_receipt_unreadable`, and as
    `xml.read`."""
    root = xml.read(data, limit_bytes=limits.PAGOPA_RECEIPT_BYTES)
    found = _receipt(root)
    if found is None:
        raise unreadable("no receipt in it")
    try:
        sent = requests.sent(found, now, second=_ROOTS[xml.local(found)])
    except NodeFault as fault:
        raise unreadable(str(fault)) from fault
    if sent.outcome != "OK":
        raise unreadable("no payment")
    return replace(sent.receipt, source="gpd")


def _receipt(root: Element) -> Element | None:
    if xml.local(root) in _ROOTS:
        return root
    for node in root.iter():
        if isinstance(node.tag, str) and xml.local(node) in _ROOTS:
            return node
    return None


def from_biz(data: bytes, now: datetime) -> Receipt:
    """A receipt of Biz Events. Rejected `pagopa_receipt_unreadable`. `now` is the day of one that
    names none."""
    try:
        said = json.loads(data, parse_float=Decimal)
        if said["outcome"] != "OK":
            raise unreadable("no payment")
        return _biz(said, now)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise unreadable(type(error).__name__) from error


def _biz(said: Mapping[str, Any], now: datetime) -> Receipt:
    at = _instant(str(said.get("paymentDateTimeFormatted") or ""))
    day = _day(said.get("paymentDateTime")) or _day(said.get("applicationDate"))
    if at is not None:
        day = clock.rome_day(at).isoformat()
    fee = said.get("fee")
    return Receipt(
        id=_text(said, "receiptId"),
        iuv=_text(said, "creditorReferenceId"),
        creditor=_text(said, "fiscalCode"),
        cents=cents(said["paymentAmount"]),
        fee_cents=None if fee is None else cents(fee),
        paid_at=clock.stamp(at) if at else "",
        day=day or clock.rome_day(now).isoformat(),
        method=str(said.get("paymentMethod") or ""),
        channel=_text(said, "idChannel"),
        psp_id=_text(said, "idPSP"),
        psp_name=_text(said, "pspCompanyName"),
        description=_text(said, "description"),
        company=_text(said, "companyName"),
        transfers=tuple(
            _transfer(one, number) for number, one in enumerate(said["transferList"], 1)
        ),
        source="biz",
        debtor=_subject(said["debtor"]),
        payer=_subject(said["payer"]) if said.get("payer") else None,
        notice=_text(said, "noticeNumber"),
        office=str(said.get("officeName") or ""),
        psp_code=str(said.get("pspFiscalCode") or said.get("pspPartitaIVA") or ""),
        channel_name=str(said.get("channelDescription") or ""),
        applied_on=_day(said.get("applicationDate")),
        transferred_on=_day(said.get("transferDate")),
        metadata=_pairs(said),
    )


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def cents(value: Any) -> int:
    """Of an amount in euro as JSON has it. ValueError for parts of a cent and for no number."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("no amount")
    found = Decimal(value) * 100
    if not found.is_finite() or found != int(found):
        raise ValueError("no amount in cents")
    return int(found)


def _transfer(said: Mapping[str, Any], number: int) -> ReceiptTransfer:
    return ReceiptTransfer(
        number=int(said.get("idTransfer") or number),
        creditor=_text(said, "fiscalCodePA"),
        cents=cents(said["transferAmount"]),
        iban=str(said.get("iban") or ""),
        reason=str(said.get("remittanceInformation") or ""),
        category=str(said.get("transferCategory") or ""),
        stamp=bool(said.get("mbdAttachment")),
        company=str(said.get("companyName") or ""),
        metadata=_pairs(said),
    )


def _pairs(said: Mapping[str, Any]) -> Pairs:
    return tuple((str(one["key"]), str(one["value"])) for one in said.get("metadata") or ())


_SUBJECT: Final = {
    "street": "streetName",
    "house": "civicNumber",
    "postcode": "postalCode",
    "city": "city",
    "province": "stateProvinceRegion",
    "country": "country",
    "mail": "email",
}


def _subject(said: Mapping[str, Any]) -> Subject:
    more = {ours: str(said.get(theirs) or "") for ours, theirs in _SUBJECT.items()}
    return Subject(
        _text(said, "entityUniqueIdentifierType"),
        _text(said, "entityUniqueIdentifierValue"),
        _text(said, "fullName"),
        **more,
    )


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.ROME)


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return ""
