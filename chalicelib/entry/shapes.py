"""What the API takes and answers, as pydantic models: the OpenAPI document is made of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.accounts import model as accounts
from chalicelib.base import limits
from chalicelib.invoicing.states import State

Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Channel = Literal["bucket", "upload", "api", "internal"]
Action = Literal["send", "discard", "resend", "sign", "mark_sent", "add_receipt"]


class Taken(BaseModel):
    """What comes in: unknown fields are mistakes, not decoration."""

    # Built when first used: a cold start answers one route, not all of them.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Given(BaseModel):
    """What goes out."""

    model_config = ConfigDict(defer_build=True)


# ------------------------------------------------------------------ handing in
class FileWanted(Taken):
    name: Annotated[str, StringConstraints(min_length=1, max_length=limits.FILE_NAME_CHARS)]


class NewUploads(Taken):
    """`keep`: only to be preserved, never to be sent; other PDFs than invoices too."""

    files: Annotated[list[FileWanted], Field(min_length=1, max_length=limits.UPLOAD_FILES)]
    customer: Id | None = None
    keep: bool = False


class UploadPlace(Given):
    """POST `fields` and then the file (field `file`) to `url` as multipart/form-data."""

    id: str
    file_name: str
    url: str
    fields: dict[str, str]
    status_url: str


class Uploads(Given):
    uploads: list[UploadPlace]
    expires_in_s: int


class HandInQuery(Taken):
    """`keep`: only to be preserved, never to be sent; other PDFs than invoices too."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=limits.FILE_NAME_CHARS)]
    customer: Id | None = None
    keep: bool = False


class HandedIn(Given):
    id: str
    status_url: str


# ------------------------------------------------------------------ flows and documents
class Flow(Given):
    """A file as it came. `state` is `awaited` until the upload has arrived."""

    id: str
    kind: Literal["file", "archive"]
    state: State | Literal["awaited"]
    file_name: str
    channel: Channel | None
    sender: str | None
    customer: str | None
    received_at: str | None
    size: int | None
    sha256: str | None
    archive: str | None
    members: int | None
    documents: int | None
    refusals: int | None
    code: str | None
    message: str | None
    document_url: str | None


class Flows(Given):
    flows: list[Flow]
    cursor: str | None


class Party(Given):
    id: str
    name: str


class SdiError(Given):
    code: str
    description: str
    suggestion: str


class Preservation(Given):
    """Archived is not preserved: the file is kept by us since `archived_at`; `preserved_at` is
    the day of a conservator's own report, null while there is none."""

    state: Literal["archived", "preserved"]
    archived_at: str
    preserved_at: str | None


class DocumentSummary(Given):
    id: str
    state: State
    final: bool
    customer: str | None
    channel: Channel
    sender: str
    received_at: str
    file_name: str
    archive: str | None
    format: str | None
    family: Literal["pa", "private"] | None
    type: str | None
    number: str | None
    date: str | None
    currency: str | None
    amount: Decimal | None
    taxable: Decimal | None
    tax: Decimal | None
    seller: Party | None
    buyer: Party | None
    recipient: str | None
    bodies: int
    code: str | None
    message: str | None
    held: str | None
    duplicate_by: str | None
    duplicate_of: str | None
    errors: list[SdiError]
    flags: list[str]
    sdi_name: str | None
    id_sdi: str | None
    attempt: int
    sent_at: str | None
    outcome_at: str | None
    delivered_at: str | None
    available_on: str | None
    preservation: Preservation


class Documents(Given):
    documents: list[DocumentSummary]
    cursor: str | None


class LotBody(Given):
    type: str
    number: str
    date: str
    amount: Decimal


class Attachment(Given):
    name: str
    size: int


class Change(Given):
    version: int
    at: str
    state: str
    code: str | None
    flag: str | None
    by: str


class SdiMessage(Given):
    type: str
    id_sdi: str
    message_id: str
    at: str
    file_name: str
    note: str
    seal: Literal["good", "absent", "broken", "untrusted"] | None
    errors: list[SdiError]


class PagopaPayment(Given):
    """How a body's invoice is paid: by a debt position, in pagoPA's words for its state. `names`:
    another notice, which the invoice's file names, for its money was asked for by that one before
    it was taken back; "" where it names this one. `anew`: who asks again for instalments."""

    position: str
    notice: str
    state: str
    cents: int
    paid_cents: int
    paid_on: date | None
    names: str
    anew: tuple[str, ...]


class DocumentDetail(DocumentSummary):
    """`help`: what to read where the customer has to sign or send by himself. `pagopa`: where a
    debt position asks for its money."""

    lot: list[LotBody]
    attachments: list[Attachment]
    warnings: list[str]
    timeline: list[Change]
    messages: list[SdiMessage]
    actions: list[Action]
    help: str | None
    pagopa: PagopaPayment | None = None


class File(Given):
    kind: Literal["raw", "unsigned", "signed", "notification", "copy"]
    name: str
    url: str
    expires_in_s: int


class Files(Given):
    files: list[File]


class ComposeQuery(Taken):
    customer: Id | None = None


class Totals(Given):
    """Of all bodies together; `payable` is net of withholding and of VAT paid by the state."""

    taxable: Decimal
    tax: Decimal
    total: Decimal
    withheld: Decimal
    payable: Decimal


class ComposedInvoice(HandedIn):
    totals: list[Totals]


class CheckQuery(Taken):
    name: Annotated[str, StringConstraints(min_length=1, max_length=limits.FILE_NAME_CHARS)]
    language: accounts.Language = "it"


class CheckError(Given):
    """`severity`: error (SdI would reject it), likely, warning. `body` counts from 0."""

    code: str
    severity: Literal["error", "likely", "warning"]
    message: str
    where: str
    body: int | None


class Checked(Given):
    """`not_evaluated`: SdI's codes that cannot be decided without its registers."""

    file: str
    format: str | None
    accepted: bool
    errors: list[CheckError]
    not_evaluated: list[str]


class HelpQuery(Taken):
    language: accounts.Language = "it"


class SendingChannel(Given):
    """A way to SdI: what it is, what one needs for it, where it is."""

    id: Literal["pec", "web", "sdicoop", "sdiftp"]
    name: str
    how: str
    needs: str
    address: str


class SendingHelp(Given):
    title: str
    steps: list[str]
    channels: list[SendingChannel]


class CopyQuery(Taken):
    language: accounts.Language = "it"


class CourtesyCopy(Given):
    """A PDF without fiscal value, behind a short-lived link."""

    name: str
    url: str
    expires_in_s: int


class Listing(Taken):
    """Combined filters: all given ones must hold."""

    customer: Id | None = None
    state: State | None = None
    section: Literal["to_send", "sent"] | None = None
    channel: Channel | None = None
    archive: Id | None = None
    received_from: Day | None = None
    received_to: Day | None = None
    date_from: Day | None = None
    date_to: Day | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    type: Annotated[str, StringConstraints(pattern=r"^TD\d{2}$")] | None = None
    number: Annotated[str, StringConstraints(max_length=20)] | None = None
    counterpart: Annotated[str, StringConstraints(max_length=100)] | None = None
    cursor: Annotated[str, StringConstraints(max_length=1000)] = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Decision(Taken):
    """`customer` says whose a held document is, when that was not known."""

    action: Literal["send", "discard"]
    customer: Id | None = None


class SentByOwner(Taken):
    """The file's name as the customer gave it to SdI."""

    name: Annotated[str, StringConstraints(min_length=9, max_length=50)]


class ReceiptQuery(Taken):
    """The receipt's own file name, as SdI gave it."""

    name: Annotated[str, StringConstraints(min_length=9, max_length=100)]


class NumberingQuery(Taken):
    issuer: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{4,30}$")]
    year: Annotated[str, StringConstraints(pattern=r"^\d{4}$")]


class Gap(Given):
    first: int
    last: int


class Backward(Given):
    number: str
    then: str


class Repeated(Given):
    number: str
    documents: list[str]


class NumberSeries(Given):
    """`{n}` in `series` stands for the running number; `released` are numbers of documents that
    were not issued after all (rejected, refused or discarded)."""

    series: str
    first: int
    last: int
    count: int
    gaps: list[Gap]
    backward: list[Backward]
    duplicates: list[Repeated]
    released: list[str]


class Numbering(Given):
    issuer: str
    year: str
    series: list[NumberSeries]
