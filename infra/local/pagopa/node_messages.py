"""What the simulated node writes and reads: paForNode from its side. Shares no code with the
product: the wire is what both agree on.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree
from xml.sax.saxutils import escape

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PA = "http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"
STAMP = "http://www.agenziaentrate.gov.it/2014/MarcaDaBollo"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
WRAPPERS = {
    "paVerifyPaymentNotice": "paVerifyPaymentNoticeReq",
    "paGetPayment": "paGetPaymentReq",
    "paGetPaymentV2": "paGetPaymentV2Request",
    "paSendRT": "paSendRTReq",
    "paSendRTV2": "paSendRTV2Request",
    "paDemandPaymentNotice": "paDemandPaymentNoticeRequest",
}
ANSWERS = {
    operation: name.removesuffix("Request") + "Response"
    if name.endswith("Request")
    else name.removesuffix("Req") + "Res"
    for operation, name in WRAPPERS.items()
}
Value = str | Sequence["Entry"]
Entry = tuple[str, Value]


class Refused(Exception):
    """The body answered KO; `code` and `text` are its fault's."""

    def __init__(self, code: str, text: str = "", description: str = "") -> None:
        super().__init__(f"{code} {description}".strip())
        self.code, self.text, self.description = code, text, description


class Unanswered(Exception):
    """No answer that a node could understand: it would ask again later."""


@dataclass(frozen=True)
class Person:
    """A debtor or a payer."""

    kind: str
    code: str
    name: str
    mail: str = ""


@dataclass(frozen=True)
class Transfer:
    number: int
    cents: int
    creditor: str
    iban: str
    reason: str
    category: str
    metadata: tuple[tuple[str, str], ...] = ()
    company: str = ""
    stamp: str = ""  # base64 of the digital stamp instead of an IBAN, in version 2 only
    wanted: tuple[str, str, str] = ("", "", "")  # of one to be bought: hash, kind, province


@dataclass(frozen=True)
class Verified:
    """The answer to a verification."""

    cents: int
    due: str
    description: str
    company: str
    office: str
    postal: bool
    notice: str = ""


@dataclass(frozen=True)
class Activated:
    """A payment that may be made: `token` is ours."""

    token: str
    notice: str
    creditor: str
    iuv: str
    cents: int
    due: str
    description: str
    company: str
    office: str
    debtor: Person
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True)
class Psp:
    """Who took the money."""

    id: str = "AGID_01"
    name: str = "Banca del Simulatore"
    fiscal_code: str = "12345670017"
    channel: str = "88888888888_01"
    channel_name: str = "WISP"


@dataclass(frozen=True)
class Told:
    """A receipt as the node sends it, whenever and as often as it likes."""

    operation: str
    creditor: str
    token: str
    cents: int
    body: bytes = field(repr=False)


def envelope(operation: str, content: Sequence[Entry]) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP}">'
        f'<soap:Header/><soap:Body><pa:{WRAPPERS[operation]} xmlns:pa="{PA}">'
        f"{_written(content)}</pa:{WRAPPERS[operation]}></soap:Body></soap:Envelope>"
    ).encode()


def _written(content: Sequence[Entry]) -> str:
    return "".join(
        f"<{name}>{escape(value) if isinstance(value, str) else _written(value)}</{name}>"
        for name, value in content
        if value
    )


def read(operation: str, body: bytes) -> ElementTree.Element:
    """The response's element, once its outcome is OK. Raises Refused, Unanswered."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise Unanswered(f"no XML: {body[:80]!r}") from error
    element = root.find(f"{{{SOAP}}}Body/*")
    if element is None or element.tag != f"{{{PA}}}{ANSWERS[operation]}":
        raise Unanswered(f"another element: {body[:200]!r}")
    outcome = element.findtext("outcome")
    if outcome == "KO":
        raise Refused(
            element.findtext("fault/faultCode", ""), element.findtext("fault/faultString", ""),
            element.findtext("fault/description", ""),
        )  # fmt: skip
    if outcome != "OK":
        raise Unanswered(f"outcome {outcome!r}")
    return element


def verified(element: ElementTree.Element) -> Verified:
    option = element.find("paymentList/paymentOptionDescription")
    assert option is not None
    return Verified(
        cents=_cents(option.findtext("amount", "")),
        due=option.findtext("dueDate", ""),
        description=element.findtext("paymentDescription", ""),
        company=element.findtext("companyName", ""),
        office=element.findtext("officeName", ""),
        postal=option.findtext("allCCP") == "true",
        notice=element.findtext("qrCode/noticeNumber", ""),
    )


def activated(element: ElementTree.Element, token: str, notice: str, creditor: str) -> Activated:
    data = element.find("data")
    assert data is not None
    debtor = Person(
        data.findtext("debtor/uniqueIdentifier/entityUniqueIdentifierType", ""),
        data.findtext("debtor/uniqueIdentifier/entityUniqueIdentifierValue", ""),
        data.findtext("debtor/fullName", ""),
        data.findtext("debtor/e-mail", ""),
    )
    transfers = tuple(
        Transfer(
            int(one.findtext("idTransfer", "")), _cents(one.findtext("transferAmount", "")),
            one.findtext("fiscalCodePA", ""), one.findtext("IBAN", ""),
            one.findtext("remittanceInformation", ""), one.findtext("transferCategory", ""),
            tuple(
                (entry.findtext("key", ""), entry.findtext("value", ""))
                for entry in one.findall("metadata/mapEntry")
            ),
            one.findtext("companyName", ""), wanted=_wanted(one),
        )
        for one in data.findall("transferList/transfer")
    )  # fmt: skip
    return Activated(
        token, notice, creditor, data.findtext("creditorReferenceId", ""),
        _cents(data.findtext("paymentAmount", "")), data.findtext("dueDate", ""),
        data.findtext("description", ""), data.findtext("companyName", ""),
        data.findtext("officeName", ""), debtor, transfers,
    )  # fmt: skip


def _wanted(transfer: ElementTree.Element) -> tuple[str, str, str]:
    asked = transfer.find("richiestaMarcaDaBollo")
    if asked is None:
        return "", "", ""
    names = ("hashDocumento", "tipoBollo", "provinciaResidenza")
    if tuple(one.tag for one in asked) != names or transfer.find("IBAN") is not None:
        raise Unanswered("a stamp is asked for in another way")
    return asked[0].text or "", asked[1].text or "", asked[2].text or ""


def bought(paid: Activated, psp: Psp, at: str) -> Activated:
    """The payment with the stamps that the PSP issued: those that were asked for."""
    transfers = tuple(
        replace(one, stamp=base64.b64encode(_stamp(paid, one, psp, at)).decode())
        if one.wanted[0]
        else one
        for one in paid.transfers
    )
    return replace(paid, transfers=transfers)


def _stamp(paid: Activated, one: Transfer, psp: Psp, at: str) -> bytes:
    """A stamp by MarcaDaBollo.xsd. Its signature has the right form and no key behind it: the tax
    agency's issuers are not played here."""
    digest, kind, _ = one.wanted
    method = '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    return (
        f'<marcaDaBollo xmlns="{STAMP}" xmlns:ds="{DSIG}"><PSP><CodiceFiscale>{psp.fiscal_code}'
        f"</CodiceFiscale><Denominazione>{escape(psp.name)}</Denominazione></PSP>"
        f"<IUBD>{paid.token[-12:]}{one.number}</IUBD><OraAcquisto>{at}</OraAcquisto>"
        f"<Importo>{euro(one.cents)}</Importo><TipoBollo>{kind}</TipoBollo><ImprontaDocumento>"
        '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ImprontaDocumento>"
        "<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod "
        'Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/><ds:SignatureMethod '
        'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="">'
        f"{method}<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        f"<ds:SignatureValue>{digest}</ds:SignatureValue></ds:Signature></marcaDaBollo>"
    ).encode()


def receipt(
    paid: Activated, head: Sequence[Entry], psp: Psp, *, second: bool, payer: Person | None,
    method: str, fee_cents: int | None, note: str, at: str, days: tuple[str, str],
    stand_in: bool = False, outcome: str = "OK",
) -> Told:  # fmt: skip
    """The telematic receipt of a payment; `at` is an xsd:dateTime, `days` those of the PSP."""
    paid = bought(paid, psp, at)
    assert second or not any(one.stamp for one in paid.transfers), "stamps come by version 2"
    operation = "paSendRTV2" if second else "paSendRT"
    said: list[Entry] = [
        ("receiptId", paid.token), ("noticeNumber", paid.notice), ("fiscalCode", paid.creditor),
        ("outcome", outcome), ("creditorReferenceId", paid.iuv),
        ("paymentAmount", euro(paid.cents)), ("description", paid.description),
        ("companyName", paid.company), ("officeName", paid.office),
        ("debtor", _person(paid.debtor)),
        ("transferList", [("transfer", _transfer(one, second)) for one in paid.transfers]),
        ("idPSP", psp.id), ("pspFiscalCode", psp.fiscal_code), ("PSPCompanyName", psp.name),
        ("idChannel", psp.channel), ("channelDescription", psp.channel_name),
        ("payer", _person(payer) if payer else ""), ("paymentMethod", method),
        ("paymentNote", note if second else ""),
        ("fee", euro(fee_cents) if fee_cents is not None else ""),
        ("paymentDateTime", at), ("applicationDate", days[0]), ("transferDate", days[1]),
        ("standIn", "true" if stand_in else ""),
    ]  # fmt: skip
    body = envelope(operation, [*head, ("receipt", said)])
    return Told(operation, paid.creditor, paid.token, paid.cents, body)


def _person(person: Person) -> Sequence[Entry]:
    return [
        ("uniqueIdentifier", [
            ("entityUniqueIdentifierType", person.kind),
            ("entityUniqueIdentifierValue", person.code),
        ]),
        ("fullName", person.name),
        ("e-mail", person.mail),
    ]  # fmt: skip


def _transfer(one: Transfer, second: bool) -> Sequence[Entry]:
    said: list[Entry] = [
        ("idTransfer", str(one.number)), ("transferAmount", euro(one.cents)),
        ("fiscalCodePA", one.creditor), ("companyName", one.company if second else ""),
        ("IBAN", one.iban), ("MBDAttachment", one.stamp if second else ""),
        ("remittanceInformation", one.reason), ("transferCategory", one.category),
    ]  # fmt: skip
    if one.metadata:
        entries = [("mapEntry", [("key", key), ("value", value)]) for key, value in one.metadata]
        said.append(("metadata", entries))
    return said


def euro(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _cents(text: str) -> int:
    return int(text.replace(".", ""))


def headers(operation: str) -> Mapping[str, str]:
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{operation}"'}
