"""What the public portal takes and answers: nobody is logged in, and little is told."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.body_shapes import Cents, Code, Description, FormField, Stamp
from chalicelib.entry.shapes import Given, Taken
from chalicelib.payments.citizen.tickets import State as HelpState

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Language = Literal["it", "en", "fr", "es", "de", "sl"]
BodyCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]
# As people type it: blanks, points and hyphens between the digits are nothing.
Number = Annotated[str, StringConstraints(max_length=40, pattern=r"^[0-9 .\-]*$")]
TaxCode = Annotated[str, StringConstraints(max_length=20, pattern=_PLAIN)]
Mail = Annotated[str, StringConstraints(max_length=limits.ADDRESS_CHARS, pattern=_PLAIN)]
Handle = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,500}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=70, pattern=_PLAIN)]
NoticeState = Literal["payable", "verifying", "paid", "closed", "not_payable"]
CartState = Literal["open", "verifying", "paid", "failed", "cancelled"]


# ------------------------------------------------------------------ bodies and services
class BodyName(Given):
    """`code`: the fiscal code."""

    code: str
    name: str


class PortalBodies(Given):
    """By name."""

    items: list[BodyName]


class PortalContacts(Given):
    office: str
    phone: str
    mail: str
    pec: str
    website: str
    accessibility_url: str
    privacy_url: str


class PriceItem(Given):
    """`most`: how many of it may be asked for."""

    code: str
    label: str
    cents: int
    most: int


class PortalPrice(Given):
    """`fixed`: `cents`; `tariffs`: one or more of `tariffs`, each so many times; `free`: from
    `least_cents` to `most_cents`."""

    kind: Literal["fixed", "tariffs", "free"]
    cents: int | None = None
    tariffs: list[PriceItem] | None = None
    least_cents: int | None = None
    most_cents: int | None = None


class ServiceForm(Given):
    fields: list[FormField]


class PortalService(Given):
    """`stamp_cents`: what the digital stamp costs that is bought with it, null for none; then
    `price` null is nothing beside it."""

    code: str
    subject: str
    description: Description
    price: PortalPrice | None
    stamp_cents: int | None
    form: ServiceForm


class PortalBody(Given):
    """A body and what can be asked of it without being asked to (spontaneous services)."""

    code: str
    name: str
    sector: str
    contacts: PortalContacts
    logo_url: str | None
    services: list[PortalService]


# ------------------------------------------------------------------ search
class NoticeSearch(Taken):
    """`notice`: 18 digits, or the IUV's 17. With `tax_code` it is the whole key; with `body` alone
    half of it. `link`: what the notice's link or QR code says, in place of notice and body."""

    notice: Number = ""
    tax_code: TaxCode | None = None
    body: BodyCode | None = None
    link: Annotated[str, StringConstraints(max_length=300, pattern=_PLAIN)] | None = None


class NoticeCreditor(Given):
    code: str
    name: str


class NoticeInstalment(Given):
    number: int
    notice: str
    cents: int
    due: date | None
    state: NoticeState


class NoticeLine(Given):
    reason: str
    cents: int


class FoundNotice(Given):
    """`full`: the whole key was given; only then `subject`, `debtor_name`, `lines` and
    `instalments` (null otherwise). `cents`: what is asked for today. `key`: for the calls that
    follow, until `expires_at`."""

    key: str
    expires_at: str
    full: bool
    creditor: NoticeCreditor
    notice: str
    cents: int
    due: date | None
    state: NoticeState
    subject: str | None = None
    debtor_name: str | None = None
    lines: list[NoticeLine] | None = None
    instalments: list[NoticeInstalment] | None = None


class NoticeWanted(Taken):
    """The paper's second language: Italian is always on it (and alone, for a language that pagoPA
    has no fixed texts in)."""

    key: Handle
    language: Language = "it"


# ------------------------------------------------------------------ carts
class NewCart(Taken):
    """`keys`: of one to five notices, of one or more bodies. `email`: where pagoPA sends its own
    receipt. `language`: of the pages that the payer comes back to."""

    keys: Annotated[list[Handle], Field(min_length=1, max_length=limits.CART_NOTICES)]
    email: Mail | None = None
    language: Language = "it"


class Cart(Given):
    """`redirect`: where one pays; `expires_at`: until when the same notices are this cart."""

    cart: str
    redirect: str
    expires_at: str


class CartQuery(Taken):
    """`outcome`: what the address said by which Checkout sent the payer back. It is no proof:
    `paid` is only what our own receipts say."""

    outcome: Literal["ok", "ko", "cancel"] | None = None


class CartItem(Given):
    notice: str
    cents: int
    state: NoticeState


class CartShown(Given):
    cart: str
    state: CartState
    language: Language
    items: list[CartItem]


# ------------------------------------------------------------------ spontaneous services
class Payer(Taken):
    name: Name
    tax_code: TaxCode
    email: Mail | None = None


class NewPayment(Taken):
    """`values` of the form's fields by name, `chosen` or `cents` by the service's price, `stamp`
    for a service that has one."""

    person: Payer
    values: dict[Code, Any] = Field(default_factory=dict, max_length=limits.FORM_FIELDS)
    chosen: Annotated[dict[Code, int], Field(max_length=100)] | None = None
    cents: Cents | None = None
    stamp: Stamp | None = None
    language: Language = "it"


class MadePayment(Given):
    """A position of its own with its notice: to be paid by `key` (a cart) or printed by it."""

    key: str
    expires_at: str
    notice: str
    cents: int
    due: date | None


# ------------------------------------------------------------------ receipts, help
class ReceiptsWanted(Taken):
    notice: Number
    tax_code: TaxCode
    body: BodyCode | None = None


class PortalReceipt(Given):
    """`stamp`: it bought a digital stamp, which is a file of its own."""

    key: str
    id: str
    day: date
    cents: int
    psp_name: str
    stamp: bool


class PortalReceipts(Given):
    """`training`: a key for POST /v1/portal/training-receipt where the body has written a receipt
    of its own for an event, "" else."""

    items: list[PortalReceipt]
    training: str


class ReceiptWanted(Taken):
    """`stamp`: the digital stamp, as its seller signed it."""

    key: Handle
    form: Literal["pdf", "xml", "stamp"] = "pdf"
    language: Language = "it"


class TrainingReceiptWanted(Taken):
    """`key`: of the notice that the event was paid by, as a search gives it."""

    key: Handle


class NewHelp(Taken):
    """`body`: whose help is asked for."""

    body: BodyCode
    name: Name
    email: Mail
    notice: Number = ""
    text: Annotated[str, StringConstraints(min_length=1, max_length=limits.HELP_CHARS)]
    language: Language = "it"


class Ticket(Given):
    ticket: str


# ------------------------------------------------------------------ for the body's own people
class HelpQuery(Taken):
    """`state`: only those; all without one."""

    state: HelpState | None = None
    cursor: Annotated[str, StringConstraints(max_length=1000)] = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class HelpRequest(Given):
    """`by` said what its `state` is, at `changed_at`; "" while nobody has."""

    id: str
    at: str
    state: HelpState
    by: str
    changed_at: str
    version: int
    language: str
    name: str
    email: str
    notice: str
    text: str


class HelpRequests(Given):
    """Newest first."""

    requests: list[HelpRequest]
    cursor: str | None


class HelpDecision(Taken):
    """`version`: the one that was read."""

    state: HelpState
    version: int = Field(ge=0)


class FilledField(Given):
    name: str
    label: str
    value: str


class FilledForm(Given):
    """What the payer wrote into the service's form, in the form's order at that time."""

    fields: list[FilledField]


class Preset(Given):
    """A service that bodies usually offer: everything but the account and the taxonomy's code."""

    code: str
    subject: str
    description: Description
    price: PortalPrice | None
    form: ServiceForm


class Presets(Given):
    presets: list[Preset]


class TakePreset(Taken):
    """`cents`: a fixed price in place of the one that the preset proposes. `active`: whether the
    portal offers it at once."""

    taxonomy: Annotated[str, StringConstraints(max_length=20)]
    iban: Annotated[str, StringConstraints(min_length=15, max_length=34)]
    chapter: Annotated[str, StringConstraints(max_length=20)] = ""
    cents: Cents | None = None
    active: bool = True
