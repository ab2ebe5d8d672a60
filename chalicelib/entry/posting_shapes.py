"""What the API takes and answers about posting, orders, the journal and the treasurer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.accounting.posting.ledger import Kind
from chalicelib.accounting.posting.model import (
    Counterpart,
    Late,
    OrderState,
    Per,
    TreasuryState,
)
from chalicelib.accounting.posting.store import Mode, RunState
from chalicelib.base import limits
from chalicelib.entry.dues_shapes import Cursor
from chalicelib.entry.shapes import Given, Taken

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[str, StringConstraints(max_length=140, pattern=_PLAIN)]
Account = Annotated[str, StringConstraints(max_length=34, pattern=_PLAIN)]
Chapter = Annotated[str, StringConstraints(max_length=20)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=_PLAIN)]
Keys = Annotated[list[Key], Field(max_length=limits.POSTING_CHANGES)]
Year = Annotated[int, Field(ge=1999, le=2099)]


# ------------------------------------------------------------------ setting
class Classification(Taken):
    """A chapter in the treasurer's words: `code` of the budget, `siope` "" outside SIOPE."""

    code: int = Field(ge=1, le=9_999_999)
    text: Name = ""
    article: int | None = Field(None, ge=0, le=999)
    siope: Annotated[str, StringConstraints(pattern=r"^([0-9]{4,10})?$")] = ""


class PostingSetting(Taken):
    """How the body posts, and what fills a run that says nothing else. `per`: one order for each
    assessment or for each chapter. `late`: an accounting date before the last number's is refused,
    or becomes that date. `automatic`: what is matched is posted without a run."""

    per: Per = "assessment"
    account: Account = ""
    counterpart: Counterpart = "debtor"
    counterpart_name: Name = ""
    late: Late = "refuse"
    chapter: Chapter = ""
    fee_chapter: Chapter = ""
    automatic: bool = False
    classifications: Annotated[dict[Chapter, Classification], Field(max_length=200)] = Field(
        default_factory=dict
    )
    version: int = Field(0, ge=0)


# ------------------------------------------------------------------ runs
class Said(Taken):
    """What is said here wins over the setting; null leaves it."""

    day: date | None = None
    counterpart: Name | None = None
    account: Account | None = None


class NewRun(Said):
    """Over a whole `statement`, over one `flow` (its name), or over `payments` by their keys.
    `changes`: what is said of single payments, by key."""

    mode: Mode
    name: Annotated[str, StringConstraints(max_length=200, pattern=_PLAIN)] = ""
    only: Keys = Field(default_factory=list)
    without: Keys = Field(default_factory=list)
    changes: Annotated[dict[Key, Said], Field(max_length=limits.POSTING_CHANGES)] = Field(
        default_factory=dict
    )


class Problem(Given):
    """Why a payment stays open: a stable code, such as chapter_missing or posting_date_past."""

    payment: str
    code: str


class Run(Given):
    """`first` and `last`: of the orders that it made; `left`: payments that stayed open."""

    id: str
    mode: Mode
    name: str
    state: RunState
    created_at: str
    by: str
    payments: int
    orders: int
    cents: int
    first: str
    last: str
    left: int
    problems: list[Problem]


class Runs(Given):
    runs: list[Run]


class Open(Given):
    """A payment that may be posted."""

    key: str
    iuv: str
    iur: str
    cents: int
    paid_day: date
    flow_id: str
    bank_day: date | None
    provisional: str
    position: str
    origin: str


class OpenQuery(Taken):
    """Of one flow (its name) or one statement; of all where neither is named."""

    flow: Annotated[str, StringConstraints(max_length=200)] = ""
    statement: Annotated[str, StringConstraints(max_length=200)] = ""
    until: date | None = None


class Opens(Given):
    cents: int
    payments: list[Open]


# ------------------------------------------------------------------ orders
class Line(Given):
    """A part of an order; `made`: its assessment was made together with the order. `assessment`,
    `position` and `receipt` are where it is found under their own addresses. `sospesi`: provisional
    numbers with their cents, where it came under more than one."""

    payment: str
    iuv: str
    receipt: str
    position: str
    assessment: str
    made: bool
    service: str
    reason: str
    cents: int
    sospesi: list[tuple[str, int]]


class Standing(Given):
    """How an order stands with the treasurer by his latest `word`, said `at`; `other` is a word
    that nobody knows. `reason`: his own words where he refused. `verified`: he signed it, by a
    certificate that the body has loaded."""

    state: TreasuryState
    word: str
    at: str
    reason: str
    verified: bool


class OrderSummary(Given):
    """A reversale. `counterpart` "" is each line's own debtor. `together`: it is taken back with
    these. `treasury`: how it stands with the treasurer, null before he said anything; `outcome`:
    his last word, with its time."""

    id: str
    year: int
    number: int
    day: date
    bank_day: date | None
    cents: int
    account: str
    counterpart: str
    provisional: str
    flow_id: str
    chapter: str
    provenance: str
    residual_year: int
    state: OrderState
    outcome: str
    treasury: Standing | None
    lines: list[Line]


class Draft(Given):
    """What a run would make; `number` is what it would get now."""

    number: int
    day: date
    cents: int
    account: str
    counterpart: str
    provisional: str
    flow_id: str
    chapter: str
    provenance: str
    residual_year: int
    lines: list[Line]


class Preview(Given):
    cents: int
    drafts: list[Draft]
    problems: list[Problem]


class Fault(Given):
    code: str
    text: str
    element: str


class Outcome(Given):
    """The treasurer's own word of an order, or of its payer number `payer` (0: the whole)."""

    flow: str
    word: str
    at: str
    payer: int
    state: TreasuryState
    good: bool
    verified: bool
    faults: list[Fault]


class Order(OrderSummary):
    by: str
    at: str
    entry: int
    reversed_by: int
    together: list[str]
    outcomes: list[Outcome]


class OrdersQuery(Taken):
    """Of a financial year; accounting days, both included; of a flow, a chapter, a payment's IUV.
    A page may show few or none and still have a cursor."""

    year: Year
    flow: Annotated[str, StringConstraints(max_length=50)] = ""
    first: date | None = None
    last: date | None = None
    state: OrderState | None = None
    chapter: Chapter = ""
    iuv: Annotated[str, StringConstraints(max_length=35, pattern=_PLAIN)] = ""
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Orders(Given):
    orders: list[OrderSummary]
    cursor: str | None


class Reversal(Taken):
    """Why an order is taken back: a code, such as wrong_chapter."""

    note: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


class Provisional(Taken):
    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]


class Collected(Given):
    """What an order brought of an assessment; below zero: it was taken back."""

    order: str
    payment: str
    cents: int
    day: date
    entry: int


class Assessment(Given):
    id: str
    chapter: str
    provenance: str
    year: int
    cents: int
    collected_cents: int
    collected: list[Collected]


# ------------------------------------------------------------------ the journal
class Leg(Given):
    """`account`: in, open, anomalous, or posted:<year>:<chapter>. Legs of an entry sum to zero."""

    account: str
    cents: int


class JournalEntry(Given):
    """An entry; `seq` grows by one. `order` as it is now, null for what is of no order."""

    seq: int
    kind: Kind
    day: date
    at: str
    by: str
    payment: str
    note: str
    legs: list[Leg]
    order: OrderSummary | None


class JournalQuery(Taken):
    """Entries behind `since` (0: from the first). Ask again with `next`: none is told twice or left
    out, because an entry gets its `seq` when it is stored."""

    since: int = Field(0, ge=0)
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Journal(Given):
    """`next` is where the following page begins, also while there is nothing behind it yet."""

    entries: list[JournalEntry]
    next: int
    more: bool


class EntriesQuery(Taken):
    """Entries in front of `before` (0: from the newest); accounting days, both included."""

    kind: Kind | None = None
    first: date | None = None
    last: date | None = None
    before: int = Field(0, ge=0)
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Entries(Given):
    """The newest first; `before` is where the next page begins, 0 at the end. A page may show few
    or none and still have a next one."""

    entries: list[JournalEntry]
    before: int


class ChapterBalance(Given):
    year: int
    chapter: str
    cents: int


class Balance(Given):
    """`came_cents` = `open_cents` + `anomalous_cents` + `posted_cents`, at every moment.

    The books count payments: `came` is what could be posted once, receipt, flow and bank agreeing;
    what the match is not sure of any more is `anomalous`, though the bank may have taken it back.
    Money that never agreed is not in the books: the summary of reconciliation counts what the bank
    brought. `posted` is the same there and here.
    """

    came_cents: int
    open_cents: int
    anomalous_cents: int
    posted_cents: int
    chapters: list[ChapterBalance]
    closed_until: date | None


class Closing(Taken):
    until: date


class ExportQuery(Taken):
    """`what`: orders, or the payments in them (IUV, codice fiscale, amount, date)."""

    what: Literal["orders", "payments"] = "payments"
    format: Literal["csv", "xlsx"] = "csv"
    first: date
    last: date
