"""What the API takes and answers about registers (albi) and training events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.accounting.events_fpc.model import DocumentState, Practice, RegistrationState
from chalicelib.accounting.registers.contract import Fetching, Format, Way
from chalicelib.accounting.registers.store import FetchState, Kind, LineState, ReportState
from chalicelib.entry.body_shapes import Cents, Code
from chalicelib.entry.position_shapes import Debtor
from chalicelib.entry.shapes import Given, Id, Taken

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Said = Annotated[str, StringConstraints(max_length=140, pattern=_PLAIN)]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^[\x21-\x7e]*$")]
Secret = Annotated[str, StringConstraints(max_length=4_000, pattern=r"^[\x20-\x7e]*$")]
Names = Annotated[dict[str, Said], Field(max_length=40)]


# ------------------------------------------------------------------ registers
class RegisterBase(Taken):
    """`kind`: isi, opi, sferabit or one that the deployment adds. `way`: sftp with the code of a
    `carrier` profile, s3 (a folder of ours), or https with two addresses. `columns`: how a field is
    called in this register where that is unusual; `constants`: what all its dues have in common.
    `fetch` daily: the dues of the year are fetched every morning too, and wait for their commit."""

    kind: Annotated[str, StringConstraints(max_length=40)]
    way: Way
    format: Format
    carrier: Annotated[str, StringConstraints(max_length=40)] = ""
    url: Url = ""
    report_url: Url = ""
    file: Annotated[str, StringConstraints(max_length=80)] = "quote.csv"
    columns: Names = Field(default_factory=dict)
    constants: Names = Field(default_factory=dict)
    fetch: Fetching = "asked"
    version: int = Field(0, ge=0)


class NewRegister(RegisterBase):
    """`secret`: the bearer token of HTTPS; null leaves what is kept, "" removes it."""

    secret: Secret | None = Field(None, repr=False)


class Register(RegisterBase):
    """`secret`: whether one is kept."""

    code: str
    secret: bool


class Connector(Given):
    name: str
    label: str
    formats: list[Format]


class Registers(Given):
    """`connectors`: the kinds that there are."""

    registers: list[Register]
    connectors: list[Connector]


class NewFetch(Taken):
    year: int = Field(ge=1950, le=2100)


class Fetch(Given):
    """`batch`: the import of dues that it was handed to, whose dry run is the preview. `code` and
    `words`: why not, and what the register itself said. `release`: of the register's program, as
    its file says, "" where it does not; `planned`: by the schedule, and the same dues as on the day
    before are the same import."""

    id: str
    register_code: str
    year: int
    state: FetchState
    created_at: str
    count: int
    batch: str
    code: str
    words: str
    release: str
    planned: bool


class Fetches(Given):
    fetches: list[Fetch]


class Publish(Taken):
    """Of which flow of positions."""

    flow: Id


class Planned(Given):
    state: Literal["planned"] = "planned"


class ReportLine(Given):
    """A due that the register is told of; `source` is its id there, `number` that of the order or
    of the notice."""

    due: str
    source: str
    number: str
    iuv: str
    cents: int
    day: str
    state: LineState
    words: str


class Report(Given):
    """`code` and `words` of the last failure, in the register's own words."""

    id: str
    register_code: str
    kind: Kind
    state: ReportState
    created_at: str
    tried_at: str
    tries: int
    code: str
    words: str
    lines: list[ReportLine]


class ReportsQuery(Taken):
    state: ReportState | None = None


class Reports(Given):
    reports: list[Report]


# ------------------------------------------------------------------ training events
class Fiscal(Taken):
    """What is issued for a paid registration: an invoice for SdI, a receipt, nothing."""

    practice: Practice = "none"
    vat: Annotated[str, StringConstraints(pattern=r"^([0-9]{11})?$")] = ""
    regime: Annotated[str, StringConstraints(pattern=r"^RF[0-9]{2}$")] = "RF01"
    street: Annotated[str, StringConstraints(max_length=60, pattern=_PLAIN)] = ""
    postcode: Annotated[str, StringConstraints(pattern=r"^([0-9]{5})?$")] = ""
    city: Annotated[str, StringConstraints(max_length=60, pattern=_PLAIN)] = ""
    province: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    rate: Decimal = Field(Decimal(0), ge=0, le=100, decimal_places=2)
    natura: Annotated[str, StringConstraints(pattern=r"^N[1-7](\.[1-9])?$")] = "N4"
    law: Annotated[str, StringConstraints(max_length=100, pattern=_PLAIN)] = (
        "Esente art. 10 n. 20 DPR 633/72"
    )
    series: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,6}$")] = "FPC"
    receipt_series: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,6}$")] = "RIC"
    version: int = Field(0, ge=0)


class NewEvent(Taken):
    """`cents` is the price with everything; `service` says account, taxonomy and chapter."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=90, pattern=_PLAIN)]
    day: date
    service: Code
    cents: Cents
    place: Said = ""
    seats: int = Field(0, ge=0, le=100_000)
    open: bool = True
    version: int = Field(0, ge=0)


class Event(NewEvent):
    id: str
    registered: int


class Events(Given):
    events: list[Event]


class NewRegistration(Taken):
    debtor: Debtor


class Registration(Given):
    """`position` asks for the money; its notice and payment are found there. `orders`: by which it
    was posted (only where one registration is asked for). `document`: the number of the fiscal
    document, `document_code` what it lacks, `flow` where it is in the hub (GET /v1/documents), and
    `flow_state` what became of it there (only where one registration is asked for)."""

    id: str
    event: str
    name: str
    tax_code: str
    state: RegistrationState
    cents: int
    position: str
    iuv: str
    created_at: str
    paid_at: str
    receipt: str
    document: str
    document_state: DocumentState | Literal[""]
    document_day: str
    document_code: str
    flow: str
    flow_state: str
    orders: list[str]


class PayPage(Given):
    """Where the payer is sent; the cart is looked at as those of the portal are."""

    redirect: str
    cart: str
    expires_at: str


class Registrations(Given):
    registrations: list[Registration]
