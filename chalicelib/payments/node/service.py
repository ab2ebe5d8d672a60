"""One operation of paForNode, from the bytes that the node sent to those that it gets.

What is asked may fail as it will: the node gets a fault and asks again some time. A receipt is
money: OK is only said when it is kept, a failure of ours is no answer (then the node sends it
again), and only what can never be kept is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chalicelib.base import clock, log, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes
from chalicelib.base.xml import Element
from chalicelib.payments.node import answers, lookup, payable, requests, soap
from chalicelib.payments.node.answers import ELEMENTS, Operation
from chalicelib.payments.node.faults import Code, NodeFault
from chalicelib.payments.receipts import service as receipts

Do = Callable[[Element, bytes, datetime, Wakes], bytes]
RECEIPTS: Final[frozenset[Operation]] = frozenset({"paSendRT", "paSendRTV2"})


@dataclass(frozen=True)
class Answer:
    """`status` of HTTP; `code`: the fault, "" for OK; `operation` "" when it is not known."""

    status: int
    body: bytes = field(repr=False)
    operation: str = ""
    code: str = ""


def answer(action: str, data: bytes, now: datetime, wakes: Wakes) -> Answer:
    """What the node is told; `action` is the SOAPAction header as it came.

    Raises what is a failure of ours and no answer, for a receipt; for a question it does not.
    """
    operation = _BY_ACTION.get(action.strip().strip('"'))
    creditor = ""
    try:
        element = soap.read(data)
        called = _BY_TAG.get(element.tag)
        if called is None or operation not in (None, called):
            raise NodeFault("PAA_SINTASSI_EXTRAXSD", "not an operation of paForNode")
        operation, creditor = called, xml.text(element, "idPA")
        return Answer(200, _DO[called](element, data, now, wakes), called)
    except NodeFault as fault:
        return _refused(operation, fault, creditor)
    except Exception as error:
        if operation is None or operation in RECEIPTS:
            raise
        # The node wants an answer in its time; what went wrong is for us to read.
        log.write(log.Event.NODE_ANSWERED, kind=operation, error=type(error).__name__)
        return _refused(operation, NodeFault("PAA_SYSTEM_ERROR"), creditor)


def _refused(operation: Operation | None, fault: NodeFault, creditor: str) -> Answer:
    if operation is None:
        return Answer(500, soap.fault("Client", fault.code), "", fault.code)
    return Answer(200, answers.refused(operation, fault, creditor), operation, fault.code)


# ------------------------------------------------------------------ operations
def _verify(element: Element, data: bytes, now: datetime, wakes: Wakes) -> bytes:
    del data, wakes
    found = lookup.notice(requests.asked(element, payment=False), now, debtor=False)
    today = clock.rome_day(now)
    return answers.verified(
        payable.look(found.position, found.number, found.body, today), found.body
    )


def _activate(operation: Operation) -> Do:
    def do(element: Element, data: bytes, now: datetime, wakes: Wakes) -> bytes:
        del data, wakes
        asked = requests.asked(element, payment=True)
        found = lookup.notice(asked, now, debtor=True)
        today = clock.rome_day(now)
        wanted = payable.look(found.position, found.number, found.body, today, asked.transfer_type)
        assert found.debtor is not None
        return answers.payment(operation, wanted, found.body, found.debtor)

    return do


def _demand(element: Element, data: bytes, now: datetime, wakes: Wakes) -> bytes:
    del data, wakes
    # Seldom asked for, and it brings the services and prices along.
    from chalicelib.payments.node import demands

    found, body = demands.make(requests.demanded(element), now)
    return answers.demanded(found, body)


_REFUSED: Final[Mapping[str, Code]] = {"receipt_duplicate": "PAA_RECEIPT_DUPLICATA"}


def _receive(operation: Operation) -> Do:
    def do(element: Element, data: bytes, now: datetime, wakes: Wakes) -> bytes:
        sent = requests.sent(element, now, second=operation == "paSendRTV2")
        if sent.outcome != "OK":
            raise NodeFault("PAA_SEMANTICA", "a receipt is of a payment that succeeded")
        receipt = sent.receipt
        tenant, _ = lookup.home(sent.head, receipt.notice, receipt.creditor)
        try:
            receipts.record(tenant, receipt, data, now, wakes)
        except Rejected as refused:
            code = _REFUSED.get(refused.code, "PAA_SEMANTICA")
            raise NodeFault(code, refused.code) from refused
        return answers.done(operation)

    return do


_DO: Final[Mapping[Operation, Do]] = {
    "paVerifyPaymentNotice": _verify,
    "paGetPayment": _activate("paGetPayment"),
    "paGetPaymentV2": _activate("paGetPaymentV2"),
    "paSendRT": _receive("paSendRT"),
    "paSendRTV2": _receive("paSendRTV2"),
    "paDemandPaymentNotice": _demand,
}
_BY_TAG: Final[Mapping[str, Operation]] = {
    f"{{{soap.PA}}}{asked}": operation for operation, (asked, _) in ELEMENTS.items()
}
_BY_ACTION: Final[Mapping[str, Operation]] = {operation: operation for operation in ELEMENTS}
