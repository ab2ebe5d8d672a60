"""Responses, written element by element in the order of the schema. Pure.

Source: paForNode.xsd. V1 and V2 of a payment differ in the mandatory company, in the wrapper, and
in what a transfer may be: a digital stamp can be asked for in version 2 only.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from chalicelib.payments import stamps
from chalicelib.payments.body import Body
from chalicelib.payments.dues.model import Person
from chalicelib.payments.node import faults, payable, soap
from chalicelib.payments.node.faults import NodeFault
from chalicelib.payments.node.payable import Payable, Share, euro
from chalicelib.payments.node.soap import group, leaf, optional
from chalicelib.payments.receipts.model import Pairs
from chalicelib.payments.stamps import Stamp

Operation = Literal[
    "paVerifyPaymentNotice", "paGetPayment", "paGetPaymentV2", "paSendRT", "paSendRTV2",
    "paDemandPaymentNotice",
]  # fmt: skip
# What the element of a request is called, and that of its response.
ELEMENTS: Final[dict[Operation, tuple[str, str]]] = {
    "paVerifyPaymentNotice": ("paVerifyPaymentNoticeReq", "paVerifyPaymentNoticeRes"),
    "paGetPayment": ("paGetPaymentReq", "paGetPaymentRes"),
    "paGetPaymentV2": ("paGetPaymentV2Request", "paGetPaymentV2Response"),
    "paSendRT": ("paSendRTReq", "paSendRTRes"),
    "paSendRTV2": ("paSendRTV2Request", "paSendRTV2Response"),
    "paDemandPaymentNotice": ("paDemandPaymentNoticeRequest", "paDemandPaymentNoticeResponse"),
}
_OK: Final = leaf("outcome", "OK")
_MAIL = re.compile(r"[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*", re.ASCII)


def done(operation: Operation) -> bytes:
    """OK and nothing more: a receipt is kept."""
    return soap.message(ELEMENTS[operation][1], _OK)


def refused(operation: Operation, fault: NodeFault, creditor: str) -> bytes:
    """KO with its fault; `creditor` is the fiscal code that was asked, as it was given."""
    said = group(
        "fault",
        leaf("faultCode", fault.code),
        leaf("faultString", faults.TEXTS[fault.code]),
        leaf("id", creditor),
        optional("description", fault.description),
    )
    return soap.message(ELEMENTS[operation][1], leaf("outcome", "KO"), said)


def verified(found: Payable, body: Body) -> bytes:
    """What is to pay today."""
    return soap.message(ELEMENTS["paVerifyPaymentNotice"][1], _OK, *_option(found, body))


def demanded(found: Payable, body: Body) -> bytes:
    """The notice that was made, and what is to pay for it."""
    code = group("qrCode", leaf("fiscalCode", body.fiscal_code), leaf("noticeNumber", found.notice))
    return soap.message(ELEMENTS["paDemandPaymentNotice"][1], _OK, code, *_option(found, body))


def _option(found: Payable, body: Body) -> tuple[str, ...]:
    option = group(
        "paymentOptionDescription",
        leaf("amount", euro(found.cents)),
        leaf("options", "EQ"),
        optional("dueDate", found.due.isoformat() if found.due else ""),
        leaf("detailDescription", _text(found.subject)),
        leaf("allCCP", str(found.postal).lower()),
    )
    return (
        group("paymentList", option),
        leaf("paymentDescription", _text(found.subject)),
        leaf("fiscalCodePA", body.fiscal_code),
        leaf("companyName", _text(body.name)),
        optional("officeName", _text(body.sector)),
    )


def payment(operation: Operation, found: Payable, body: Body, debtor: Person) -> bytes:
    """What is to pay, by whom and where to. Raises NodeFault where that version cannot say it."""
    if operation == "paGetPayment" and any(one.stamp for one in found.shares):
        raise NodeFault("PAA_SEMANTICA", "a digital stamp is asked for by paGetPaymentV2 only")
    # The date printed on the notice; where none is, the indicative end (the element is mandatory).
    due = found.due or found.last_day
    data = group(
        "data",
        leaf("creditorReferenceId", found.iuv),
        leaf("paymentAmount", euro(found.cents)),
        leaf("dueDate", due.isoformat()),
        leaf("description", _text(found.subject)),
        leaf("companyName", _text(body.name)),
        optional("officeName", _text(body.sector)),
        _debtor(debtor),
        group("transferList", *(_share(one, body) for one in found.shares)),
    )
    return soap.message(ELEMENTS[operation][1], _OK, data)


def _share(share: Share, body: Body) -> str:
    return group(
        "transfer",
        leaf("idTransfer", str(share.number)),
        leaf("transferAmount", euro(share.cents)),
        leaf("fiscalCodePA", body.fiscal_code),
        _stamp(share.stamp) if share.stamp else leaf("IBAN", share.iban),
        leaf("remittanceInformation", share.reason),
        leaf("transferCategory", share.category),
        _metadata(share.metadata),
    )


def _stamp(stamp: Stamp) -> str:
    return group(
        "richiestaMarcaDaBollo",
        leaf("hashDocumento", stamp.document),
        leaf("tipoBollo", stamps.KIND),
        leaf("provinciaResidenza", stamp.province),
    )


def _metadata(pairs: Pairs) -> str:
    if not pairs:
        return ""
    return group(
        "metadata",
        *(group("mapEntry", leaf("key", key), leaf("value", _text(value))) for key, value in pairs),
    )


def _debtor(person: Person) -> str:
    code = person.tax_code
    # Sixteen signs are a person's code; the eleven digits of a body are a legal entity's.
    kind = "G" if len(code) == 11 and code.isdigit() else "F"
    mail = person.mail if _MAIL.fullmatch(person.mail) and len(person.mail) <= 256 else ""
    return group(
        "debtor",
        group(
            "uniqueIdentifier",
            leaf("entityUniqueIdentifierType", kind),
            leaf("entityUniqueIdentifierValue", code),
        ),
        leaf("fullName", _text(person.name, 70)),
        optional("streetName", _text(person.address, 70)),
        optional("postalCode", _text(person.postcode, 16)),
        optional("city", _text(person.city, 35)),
        optional("stateProvinceRegion", _text(person.province, 35)),
        optional("e-mail", mail),
    )


def _text(value: str, most: int = payable.TEXT_CHARS) -> str:
    return " ".join(value.split())[:most].rstrip()
