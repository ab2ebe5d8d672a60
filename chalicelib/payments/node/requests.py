"""A request of the node as values. Pure; raises NodeFault as `shapes.read`.

Source: paForNode.xsd; pagopa.md section 4.1 for times without a zone, which are Italy's.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

from chalicelib.base import clock
from chalicelib.base.xml import Element
from chalicelib.payments.node import shapes
from chalicelib.payments.node.faults import NodeFault
from chalicelib.payments.receipts.model import Pairs, Receipt, ReceiptTransfer, Subject

TransferType = Literal["", "POSTAL", "PAGOPA"]


@dataclass(frozen=True)
class Head:
    """Who is asked, through whom."""

    creditor: str
    broker: str
    station: str


@dataclass(frozen=True)
class Asked:
    """A notice that the node asks about: `owner` is the fiscal code in the QR code."""

    head: Head
    owner: str
    number: str
    transfer_type: TransferType = ""


@dataclass(frozen=True)
class Sent:
    """A receipt that the node brings; `outcome` is OK or KO."""

    head: Head
    outcome: str
    receipt: Receipt


@dataclass(frozen=True)
class Demanded:
    """A notice that somebody wants made: the service in the catalogue, and what it needs."""

    head: Head
    service: str
    subject: str
    data: bytes = field(repr=False)


def _head(found: shapes.Read) -> Head:
    return Head(found["idPA"], found["idBrokerPA"], found["idStation"])


def asked(element: Element, *, payment: bool) -> Asked:
    """paVerifyPaymentNotice, or with `payment` paGetPayment of either version."""
    shape = shapes.PAYMENT_REQUEST if payment else shapes.NOTICE_REQUEST
    found = shapes.read(element, shape)
    code = found["qrCode"]
    return Asked(
        _head(found), code["fiscalCode"], code["noticeNumber"], found.get("transferType", "")
    )


def demanded(element: Element) -> Demanded:
    """paDemandPaymentNotice."""
    found = shapes.read(element, shapes.DEMAND)
    try:
        data = b64decode("".join(found["datiSpecificiServizioRequest"].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NodeFault("PAA_SINTASSI_XSD", "datiSpecificiServizioRequest") from error
    return Demanded(_head(found), found["idServizio"], found["idSoggettoServizio"], data)


def sent(element: Element, now: datetime, *, second: bool) -> Sent:
    """paSendRT, or with `second` paSendRTV2. `now` is the day of a receipt that names none."""
    shape = shapes.RECEIPT_V2 if second else shapes.RECEIPT_V1
    found = shapes.read(element, shape, lenient=True)
    said = found["receipt"]
    at, applied = _instant(said.get("paymentDateTime", "")), _day(said.get("applicationDate", ""))
    receipt = Receipt(
        id=said["receiptId"],
        iuv=said["creditorReferenceId"],
        creditor=said["fiscalCode"],
        cents=cents(said["paymentAmount"]),
        fee_cents=_fee(said.get("fee", "")),
        paid_at=clock.stamp(at) if at else "",
        day=clock.rome_day(at).isoformat() if at else applied or clock.rome_day(now).isoformat(),
        method=said.get("paymentMethod", ""),
        channel=said["idChannel"],
        psp_id=said["idPSP"],
        psp_name=said["PSPCompanyName"],
        description=said["description"],
        company=said["companyName"],
        transfers=tuple(_transfer(one) for one in said["transferList"]["transfer"]),
        source="node",
        debtor=_subject(said["debtor"]),
        payer=_subject(said["payer"]) if "payer" in said else None,
        notice=said["noticeNumber"],
        office=said.get("officeName", ""),
        psp_code=said.get("pspFiscalCode", "") or said.get("pspPartitaIVA", ""),
        channel_name=said["channelDescription"],
        applied_on=applied,
        transferred_on=_day(said.get("transferDate", "")),
        note=said.get("paymentNote", ""),
        metadata=_pairs(said),
        stand_in=said.get("standIn", "") in ("true", "1"),
    )
    return Sent(_head(found), said["outcome"], receipt)


def _transfer(said: shapes.Read) -> ReceiptTransfer:
    return ReceiptTransfer(
        number=int(said["idTransfer"]),
        creditor=said["fiscalCodePA"],
        cents=cents(said["transferAmount"]),
        iban=said.get("IBAN", ""),
        reason=said["remittanceInformation"],
        category=said["transferCategory"],
        stamp="MBDAttachment" in said,
        company=said.get("companyName", ""),
        metadata=_pairs(said),
    )


def _pairs(said: shapes.Read) -> Pairs:
    entries: list[dict[str, Any]] = said.get("metadata", {}).get("mapEntry", [])
    return tuple((one["key"], one["value"]) for one in entries)


_SUBJECT: Final = {
    "street": "streetName",
    "house": "civicNumber",
    "postcode": "postalCode",
    "city": "city",
    "province": "stateProvinceRegion",
    "country": "country",
    "mail": "e-mail",
}


def _subject(said: shapes.Read) -> Subject:
    identifier = said["uniqueIdentifier"]
    return Subject(
        identifier["entityUniqueIdentifierType"],
        identifier["entityUniqueIdentifierValue"],
        said["fullName"],
        **{ours: said.get(theirs, "") for ours, theirs in _SUBJECT.items()},
    )


def cents(amount: str) -> int:
    """Of an amount as the schema writes it: digits, a point, two digits."""
    euro, _, rest = amount.partition(".")
    return int(euro) * 100 + int(rest)


def _fee(text: str) -> int | None:
    return cents(text) if shapes.AMOUNT.fullmatch(text) else None


def _instant(text: str) -> datetime | None:
    """None for what is no instant: a receipt is worth its money without one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.ROME)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""
