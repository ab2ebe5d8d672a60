"""What the requests of paForNode are made of, and a reader that goes by it.

A shape is the sequence of an xsd:sequence: each `Leaf` or `Group` with how often it may come. What
the node asks is read strictly. A receipt is read leniently (`lenient`): money came, so neither the
order of its elements nor one that we do not know nor a text that is too long makes it worthless;
what we need must be there and be right.

Source: paForNode.xsd and sac-common-types-1.0.xsd.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.base import xml
from chalicelib.base.xml import Element
from chalicelib.payments.node.faults import NodeFault


def _text(most: int, least: int = 1) -> re.Pattern[str]:
    return re.compile(rf".{{{least},{most}}}", re.S)


FISCAL_CODE: Final = re.compile(r"[0-9]{11}", re.ASCII)
NOTICE: Final = re.compile(r"[0-9]{18}", re.ASCII)
AMOUNT: Final = re.compile(r"[0-9]{1,9}\.[0-9]{2}", re.ASCII)
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII,
)  # fmt: skip
BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]+", re.ASCII)
BOOLEAN: Final = re.compile(r"true|false|1|0")


@dataclass(frozen=True)
class Leaf:
    """An element with a text. `least` 0 makes it optional; `cosmetic`: a receipt may break it."""

    name: str
    form: re.Pattern[str]
    least: int = 1
    cosmetic: bool = False


@dataclass(frozen=True)
class Group:
    """An element with elements, `least` to `most` times."""

    name: str
    parts: Sequence[Leaf | Group]
    least: int = 1
    most: int = 1


Shape = Sequence[Leaf | Group]
Read = Mapping[str, Any]


def read(element: Element, shape: Shape, *, lenient: bool = False) -> dict[str, Any]:
    """What an element holds, by name: texts, groups as dicts, repeated groups as lists; what is
    optional and absent is left out. Raises NodeFault PAA_SINTASSI_XSD with the element's name."""
    children = [one for one in element if isinstance(one.tag, str)]
    found: dict[str, Any] = {}
    at = 0
    for part in shape:
        if lenient:
            mine = [one for one in children if xml.local(one) == part.name]
        else:
            mine = _run(children, at, part.name)
            at += len(mine)
        most = part.most if isinstance(part, Group) else 1
        if not part.least <= len(mine) <= most:
            raise NodeFault("PAA_SINTASSI_XSD", part.name)
        if not mine:
            continue
        if isinstance(part, Leaf):
            found[part.name] = _value(mine[0], part, lenient)
        else:
            groups = [read(one, part.parts, lenient=lenient) for one in mine]
            found[part.name] = groups if part.most > 1 else groups[0]
    if not lenient and at < len(children):
        raise NodeFault("PAA_SINTASSI_XSD", xml.local(children[at]))
    return found


def _run(children: Sequence[Element], start: int, name: str) -> list[Element]:
    end = start
    while end < len(children) and xml.local(children[end]) == name:
        end += 1
    return list(children[start:end])


def _value(element: Element, part: Leaf, lenient: bool) -> str:
    value = xml.text(element)
    if any(isinstance(one.tag, str) for one in element):
        raise NodeFault("PAA_SINTASSI_XSD", part.name)
    if not part.form.fullmatch(value) and not (lenient and part.cosmetic):
        raise NodeFault("PAA_SINTASSI_XSD", part.name)
    return value


def _said(name: str, most: int, least: int = 1) -> Leaf:
    """A text that informs: a receipt counts even when it is too long."""
    return Leaf(name, _text(most), least, cosmetic=True)


# ------------------------------------------------------------------ the sequences
HEAD: Final[Shape] = (
    Leaf("idPA", _text(35)),
    Leaf("idBrokerPA", _text(35)),
    Leaf("idStation", _text(35)),
)
_QR_CODE = Group("qrCode", (Leaf("fiscalCode", FISCAL_CODE), Leaf("noticeNumber", NOTICE)))
_METADATA = Group(
    "metadata", (Group("mapEntry", (_said("key", 140), _said("value", 140)), most=15),), least=0
)


def _subject(name: str, least: int = 1) -> Group:
    identifier = Group(
        "uniqueIdentifier",
        (
            Leaf("entityUniqueIdentifierType", re.compile("[FG]")),
            _said("entityUniqueIdentifierValue", 16),
        ),
    )
    parts = (
        identifier,
        _said("fullName", 70),
        _said("streetName", 70, 0),
        _said("civicNumber", 16, 0),
        _said("postalCode", 16, 0),
        _said("city", 35, 0),
        _said("stateProvinceRegion", 35, 0),
        Leaf("country", re.compile("[A-Z]{2}"), 0, cosmetic=True),
        _said("e-mail", 256, 0),
    )
    return Group(name, parts, least)


def _transfers(*kinds: Leaf) -> Group:
    parts: Shape = (
        Leaf("idTransfer", re.compile("[1-5]")),
        Leaf("transferAmount", AMOUNT),
        Leaf("fiscalCodePA", FISCAL_CODE),
        _said("companyName", 140, 0),
        *kinds,
        _said("remittanceInformation", 140),
        _said("transferCategory", 140),
        _METADATA,
    )
    return Group("transferList", (Group("transfer", parts, most=5),))


_RECEIPT_HEAD: Final = (
    Leaf("receiptId", _text(255)),
    Leaf("noticeNumber", NOTICE),
    Leaf("fiscalCode", FISCAL_CODE),
    Leaf("outcome", re.compile("OK|KO")),
    Leaf("creditorReferenceId", _text(35)),
    Leaf("paymentAmount", AMOUNT),
    _said("description", 140),
    _said("companyName", 140),
    _said("officeName", 140, 0),
    _subject("debtor"),
)
_RECEIPT_PSP: Final = (
    _said("idPSP", 35),
    _said("pspFiscalCode", 70, 0),
    _said("pspPartitaIVA", 20, 0),
    _said("PSPCompanyName", 70),
    _said("idChannel", 35),
    _said("channelDescription", 35),
    _subject("payer", 0),
    _said("paymentMethod", 35, 0),
    _said("paymentNote", 210, 0),
    Leaf("fee", AMOUNT, 0, cosmetic=True),
    Leaf("primaryCiIncurredFee", AMOUNT, 0, cosmetic=True),
    _said("idBundle", 70, 0),
    _said("idCiBundle", 70, 0),
    Leaf("paymentDateTime", INSTANT, 0, cosmetic=True),
    Leaf("applicationDate", DAY, 0, cosmetic=True),
    Leaf("transferDate", DAY, 0, cosmetic=True),
    _METADATA,
    Leaf("standIn", BOOLEAN, 0, cosmetic=True),
)
# Of a V1 transfer the IBAN is mandatory; a V2 transfer has it or the stamp that was bought.
_IBAN: Final = _said("IBAN", 35)
_IBAN_OR_STAMP: Final = (_said("IBAN", 35, 0), Leaf("MBDAttachment", BASE64, 0, cosmetic=True))

NOTICE_REQUEST: Final[Shape] = (*HEAD, _QR_CODE)
PAYMENT_REQUEST: Final[Shape] = (
    *HEAD,
    _QR_CODE,
    Leaf("amount", AMOUNT, 0),
    Leaf("paymentNote", _text(210), 0),
    Leaf("transferType", re.compile("POSTAL|PAGOPA"), 0),
    Leaf("dueDate", DAY, 0),
)
RECEIPT_V1: Final[Shape] = (
    *HEAD,
    Group("receipt", (*_RECEIPT_HEAD, _transfers(_IBAN), *_RECEIPT_PSP)),
)
RECEIPT_V2: Final[Shape] = (
    *HEAD,
    Group("receipt", (*_RECEIPT_HEAD, _transfers(*_IBAN_OR_STAMP), *_RECEIPT_PSP)),
)
DEMAND: Final[Shape] = (
    *HEAD,
    Leaf("idServizio", _text(5, 5)),
    Leaf("idSoggettoServizio", _text(5, 5)),
    Leaf("datiSpecificiServizioRequest", BASE64),
)
