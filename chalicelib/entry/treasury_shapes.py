"""What the API takes and answers about the treasurer: flows for him, certificates, messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.accounting.posting.answers import Carrier, MessageState
from chalicelib.accounting.posting.authenticity import Signature
from chalicelib.accounting.posting.opi import Operation
from chalicelib.accounting.posting.treasury import SignatureState
from chalicelib.base import limits
from chalicelib.entry.posting_shapes import Name, Year
from chalicelib.entry.shapes import Given, Taken

FileName = Annotated[str, StringConstraints(max_length=limits.FILE_NAME_CHARS)]


class Treasurer(Taken):
    """How the body and its treasurer are known in SIOPE+ (OPI)."""

    abi: str
    ente: str
    istat: str
    tramite_ente: str
    tramite_bt: str
    ente_bt: Name
    conto_evidenza: Annotated[str, StringConstraints(max_length=25)] = ""
    exemption: Name = ""
    version: int = Field(0, ge=0)


class TrustedSigner(Given):
    sha256: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime


class TrustedSigners(Given):
    """Whose signature of an answer counts. With none of them, answers are taken and shown as not
    verified."""

    certificates: list[TrustedSigner]
    version: int


class NewTrustedSigners(Taken):
    """All of them, each time: `pem` holds their own certificates one after the other, none of an
    authority; "" is nobody's. `version`: the one that was read, 0 before any."""

    pem: Annotated[str, StringConstraints(max_length=limits.TRUSTED_SIGNERS_BYTES)]
    version: int = Field(0, ge=0)


# ------------------------------------------------------------------ flows
class NewOpiFlow(Taken):
    year: Year


class OpiOrder(Given):
    operation: Operation
    order: str


class OpiFlow(Given):
    """A flow of orders. `signature`: `none` where no key signs for the body: whoever binds it signs
    the file himself; `waiting` until it is signed, with `signature_code` where that does not
    work."""

    id: str
    year: int
    number: int
    created_at: str
    cents: int
    orders: list[OpiOrder]
    signature: SignatureState
    signature_code: str
    signed_at: str


class OpiFlows(Given):
    flows: list[OpiFlow]


class OpiQuery(Taken):
    year: Year


class OpiFile(Given):
    """A download that ends after `expires_in_s`. The treasurer takes no file that is not
    `signed`."""

    url: str
    file_name: str
    signed: bool
    expires_in_s: int


# ------------------------------------------------------------------ what he answers
class MessageQuery(Taken):
    name: FileName = ""


class UnknownOutcome(Given):
    """What was said of an order that is none of ours."""

    order: str
    flow: str
    word: str
    at: str
    code: Literal["order_unknown"]


class OpiMessage(Given):
    """A message of outcomes. `refused` by its `code`, it changed no order; `asking`: nor did it
    yet, for nobody has told whether the certificate was revoked, and it is asked again; `repeated`:
    the bytes of the message `same_as`. `signature`: `verified` by a certificate that the body has
    loaded, whose SHA-256 is `signer`; `not_verified` where it has loaded none. `revocation`: `good`
    as the certificate's authority says; `unasked` where the operator believes none that issued it,
    or it names nobody to ask."""

    id: str
    carrier: Carrier
    file_name: str
    received_at: str
    state: MessageState
    code: str
    signature: Signature | Literal[""]
    signer: str
    revocation: Literal["", "good", "unasked"]
    outcomes: int
    orders: int
    unknown_total: int
    unknown: list[UnknownOutcome]
    same_as: str


class OpiMessages(Given):
    messages: list[OpiMessage]
