"""What the API takes and answers about reconciliation."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.accounting.bank_store import LinkKind, Outcome
from chalicelib.accounting.facts import FlowState, PaymentState
from chalicelib.accounting.fetching import Way
from chalicelib.accounting.flow_intake import Carrier, SourceState
from chalicelib.accounting.inbox import Kind
from chalicelib.accounting.settled import FlowDesk
from chalicelib.base import limits
from chalicelib.entry.dues_shapes import Cursor, Link
from chalicelib.entry.shapes import Given, Id, Taken

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(max_length=70, pattern=_PLAIN)]
Note = Annotated[
    str, StringConstraints(min_length=1, max_length=limits.LINK_NOTE_CHARS, pattern=_PLAIN)
]
Secret = Annotated[str, StringConstraints(max_length=200, pattern=r"^[\x21-\x7e]*$")] | None
Address = Annotated[str, StringConstraints(min_length=3, max_length=256, pattern=_PLAIN)]
FileName = Annotated[
    str, StringConstraints(min_length=1, max_length=limits.FILE_NAME_CHARS, pattern=_PLAIN)
]


class LabelText(Given):
    """A label, what it means and what to do, in Italian and English."""

    code: str
    it: str
    en: str
    do_it: str
    do_en: str


# ------------------------------------------------------------------ the setting
class ReconciliationSetting(Given):
    """How flows are asked for; of secrets only whether they are there. `look`: the last one, and
    why it found nothing out. `recipients`: who is written to about what is late; none: the body's
    own address."""

    way: Way
    broker: str
    station: str
    key: bool
    password: bool
    letters: bool
    recipients: list[str]
    stand_in_days: int
    looked_at: str
    look_code: str
    version: int


class NewReconciliationSetting(Taken):
    """A secret that is left out stays, "" goes; so do `recipients` (addresses), [] for the body's
    own. `stand_in_days`: after so many working days a flow
    stands for a receipt that nobody has; 0: never."""

    way: Way
    broker: Annotated[str, StringConstraints(pattern=r"^([0-9]{11})?$")] = ""
    station: Annotated[str, StringConstraints(pattern=r"^([0-9]{11}_[0-9]{2})?$")] = ""
    key: Secret = None
    password: Secret = None
    letters: bool = True
    recipients: list[Address] | None = Field(None, max_length=limits.LATE_RECIPIENTS)
    stand_in_days: int = Field(0, ge=0, le=60)
    version: int = Field(0, ge=0)


class Looking(Given):
    """Whether a look was begun: not when the last one was a moment ago, or nothing is set."""

    begun: bool


# ------------------------------------------------------------------ collections
class _Filters(Taken):
    paid_from: date | None = None
    paid_until: date | None = None
    banked_from: date | None = None
    banked_until: date | None = None
    tax_code: Annotated[str, StringConstraints(max_length=16, pattern=r"^[0-9A-Za-z]*$")] = ""
    iuv: Annotated[str, StringConstraints(max_length=35, pattern=_PLAIN)] = ""
    flow: Text = ""
    label: Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z_]*$")] = ""
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class CollectionsQuery(_Filters):
    """Periods of payment and of collection (credit on the account), both days included; `flow` is
    a flow's name or its id."""


class Collection(Given):
    """A reported payment: who paid what and when, by which channel, in which flow, when the money
    came. `state` and `labels` as the match tells; `reopened`: the position that asks anew for what
    was revoked."""

    iuv: str
    iur: str
    transfer: int
    cents: int
    state: PaymentState
    labels: list[str]
    overdue: bool
    name: str
    tax_code: str
    paid_day: date | None
    bank_day: date | None
    fee_cents: int | None
    channel: str
    method: str
    psp: str
    flow_id: str
    flow: str
    position: str
    origin: str
    reopened: str


class Collections(Given):
    collections: list[Collection]
    labels: list[LabelText]
    cursor: str | None


class InboxQuery(_Filters):
    """As the collections; `kind` for movements, flows or payments only."""

    kind: Kind | None = None


class InboxEntry(Given):
    """Something to look at; `id` of a movement, name of a flow, IUV of a payment. `flow` is the
    name of the flow that it is, or is reported by; `position` that of a payment, "" without."""

    kind: Kind
    id: str
    day: date
    cents: int
    labels: list[str]
    overdue: bool
    flow_id: str
    flow: str
    position: str
    text: str
    name: str
    tax_code: str


class Inbox(Given):
    entries: list[InboxEntry]
    labels: list[LabelText]
    cursor: str | None


class PeriodQuery(Taken):
    """By day of settlement; the last 90 days when left out."""

    since: date | None = None
    until: date | None = None


class Money(Given):
    """`came` = posted + open + anomalous, in cents, at every moment.

    It counts movements: `came` is what the bank brought for pagoPA, less what it took back, without
    what an operator set aside. `anomalous` is what nobody can say more of, below zero where orders
    stand for money that is gone. The balance of posting counts payments that could be posted, so
    its `came`, `open` and `anomalous` are others; `posted` is the same there and here.
    """

    came: int
    posted: int
    open: int
    anomalous: int


class ReconciliationSummary(Given):
    """`lines` of the flows, of which `elsewhere` are of other partners: not ours to match."""

    flows: int
    settled_cents: int
    lines: int
    elsewhere: int
    matched: int
    matched_cents: int
    posted: int
    posted_cents: int
    anomalies: dict[str, int]
    money: Money


# ------------------------------------------------------------------ flows
class FileQuery(Taken):
    """Name of the file that is sent."""

    name: FileName


class FlowSource(Given):
    """A file or an answer that brought a flow; `code`: why it was refused."""

    id: str
    carrier: Carrier
    file_name: str
    created_at: str
    state: SourceState
    flow: str
    arrival: str
    code: str


class FlowSources(Given):
    sources: list[FlowSource]


class FlowVersion(Given):
    """A version of a flow, what it claims and what is in it."""

    id: str
    created: str
    revision: int
    settled: date
    cents: int
    lines: int
    good: bool
    counts: bool
    said_count: int | None
    said_cents: int | None
    trn: str
    sender: str
    carrier: str
    labels: dict[str, int]


class SettlementFlow(Given):
    """A flow, in the version that counts, against receipts and the bank; its four shares make it
    whole. `desk`: open, odd, ready (to be posted), done."""

    id: str
    flow_id: str
    psp: str
    year: int
    state: FlowState
    desk: FlowDesk
    postable: bool
    overdue: bool
    labels: list[str]
    settled: date
    cents: int
    lines: int
    bank_cents: int
    bank_day: date | None
    movements: list[str]
    difference_cents: int
    matched_cents: int
    elsewhere_cents: int
    unreceipted_cents: int
    anomalous_cents: int
    posted_lines: int
    posted_cents: int
    complete: bool


class SettlementFlows(Given):
    flows: list[SettlementFlow]
    labels: list[LabelText]
    cursor: str | None


class SettlementDetail(SettlementFlow):
    versions: list[FlowVersion]
    texts: list[LabelText]


class FlowFiles(Given):
    """What brought a version, unchanged; by FdR-3 its head and each page are a file."""

    files: list[Link]


class SettlementsQuery(Taken):
    """Days of settlement, and of collection (the last credit), both included; `flow_id` finds those
    of an id, `psp` (its identifier, or how it begins) those of a PSP."""

    since: date | None = None
    until: date | None = None
    banked_from: date | None = None
    banked_until: date | None = None
    desk: FlowDesk | None = None
    flow_id: Text = ""
    psp: Text = ""
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


# ------------------------------------------------------------------ movements
class MovementLink(Given):
    kind: LinkKind
    flow: str
    flow_id: str
    iuv: str


class MovementNote(Given):
    """What an operator said; `link` None: he took a link back."""

    at: str
    by: str
    note: str
    link: MovementLink | None


class BankLine(Given):
    """A movement of the bank, whole as the bank wrote it, and what it was found to be: `outcome` is
    exact, prefix (unique), single, proposed, none (with its `reason`), linked or aside (by hand).
    """

    id: str
    day: date
    value_day: date | None
    cents: int
    text: str
    account: str
    statement: str
    row: int
    provisional: str
    outcome: Outcome
    confidence: str
    reason: str
    flow_id: str
    iuv: str
    labels: list[str]
    link: MovementLink | None
    version: int


class Movement(BankLine):
    """With what was said of it."""

    notes: list[MovementNote]


class Movements(Given):
    movements: list[BankLine]
    cursor: str | None


class MovementsQuery(Taken):
    """Those that a `statement` brought first, or all, the latest first; `open`: only those that
    somebody should look at."""

    statement: Id | None = None
    open: bool = False
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class NewLink(Taken):
    """To a `flow` (its name), to the payment of an `iuv`, or to nothing of ours with neither."""

    flow: Annotated[str, StringConstraints(max_length=64)] = ""
    iuv: Annotated[str, StringConstraints(max_length=35, pattern=_PLAIN)] = ""
    note: Note
    version: int = Field(ge=1)


class Unlink(Taken):
    note: Note
    version: int = Field(ge=1)
